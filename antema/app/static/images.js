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
  let shown;

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

  function entry(item) {
    const row = element("div", `antema-image antema-is-${item.state}`);
    row.classList.toggle("antema-chosen", item.chosen);
    row.classList.toggle("antema-doubtful", item.doubtful);
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

  function removeAll() {
    const all = element("button", "antema-remove-all antema-link", texts.remove_all);
    all.addEventListener("click", () => {
      if (window.confirm(texts.sure)) model.send({ kind: "remove_all" });
    });
    return all;
  }

  function draw() {
    const items = model.get("items");
    const focused = document.activeElement && document.activeElement.id;
    const scrolled = el.scrollTop;
    el.replaceChildren(...items.map(entry));
    if (items.length > 1) el.append(removeAll());
    if (focused && focused.startsWith("antema-scale-")) {
      const again = el.querySelector(`#${focused}`);
      if (again) again.focus();
    }
    el.scrollTop = scrolled;
    const chosen = items.find((item) => item.chosen)?.key;
    if (chosen !== shown) el.querySelector(".antema-chosen")?.scrollIntoView({ block: "nearest" });
    shown = chosen;
  }
  model.on("change:items", draw);
  draw();
  return () => model.off("change:items", draw);
}

export default { render };
