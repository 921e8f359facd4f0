"""Panel 2: the micrograph with its outlines, which can be zoomed, hovered and clicked."""

import functools
import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go

from ...analysis import Analysis
from ...appearance import SELECTED_COLOUR, length_text, round_length, shown, to_grey8
from ...figures import micrograph_figure, outline_line, overlay_traces, picture_url, shrunk
from ...micrograph import Micrograph
from ...separation import LEFT_OUT, Region
from .. import messages
from ..controls import Pointer
from ..state import Image, State
from .base import button, classed, show, watch
from .correcting import CorrectionBar
from .ruler import RulerBar

if TYPE_CHECKING:
    from plotly.graph_objects import FigureWidget

FIGURE_CONFIG = {
    "displaylogo": False,
    "responsive": True,
    "scrollZoom": True,
    "doubleClick": "reset",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toImage"],
}
MARKED, REASONS = "marked", "reasons"
CLEAR = "rgba(0,0,0,0)"
FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'


class Overlay:
    """The one figure widget of the picture, filled anew for every image and result.

    A figure widget is made once and never replaced (the browser never forgets one), and it is made
    from a complete figure (Voila shows nothing of what is added afterwards).
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self.widget: Any = None
        self._image: Image | None = None
        self._pictured: tuple[int | None, Analysis | None] = (None, None)
        self._grey = np.empty((0, 0), dtype=np.uint8)
        self._url = ""

    def refresh(self) -> "FigureWidget | None":
        """Show what the state holds; returns the widget, None while there is no image."""
        image = self.state.image
        if image is None:
            return self.widget
        found = image.analysis
        particles, regions = None, list[Region]()
        if found is not None:
            particles = self.state.kept(found.particles)
            regions = shown(found.regions, particles["particle"])
        traces = [
            *overlay_traces(regions, particles),
            marked_trace(),
            left_out_trace(found.regions if found else ()),
        ]
        before, self._image = self._image, image
        if self.widget is None or before is None:
            self._make(traces)
        else:
            self._fill(traces, new_image=before.key != image.key)
            if before.micrograph is not image.micrograph:
                self._zoomed()
        self.mark()
        return self.widget

    def picture(self, image: Image) -> str:
        """Return the URL of the picture in the present view; the last one is kept."""
        found = image.analysis if self.state.view == "mask" else None
        if self._pictured != (image.key, found):
            if self._pictured[0] != image.key:
                self._grey = shrunk(grey_of(image.original))
            self._url = picture_url(self._grey, None if found is None else found.mask)
            self._pictured = image.key, found
        return self._url

    def trace(self, meta: str) -> Any:
        """Return the trace of the figure that is about something: a status, or `CENTRES`."""
        return next(trace for trace in self.widget.data if trace.meta == meta)

    def _make(self, traces: list[dict[str, Any]]) -> None:
        image = self._image
        shot = image.micrograph  # type: ignore[union-attr]
        figure = micrograph_figure(shot, picture=self.picture(image), traces=traces)  # type: ignore[arg-type]
        rows, columns = shot.shape
        self._dress(figure, (-0.5, columns - 0.5), (rows - 0.5, -0.5))
        self.widget = figure_widget(figure)
        self.widget.layout.on_change(self._zoomed, "xaxis.range", "yaxis.range")

    def _dress(self, figure: go.Figure, x: Any, y: Any) -> None:
        figure.update_layout(
            autosize=True,
            paper_bgcolor=CLEAR,
            plot_bgcolor=CLEAR,
            hovermode="closest",
            hoverdistance=30,
            font={"family": FONT, "size": 13},
            hoverlabel={"bgcolor": "#1c2127", "bordercolor": "#1c2127", "align": "left"},
            legend={"itemclick": "toggle", "bgcolor": CLEAR},
            shapes=[],
            annotations=[],
        )
        shape, note = self._scale_bar(x, y)
        figure.add_shape(shape)
        figure.add_annotation(note)

    def _fill(self, traces: list[dict[str, Any]], new_image: bool) -> None:
        widget, image = self.widget, self._image
        with widget.batch_update():
            for old, new in zip(widget.data, traces, strict=True):
                for name in ("x", "y", "customdata", "hovertemplate", "name", "showlegend"):
                    if name in new:
                        old[name] = new[name]
            picture = widget.layout.images[0]
            source = self.picture(image)  # type: ignore[arg-type]
            if picture.source != source:
                picture.source = source
            if new_image:
                rows, columns = image.micrograph.shape  # type: ignore[union-attr]
                picture.sizex, picture.sizey = columns, rows
                widget.layout.xaxis.range = [-0.5, columns - 0.5]
                widget.layout.yaxis.range = [rows - 0.5, -0.5]

    def mark(self) -> None:
        """Draw the outlines of the marked regions thick."""
        if self.widget is None:
            return
        found = self.state.analysis
        regions = [found.regions[i] for i in self.state.marked] if found else []
        x, y = outline_line(regions)
        trace = self.trace(MARKED)
        if len(x) or len(trace.x):
            with self.widget.batch_update():
                trace.x, trace.y = x, y

    def zoom(self, factor: float) -> None:
        """Zoom in (factor above 1) or out around the middle of what is shown."""
        if self.widget is None:
            return
        with self.widget.batch_update():
            for axis in (self.widget.layout.xaxis, self.widget.layout.yaxis):
                start, end = axis.range
                middle, half = (start + end) / 2, (end - start) / 2 / factor
                axis.range = [middle - half, middle + half]

    def _zoomed(self, *_ranges: Any) -> None:
        layout = self.widget.layout
        shape, note = self._scale_bar(layout.xaxis.range, layout.yaxis.range)
        with self.widget.batch_update():
            layout.shapes[0].update(shape)
            layout.annotations[0].update(note)

    def _scale_bar(self, x: Any, y: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return line and label of a scale bar of a round length in the lower right corner."""
        nm = self._image.micrograph.nm_per_pixel if self._image else None
        rows, columns = self._image.micrograph.shape  # type: ignore[union-attr]
        left, right = max(min(x), -0.5), min(max(x), columns - 0.5)
        top, bottom = max(min(y), -0.5), min(max(y), rows - 0.5)
        width, height = max(right - left, 1e-6), max(bottom - top, 1e-6)
        length_nm = round_length(width * nm) if nm else 0.0
        end = right - 0.03 * width
        start = end - (length_nm / nm if nm else 0.0)
        level = bottom - 0.04 * height
        shape = {
            "type": "line",
            "x0": start,
            "x1": end,
            "y0": level,
            "y1": level,
            "line": {"color": "white", "width": 5},
            "visible": bool(nm),
        }
        note = {
            "x": end,
            "y": level,
            "text": f"<b>{length_text(length_nm)}</b>" if nm else "",
            "showarrow": False,
            "xanchor": "right",
            "yanchor": "bottom",
            "yshift": 5,
            "font": {"color": "white", "size": 14},
            "bgcolor": "rgba(0,0,0,0.45)",
            "borderpad": 2,
            "visible": bool(nm),
        }
        return shape, note


