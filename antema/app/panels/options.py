"""The options, made from what the Settings say about themselves, and the button that runs."""

import dataclasses
import html
import math
import typing
from typing import Any

import ipywidgets as widgets

from ...analysis import Settings
from .. import messages
from ..explain import explanation
from ..state import State
from .base import button, classed, heading, show, watch
from .presets import PresetsBox

FIRST = (
    ("separation", "method"),
    ("separation", "convexity"),
    ("separation", "min_marker_nm"),
    ("segmentation", "min_diameter_nm"),
    ("segmentation", "invert"),
)
NOT_SHOWN = (("segmentation", "weights"),)
SLIDER_STEPS = 200


class OptionsPanel(widgets.VBox):
    """One field per option: the ones that matter first, the rest folded away."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.fields: dict[tuple[str, str], widgets.ValueWidget] = {}
        self._showing = False
        rows = {place: self._row(*place) for place in places()}
        self.more = widgets.Accordion(
            [widgets.VBox([row for place, row in rows.items() if place not in FIRST])],
            titles=(messages.MORE_OPTIONS,),
        )
        self.reset = button(
            messages.RESET, messages.RESET_HINT, "antema-reset", lambda: state.reset_settings()
        )
        title = widgets.HBox([heading(messages.OPTIONS), classed(self.reset, "antema-quiet")])
        self.presets = PresetsBox(state)
        first = [rows[place] for place in FIRST if place in rows]
        super().__init__(
            [
                classed(title, "antema-title-row"),
                self.presets,
                *first,
                classed(self.more, "antema-more"),
            ]
        )
        classed(self, "antema-options")
        watch(state, "settings", self.refresh)

    def refresh(self) -> None:
        """Show the values of the state."""
        self._showing = True
        try:
            for (stage, name), field in self.fields.items():
                value = getattr(getattr(self.state.settings, stage), name)
                if field.value != value:
                    field.value = value
        finally:
            self._showing = False
        default = self.state.settings == Settings()
        self.reset.disabled = default

    def _row(self, stage: str, name: str) -> widgets.HBox:
        field = field_of(stage, name)
        made = widget_for(field, option_type(stage, name))
        made.observe(lambda change: self._changed(stage, name, change["new"]), names="value")
        self.fields[stage, name] = made
        about = field.metadata
        unit = classed(widgets.HTML(about["unit"]), "antema-unit")
        key = f"antema-explain-{made.model_id}"
        why = widgets.HTML(explanation(stage, name, field, key))
        row = widgets.HBox([made, unit, classed(why, "antema-why")])
        return classed(row, "antema-option", f"antema-option-{stage}-{name}".replace("_", "-"))

    def _changed(self, stage: str, name: str, value: Any) -> None:
        if not self._showing:
            self.state.set_option(stage, name, value)


class RunPanel(widgets.VBox):
    """Analyse, Cancel, how far it is, and why it cannot start."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.run = button(messages.RUN, messages.RUN_HINT, "antema-run", lambda: state.run())
        classed(self.run, "antema-primary")
        self.cancel = button(
            messages.CANCEL, messages.CANCEL_HINT, "antema-cancel", lambda: state.cancel()
        )
        self.bar = classed(widgets.FloatProgress(min=0.0, max=1.0), "antema-progress")
        self.text = classed(widgets.HTML(), "antema-progress-text")
        self.blocker = classed(widgets.HTML(), "antema-blocker")
        buttons = classed(widgets.HBox([self.run, self.cancel]), "antema-buttons")
        super().__init__([self.blocker, self.bar, self.text, buttons])
        classed(self, "antema-run-panel")
        watch(state, ["images", "busy"], self.refresh)
        watch(state, ["progress", "progress_text"], self.refresh_progress)

    def refresh(self) -> None:
        """Show whether the analysis can run."""
        working = self.state.busy in ("analysing", "reading", "packing")
        blocker = self.state.blocker
        self.blocker.value = "" if working else html.escape(blocker)
        show(self.blocker, bool(blocker) and not working)
        self.run.disabled = bool(blocker) or self.state.busy == "analysing"
        for widget in (self.cancel, self.bar, self.text):
            show(widget, working)

    def refresh_progress(self) -> None:
        """Show how far the work is."""
        self.bar.value = self.state.progress
        self.text.value = html.escape(self.state.progress_text)


def places() -> list[tuple[str, str]]:
    """Return stage and name of every option that is shown."""
    found = [
        (stage.name, field.name)
        for stage in dataclasses.fields(Settings)
        for field in dataclasses.fields(getattr(Settings(), stage.name))
    ]
    return [place for place in found if place not in NOT_SHOWN]


def field_of(stage: str, name: str) -> dataclasses.Field[Any]:
    """Return the dataclass field of an option."""
    options = getattr(Settings(), stage)
    return next(field for field in dataclasses.fields(options) if field.name == name)


def option_type(stage: str, name: str) -> type:
    """Return the type of an option's value."""
    return typing.get_type_hints(type(getattr(Settings(), stage)))[name]


def widget_for(field: dataclasses.Field[Any], kind: type) -> widgets.ValueWidget:
    """Return the control that suits an option: its type, limits and choices decide."""
    about = field.metadata
    common = {
        "value": field.default,
        "description": about["label"],
        "tooltip": about["help"],
        "style": {"description_width": "initial"},
    }
    if about["choices"]:
        labelled = [(messages.CHOICES.get(choice, choice), choice) for choice in about["choices"]]
        return widgets.Dropdown(options=labelled, **common)
    if kind is bool:
        return widgets.Checkbox(indent=False, **common)
    if kind in (int, float) and about["limits"]:
        low, high = about["limits"]
        step = about["step"] or (1 if kind is int else 0.01)
        limits = {"min": low, "max": high, "step": step}
        if (high - low) / step <= SLIDER_STEPS:
            make = widgets.IntSlider if kind is int else widgets.FloatSlider
            digits = max(0, -math.floor(math.log10(step)))
            extra = {} if kind is int else {"readout_format": f".{digits}f"}
            return make(continuous_update=False, **limits, **extra, **common)
        make = widgets.BoundedIntText if kind is int else widgets.BoundedFloatText
        return make(**limits, **common)
    return widgets.Text(continuous_update=False, **common)
