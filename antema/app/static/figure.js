// Draws a plotly figure with plotly's own script, which is loaded once for all figures of a page.
//
// anywidget gives a script two seconds to load and loses all that is sent to it later, so this one
// is small. Plotly forgets what is sent to a figure before it is drawn, so the whole figure is
// asked for once more if something was.
const MODEL = "IPY_MODEL_";
const CHANGES = ["addTraces", "deleteTraces", "moveTraces", "restyle", "relayout", "update", "animate"];

// Returns plotly; all figures of a page wait for the same one.
function load(model) {
  const loading = (window.antemaPlotly ??= {});
  const id = model.get("_library").slice(MODEL.length);
  return (loading[id] ??= fetchFrom(model.widget_manager, id));
}

async function fetchFrom(manager, id) {
  const library = await manager.get_model(id);
  const script = new Blob([library.get("text")], { type: "text/javascript" });
  const address = URL.createObjectURL(script);
  try {
    return (await import(address)).default;
  } finally {
    URL.revokeObjectURL(address);
  }
}

function initialize({ model }) {
  load(model);
}

async function render({ model, el }) {
  const plotly = await load(model);
  let listeners = {};
  let drawn = false;
  let clear = () => {};
  // What plotly takes for the model: it hears of changes only when it can draw them.
  const heard = {
    get: (name) => model.get(name),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    on: (event, listener) => (listeners[event] ??= []).push(listener),
  };
  for (const change of CHANGES) {
    const event = `change:_py2js_${change}`;
    model.on(event, () => {
      if (drawn) for (const listener of listeners[event] ?? []) listener();
    });
  }

  const draw = () => {
    clear();
    drawn = false;
    listeners = {};
    const figure = plotly();
    figure.initialize({ model: heard });
    clear = figure.render({ el });
  };
  const onDrawn = ({ detail }) => {
    if (detail.element !== el || drawn) return;
    drawn = true;
    const edits = [model.get("_last_trace_edit_id"), model.get("_last_layout_edit_id")];
    if (String(edits) !== String(model.get("_whole"))) model.send({ kind: "whole" });
  };
  document.addEventListener("plotlywidget-after-render", onDrawn);
  model.on("change:_whole", draw);
  draw();
  return () => {
    document.removeEventListener("plotlywidget-after-render", onDrawn);
    clear();
  };
}

export default { initialize, render };
