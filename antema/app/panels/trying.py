"""How count and mean diameter depend on an option."""

import ipywidgets as widgets

from ...tuning_figures import effect_figure
from .. import messages
from ..state import State
from ..state.trying import TRIED
from .base import classed, show, watch
from .chart import Chart
from .options import field_of

HEIGHT_PX = 196


class TryingBox(widgets.VBox):
    """The choice of the option and the figure; while it is hidden nothing is computed."""

    def __init__(self, state: State) -> None:
        self.state = state
        labels = [(field_of("separation", name).metadata["label"], name) for name in TRIED]
        self.option = classed(
            widgets.Dropdown(options=labels, tooltip=messages.TRYING_OPTION_HINT), "antema-tried"
        )
        self.option.observe(lambda change: state.try_option(change["new"]), "value")
        self.chart = Chart("antema-trying-chart", HEIGHT_PX)
        self.wait = classed(widgets.HTML(messages.TRYING_WAIT), "antema-trying-wait")
        self.key = widgets.HTML(messages.TRYING_KEY)
        super().__init__([self.option, self.wait, self.chart.holder, self.key])
        classed(self, "antema-trying")
        watch(state, ["trials", "tried", "settings"], self.refresh)

    def refresh(self) -> None:
        """Show the trials of the state."""
        state = self.state
        self.option.value = state.tried
        there = state.trials is not None and state.trials.columns[0] == state.tried
        show(self.wait, not there)
        show(self.chart.holder, there)
        show(self.key, there)
        if not there:
            return
        about = field_of("separation", state.tried).metadata
        figure = effect_figure(state.trials, state.present)
        unit = about["unit"]
        label = about["label"]
        figure.update_layout(
            xaxis_title=messages.AXIS.format(label=label, unit=unit) if unit else label,
            yaxis_title=messages.NUMBER_AXIS,
            yaxis2_title=messages.TRYING_DIAMETER,
        )
        self.chart.show(figure)
