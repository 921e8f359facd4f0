"""The micrograph with its outlines as a complete plotly figure; no widgets.

The overlay holds the micrograph as one picture and, per status, the outlines of all regions in one
trace with gaps, so that thousands of particles stay fluid. What the pointer hits are the centres.
"""

import base64
import io
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .analysis import Analysis
from .appearance import COLOURS, to_grey8
from .geometry import outline
from .measurement import measure
from .micrograph import Micrograph
from .separation import LEFT_OUT, SEPARATED, WHOLE, Region

LARGEST_PICTURE_PX = 2048
LEGEND = {WHOLE: "whole", SEPARATED: "separated", LEFT_OUT: "left out"}
DASHES = {WHOLE: "solid", SEPARATED: "solid", LEFT_OUT: "dash"}
_HOVER = (
    "<b>particle %{customdata[0]}</b><br>diameter %{customdata[1]:.3g} nm"
    "<br>Feret %{customdata[2]:.3g} to %{customdata[3]:.3g} nm"
    "<br>circularity %{customdata[4]:.2f}<br>convexity %{customdata[5]:.2f}<extra></extra>"
)
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

    Returns
    -------
    plotly.graph_objects.Figure
        With one trace of outlines for each status, in the order of `antema.appearance.COLOURS`, and
        one of the particles' centres; the same number of traces always.
    """
    rows, columns = micrograph.shape
    particles = measure([], 1.0) if particles is None else particles
    figure = go.Figure()
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
    for status, colour in COLOURS.items():
        chosen = [region for region in regions if region.status == status]
        x, y = outline_line(chosen)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": colour, "width": 1.5, "dash": DASHES[status]},
                name=f"{LEGEND[status]} ({len(chosen)})",
                legendgroup=status,
                hoverinfo="skip",
                showlegend=True,
            )
        )
    figure.add_trace(
        go.Scatter(
            x=particles["column_px"],
            y=particles["row_px"],
            mode="markers",
            marker={"size": 14, "opacity": 0},
            customdata=particles[_HOVER_COLUMNS].to_numpy(),
            hovertemplate=_HOVER,
            name="particles",
            showlegend=False,
        )
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


def outline_line(regions: Iterable[Region]) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the closed outlines of the regions, with NaN between them."""
    parts = [np.empty((0, 2))]
    for region in regions:
        for corners in outline(region.image):
            parts += [corners + region.origin, corners[:1] + region.origin, np.full((1, 2), np.nan)]
    line = np.concatenate(parts).astype(np.float32)
    return line[:, 1], line[:, 0]


def picture_url(grey: np.ndarray) -> str:
    """Return an 8-bit grey picture as a PNG data URL, reduced to at most 2048 px a side."""
    from PIL import Image

    picture = Image.fromarray(grey)
    picture.thumbnail((LARGEST_PICTURE_PX, LARGEST_PICTURE_PX), Image.Resampling.BOX)
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
