// What belongs to the whole page: keys, light or dark, and the watch over the connection.
const BEAT_MS = 5000;
const LOST_AFTER_MS = 20000;

function render({ model, el }) {
  el.classList.add("antema-page");
  const root = () => el.closest(".antema-root") || document.body;

  const banner = document.createElement("div");
  banner.className = "antema-lost";
  banner.setAttribute("role", "alert");
  banner.hidden = true;
  banner.textContent = model.get("lost");
  el.append(banner);

  let heard = Date.now();
  let hiddenSince = 0;
  const onMessage = (message) => {
    if (message.kind === "pong") {
      heard = Date.now();
      banner.hidden = true;
    }
  };
  model.on("msg:custom", onMessage);
  const beat = () => {
    try {
      model.send({ kind: "ping" });
    } catch (error) {
      // A connection that is gone is told by the silence below.
    }
    // A sleeping tab beats rarely; only silence that was listened to counts.
    if (document.hidden) hiddenSince = Date.now();
    const since = Math.max(heard, hiddenSince);
    if (Date.now() - since > LOST_AFTER_MS) banner.hidden = false;
  };
  const timer = setInterval(beat, BEAT_MS);
  setTimeout(beat, 200);

  const onKey = (event) => {
    const target = event.target;
    const typing = target.closest && target.closest("input, textarea, select, [contenteditable]");
    const sliding = target.closest && target.closest(".noUi-handle, .antema-table");
    if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (sliding && event.key.startsWith("Arrow")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (model.get("known_keys").includes(key)) model.send({ kind: "key", key });
  };
  document.addEventListener("keydown", onKey);

  // Figures follow the size of their box; Plotly itself only follows the window.
  const watched = new Set();
  const resized = new ResizeObserver(() => requestAnimationFrame(() => window.dispatchEvent(new Event("resize"))));
  const findFigures = () => {
    for (const box of root().querySelectorAll(".antema-figure")) {
      if (!watched.has(box)) {
        watched.add(box);
        resized.observe(box);
        arrivals.observe(box, { childList: true });
      }
    }
  };
  const arrivals = new MutationObserver(() => {
    for (const delay of [50, 300, 1000]) setTimeout(() => window.dispatchEvent(new Event("resize")), delay);
  });
  const finder = setInterval(() => {
    findFigures();
    // ipywidgets marks what belongs to a kernel that died.
    if (root().querySelector(".jupyter-widgets-disconnected")) banner.hidden = false;
  }, 300);

  // What the browser prefers is told to the kernel, so that the first switch changes something.
  if (model.get("theme") === "auto") {
    const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
    model.set("theme", dark ? "dark" : "light");
    model.save_changes();
  }
  const applyTheme = () =>
    root().classList.toggle("antema-dark", model.get("theme") === "dark");
  model.on("change:theme", applyTheme);
  requestAnimationFrame(applyTheme);
  setTimeout(applyTheme, 500);

  return () => {
    clearInterval(timer);
    clearInterval(finder);
    resized.disconnect();
    arrivals.disconnect();
    document.removeEventListener("keydown", onKey);
    model.off("msg:custom", onMessage);
    model.off("change:theme", applyTheme);
  };
}

export default { render };
