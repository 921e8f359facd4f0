"""Over the picture: the length of the scale bar that the ruler lies on."""

import ipywidgets as widgets

from .. import messages
from ..state import State
from ..state.measuring import RULER
from .base import button, classed, show, watch


class RulerBar(widgets.HBox):
    """Says what to click and, once there is a line, asks how long that is."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.text = classed(widgets.HTML(), "antema-ruler-text")
        self.length = classed(
            widgets.Text(placeholder=messages.RULER_PLACEHOLDER, tooltip=messages.RULER_LENGTH),
            "antema-ruler-length",
        )
        self.use = button(
            messages.SCALE_APPLY, messages.RULER_USE_HINT, "antema-ruler-use", self._use
        )
        self.all = button(
            messages.SCALE_APPLY_ALL,
            messages.RULER_USE_HINT,
            "antema-ruler-all",
            lambda: self._use(everywhere=True),
        )
        self.stop = button(
            messages.CANCEL, messages.RULER_STOP_HINT, "antema-ruler-stop", state.escape
        )
        for quiet in (self.all, self.stop):
            classed(quiet, "antema-quiet")
        super().__init__([self.text, self.length, self.use, self.all, self.stop])
        classed(self, "antema-ruler")
        watch(state, ["tool", "ruler", "images"], self.refresh)

    def refresh(self) -> None:
        """Show what is to be done next."""
        state, there = self.state, bool(self.state.ruler)
        show(self, state.tool == RULER)
        self.text.value = (
            messages.RULER_LONG.format(px=state.ruler_px) if there else messages.RULER_NEXT
        )
        for widget in (self.length, self.use):
            show(widget, there)
        lacking = sum(not image.ready for image in state.images)
        show(self.all, there and lacking > 1)

    def _use(self, *, everywhere: bool = False) -> None:
        if self.state.give_bar(self.length.value, everywhere=everywhere):
            self.length.value = ""
