// A button that asks for a file, receives it in pieces and saves it; no server path is involved.
function render({ model, el }) {
  el.classList.add("antema-download");
  const button = document.createElement("button");
  button.className = "antema-button";
  const link = document.createElement("a");
  link.className = "antema-link antema-download-link";
  link.hidden = true;
  el.append(button, link);
  let pieces = [];
  let address = "";

  function draw() {
    button.textContent = model.get("label");
    button.title = model.get("hint");
    button.disabled = model.get("disabled") || model.get("busy");
    button.classList.toggle("antema-primary", model.get("primary"));
    button.classList.toggle("antema-busy", model.get("busy"));
  }
  button.addEventListener("click", () => model.send({ kind: "make" }));
  const onMessage = (message, buffers) => {
    if (message.kind !== "piece") return;
    if (message.index === 0) pieces = [];
    pieces.push(...buffers);
    if (pieces.length < message.count) return;
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob(pieces, { type: message.type }));
    pieces = [];
    link.href = address;
    link.download = message.name;
    link.textContent = message.name;
    link.click();
  };
  model.on("msg:custom", onMessage);
  for (const name of ["label", "hint", "disabled", "busy"]) model.on(`change:${name}`, draw);
  draw();
  return () => {
    if (address) URL.revokeObjectURL(address);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
