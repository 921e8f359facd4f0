"""Panel 3: the numbers, their distribution, what was left out, and the way to take them home."""

import html
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ...appearance import SELECTED_COLOUR
from ...charts import histogram_figure
from ...measurement import COLUMNS
from .. import messages
from ..controls import Download
from ..state import State
from .base import classed, decimals, heading, number_text, show, watch
from .picture import CLEAR, FIGURE_CONFIG, FONT, figure_widget

if TYPE_CHECKING:
    from plotly.graph_objects import FigureWidget

UNITS = {column.name: column.unit for column in COLUMNS}


class Histogram:
    """The one figure widget of the distribution."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.widget: Any = None

    def refresh(self) -> "FigureWidget":
        """Show the distribution of the chosen quantity."""
        figure = histogram_figure(self.state.particles, self.state.quantity)
        label = messages.QUANTITY_LABELS[self.state.quantity]
        unit = UNITS[self.state.quantity]
        figure.update_layout(
            autosize=True,
            paper_bgcolor=CLEAR,
            plot_bgcolor=CLEAR,
            margin={"l": 42, "r": 8, "t": 8, "b": 38},
            font={"family": FONT, "size": 12},
            dragmode=False,
        )
        figure.add_shape(
            type="line",
            yref="paper",
            x0=0,
            x1=0,
            y0=0,
            y1=1,
            visible=False,
            line={"color": SELECTED_COLOUR, "width": 3},
        )
        figure.update_xaxes(title=f"{label} in {unit}" if unit else label)
        figure.update_yaxes(title=messages.NUMBER_AXIS)
        if self.widget is None:
            self.widget = figure_widget(figure)
            self.widget._config = FIGURE_CONFIG | {"displayModeBar": False, "scrollZoom": False}
            self.mark_selected()
            return self.widget
        with self.widget.batch_update():
            bars, new = self.widget.data[0], figure.data[0]
            bars.x, bars.y, bars.width = new.x, new.y, new.width
            self.widget.layout.xaxis.title.text = figure.layout.xaxis.title.text
            self.widget.layout.xaxis.autorange = True
            self.widget.layout.yaxis.autorange = True
        self.mark_selected()
        return self.widget

    def mark_selected(self) -> None:
        """Draw a line where the selected particle lies."""
        if self.widget is None:
            return
        found, number = self.state.analysis, self.state.selected
        at = None
        if found is not None and number is not None and number <= len(found.particles):
            at = float(found.particles[self.state.quantity].iloc[number - 1])
        with self.widget.batch_update():
            self.widget.layout.shapes[0].update(x0=at or 0, x1=at or 0, visible=at is not None)


class ResultPanel(widgets.VBox):
    """Count, mean, histogram, left out, the selected particle, downloads."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.histogram = Histogram(state)
        self.empty = classed(widgets.HTML(messages.RESULT_EMPTY), "antema-result-empty")
        self.numbers = classed(widgets.HTML(), "antema-numbers")
        self.scope = classed(
            widgets.ToggleButtons(
                options=[(messages.SCOPE_IMAGE, False), (messages.SCOPE_ALL, True)],
                tooltips=[messages.SCOPE_HINT] * 2,
            ),
            "antema-scope",
        )
        self.scope.observe(lambda change: state.show_pooled(change["new"]), names="value")
        labelled = [(label, name) for name, label in messages.QUANTITY_LABELS.items()]
        self.quantity = classed(
            widgets.Dropdown(options=labelled, description=messages.QUANTITY), "antema-quantity"
        )
        self.quantity.observe(lambda change: state.show_quantity(change["new"]), names="value")
        self.holder = classed(widgets.Box(), "antema-figure", "antema-histogram")
        self.left_out = classed(widgets.HTML(), "antema-left-out")
        self.particle = classed(widgets.HTML(), "antema-particle")
        self.all = Download(
            messages.DOWNLOAD_ALL,
            messages.DOWNLOAD_ALL_HINT,
            "antema-results.zip",
            state.pack_all,
            primary=True,
        )
        self.table = Download(
            messages.DOWNLOAD_TABLE, messages.DOWNLOAD_TABLE_HINT, "antema.xlsx", state.pack_table
        )
        classed(self.all, "antema-download-all")
        classed(self.table, "antema-download-xlsx")
        self.rois = Download(
            messages.DOWNLOAD_ROIS, messages.DOWNLOAD_ROIS_HINT, "antema-rois.zip", state.pack_rois
        )
        classed(self.rois, "antema-download-rois")
        files = [self.all, self.table, self.rois]
        self.downloads = classed(widgets.HBox(files), "antema-downloads")
        body = [self.numbers, self.scope, self.quantity, self.holder, self.left_out, self.particle]
        self.body = classed(widgets.VBox(body), "antema-result-body")
        super().__init__([heading(messages.RESULT), self.empty, self.body, self.downloads])
        classed(self, "antema-result")
        names = ["images", "chosen", "settings", "quantity", "pooled", "filters", "busy"]
        watch(state, names, self.refresh)
        watch(state, ["selected", "chosen", "images"], self.refresh_particle)

    def refresh(self) -> None:
        """Show the numbers in scope."""
        state = self.state
        analyses = state.analyses
        there = bool(analyses) and (state.pooled or state.analysis is not None)
        show(self.empty, not there)
        show(self.body, there)
        show(self.downloads, bool(analyses))
        show(self.scope, len(analyses) > 1)
        self.scope.value, self.quantity.value = state.pooled, state.quantity
        packing = state.busy == "packing"
        for download in (self.all, self.table, self.rois):
            download.disabled, download.busy = not analyses, packing
        if not there:
            return
        old = state.outdated and not state.busy
        (self.body.add_class if old else self.body.remove_class)("antema-old")
        self.numbers.value = self._numbers()
        self.left_out.value = self._left_out()
        made = self.histogram.refresh()
        if not self.holder.children:
            self.holder.children = (made,)

    def _numbers(self) -> str:
        summary, quantity = self.state.summary, self.state.quantity
        if not summary.particles:
            why = "" if self.state.filters else messages.NOTHING_FOUND_WHY
            return f"<p class='antema-count'>{messages.NOTHING_FOUND}</p><p>{why}</p>"
        row, unit = summary.table.loc[quantity], UNITS[quantity]
        places = decimals(row["mean"])
        spread = f" ± {number_text(row['sd'], places=places)}" if summary.particles > 1 else ""
        count = messages.count_text(summary.particles, summary.images)
        facts = messages.FACTS.format(
            median=number_text(row["median"], unit, places=places),
            low=number_text(row["d10"], places=places),
            high=number_text(row["d90"], unit, places=places),
        )
        label = messages.QUANTITY_LABELS[quantity]
        return (
            f"<p class='antema-count'>{count}</p>"
            f"<p class='antema-mean'><b>{number_text(row['mean'])}{spread}</b> {unit}</p>"
            f"<p class='antema-facts'>{messages.MEAN_SD.format(label=label.lower())}<br>{facts}</p>"
        )

    def _left_out(self) -> str:
        counts = self.state.left_out
        title = f"<h3 title='{html.escape(messages.LEFT_OUT_HINT)}'>{messages.LEFT_OUT}</h3>"
        if not counts:
            return f"{title}<p>{messages.LEFT_OUT_NONE}</p>"
        rows = "".join(
            f"<tr><td>{html.escape(reason)}</td><td>{count}</td></tr>"
            for reason, count in sorted(counts.items(), key=lambda item: -item[1])
        )
        return f"{title}<table>{rows}</table>"

    def refresh_particle(self) -> None:
        """Show all numbers of the selected particle."""
        self.histogram.mark_selected()
        found, number = self.state.analysis, self.state.selected
        if found is None or number is None or number > len(found.particles):
            self.particle.value = f"<p class='antema-quiet-text'>{messages.PARTICLE_NONE}</p>"
            return
        row = found.particles.iloc[number - 1]
        rows = "".join(
            f"<tr><td>{label}</td><td>{_value(row, name)}</td></tr>"
            for name, label in messages.QUANTITY_LABELS.items()
        )
        kind = messages.SEPARATED_KIND if row["separated"] else messages.WHOLE_KIND
        title = messages.PARTICLE.format(number=number)
        self.particle.value = f"<h3>{title} <small>{kind}</small></h3><table>{rows}</table>"


def _value(row: Any, name: str) -> str:
    return number_text(float(row[name]), UNITS[name])
