"""Panel 4: the particles one by one, linked with the picture, and the filter by range."""

import ipywidgets as widgets
import numpy as np

from ...measurement import COLUMNS
from .. import messages
from ..controls import Table
from ..state import State
from .base import HIDDEN, button, classed, show, watch

# What fits beside the other panels on a screen of 1280 px.
FEW = ("particle", "equivalent_diameter_nm", "feret_min_nm", "feret_max_nm", "circularity")
FEW_IN_ONE, FEW_POOLED = (*FEW, "aspect_ratio"), ("image", *FEW)
ABOUT = {column.name: column for column in COLUMNS}
DIGITS = {"particle": 0, "circularity": 3, "convexity": 3, "solidity": 3, "aspect_ratio": 2}


class TablePanel(widgets.VBox):
    """The table of particles of the image shown, or of all images."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.table = Table()
        self.table.observe(self._picked, names="selected")
        self._numbers = np.empty(0, dtype=int)
        self._showing = False
        self._all = False
        self.count = classed(widgets.HTML(), "antema-table-count")
        labelled = [(label, name) for name, label in messages.QUANTITY_LABELS.items()]
        self.column = classed(
            widgets.Dropdown(
                options=labelled, description=messages.FILTER, tooltip=messages.FILTER_HINT
            ),
            "antema-filter-column",
        )
        self.low = classed(
            widgets.Text(placeholder=messages.FILTER_FROM, continuous_update=False),
            "antema-filter-low",
        )
        self.high = classed(
            widgets.Text(placeholder=messages.FILTER_TO, continuous_update=False),
            "antema-filter-high",
        )
        self.unit = classed(widgets.HTML(), "antema-unit")
        self.clear = classed(
            button(messages.FILTER_CLEAR, messages.FILTER_HINT, "antema-filter-clear", self._clear),
            "antema-quiet",
        )
        for field in (self.low, self.high):
            field.observe(lambda _change: self._filter(), names="value")
        self.column.observe(lambda _change: self._refresh_filter(), names="value")
        self.fold = button(
            messages.TABLE_HIDE, messages.TABLE_FOLD_HINT, "antema-table-fold", self._fold
        )
        classed(self.fold, "antema-quiet")
        self.columns = button(
            messages.TABLE_ALL, messages.TABLE_COLUMNS_HINT, "antema-table-columns", self._widen
        )
        classed(self.columns, "antema-quiet")
        self.table_box = classed(widgets.Box([self.table]), "antema-table-box")
        filters = [self.column, self.low, self.high, self.unit, self.clear]
        top = [
            self.count,
            classed(widgets.HBox(filters), "antema-filter"),
            self.columns,
            self.fold,
        ]
        super().__init__([classed(widgets.HBox(top), "antema-title-row"), self.table_box])
        classed(self, "antema-table-panel")
        watch(state, ["images", "chosen", "span", "filters"], self.refresh)
        watch(state, "filters", self._refresh_filter)
        watch(state, ["selected", "chosen"], self.refresh_selected)

    def _fold(self) -> None:
        hide = HIDDEN not in self.table_box._dom_classes
        show(self.table_box, not hide)
        (self.add_class if hide else self.remove_class)("antema-folded")
        self.fold.description = messages.TABLE_SHOW if hide else messages.TABLE_HIDE

    def _widen(self) -> None:
        self._all = not self._all
        self.columns.description = messages.TABLE_FEW if self._all else messages.TABLE_ALL
        self.refresh()

    def _names(self) -> list[str]:
        few = FEW_POOLED if self.state.pooled else FEW_IN_ONE
        usable = [n for n in messages.TABLE_LABELS if self.state.pooled or n != "image"]
        return usable if self._all else list(few)

    def refresh(self) -> None:
        """Show the particles in scope."""
        particles = self.state.particles
        total = sum(len(found.particles) for found in self.state.scope())
        show(self, total > 0)
        names = self._names()
        images = list(dict.fromkeys(particles["image"]))
        columns = [
            particles["image"].map({name: i for i, name in enumerate(images)}).to_numpy(dtype=float)
            if name == "image"
            else particles[name].to_numpy(dtype=float)
            for name in names
        ]
        values = np.column_stack(columns) if len(particles) else np.empty((0, len(names)))
        self._numbers = particles["particle"].to_numpy()
        self._showing = True
        self.table.show([_about(name) for name in names], values, images)
        self._showing = False
        text = messages.TABLE_FILTERED if len(particles) < total else messages.TABLE_COUNT
        self.count.value = text.format(count=len(particles), total=total)
        self.refresh_selected()

    def refresh_selected(self) -> None:
        """Mark the row of the selected particle."""
        rows = np.flatnonzero(self._numbers == self.state.selected)
        self._showing = True
        usable = self.state.selected is not None and len(rows) and not self.state.pooled
        self.table.selected = int(rows[0]) if usable else -1
        self._showing = False

    def _picked(self, change: dict[str, int]) -> None:
        if self._showing:
            return
        row = change["new"]
        if not 0 <= row < len(self._numbers):
            self.state.select(None)
            return
        if self.state.pooled:
            self.state.choose_by_name(self.state.particles["image"].iloc[row])
        self.state.select(int(self._numbers[row]))

    def _filter(self) -> None:
        if not self._showing:
            self.state.filter_text(self.column.value, self.low.value, self.high.value)

    def _clear(self) -> None:
        for column in list(self.state.filters):
            self.state.set_filter(column, None, None)

    def _refresh_filter(self) -> None:
        low, high = self.state.filters.get(self.column.value, (-np.inf, np.inf))
        self._showing = True
        self.low.value = "" if np.isinf(low) else f"{low:.4g}"
        self.high.value = "" if np.isinf(high) else f"{high:.4g}"
        self._showing = False
        self.unit.value = ABOUT[self.column.value].unit
        show(self.clear, bool(self.state.filters))


def _about(name: str) -> dict[str, object]:
    column = ABOUT[name]
    kind = "image" if name == "image" else "bool" if column.dtype == "bool" else "number"
    return {
        "label": messages.TABLE_LABELS[name],
        "unit": column.unit,
        "meaning": column.meaning[:1].upper() + column.meaning[1:] + ".",
        "digits": DIGITS.get(name, 2),
        "kind": kind,
        "yes": messages.YES,
    }
