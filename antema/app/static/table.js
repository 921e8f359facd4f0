// The table of particles: only the rows in sight exist, so that thousands of them do not freeze.
const ROW = 28;
const SPARE = 8;

function render({ model, el }) {
  el.classList.add("antema-table");
  el.innerHTML = `<div class="antema-table-scroll" tabindex="0" role="grid">
      <table><thead><tr></tr></thead><tbody></tbody></table></div>`;
  const scroll = el.querySelector(".antema-table-scroll");
  const head = el.querySelector("thead tr");
  const body = el.querySelector("tbody");
  let columns = [];
  let values = new Float64Array();
  let rows = 0;
  let order = [];
  let sort = { column: -1, down: false };

  const cell = (row, column) => values[column * rows + row];
  function text(row, index) {
    const column = columns[index];
    const value = cell(row, index);
    if (column.kind === "image") return model.get("names")[value];
    if (column.kind === "bool") return value ? column.yes : "";
    return Number.isNaN(value) ? "–" : value.toFixed(column.digits);
  }

  function arrange() {
    order = Array.from({ length: rows }, (_, i) => i);
    if (sort.column >= 0) {
      const sign = sort.down ? -1 : 1;
      order.sort((a, b) => sign * (cell(a, sort.column) - cell(b, sort.column)) || a - b);
    }
  }

  function drawHead() {
    head.replaceChildren(
      ...columns.map((column, index) => {
        const th = document.createElement("th");
        const button = document.createElement("button");
        button.title = column.meaning;
        button.innerHTML = "<span></span><small></small><em></em>";
        button.querySelector("span").textContent = column.label;
        button.querySelector("small").textContent = column.unit;
        button.querySelector("em").textContent =
          sort.column === index ? (sort.down ? "▼" : "▲") : "";
        th.setAttribute(
          "aria-sort",
          sort.column === index ? (sort.down ? "descending" : "ascending") : "none",
        );
        button.addEventListener("click", () => {
          sort = { column: index, down: sort.column === index && !sort.down };
          arrange();
          drawHead();
          drawBody();
        });
        if (column.kind === "image") th.className = "antema-left";
        th.append(button);
        return th;
      }),
    );
  }

  function spacer(count) {
    const tr = document.createElement("tr");
    tr.className = "antema-spacer";
    const td = document.createElement("td");
    td.colSpan = Math.max(1, columns.length);
    td.style.height = `${count * ROW}px`;
    tr.append(td);
    return tr;
  }

  function drawBody() {
    const first = Math.max(0, Math.floor(scroll.scrollTop / ROW) - SPARE);
    const last = Math.min(rows, first + Math.ceil(scroll.clientHeight / ROW) + 2 * SPARE);
    const selected = model.get("selected");
    const made = [spacer(first)];
    for (let place = first; place < last; place += 1) {
      const row = order[place];
      const tr = document.createElement("tr");
      tr.dataset.row = row;
      tr.classList.toggle("antema-selected", row === selected);
      tr.setAttribute("aria-selected", row === selected ? "true" : "false");
      for (let index = 0; index < columns.length; index += 1) {
        const td = document.createElement("td");
        td.textContent = text(row, index);
        if (columns[index].kind === "image") td.className = "antema-left";
        tr.append(td);
      }
      made.push(tr);
    }
    made.push(spacer(rows - last));
    body.replaceChildren(...made);
  }

  function pick(row) {
    model.set("selected", row);
    model.save_changes();
  }
  body.addEventListener("click", (event) => {
    const tr = event.target.closest("tr[data-row]");
    if (!tr) return;
    const row = Number(tr.dataset.row);
    pick(row === model.get("selected") ? -1 : row);
  });
  scroll.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const place = order.indexOf(model.get("selected"));
    const next = Math.max(0, Math.min(rows - 1, place + (event.key === "ArrowDown" ? 1 : -1)));
    if (rows) pick(order[next]);
  });
  scroll.addEventListener("scroll", () => requestAnimationFrame(drawBody));

  function showSelected() {
    const place = order.indexOf(model.get("selected"));
    if (place >= 0) {
      const top = place * ROW;
      const room = scroll.clientHeight - ROW - head.offsetHeight;
      if (top < scroll.scrollTop || top > scroll.scrollTop + room) {
        scroll.scrollTop = top - room / 2;
      }
    }
    drawBody();
  }

  function take() {
    columns = model.get("columns");
    rows = model.get("rows");
    const data = model.get("data");
    const bytes = data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();
    values = new Float64Array(bytes.slice().buffer);
    if (values.length < rows * columns.length) return; // The rest of this update is on its way.
    arrange();
    drawHead();
    showSelected();
  }
  model.on("change:data", take);
  model.on("change:rows", take);
  model.on("change:columns", take);
  model.on("change:selected", showSelected);
  const watch = new ResizeObserver(() => drawBody());
  watch.observe(scroll);
  take();
  return () => watch.disconnect();
}

export default { render };
