"""The micrograph with its outlines as a complete plotly figure; no widgets.

The overlay holds the micrograph as one picture and, per status, the outlines of all regions in one
trace with gaps, of fewer corners where there are very many, so that thousands of particles stay
fluid. What the pointer hits are the centres.
"""

import base64
import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .analysis import Analysis
from .appearance import COLOURS, look, to_grey8
from .measurement import measure
from .micrograph import Micrograph
from .separation import EDGE, LEFT_OUT, SEPARATED, WHOLE, Region

LARGEST_PICTURE_PX = 2048
# With more corners than this a browser takes longer to draw than a person waits.
MOST_CORNERS = 50_000
_AWAY_PX = 1.0
LEGEND = {WHOLE: "whole", SEPARATED: "separated", LEFT_OUT: "left out", EDGE: "at the edge"}
DASHES = {WHOLE: "solid", SEPARATED: "solid", LEFT_OUT: "dash", EDGE: "dot"}
CENTRES = "particles"
_HOVER = (
    "<b>particle %{customdata[0]}</b><br>diameter %{customdata[1]:.3g} nm"
    "<br>Feret %{customdata[2]:.3g} to %{customdata[3]:.3g} nm"
    "<br>circularity %{customdata[4]:.2f}<br>convexity %{customdata[5]:.2f}"
)
_NO_NAME = "<extra></extra>"
_HOVER_COLUMNS = [
    "particle",
    "equivalent_diameter_nm",
    "feret_min_nm",
    "feret_max_nm",
    "circularity",
    "convexity",
]


def overlay_figure(analysis: Analysis) -> go.Figure:
    """Return the micrograph with the outlines of its particles, coloured by status.

    Axes are in pixels of the micrograph, the centre of the first one at (0, 0).
    """
    return micrograph_figure(analysis.micrograph, analysis.regions, analysis.particles)


def micrograph_figure(
    micrograph: Micrograph,
    regions: Sequence[Region] = (),
    particles: pd.DataFrame | None = None,
    picture: str | None = None,
    traces: Sequence[dict[str, Any]] | None = None,
) -> go.Figure:
    """Return a micrograph, with the outlines of regions where there are any.

    Parameters
    ----------
    micrograph : Micrograph
    regions : sequence of Region
    particles : DataFrame, optional
        Their numbers, shown when the pointer is at a particle.
    picture : str, optional
        URL of the picture of the micrograph, if it was made before.
    traces : sequence of dict, optional
        What is drawn over it; by default `overlay_traces` of the regions.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    rows, columns = micrograph.shape
    drawn = overlay_traces(regions, particles) if traces is None else traces
    figure = go.Figure([go.Scatter(trace) for trace in drawn])
    figure.add_layout_image(
        source=picture or picture_url(to_grey8(micrograph.pixels)),
        xref="x",
        yref="y",
        x=-0.5,
        y=-0.5,
        sizex=columns,
        sizey=rows,
        sizing="stretch",
        layer="below",
    )
    figure.update_xaxes(range=[-0.5, columns - 0.5], visible=False, constrain="domain")
    figure.update_yaxes(
        range=[rows - 0.5, -0.5], visible=False, scaleanchor="x", constrain="domain"
    )
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"orientation": "h", "x": 0, "y": -0.01, "yanchor": "top"},
        dragmode="pan",
        uirevision=micrograph.name,
    )
    return figure


def overlay_traces(
    regions: Sequence[Region], particles: pd.DataFrame | None = None
) -> list[dict[str, Any]]:
    """Return what is drawn over a micrograph, as plain descriptions of scatter traces.

    Parameters
    ----------
    regions : sequence of Region
    particles : DataFrame, optional
        The numbers of those that were not left out, in their order.

    Returns
    -------
    list of dict
        One trace of outlines for each of `antema.appearance.COLOURS`, in its order, and one of the
        particles' centres, which the pointer finds; the same number of traces always.
    """
    particles = measure([], 1.0) if particles is None else particles
    groups = {kind: [r for r in regions if look(r) == kind] for kind in COLOURS}
    lines = {kind: outline_line(chosen) for kind, chosen in groups.items()}
    many = sum(len(x) for x, _ in lines.values()) > MOST_CORNERS
    traces: list[dict[str, Any]] = []
    for kind, colour in COLOURS.items():
        chosen = groups[kind]
        x, y = thinned(*lines[kind]) if many else lines[kind]
        traces.append(
            {
                "x": x,
                "y": y,
                "mode": "lines",
                "line": {"color": colour, "width": 1.5, "dash": DASHES[kind]},
                "name": f"{LEGEND[kind]} ({len(chosen)})",
                "legendgroup": kind,
                "hoverinfo": "skip",
                "showlegend": bool(chosen) or kind in (WHOLE, SEPARATED),
                "meta": kind,
            }
        )
    notes = [f"<br>{r.reason}" if r.reason else "" for r in regions if r.status != LEFT_OUT]
    hover = [_HOVER + note + _NO_NAME for note in notes] if any(notes) else _HOVER + _NO_NAME
    traces.append(
        {
            "x": particles["column_px"].to_numpy(),
            "y": particles["row_px"].to_numpy(),
            # The pointer finds points that are not drawn, too; drawn, they cost most of the time.
            "mode": "none",
            # Plotly's script draws nothing at all after an empty array of two dimensions.
            "customdata": particles[_HOVER_COLUMNS].to_numpy(dtype=float) if len(particles) else [],
            "hovertemplate": hover,
            "name": CENTRES,
            "showlegend": False,
            "meta": CENTRES,
        }
    )
    return traces


def outline_line(regions: Iterable[Region]) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the closed outlines of the regions, with NaN between them."""
    parts, gap = [np.empty((0, 2))], np.full((1, 2), np.nan)
    for region in regions:
        for corners in region.outlines:
            parts += [corners, corners[:1], gap]
    line = np.concatenate(parts).astype(np.float32)
    return line[:, 1], line[:, 0]


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lines, with NaN between them, of fewer points and nowhere more than a pixel away."""
    from .contours import bends

    keep = bends(x, y, _AWAY_PX)
    return x[keep], y[keep]


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Return an 8-bit grey picture, reduced by the mean of pixels to at most 2048 px a side."""
    from PIL import Image

    small = Image.fromarray(picture)
    small.thumbnail((LARGEST_PICTURE_PX, LARGEST_PICTURE_PX), Image.Resampling.BOX)
    return np.asarray(small)


def picture_url(grey: np.ndarray, veiled: np.ndarray | None = None) -> str:
    """Return an 8-bit grey picture as a PNG data URL, reduced to at most 2048 px a side.

    Parameters
    ----------
    grey : ndarray of shape (M, N), uint8
    veiled : ndarray of bool, optional
        Pixels under a veil in the colour of whole particles; of the shape of the picture, or of
        what that was before `shrunk`.
    """
    from PIL import Image, ImageColor

    small = shrunk(grey)
    picture = Image.fromarray(small)
    if veiled is not None:
        # A palette of half the greys, without and with the veil, is a third of the size of colours.
        under = shrunk(veiled.astype(np.uint8) * 255) > 127
        picture = Image.fromarray(small // 2 + 128 * under.astype(np.uint8))
        greys = np.repeat(np.arange(0, 256, 2), 3).reshape(-1, 3)
        colours = (greys + ImageColor.getrgb(COLOURS[WHOLE])) // 2
        picture.putpalette(np.concatenate([greys, colours]).astype(np.uint8).tobytes())
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
