"""Quiet charts as SVG text, drawn by matplotlib.

A plotly widget would bring five megabytes of script for each of the lesson's charts; these need
none, show the same on a page without a kernel, and carry their words for blind eyes.
"""

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.edgecolor": "#b5bdc8",
    "axes.labelcolor": "#1c2127",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#eceff3",
    "xtick.color": "#5f6b7a",
    "ytick.color": "#5f6b7a",
    "lines.linewidth": 2,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
_HEIGHT_IN = 3.6


class Chart:
    """A chart to draw on, which becomes text.

    Attributes
    ----------
    axes : matplotlib Axes
    svg : str
        The finished chart, after the ``with`` block.
    """

    axes: Any
    svg: str = ""


@contextmanager
def chart(x: str, y: str, words: str, width_in: float = 4.6) -> Iterator[Chart]:
    """Draw a chart inside a ``with`` block.

    Parameters
    ----------
    x, y : str
        Titles of the axes.
    words : str
        Alternative text.
    width_in : float
        Width in inches; the height is 3.6.

    Yields
    ------
    Chart
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    made = Chart()
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(width_in, _HEIGHT_IN))
        made.axes = figure.add_axes((0.62 / width_in, 0.15, 1 - 0.75 / width_in, 0.72))
        made.axes.set(xlabel=x, ylabel=y)
        yield made
        if made.axes.get_legend_handles_labels()[0]:
            made.axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=3, borderpad=0)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    made.svg = _inline(stream.getvalue(), words)


def _inline(text: str, words: str) -> str:
    """Return matplotlib's file as an element of a page, without rules for the rest of the page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.DOTALL)
    size = re.search(r'viewBox="[^"]*"', text)
    assert size is not None
    begin = (
        f'<svg class="lesson-chart" role="img" aria-label="{html.escape(words)}" {size[0]} '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return begin + text[text.index(">") + 1 :]
