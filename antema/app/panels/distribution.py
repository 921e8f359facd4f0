"""The distribution of a quantity: what to show, the figure, and what it says in words."""

import html
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ...appearance import SELECTED_COLOUR
from ...charts import histogram_figure
from ...distribution import FITS, MOST_BINS, WEIGHTINGS, Distribution
from .. import messages
from ..state import State
from .base import UNITS, axis_label, button, classed, decimals, number_text, show, watch
from .chart import Chart
from .samples import SamplesBox

HEIGHT_PX = 196


class DistributionBox(widgets.VBox):
    """The histogram of the particles in scope, or several samples side by side."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._showing = False
        self._make_controls()
        self.chart = Chart("antema-histogram", HEIGHT_PX, state.pick_bar)
        self.samples = SamplesBox(state)
        self.caption = classed(widgets.HTML(), "antema-caption")
        self.filtered = classed(widgets.HTML(), "antema-filtered")
        self.clear = button(
            messages.FILTER_OFF,
            messages.FILTER_OFF_HINT,
            "antema-filter-off",
            lambda: state.clear_filters(),
        )
        self.note = widgets.HBox([self.filtered, classed(self.clear, "antema-quiet")])
        what = [self.quantity, self.weighting]
        how = [self.fit, self.cumulative, self.bins, self.automatic]
        super().__init__(
            [
                classed(widgets.HBox(what), "antema-row"),
                self.chart.holder,
                self.samples,
                classed(self.note, "antema-filter-note"),
                self.caption,
                classed(widgets.HBox(how), "antema-row", "antema-plot-options"),
            ]
        )
        classed(self, "antema-distribution")
        names = ["images", "chosen", "span", "quantity", "filters", "selected"]
        watch(state, [*names, "bins", "weighting", "cumulative", "fit"], self.refresh)

    def _make_controls(self) -> None:
        state = self.state
        quantities = [(label, name) for name, label in messages.QUANTITY_LABELS.items()]
        weightings = [(messages.WEIGHTINGS[name], name) for name in WEIGHTINGS]
        fits = [(messages.FITS[name], name) for name in ("", *FITS)]
        self.quantity = self._linked(
            widgets.Dropdown(options=quantities, tooltip=messages.QUANTITY_HINT),
            "antema-quantity",
            state.show_quantity,
        )
        self.weighting = self._linked(
            widgets.Dropdown(options=weightings, tooltip=messages.WEIGHTING_HINT),
            "antema-weighting",
            state.show_weighting,
        )
        self.fit = self._linked(
            widgets.Dropdown(options=fits, tooltip=messages.FIT_HINT), "antema-fit", state.show_fit
        )
        self.cumulative = self._linked(
            widgets.Checkbox(
                description=messages.CUMULATIVE, tooltip=messages.CUMULATIVE_HINT, indent=False
            ),
            "antema-cumulative",
            state.show_cumulative,
        )
        self.bins = self._linked(
            widgets.BoundedIntText(
                min=1, max=MOST_BINS, description=messages.BINS, tooltip=messages.BINS_HINT
            ),
            "antema-bins",
            state.show_bins,
        )
        self.automatic = self._linked(
            widgets.Checkbox(
                description=messages.BINS_AUTO, tooltip=messages.BINS_AUTO_HINT, indent=False
            ),
            "antema-bins-auto",
            lambda automatic: state.show_bins(None if automatic else self.bins.value),
        )

    def _linked(self, control: Any, name: str, act: Callable[[Any], Any]) -> Any:
        """Return a control whose changes by a person call a method of the state."""

        def changed(change: dict[str, Any]) -> None:
            if not self._showing:
                act(change["new"])

        control.observe(changed, "value")
        return classed(control, name)

    def refresh(self) -> None:
        """Show the distribution as the state has it."""
        state = self.state
        if not state.scope():
            return
        self._showing = True
        self.quantity.value, self.weighting.value = state.quantity, state.weighting
        self.fit.value, self.cumulative.value = state.fit, state.cumulative
        self.bins.value, self.automatic.value = len(state.edges) - 1, state.bins is None
        self._showing = False
        beside = state.side_by_side
        for widget in (self.chart.holder, self.fit, self.caption):
            show(widget, not beside)
        show(self.samples, beside)
        show(self.note, bool(state.filters))
        self.filtered.value = messages.FILTERED.format(
            count=len(state.particles), total=len(state.candidates), ranges=ranges_text(state)
        )
        if beside:
            self.samples.refresh()
        else:
            self._draw()
            self.caption.value = fit_text(state.distribution, state.fit)

    def _draw(self) -> None:
        state = self.state
        candidates = state.candidates
        figure = histogram_figure(
            candidates,
            state.quantity,
            state.bins,
            weighting=state.weighting,
            fit=state.fit or None,
            cumulative=state.cumulative,
            keep=state.passing(candidates),
        )
        figure.update_layout(
            xaxis_title=axis_label(state.quantity),
            yaxis_title=messages.WEIGHTING_AXES[state.weighting],
            yaxis2_title=messages.CUMULATIVE_AXIS,
        )
        at = self._selected_value()
        place = {"x0": at or 0, "x1": at or 0, "y0": 0, "y1": 1, "yref": "paper"}
        line = {"color": SELECTED_COLOUR, "width": 3}
        figure.add_shape(type="line", line=line, visible=at is not None, **place)
        self.chart.show(figure)

    def _selected_value(self) -> float | None:
        """Return where the selected particle lies."""
        found, number = self.state.analysis, self.state.selected
        if found is None or number is None or number > len(found.particles):
            return None
        return float(found.particles[self.state.quantity].iloc[number - 1])


def ranges_text(state: State) -> str:
    """Say which ranges the filters keep."""
    texts = []
    for column, (low, high) in state.filters.items():
        unit = UNITS[column]
        if math.isinf(low) and math.isinf(high):
            continue
        if math.isinf(low):
            ends = messages.RANGE_TO.format(high=number_text(high, unit))
        elif math.isinf(high):
            ends = messages.RANGE_FROM.format(low=number_text(low, unit))
        else:
            ends = messages.RANGE.format(low=number_text(low), high=number_text(high, unit))
        texts.append(f"{messages.QUANTITY_LABELS[column].lower()} {ends}")
    return html.escape(", ".join(texts))


def fit_text(found: Distribution, kind: str) -> str:
    """Say what the fit is and, honestly, how well it describes the particles."""
    if not kind or not found.values.size:
        return ""
    fit = found.fit(kind)
    if fit is None:
        return f"<p>{messages.FIT_NONE}</p>"
    unit, places = UNITS[found.quantity], decimals(fit.centre)
    text = messages.FIT_TEXTS[kind].format(
        centre=f"{fit.centre:.{places}f}",
        width=f"{fit.width:.{places if kind == 'normal' else 2}f}",
        unit=f" {unit}" if unit else "",
    )
    if math.isnan(fit.usual_distance):
        verdict = messages.FIT_DISTANCE
    else:
        verdict = messages.FIT_FAR if fit.distance > fit.usual_distance else messages.FIT_NEAR
    said = verdict.format(
        distance=f"{fit.distance:.3f}", usual=f"{fit.usual_distance:.3f}", count=found.values.size
    )
    return f"<p title='{html.escape(messages.FIT_KS)}'>{text} {said}</p>"
