"""Plotly's figure widget, made to show what it holds also on a computer that is busy.

Each of plotly's own widgets brings the whole of plotly along. A busy browser takes longer to load
that than the two seconds which anywidget gives it, and from then on nothing that is sent to the
widget arrives; and what is sent before it is drawn is forgotten anyway. Here plotly is sent once,
apart from the figures; a figure opens with all that is in it, and its script asks for all of it
again if something came too early.
"""

import functools
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import plotly
import plotly.graph_objects as go
import traitlets

from ..startup import import_quickly
from .controls import STATIC

FigureWidget: Any = import_quickly("plotly.graph_objs._figurewidget").FigureWidget


class Library(widgets.Widget):
    """The text of plotly's script, which all figures of a kernel share."""

    text = traitlets.Unicode().tag(sync=True)


@functools.cache
def library() -> Library:
    """Return the one library of this kernel."""
    script = Path(plotly.__file__).parent / "package_data" / "widgetbundle.js"
    return Library(text=script.read_text(encoding="utf-8"))


class LiveFigure(FigureWidget):
    """A figure widget that opens complete and is sent again where the browser missed something.

    Parameters
    ----------
    figure : Figure
        With all its traces.
    config : mapping
        How plotly behaves on the page.
    """

    _esm = STATIC / "figure.js"
    _library = traitlets.Instance(Library).tag(sync=True, **widgets.widget_serialization)
    # The edits of traces and of the layout that `_widget_data` and `_widget_layout` hold.
    _whole = traitlets.List([0, 0]).tag(sync=True)
    _complete = False

    def __init__(self, figure: go.Figure, config: Mapping[str, Any]) -> None:
        super().__init__(figure)
        self._config = dict(config)
        self._library = library()
        self._complete = True
        self.open()
        self.on_msg(self._heard)

    def open(self) -> None:
        """Tell the browser, once there is something to tell."""
        if self._complete:
            super().open()

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if content.get("kind") == "whole":
            with self.hold_sync():
                self._widget_layout = deepcopy(self._layout_obj._props)
                self._widget_data = deepcopy(self._data)
                self._whole = [self._last_trace_edit_id, self._last_layout_edit_id]
