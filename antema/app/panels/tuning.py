"""The page on which options are chosen, as pieces to put under the paragraphs of a notebook."""

import base64
import html
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from plotly.basedatatypes import BaseFigure

from ...analysis import Settings
from ...appearance import to_grey8
from ...comparison import relative_difference
from ...pictures import window_picture
from ...tuning import options_of, values_in, window_of_change
from ...tuning_figures import maps_figure, option_label, option_value, profile_figure, sizes_figure
from .. import messages
from ..controls import Download, FileDrop, Page
from ..jobs import deliver_to_this_thread
from ..state.tuning import TuningState, diameters
from .base import button, classed, number_text, show, watch
from .dashboard import Notices
from .images import ImagesPanel
from .picture import FIGURE_CONFIG, figure_widget, preload

WINDOW_DIAMETERS = 8
SMALLEST_WINDOW_PX = 128


class Piece(widgets.VBox):
    """A part of the page; with ANTEMA_STILL set it shows as plain HTML, for a page to read."""

    def __init__(self, children: Iterable[widgets.Widget], name: str) -> None:
        super().__init__(list(children))
        classed(self, "antema-root", "antema-piece", f"antema-{name}")

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if os.environ.get("ANTEMA_STILL"):
            return {"text/html": still(self)}
        return super()._repr_mimebundle_(**kwargs)


def still(widget: Any) -> str:
    """Return what a widget shows as HTML that needs no kernel; controls are left out."""
    if isinstance(widget, BaseFigure):
        return str(go.Figure(widget).to_html(full_html=False))
    if isinstance(widget, widgets.HTML):
        return f"<div>{widget.value}</div>"
    return "".join(still(child) for child in getattr(widget, "children", ()))


class Tuning:
    """All pieces of the page, over one state.

    Parameters
    ----------
    files : iterable of path
        Images to begin with; the sample if there are none.
    """

    def __init__(self, files: Iterable[str | Path] = ()) -> None:
        self.state = state = TuningState(deliver_to_this_thread())
        state.start(files)
        self.page = Page({}, preload)
        self.page.theme = "light"
        self.images = Piece([self.page, Notices(state), ImagesPanel(state)], "tuning-images")
        self.map = MapPiece(state)
        self.pictures = PicturesPiece(state)
        self.threshold = ThresholdPiece(state)
        self.reference = ReferencePiece(state)
        self.preset = PresetPiece(state)

    @property
    def settings(self) -> Settings:
        """The options that are chosen."""
        return self.state.settings

    def save(self, path: str | Path) -> None:
        """Write the options that are chosen to a file for the dashboard and the command line."""
        Path(path).write_bytes(self.state.settings_file())


