"""Over the picture: what can be corrected by hand, and the way back."""

import html

import ipywidgets as widgets

from ...separation import LEFT_OUT
from .. import messages
from ..state import State
from ..state.correcting import CUT
from .base import button, classed, show, watch


class CorrectionBar(widgets.HBox):
    """Leave out, take back, join, cut, undo, redo; and what is marked."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.leave_out = button(
            messages.LEAVE_OUT, messages.LEAVE_OUT_HINT, "antema-leave-out", state.leave_out
        )
        self.take_back = button(
            messages.TAKE_BACK, messages.TAKE_BACK_HINT, "antema-take-back", state.take_back
        )
        self.join = button(messages.JOIN, messages.JOIN_HINT, "antema-join", state.join)
        self.cut = button(
            messages.CUT, messages.CUT_HINT, "antema-cut", lambda: state.use_tool(CUT)
        )
        self.undo = button(messages.UNDO, messages.UNDO_HINT, "antema-undo", state.undo)
        self.redo = button(messages.REDO, messages.REDO_HINT, "antema-redo", state.redo)
        self.text = classed(widgets.HTML(), "antema-correction-text")
        tools = [self.leave_out, self.take_back, self.join, self.cut, self.undo, self.redo]
        for tool in tools:
            classed(tool, "antema-quiet")
        super().__init__([*tools, self.text])
        classed(self, "antema-correction")
        watch(state, ["images", "chosen", "marked", "view", "tool"], self.refresh)

    def refresh(self) -> None:
        """Show what can be done now."""
        state = self.state
        image, found = state.image, state.analysis
        show(self, found is not None and state.view == "outlines")
        if image is None or found is None:
            return
        self.leave_out.disabled = not state.can_leave_out
        self.take_back.disabled = not state.can_take_back
        self.join.disabled = not state.can_join
        self.undo.disabled = not image.corrections
        self.redo.disabled = not image.undone
        (self.cut.add_class if state.tool == CUT else self.cut.remove_class)("antema-on")
        self.text.value = html.escape(self._text())

    def _text(self) -> str:
        state, found = self.state, self.state.analysis
        if len(state.marked) > 1:
            return messages.MARKED_MANY.format(count=len(state.marked))
        if state.marked and found and state.marked[0] < len(found.regions):
            region = found.regions[state.marked[0]]
            if region.reason:
                left_out = region.status == LEFT_OUT
                form = messages.LEFT_OUT_WHY if left_out else "{reason}"
                return form.format(reason=region.reason)
        count = len(state.image.corrections) if state.image else 0
        if not count or found is None:
            return ""
        text = messages.CORRECTIONS.get(count, messages.CORRECTIONS_MANY.format(count=count))
        if found.dropped:
            text += ", " + messages.CORRECTIONS_NOT_MADE.format(count=len(found.dropped))
        return text
