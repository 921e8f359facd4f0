"""Samples: the name of the one that the image shown belongs to, and several side by side."""

import html

import ipywidgets as widgets

from ...appearance import LINES
from ...charts import MOST_SAMPLES, samples_figure
from ...distribution import distribute
from .. import messages
from ..state import State
from .base import UNITS, axis_label, classed, decimals, number_text, watch
from .chart import Chart

HEIGHT_PX = 180


class SampleName(widgets.Combobox):
    """The name of the sample that the image shown belongs to; known names are proposed."""

    def __init__(self, state: State) -> None:
        super().__init__(
            description=messages.SAMPLE_LABEL,
            placeholder=messages.SAMPLE_PLACEHOLDER,
            tooltip=messages.SAMPLE_NAME_HINT,
            continuous_update=False,
            ensure_option=False,
        )
        self.state = state
        self._showing = False
        classed(self, "antema-sample-name")
        self.observe(lambda change: self._named(change["new"]), "value")
        watch(state, ["images", "chosen"], self.refresh)

    def _named(self, name: str) -> None:
        if not self._showing:
            self.state.name_sample(name)

    def refresh(self) -> None:
        """Show the name as the state has it."""
        image = self.state.image
        self._showing = True
        self.options = tuple(self.state.sample_names)
        self.value = image.sample if image else ""
        self.disabled = image is None
        self._showing = False


class SamplesBox(widgets.VBox):
    """The distributions of several samples over each other, and their numbers."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.chart = Chart("antema-samples-chart", HEIGHT_PX)
        self.numbers = widgets.HTML()
        super().__init__([self.chart.holder, self.numbers])
        classed(self, "antema-samples")

    def refresh(self) -> None:
        """Show the samples of the state."""
        state = self.state
        figure = samples_figure(
            state.samples,
            state.quantity,
            state.bins,
            weighting=state.weighting,
            cumulative=state.cumulative,
        )
        axes = messages.SAMPLES_CUMULATIVE_AXES if state.cumulative else messages.SAMPLES_AXES
        figure.update_layout(
            xaxis_title=axis_label(state.quantity),
            yaxis_title=axes[state.weighting],
            showlegend=False,
        )
        self.chart.show(figure)
        self.numbers.value = samples_table(state)


def samples_table(state: State) -> str:
    """Return a table with count, mean, standard deviation and median of every sample."""
    unit = UNITS[state.quantity]
    rows = []
    for number, (name, particles) in enumerate(state.samples.items()):
        found = distribute(particles, state.quantity, state.weighting)
        places = decimals(found.mean)
        spread = f" ± {number_text(found.sd, places=places)}" if found.values.size > 1 else ""
        cells = [
            f"{_key(number)} {html.escape(name or messages.SAMPLE_NONE)}",
            str(found.values.size),
            number_text(found.mean) + spread,
            number_text(found.median, places=places),
        ]
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    heads = "".join(f"<th>{word}</th>" for word in messages.SAMPLES_HEADS)
    note = messages.SAMPLES_NOTE[state.weighting].format(
        what=messages.QUANTITY_LABELS[state.quantity].lower(), unit=f" / {unit}" if unit else ""
    )
    if len(rows) > MOST_SAMPLES:
        note += " " + messages.SAMPLES_MORE.format(count=MOST_SAMPLES)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><tr>{heads}</tr>{body}</table><p class='antema-facts'>{note}</p>"


def _key(number: int) -> str:
    """Return a short piece of the line that a sample is drawn with."""
    if number >= len(LINES):
        return ""
    kind = {"solid": "solid", "dash": "dashed"}[LINES[number]["dash"]]
    return f"<i class='antema-key' style='border-top: 3px {kind} {LINES[number]['color']}'></i>"