class MapPiece(Piece):
    """The maps; a click on one chooses its point."""

    def __init__(self, state: TuningState) -> None:
        self.state = state
        self.make = button(messages.MAP, messages.MAP_HINT, "antema-make-map", state.make_map)
        self.propose = button(
            messages.PROPOSE, messages.PROPOSE_HINT, "antema-propose", state.propose
        )
        self.cancel = button(messages.CANCEL, messages.CANCEL_HINT, "antema-cancel", state.cancel)
        self.tolerance = widgets.FloatSlider(
            value=state.tolerance * 100, min=0.5, max=10, step=0.5, readout_format=".1f",
            description=messages.TOLERANCE, style={"description_width": "initial"},
            continuous_update=False, layout={"width": "360px"},
        )  # fmt: skip
        self.tolerance.observe(
            lambda change: state.set_tolerance(change["new"] / 100), names="value"
        )
        self.bar = classed(widgets.FloatProgress(min=0.0, max=1.0), "antema-progress")
        self.text = classed(widgets.HTML(), "antema-progress-text")
        self.words = classed(widgets.HTML(), "antema-tuning-words")
        self.figure = plain_figure_widget(maps_figure(state.grid, state.inside, state.row))
        for number in (0, 3, 6):
            self.figure.data[number].on_click(self._clicked)
        row = classed(
            widgets.HBox([self.make, self.propose, self.tolerance, self.cancel]), "antema-buttons"
        )
        super().__init__([row, self.bar, self.text, self.figure, self.words], "tuning-map")
        classed(self.make, "antema-primary")
        watch(state, ["grid", "row", "tolerance"], self.refresh)
        watch(state, ["busy", "progress", "progress_text", "images"], self.refresh_progress)

    def _clicked(self, _trace: Any, points: Any, _state: Any) -> None:
        if points.point_inds:
            place = points.point_inds[0]
            columns = len(self.figure.data[0].x)
            at = place[0] * columns + place[1] if isinstance(place, (list, tuple)) else place
            self.state.pick(int(at))

    def refresh(self) -> None:
        """Draw the maps of the state."""
        state = self.state
        new = maps_figure(state.grid, state.inside, state.row)
        with self.figure.batch_update():
            for old, made in zip(self.figure.data, new.data, strict=True):
                old.x, old.y = made.x, made.y
                if made.type == "heatmap":
                    old.z = made.z
        self.words.value = self._words()

    def _words(self) -> str:
        state, inside = self.state, self.state.inside
        if state.grid is None:
            return ""
        here, held = state.grid.iloc[state.row], state.grid[inside]
        names = options_of(state.grid)
        spans = ", ".join(
            messages.PLATEAU_SPAN.format(
                option=option_label(name).partition(" / ")[0],
                low=f"{held[name].min():g}",
                high=f"{held[name].max():g}",
            )
            for name in names
        )
        return messages.PLATEAU.format(
            options=", ".join(option_value(name, here[name]) for name in names),
            particles=int(here["particles"]),
            mean=number_text(here["mean_diameter_nm"], "nm"),
            share=f"{here['left_out_share']:.1%}",
            part=f"{inside.mean():.0%}",
            tolerance=f"{state.tolerance:.1%}",
            spans=spans,
        )

    def refresh_progress(self) -> None:
        """Show how far the work is."""
        working = self.state.busy in ("analysing", "reading")
        self.bar.value, self.text.value = self.state.progress, html.escape(self.state.progress_text)
        for widget in (self.cancel, self.bar, self.text):
            show(widget, working)
        self.make.disabled = working or bool(self.state.blocker)


class PicturesPiece(Piece):
    """The same part of the image, divided with the chosen options and with those at the corners."""

    def __init__(self, state: TuningState) -> None:
        self.state = state
        self.gallery = widgets.HTML()
        super().__init__([self.gallery], "tuning-pictures")
        watch(state, ["grid", "row", "chosen"], self.refresh)

    def refresh(self) -> None:
        """Draw the pictures anew."""
        found, trials = self.state.analysis, self.state.trials()
        if found is None or not trials:
            self.gallery.value = ""
            return
        shot, grey = found.micrograph, to_grey8(found.micrograph.pixels)
        sizes = [diameters(regions, shot) for _, _, regions in trials]
        usual = float(sizes[0].mean()) / shot.known_nm_per_pixel if len(sizes[0]) else 0.0
        side = max(SMALLEST_WINDOW_PX, round(WINDOW_DIAMETERS * usual))
        window = window_of_change([regions for _, _, regions in trials], shot.shape, side)
        figures = []
        for (title, settings, regions), size in zip(trials, sizes, strict=True):
            picture = window_picture(grey, regions, window)
            figures.append(_captioned(picture, title, self._words(settings), size))
        self.gallery.value = f"<div class='antema-gallery'>{''.join(figures)}</div>"

    def _words(self, settings: Settings) -> str:
        grid = self.state.grid
        values = {} if grid is None else values_in(settings, options_of(grid))
        return " · ".join(option_value(name, value) for name, value in values.items())


class ThresholdPiece(Piece):
    """The curves along the segmentation threshold, and its slider."""

    def __init__(self, state: TuningState) -> None:
        self.state = state
        self.slider = widgets.FloatSlider(
            value=state.settings.segmentation.threshold, min=0.05, max=0.95, step=0.05,
            description=option_label("threshold"), style={"description_width": "initial"},
            continuous_update=False, layout={"width": "480px"},
        )  # fmt: skip
        self.slider.observe(lambda change: state.set_threshold(change["new"]), names="value")
        self.figure = plain_figure_widget(self._drawn())
        super().__init__([self.slider, self.figure], "tuning-threshold")
        watch(state, ["profile", "settings"], self.refresh)

    def _drawn(self) -> go.Figure:
        return profile_figure(self.state.profile, self.state.settings.segmentation.threshold)

    def refresh(self) -> None:
        """Draw the curves of the state."""
        new = self._drawn()
        self.slider.value = self.state.settings.segmentation.threshold
        with self.figure.batch_update():
            for old, made in zip(self.figure.data, new.data, strict=True):
                old.x, old.y = made.x, made.y
            for line, made in zip(self.figure.layout.shapes, new.layout.shapes, strict=True):
                line.update(x0=made.x0, x1=made.x1)


