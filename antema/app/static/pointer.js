// Places in the picture: a click is one; with a tool, two clicks or a drag are a line.
// All places are told in pixels of the micrograph, so zoom and pan do not matter.
const STILL = 4; // A press that moves farther than this, in pixels of the screen, is a drag.
const REACH = 8; // So far beside a small particle a click still means it.

function render({ model, el }) {
  el.classList.add("antema-pointer");
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  const ends = [0, 1].map(() => document.createElementNS(space, "circle"));
  for (const end of ends) end.setAttribute("r", "4");
  svg.append(line, ...ends);
  const hint = document.createElement("div");
  hint.className = "antema-pointer-hint";
  hint.setAttribute("role", "status");
  el.append(svg, hint);

  const holder = () => el.closest(".antema-overlay");
  const figure = () => holder() && holder().querySelector(".js-plotly-plot");
  const tool = () => model.get("tool");
  let first = null; // The first end, [row, column], while the second is looked for.
  let last = null; // Where the pointer is.
  let pressed = null;

  function toData(event) {
    const { xaxis, yaxis } = figure()._fullLayout;
    const box = figure().getBoundingClientRect();
    const column = xaxis.p2d(event.clientX - box.left - xaxis._offset);
    return [yaxis.p2d(event.clientY - box.top - yaxis._offset), column];
  }
  function toScreen([row, column]) {
    const { xaxis, yaxis } = figure()._fullLayout;
    return [xaxis.d2p(column) + xaxis._offset, yaxis.d2p(row) + yaxis._offset];
  }
  const distance = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);

  function draw() {
    const kept = model.get("line");
    const shown = first ? [first, last || first] : kept.length ? kept : null;
    svg.style.display = shown && tool() && figure() ? "" : "none";
    if (svg.style.display === "none") return;
    const [a, b] = shown.map(toScreen);
    for (const [name, value] of [["x1", a[0]], ["y1", a[1]], ["x2", b[0]], ["y2", b[1]]]) {
      line.setAttribute(name, value);
    }
    [a, b].forEach(([x, y], index) => {
      ends[index].setAttribute("cx", x);
      ends[index].setAttribute("cy", y);
    });
  }

  function finish(end) {
    const start = first;
    first = last = null;
    model.send({ kind: "line", start, end });
    draw();
  }

  const onDown = (event) => {
    pressed = null;
    if (event.button !== 0 || !figure() || !holder().contains(event.target)) return;
    if (tool() ? event.target !== el && !el.contains(event.target) : !event.target.closest(".nsewdrag")) return;
    pressed = event;
    if (!tool()) return;
    event.preventDefault();
    if (first) {
      pressed = null;
      finish(toData(event));
    } else {
      first = last = toData(event);
      draw();
    }
  };
  const onMove = (event) => {
    if (first && figure()) {
      last = toData(event);
      draw();
    }
  };
  const onUp = (event) => {
    const start = pressed;
    pressed = null;
    if (!start || !figure()) return;
    const moved = distance(start, event) > STILL;
    if (tool()) {
      if (moved && first) finish(toData(event));
    } else if (!moved) {
      const place = toData(event);
      const { xaxis } = figure()._fullLayout;
      const reach = Math.abs(xaxis.p2d(REACH) - xaxis.p2d(0));
      const add = event.shiftKey || event.ctrlKey || event.metaKey;
      model.send({ kind: "point", place, reach, add });
    }
  };
  // The wheel zooms below while a tool is in the hand.
  const onWheel = (event) => {
    const below = figure() && figure().querySelector(".nsewdrag");
    if (!below) return;
    event.preventDefault();
    below.dispatchEvent(new WheelEvent(event.type, event));
  };
  document.addEventListener("pointerdown", onDown, true);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp, true);
  el.addEventListener("wheel", onWheel, { passive: false });

  const change = () => {
    first = last = null;
    el.classList.toggle("antema-active", Boolean(tool()));
    hint.textContent = model.get("hint");
    hint.hidden = !tool();
    draw();
  };
  model.on("change:tool", change);
  model.on("change:line", draw);
  const follow = setInterval(() => tool() && draw(), 60);
  change();
  return () => {
    clearInterval(follow);
    document.removeEventListener("pointerdown", onDown, true);
    document.removeEventListener("pointermove", onMove);
    document.removeEventListener("pointerup", onUp, true);
    model.off("change:tool", change);
    model.off("change:line", draw);
  };
}

export default { render };
