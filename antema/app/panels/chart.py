"""A small plotly figure in the right column, made once and filled anew."""

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
import plotly.graph_objects as go

from .base import classed
from .picture import CLEAR, FIGURE_CONFIG, FONT, figure_widget

# The column has a fixed width, so the figure needs not be drawn twice to find its size.
WIDTH_PX = 284
_MARGIN = {"l": 44, "r": 8, "t": 8, "b": 36}
_RIGHT_AXIS_PX = 42
_TRACE_KEYS = ("x", "y", "width", "customdata", "hovertemplate", "name", "showlegend")


class Chart:
    """A figure widget that takes over the traces of figures that have the same ones.

    Parameters
    ----------
    name : str
        CSS class that tests find it by.
    height : int
        In pixels.
    on_click : callable, optional
        Called with the number of the point of the first trace that was clicked.
    """

    def __init__(
        self, name: str, height: int, on_click: Callable[[int], None] | None = None
    ) -> None:
        self.widget: Any = None
        self._height, self._on_click = height, on_click
        self.holder = classed(widgets.Box(), "antema-chart", name)
        self.holder.layout.height = f"{height}px"

    def show(self, figure: go.Figure) -> None:
        """Show a figure; its traces must be those of the first one that was shown."""
        right = next(iter(figure.select_yaxes(selector={"overlaying": "y"})), None)
        shown = right is not None and right.visible is not False
        margin = _MARGIN | ({"r": _RIGHT_AXIS_PX} if shown else {})
        if self.widget is None:
            self._make(figure, margin)
            return
        new = figure.layout
        with self.widget.batch_update():
            for old, trace in zip(self.widget.data, figure.data, strict=True):
                for key in _TRACE_KEYS:
                    if key in trace and trace[key] is not None:
                        old[key] = trace[key]
            layout = self.widget.layout
            layout.margin.r = margin["r"]
            layout.xaxis.title.text = new.xaxis.title.text
            layout.yaxis.title.text = new.yaxis.title.text
            if right is not None:
                layout.yaxis2.update(visible=right.visible, range=right.range)
            for old, shape in zip(layout.shapes, new.shapes, strict=False):
                old.update(x0=shape.x0, x1=shape.x1, visible=shape.visible)

    def _make(self, figure: go.Figure, margin: dict[str, int]) -> None:
        figure.update_layout(
            width=WIDTH_PX,
            height=self._height,
            paper_bgcolor=CLEAR,
            plot_bgcolor=CLEAR,
            margin=margin,
            font={"family": FONT, "size": 12},
            dragmode=False,
        )
        figure.update_xaxes(fixedrange=True, zeroline=False, title_standoff=6)
        figure.update_yaxes(fixedrange=True, zeroline=False, title_standoff=6)
        plain = {"displayModeBar": False, "scrollZoom": False, "responsive": False}
        self.widget = figure_widget(figure, FIGURE_CONFIG | plain)
        if self._on_click is not None:
            self.widget.data[0].on_click(self._clicked)
        self.holder.children = (self.widget,)

    def _clicked(self, _trace: Any, points: Any, _state: Any) -> None:
        if points.point_inds and self._on_click is not None:
            self._on_click(points.point_inds[0])