class PicturePanel(widgets.VBox):
    """The picture, what is drawn over it, and the way to the next image."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.overlay = Overlay(state)
        self.empty = EmptyState(state)
        self.holder = classed(widgets.Box(), "antema-figure", "antema-overlay")
        self.view = classed(
            widgets.ToggleButtons(
                options=[(label, key) for key, label in messages.VIEWS.items()],
                tooltips=[messages.VIEW_HINT] * len(messages.VIEWS),
            ),
            "antema-view",
        )
        self.view.observe(lambda change: state.show_view(change["new"]), names="value")
        self.contrast = classed(
            widgets.IntSlider(
                value=100,
                min=40,
                max=300,
                description=messages.CONTRAST,
                readout=False,
                tooltip=messages.CONTRAST_HINT,
            ),
            "antema-contrast",
        )
        self.contrast.observe(lambda _change: self._show_contrast(), names="value")
        self.filter = widgets.HTML()
        self.position = classed(widgets.HTML(), "antema-position")
        self.previous = button(
            messages.PREVIOUS, messages.PREVIOUS_HINT, "antema-previous", lambda: state.step(-1)
        )
        self.next = button(messages.NEXT, messages.NEXT_HINT, "antema-next", lambda: state.step(1))
        self.walk = classed(widgets.HBox([self.previous, self.position, self.next]), "antema-walk")
        self.hint = classed(widgets.HTML(), "antema-picture-hint")
        tools = [self.view, self.contrast, self.walk]
        self.toolbar = classed(widgets.HBox(tools), "antema-picture-top")
        self.correction, self.ruler = CorrectionBar(state), RulerBar(state)
        self.pointer = Pointer(
            lambda row, column, reach, add: state.pick(row, column, reach, add=add), state.draw
        )
        super().__init__(
            [
                self.toolbar,
                self.correction,
                self.ruler,
                self.hint,
                self.empty,
                self.holder,
                self.filter,
            ]
        )
        classed(self, "antema-picture")
        self._shown: tuple[Any, ...] = ()
        watch(state, ["images", "chosen", "settings", "busy", "filters"], self.refresh)
        watch(state, "view", self.refresh_view)
        watch(state, "marked", self.overlay.mark)
        watch(state, ["tool", "ruler"], self._refresh_tool)

    def refresh(self) -> None:
        """Show the chosen image."""
        state, image = self.state, self.state.image
        for widget in (self.toolbar, self.holder):
            show(widget, image is not None)
        show(self.empty, image is None)
        show(self.hint, image is not None)
        if image is None:
            self._shown = ()
            return
        self._refresh_hint(image)
        keys = [other.key for other in state.images]
        self.position.value = messages.POSITION.format(k=keys.index(image.key) + 1, n=len(keys))
        show(self.walk, len(keys) > 1)
        shown = (image.key, image.analysis, image.micrograph, tuple(state.filters.items()))
        if shown != self._shown:
            self._shown = shown
            made = self.overlay.refresh()
            if not self.holder.children:
                self.holder.children = (made, self.pointer)
            self.refresh_view()

    def _refresh_tool(self) -> None:
        self.pointer.hint = messages.TOOL_HINTS.get(self.state.tool, "")
        self.pointer.line = [list(end) for end in self.state.ruler]
        self.pointer.tool = self.state.tool

    def _refresh_hint(self, image: Image) -> None:
        text = ""
        if not image.ready:
            text = messages.NO_SCALE_WHY.format(
                name=image.name, source=image.micrograph.scale_source
            )
        elif image.analysis is None:
            text = messages.NOT_ANALYSED if self.state.busy != "analysing" else ""
        elif self.state.outdated:
            text = messages.UPDATING_HINT if self.state.busy else messages.OUTDATED
        self.hint.value = html.escape(text) or doubts_html(image.doubts)
        old = self.state.outdated and not self.state.busy
        (self.holder.add_class if old else self.holder.remove_class)("antema-old")

    def refresh_view(self) -> None:
        """Draw outlines, the segmentation, or nothing over the picture."""
        view, figure, image = self.state.view, self.overlay.widget, self.state.image
        self.view.value = view
        if figure is None or image is None:
            return
        source = self.overlay.picture(image)
        with figure.batch_update():
            if figure.layout.images[0].source != source:
                figure.layout.images[0].source = source
            for trace in figure.data:
                if view == "outlines" and trace.visible is False:
                    trace.visible = True
                elif view != "outlines" and trace.meta != MARKED and trace.visible is not False:
                    trace.visible = False

    def _show_contrast(self) -> None:
        value = self.contrast.value / 100
        self.filter.value = (
            f"<style>.antema-overlay .imagelayer image{{filter:contrast({value})}}</style>"
        )


class EmptyState(widgets.VBox):
    """What the middle of the page says before there is an image: how to begin."""

    def __init__(self, state: State) -> None:
        steps = "".join(f"<li>{step}</li>" for step in messages.EMPTY_STEPS)
        text = widgets.HTML(f"<h1>{messages.EMPTY_TITLE}</h1><ol>{steps}</ol>")
        self.sample = button(
            messages.SAMPLE, messages.SAMPLE_HINT, "antema-sample-large", lambda: state.add_sample()
        )
        classed(self.sample, "antema-primary")
        super().__init__([text, self.sample])
        classed(self, "antema-empty")
        watch(state, "busy", self._refresh)
        self._state = state

    def _refresh(self) -> None:
        state = getattr(self, "_state", None)
        self.sample.disabled = state is not None and state.busy == "reading"


def figure_widget(figure: go.Figure, config: Mapping[str, Any] = FIGURE_CONFIG) -> "FigureWidget":
    """Wrap a complete figure in a widget."""
    # Plotly's widget takes a while to import, and no page needs it before its first image.
    from ..live_figure import LiveFigure

    return LiveFigure(figure, config)


def preload() -> None:
    """Have the browser load plotly before a figure needs it, while nothing else is waiting."""
    figure_widget(go.Figure(), {})


@functools.lru_cache(maxsize=1)
def grey_of(micrograph: Micrograph) -> np.ndarray:
    """Return the grey values of a micrograph for display; those of the last one are kept."""
    return to_grey8(micrograph.pixels)


def doubts_html(doubts: Sequence[str]) -> str:
    """Return why a result may be wrong: the first reason in a line that unfolds to all of them."""
    if not doubts:
        return ""
    first = html.escape(messages.DOUBTS.format(first=doubts[0]))
    rest = "".join(f"<li>{html.escape(doubt)}</li>" for doubt in doubts[1:])
    return f"<details><summary>{first}</summary><ul>{rest}</ul></details>"


def left_out_trace(regions: Sequence[Region]) -> dict[str, Any]:
    """Return a trace that tells, where the pointer is, why something was left out."""
    chosen = [region for region in regions if region.status == LEFT_OUT]
    middles = np.array(
        [[r.origin[i] + (r.image.shape[i] - 1) / 2 for i in (0, 1)] for r in chosen]
    ).reshape(-1, 2)
    return {
        "x": middles[:, 1],
        "y": middles[:, 0],
        "mode": "none",
        "customdata": [region.reason for region in chosen],
        "hovertemplate": messages.LEFT_OUT_HOVER,
        "legendgroup": LEFT_OUT,
        "showlegend": False,
        "meta": REASONS,
    }


def marked_trace() -> dict[str, Any]:
    """Return the trace, still empty, of the marked regions' outlines."""
    return {
        "x": [],
        "y": [],
        "mode": "lines",
        "line": {"color": SELECTED_COLOUR, "width": 4},
        "hoverinfo": "skip",
        "showlegend": False,
        "name": MARKED,
        "meta": MARKED,
    }
