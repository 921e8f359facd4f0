// The list of images: thumbnail, size, pixel size; asks for the pixel size where a file has none.
function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function render({ model, el }) {
  const texts = model.get("texts");
  el.classList.add("antema-images");
  const drafts = new Map();
  const editing = new Set();

  function scaleForm(item) {
    const form = element("form", "antema-scale");
    const label = element("label", "antema-scale-label", texts.scale_title);
    const input = element("input", "antema-scale-input");
    input.placeholder = texts.scale_placeholder;
    input.title = texts.scale_hint;
    input.value = drafts.get(item.key) || "";
    input.id = `antema-scale-${item.key}`;
    label.htmlFor = input.id;
    input.addEventListener("input", () => drafts.set(item.key, input.value));
    const send = (everywhere) => {
      editing.delete(item.key);
      model.send({ kind: "scale", key: item.key, text: input.value, everywhere });
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(false);
    });
    const use = element("button", "antema-scale-use antema-button", texts.scale_apply);
    use.type = "submit";
    const row = element("div", "antema-scale-row");
    row.append(input, use);
    form.append(label, row);
    if (model.get("items").filter((other) => !other.scale).length > 1) {
      const all = element("button", "antema-scale-all antema-link", texts.scale_apply_all);
      all.type = "button";
      all.addEventListener("click", () => send(true));
      form.append(all);
    }
    const ruler = element("button", "antema-ruler-start antema-link", texts.ruler);
    ruler.type = "button";
    ruler.title = texts.ruler_hint;
    ruler.addEventListener("click", () => {
      editing.delete(item.key);
      model.send({ kind: "ruler", key: item.key });
    });
    form.append(ruler);
    return form;
  }

  function entry(item, many) {
    const row = element("div", `antema-image antema-is-${item.state}`);
    row.classList.toggle("antema-chosen", item.chosen);
    const button = element("button", "antema-image-main");
    button.title = item.title;
    button.setAttribute("aria-current", item.chosen ? "true" : "false");
    const picture = element("img", "antema-thumb");
    picture.src = item.thumb;
    picture.alt = "";
    const words = element("span", "antema-image-words");
    words.append(element("span", "antema-image-name", item.name));
    words.append(element("span", "antema-image-size", item.about));
    words.append(element("span", "antema-image-state", item.note));
    button.append(picture, words);
    button.addEventListener("click", () => model.send({ kind: "choose", key: item.key }));
    const remove = element("button", "antema-remove", "×");
    remove.title = texts.remove;
    remove.setAttribute("aria-label", `${texts.remove}: ${item.name}`);
    remove.addEventListener("click", () => model.send({ kind: "remove", key: item.key }));
    row.append(button, remove);
    if (!item.scale || editing.has(item.key)) row.append(scaleForm(item));
    else {
      const edit = element("button", "antema-scale-edit antema-link", item.scale);
      edit.title = item.source;
      edit.addEventListener("click", () => {
        editing.add(item.key);
        draw();
        el.querySelector(`#antema-scale-${item.key}`).focus();
      });
      row.append(edit);
    }
    return row;
  }

  function draw() {
    const items = model.get("items");
    const focused = document.activeElement && document.activeElement.id;
    el.replaceChildren(...items.map((item) => entry(item, items.length > 1)));
    if (focused && focused.startsWith("antema-scale-")) {
      const again = el.querySelector(`#${focused}`);
      if (again) again.focus();
    }
    const chosen = el.querySelector(".antema-chosen");
    if (chosen) chosen.scrollIntoView({ block: "nearest" });
  }
  model.on("change:items", draw);
  draw();
  return () => model.off("change:items", draw);
}

export default { render };
