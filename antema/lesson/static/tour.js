// The list of sections. On a page served by Voila it stands beside the text; a click leads there.
const heading = (title) =>
  [...document.querySelectorAll("h2")].find((h) => h.textContent.trim().startsWith(title));

function render({ model, el }) {
  const nav = document.createElement("nav");
  nav.className = "lesson-tour";
  nav.setAttribute("aria-label", "Sections");
  const page = document.body.hasAttribute("data-voila");
  (page ? document.body : el).append(nav);

  function draw() {
    const sections = model.get("sections");
    const solved = sections.filter((s) => s.solved).length;
    nav.replaceChildren();
    const title = document.createElement("p");
    title.textContent = `${solved} of ${sections.length} exercises solved`;
    title.className = "lesson-tour-title";
    nav.append(title);
    for (const section of sections) {
      const link = document.createElement("a");
      link.href = "#";
      link.textContent = section.title;
      link.className = section.solved ? "lesson-solved" : "";
      if (section.solved) link.setAttribute("aria-label", `${section.title}: solved`);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        heading(section.title)?.scrollIntoView({ block: "start" });
      });
      nav.append(link);
    }
    mark();
  }

  function mark() {
    let current = null;
    for (const link of nav.querySelectorAll("a")) {
      const place = heading(link.textContent);
      if (place && place.getBoundingClientRect().top < window.innerHeight / 3) current = link;
      link.removeAttribute("aria-current");
    }
    current?.setAttribute("aria-current", "true");
  }

  model.on("change:sections", draw);
  window.addEventListener("scroll", mark, { passive: true, capture: true });
  draw();
  return () => {
    window.removeEventListener("scroll", mark, { capture: true });
    nav.remove();
  };
}

export default { render };
