"""Figures for a paper: drawn by matplotlib in a journal's width, as vectors.

`paper_figure` makes an empty figure of one or more panels; each of the functions `draw_...` fills
one panel. Lengths of the figure are in centimetres because journals ask for 8.4 and 17.4 cm. A
micrograph stays a picture in the figure; outlines, bars and curves are vectors, words stay words.
"""

import base64
import functools
import html
import io
import logging
import string
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

# Its first use in an environment is told on stderr otherwise.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .analysis import Analysis
from .appearance import COLOURS, LINES, length_text, look, round_length, to_grey8
from .comparison import Comparison
from .distribution import bin_edges, distribute
from .errors import InvalidOption
from .export import check_absent
from .measurement import COLUMNS

P = ParamSpec("P")
T = TypeVar("T")
SINGLE_CM, DOUBLE_CM = 8.4, 17.4
_CM_PER_INCH = 2.54
_FAMILIES = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
_STYLE: dict[str, Any] = {
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    # TrueType in PDF, and words as words in SVG, so that an editor can change them.
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "antema",
}


def _styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw in the style of the figures, whatever the style of the notebook is."""

    @functools.wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> T:
        with mpl.rc_context(_style()):
            return draw(*args, **kwargs)

    return styled


def _style() -> Any:
    known = {font.name for font in font_manager.fontManager.ttflist}
    families = [family for family in _FAMILIES if family in known]
    return _STYLE | {"font.family": families[:1], "mathtext.fontset": "dejavusans"}


class PaperFigure(Figure):
    """A figure that shows itself in a notebook and is saved once."""

    alt = ""

    @_styled
    def save(self, path: str | Path, *, dpi: float = 600, overwrite: bool = False) -> Path:
        """Write the figure.

        Parameters
        ----------
        path : path
            Its ending says the form: pdf, svg and eps hold vectors; png and tif are pictures.
        dpi : float
            Of pictures, also of a micrograph inside vectors.
        overwrite : bool
            Whether a file of that name may be replaced.

        Raises
        ------
        ResultsExist
            If there is such a file, unless `overwrite`.
        InvalidOption
            If the form is not known.
        """
        path = Path(path)
        known = self.canvas.get_supported_filetypes()
        if path.suffix[1:].lower() not in known:
            msg = f"{path}: a figure is written as {', '.join(known)}, not as {path.suffix!r}."
            raise InvalidOption(msg)
        if not overwrite:
            check_absent([path])
        self.savefig(path, dpi=dpi, facecolor="white")
        return path

    @_styled
    def _repr_html_(self) -> str:
        stream = io.BytesIO()
        self.savefig(stream, format="png", dpi=220, facecolor="white")
        url = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
        width = self.get_figwidth() * 96 * 1.25
        return f'<img src="{url}" alt="{html.escape(self.alt)}" style="width: {width:.0f}px">'


@_styled
def paper_figure(
    width_cm: float = SINGLE_CM,
    height_cm: float = 6.0,
    *,
    panels: int = 1,
    ratios: tuple[float, ...] | None = None,
    alt: str = "",
) -> PaperFigure:
    """Return an empty figure with panels side by side, lettered a, b, c if there are several.

    Parameters
    ----------
    width_cm, height_cm : float
        Of the whole figure; `SINGLE_CM` and `DOUBLE_CM` are the usual widths of columns.
    panels : int
    ratios : tuple of float, optional
        Widths of the panels relative to each other.
    alt : str
        What the figure shows, in words for those who cannot see it.
    """
    figure = PaperFigure(
        figsize=(width_cm / _CM_PER_INCH, height_cm / _CM_PER_INCH), layout="constrained"
    )
    figure.alt = alt
    grid = figure.subplots(1, panels, squeeze=False, width_ratios=ratios)
    for letter, axes in zip(string.ascii_lowercase, grid[0], strict=False):
        if panels > 1:
            axes.set_title(letter, loc="left", fontweight="bold", fontsize=9)
    return figure


@_styled
def draw_micrograph(axes: Axes, analysis: Analysis, *, outlines: bool = True) -> None:
    """Show a micrograph with a scale bar and, unless not wanted, the outlines of its regions."""
    grey = to_grey8(analysis.micrograph.pixels)
    rows, columns = grey.shape
    nm_per_pixel = analysis.micrograph.known_nm_per_pixel
    axes.imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="antialiased")
    for kind, colour in reversed(COLOURS.items()) if outlines else ():
        lines = [
            np.r_[corners, corners[:1]][:, ::-1]
            for region in analysis.regions
            if look(region) == kind
            for corners in region.outlines
        ]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.7))
    length_nm = round_length(columns * nm_per_pixel)
    width, edge = length_nm / nm_per_pixel, columns / 30
    left, low = columns - edge * 1.6 - width, rows - edge * 1.4
    box = (left - edge * 0.6, low - edge * 2.3), width + edge * 1.2, edge * 3
    axes.add_patch(Rectangle(*box, fc="white", zorder=5))
    axes.add_patch(Rectangle((left, low - edge * 0.1), width, edge * 0.4, fc="black", zorder=6))
    place = left + width / 2, low - edge * 0.4
    axes.text(*place, length_text(length_nm), ha="center", va="bottom", zorder=6)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    axes.set_axis_off()


@_styled
def draw_sizes(
    axes: Axes,
    samples: Mapping[str, pd.DataFrame],
    quantity: str = "equivalent_diameter_nm",
    *,
    weighting: str = "number",
    fit: str | None = "log-normal",
    bins: int | None = None,
) -> None:
    """Draw the distributions of samples over each other, in percent of each.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    samples : mapping of str to DataFrame
        Names, each with its particles.
    quantity, weighting
        See `antema.distribution.distribute`.
    fit : {"log-normal", "normal"}, optional
        A distribution to draw over the bars.
    bins : int, optional
        Number of bins, of all samples together; by default as Freedman and Diaconis propose.
    """
    spreads = {name: distribute(table, quantity, weighting) for name, table in samples.items()}
    edges = bin_edges(np.concatenate([spread.values for spread in spreads.values()]), bins)
    step = float(edges[1] - edges[0])
    x = np.linspace(max(0, edges[0] - 2 * step), edges[-1] + 2 * step, 300)
    for (name, spread), line in zip(spreads.items(), LINES, strict=False):
        heights = 100 * spread.heights(edges)
        count = f"{name} ($n$ = {spread.values.size})"
        axes.stairs(heights, edges, fill=True, color=line["color"], alpha=0.3, label=count)
        axes.stairs(heights, edges, color=line["color"], linewidth=0.6)
        curve = spread.fit(fit) if fit else None
        if curve is not None:
            axes.plot(x, 100 * step * curve.density(x), color=line["color"])
    axes.set(xlabel=quantity_label(quantity), ylabel=f"Share by {weighting} / %")
    axes.set_ylim(bottom=0)
    if len(samples) > 1:
        axes.margins(y=0.25)
        axes.legend(loc="upper right", handlelength=1.2)


@_styled
def draw_means(axes: Axes, comparison: Comparison, samples: Mapping[str, pd.DataFrame]) -> None:
    """Draw the mean of every image, and that of each sample with its 95 % confidence interval."""
    for place, (name, mean, line) in enumerate(
        zip(comparison.names, comparison.means, LINES, strict=False)
    ):
        by_image = samples[name].groupby("image")[comparison.quantity].mean()
        spread = np.linspace(-0.12, 0.12, len(by_image)) if len(by_image) > 1 else 0.0
        axes.plot(place + spread, by_image, "o", ms=3, mfc="none", mew=0.7, color=line["color"])
        reach = [[mean.value - mean.low], [mean.high - mean.value]]
        axes.errorbar(
            place + 0.28, mean.value, reach, fmt="s", ms=4, capsize=2.5, color=line["color"]
        )
    axes.set_xticks([0.1, 1.1], comparison.names)
    axes.set(xlim=(-0.4, 1.7), ylabel=f"Mean {quantity_label(comparison.quantity).lower()}")


def quantity_label(quantity: str) -> str:
    """Return what a quantity is called on an axis, with its unit."""
    column = next(column for column in COLUMNS if column.name == quantity)
    words = quantity.removesuffix("_nm2").removesuffix("_nm").replace("_", " ").capitalize()
    return f"{words} / {column.unit}" if column.unit else words
