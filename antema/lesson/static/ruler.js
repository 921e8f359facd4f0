// A picture on which lines are drawn from edge to edge of a particle; lines are [x0, y0, x1, y1].
const SVG = "http://www.w3.org/2000/svg";

function make(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

function render({ model, el }) {
  const [rows, columns] = model.get("shape");
  const svg = make("svg", { viewBox: `-0.5 -0.5 ${columns} ${rows}`, role: "img" }, el);
  svg.classList.add("lesson-drawing", "lesson-ruler");
  svg.setAttribute("aria-label", model.get("words"));
  const size = { x: -0.5, y: -0.5, width: columns, height: rows };
  make("image", { ...size, href: model.get("picture") }, svg);
  make("g", {}, svg).innerHTML = model.get("over");
  const drawn = make("g", { class: "lesson-lines" }, svg);
  let start = null;

  function place(event) {
    const pointer = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = pointer.matrixTransform(svg.getScreenCTM().inverse());
    return [Math.min(Math.max(x, 0), columns - 1), Math.min(Math.max(y, 0), rows - 1)];
  }

  function line([x1, y1, x2, y2], number) {
    make("line", { x1, y1, x2, y2, class: "lesson-line-under" }, drawn);
    make("line", { x1, y1, x2, y2, class: "lesson-line" }, drawn);
    const label = make("text", { x: Math.max(x1, x2) + 4, y: (y1 + y2) / 2 + 5 }, drawn);
    label.textContent = number;
  }

  function draw(extra) {
    drawn.replaceChildren();
    const lines = model.get("lines");
    [...lines, ...(extra ? [extra] : [])].forEach((each, i) => line(each, i + 1));
  }

  svg.addEventListener("pointerdown", (event) => {
    start = place(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => start && draw([...start, ...place(event)]));
  svg.addEventListener("pointerup", (event) => {
    if (!start) return;
    const end = place(event);
    if (Math.hypot(end[0] - start[0], end[1] - start[1]) >= 4) {
      model.set("lines", [...model.get("lines"), [...start, ...end]]);
      model.save_changes();
    }
    start = null;
    draw();
  });
  svg.addEventListener("pointercancel", () => {
    start = null;
    draw();
  });
  model.on("change:lines", () => draw());
  draw();
}

export default { render };