class ReferencePiece(Piece):
    """Sizes measured by hand beside those found."""

    def __init__(self, state: TuningState) -> None:
        self.state = state
        self.drop = FileDrop(state.add_reference, messages.REFERENCE_DROP, messages.REFERENCE_HINT)
        self.table = widgets.HTML()
        self.figure: Any = None
        self.result = widgets.HBox([self.table])
        drop = classed(widgets.Box([self.drop]), "antema-drop-box", "antema-small")
        super().__init__([drop, classed(self.result, "antema-reference")], "tuning-reference")
        watch(state, ["reference", "grid", "row", "chosen"], self.refresh)

    def _sizes(self) -> tuple[np.ndarray, np.ndarray]:
        found, trials = self.state.analysis, self.state.trials()
        sizes = diameters(trials[0][2], found.micrograph) if found and trials else np.empty(0)
        reference = self.state.reference
        return sizes, np.empty(0) if reference is None else reference

    def refresh(self) -> None:
        """Compare anew."""
        show(self.result, self.state.reference is not None)
        if self.state.reference is None:
            return
        sizes, reference = self._sizes()
        new = sizes_figure(sizes, reference)
        if self.figure is None:
            self.figure = plain_figure_widget(new)
            self.result.children = (self.figure, self.table)
        with self.figure.batch_update():
            for old, made in zip(self.figure.data, new.data, strict=True):
                old.x, old.y, old.name = made.x, made.y, made.name
        rows = "".join(
            f"<tr><th>{messages.REFERENCE_ROWS[name]}</th><td>{row.found:.3g}</td>"
            f"<td>{row.reference:.3g}</td><td>{row.difference:+.1%}</td></tr>"
            for name, row in relative_difference(sizes, reference).iterrows()
        )
        head = "".join(f"<th>{words}</th>" for words in messages.REFERENCE_HEAD)
        title = html.escape(self.state.reference_name)
        self.table.value = f"<h3>{title}</h3><table><tr>{head}</tr>{rows}</table>"


class PresetPiece(Piece):
    """The chosen options as a file for the dashboard and the command line."""

    def __init__(self, state: TuningState) -> None:
        self.state = state
        self.words = widgets.HTML()
        self.download = Download(
            messages.PRESET,
            messages.PRESET_HINT,
            messages.PRESET_FILE,
            lambda save: save(state.settings_file()),
            primary=True,
        )
        classed(self.download, "antema-download-preset")
        super().__init__([self.words, self.download], "tuning-preset")
        watch(state, "settings", self.refresh)

    def refresh(self) -> None:
        """Say which options the file will hold."""
        usual, settings, rows = Settings().to_dict(), self.state.settings.to_dict(), []
        for stage, options in settings.items():
            for name, value in options.items():
                if value != usual[stage][name]:
                    value = f"{value:g}" if isinstance(value, float) else value
                    words = html.escape(option_label(name).replace(" / ", " in "))
                    rows.append(f"<li>{words}: <b>{html.escape(str(value))}</b></li>")
        text = messages.PRESET_CHANGES if rows else messages.PRESET_DEFAULT
        self.words.value = f"<p>{text}</p><ul>{''.join(rows)}</ul>"


def plain_figure_widget(figure: go.Figure) -> Any:
    """Return a figure widget that is looked at and clicked, not zoomed."""
    plain = {"displayModeBar": False, "scrollZoom": False}
    return figure_widget(figure, FIGURE_CONFIG | plain)


def _captioned(picture: bytes, title: str, words: str, sizes: np.ndarray) -> str:
    url = "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
    mean = float(sizes.mean()) if len(sizes) else float("nan")
    result = messages.PICTURE_RESULT.format(count=len(sizes), mean=number_text(mean))
    alt = messages.PICTURE_ALT.format(options=words, result=result)
    kind = " class='antema-chosen-picture'" if title == messages.PICTURE_CHOSEN else ""
    head = f"<b>{title}</b><br>" if title else ""
    return (
        f"<figure{kind}><img src='{url}' alt='{alt}'>"
        f"<figcaption>{head}{words}<br>{result}</figcaption></figure>"
    )
