// Files from the visitor's computer: chosen or dropped, sent in pieces that every server takes.
const PIECE = 2 * 1024 * 1024;
const AHEAD = 3;

function render({ model, el }) {
  const texts = model.get("texts");
  const accept = model.get("accept");
  el.classList.add(accept ? "antema-pick" : "antema-drop");
  el.innerHTML = accept
    ? `<label class="antema-button" tabindex="0" role="button">
         <input class="antema-picked" type="file"><span class="antema-drop-title"></span>
       </label>`
    : `<label class="antema-drop-area" tabindex="0">
         <input class="antema-upload" type="file" multiple>
         <span class="antema-drop-title"></span>
         <span class="antema-drop-or"></span>
         <span class="antema-drop-hint"></span>
       </label>`;
  el.insertAdjacentHTML(
    "beforeend",
    `<div class="antema-drop-progress" hidden><span></span><i><b></b></i></div>`,
  );
  const area = el.querySelector("label");
  const input = el.querySelector("input");
  const progress = el.querySelector(".antema-drop-progress");
  for (const name of ["title", "or", "hint"]) {
    const place = el.querySelector(`.antema-drop-${name}`);
    if (place) place.textContent = texts[name];
  }
  if (accept) {
    area.title = texts.hint;
    input.accept = accept;
  }

  const waiting = [];
  let sending = false;
  let acknowledged = 0;
  let wake = () => {};
  const onMessage = (message) => {
    if (message.kind === "ack") {
      acknowledged += 1;
      wake();
    }
  };
  model.on("msg:custom", onMessage);

  async function sendFile(file) {
    model.send({ kind: "begin", name: file.name, size: file.size });
    const pieces = Math.ceil(file.size / PIECE);
    let sent = 0;
    acknowledged = 0;
    while (acknowledged < pieces) {
      progress.querySelector("span").textContent = texts.uploading.replace("{name}", file.name);
      progress.querySelector("b").style.width = `${(100 * acknowledged) / pieces}%`;
      if (sent < pieces && sent - acknowledged < AHEAD) {
        const piece = await file.slice(sent * PIECE, (sent + 1) * PIECE).arrayBuffer();
        model.send({ kind: "piece" }, undefined, [piece]);
        sent += 1;
      } else {
        await new Promise((resolve) => (wake = resolve));
      }
    }
    model.send({ kind: "end", name: file.name });
  }

  async function sendAll(files) {
    waiting.push(...files);
    if (sending) return;
    sending = true;
    progress.hidden = false;
    while (waiting.length) await sendFile(waiting.shift());
    progress.hidden = true;
    sending = false;
  }

  input.addEventListener("change", () => {
    sendAll([...input.files]);
    input.value = "";
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      input.click();
    }
  });

  // The whole dashboard takes a drop, so that nobody has to aim; a piece of a notebook, which may
  // hold several of these, only where it stands. A drop beside them must not leave the page.
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const isMine = (event) =>
    (el.closest(".antema-root:not(.antema-piece)") ?? el).contains(event.target);
  const onDrag = (event) => {
    if (!carriesFiles(event)) return;
    const mine = isMine(event);
    area.classList.toggle("antema-over", mine);
    if (mine) event.dataTransfer.dropEffect = "copy";
    else if (!event.defaultPrevented) event.dataTransfer.dropEffect = "none";
    event.preventDefault();
  };
  const onLeave = (event) => {
    if (!event.relatedTarget) area.classList.remove("antema-over");
  };
  const onDrop = (event) => {
    area.classList.remove("antema-over");
    if (carriesFiles(event) && isMine(event)) {
      event.preventDefault();
      sendAll([...event.dataTransfer.files]);
    }
  };
  if (!accept) {
    document.addEventListener("dragover", onDrag);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
  }
  return () => {
    document.removeEventListener("dragover", onDrag);
    document.removeEventListener("dragleave", onLeave);
    document.removeEventListener("drop", onDrop);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
