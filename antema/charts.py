"""Distributions as complete plotly figures; no widgets.

Every function makes the same traces in the same order whatever it is given (those without anything
to show are empty), so that a figure on a page can take over the traces of a new one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from .appearance import COLOURS, LINES, SELECTED_COLOUR
from .distribution import Distribution, bin_edges, distribute
from .measurement import COLUMNS
from .separation import SEPARATED, WHOLE

DROPPED_COLOUR = "#B8C0CA"
MOST_SAMPLES = len(LINES)
_CURVE_POINTS = 200
_MARGIN = {"l": 50, "r": 45, "t": 10, "b": 45}
_NOTHING = (np.empty(0), np.empty(0))


def histogram_figure(
    particles: pd.DataFrame,
    column: str = "equivalent_diameter_nm",
    bins: int | None = None,
    *,
    weighting: str = "number",
    fit: str | None = None,
    cumulative: bool = False,
    keep: np.ndarray | None = None,
) -> go.Figure:
    """Return the distribution of one quantity.

    Parameters
    ----------
    particles : DataFrame
        With the columns of `antema.COLUMNS`.
    column : str
        One of `antema.distribution.QUANTITIES`.
    bins : int, optional
        Number of bins; by default that of Freedman and Diaconis.
    weighting : {"number", "volume"}
        See `antema.distribution.distribute`.
    fit : {"log-normal", "normal"}, optional
        A distribution to draw over the bars.
    cumulative : bool
        Whether to draw the cumulative curve, on an axis of its own.
    keep : ndarray of bool, shape (n,), optional
        Which particles count; the others are shown in grey, in the same bins, and the curves are of
        those that count.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces: bars of the particles that count, bars of the others, fit, cumulative curve, and
        that of the fit.
    """
    keep = np.ones(len(particles), dtype=bool) if keep is None else keep
    everything = distribute(particles, column, weighting)
    found = distribute(particles[keep], column, weighting)
    edges = bin_edges(everything.values, bins)
    per_share = 1.0 if weighting == "number" else 100 / (everything.total or 1)
    scale = found.total * per_share
    counted = scale * found.heights(edges)
    others = everything.total * per_share * everything.heights(edges) - counted
    if weighting == "number":
        counted, others = np.rint(counted), np.rint(others)
    others[others < 1e-9] = 0  # what rounding leaves
    figure = go.Figure(
        [
            _bars(edges, counted, COLOURS[WHOLE]),
            _bars(edges, others, DROPPED_COLOUR),
            *_curves(found, edges, scale, fit, cumulative),
        ]
    )
    figure.data[0].hoverinfo = None
    figure.data[0].hovertemplate = _bar_texts(counted, others, weighting)
    figure.update_xaxes(title=axis_title(column))
    title = "particles" if weighting == "number" else "% of the volume"
    figure.update_yaxes(title=title, rangemode="tozero")
    figure.update_layout(
        barmode="stack",
        bargap=0,
        hovermode="x",
        showlegend=False,
        margin=_MARGIN,
        yaxis2=_percent_axis(cumulative),
    )
    return figure


def samples_figure(
    samples: Mapping[str, pd.DataFrame],
    column: str = "equivalent_diameter_nm",
    bins: int | None = None,
    *,
    weighting: str = "number",
    cumulative: bool = False,
) -> go.Figure:
    """Return the distributions of several samples over each other, in percent of each.

    Parameters
    ----------
    samples : mapping of str to DataFrame
        Particles of each sample; of more than `MOST_SAMPLES` the first are drawn.
    column, bins, weighting
        As for `histogram_figure`; the bins are those of all samples together.
    cumulative : bool
        Whether to draw the cumulative curves in place of the histograms.

    Returns
    -------
    plotly.graph_objects.Figure
        With `MOST_SAMPLES` traces.
    """
    spreads = {name: distribute(table, column, weighting) for name, table in samples.items()}
    values = [spread.values for spread in spreads.values()]
    edges = bin_edges(np.concatenate(values) if values else np.empty(0), bins)
    figure = go.Figure()
    draw = _rising if cumulative else _steps
    names = [*list(spreads)[:MOST_SAMPLES], *[""] * MOST_SAMPLES]
    for name, line in zip(names, LINES, strict=False):
        x, y = draw(spreads[name], edges) if name in spreads else _NOTHING
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                mode="lines",
                name=name,
                line={**line, "width": 2, "shape": "hv"},
                hoverinfo="name",
                showlegend=bool(name),
            )
        )
    figure.update_xaxes(title=axis_title(column))
    of = "particles" if weighting == "number" else "volume"
    title = f"% of the {of} up to here" if cumulative else f"% of the {of}"
    figure.update_yaxes(title=title, rangemode="tozero")
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    figure.update_layout(margin=_MARGIN, legend=legend)
    return figure


def axis_title(column: str) -> str:
    """Return what stands at the axis of a quantity: its name and unit."""
    unit = next(about.unit for about in COLUMNS if about.name == column)
    name = column.removesuffix("_nm2").removesuffix("_nm").replace("_", " ")
    return f"{name} / {unit}" if unit else name


def _bars(edges: np.ndarray, heights: np.ndarray, colour: str) -> go.Bar:
    return go.Bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=heights,
        width=np.diff(edges),
        customdata=np.column_stack([edges[:-1], edges[1:]]),
        marker={"color": colour, "line": {"color": "white", "width": 0.5}},
        hoverinfo="skip",
    )


def _bar_texts(counted: np.ndarray, others: np.ndarray, weighting: str) -> list[str]:
    """Return what is said of each bar when the pointer is at it."""
    form, what = ("{:.0f}", "particles") if weighting == "number" else ("{:.1f}", "% of the volume")
    ends = "%{customdata[0]:.3g} to %{customdata[1]:.3g}: "
    texts = []
    for some, rest in zip(counted, others, strict=True):
        of = f" of {form.format(some + rest)}" if others.any() else ""
        texts.append(f"{ends}{form.format(some)}{of} {what}<extra></extra>")
    return texts


def _curves(
    found: Distribution, edges: np.ndarray, scale: float, kind: str | None, cumulative: bool
) -> list[go.Scatter]:
    """Return fit, cumulative curve, and cumulative curve of the fit."""
    fit = found.fit(kind) if kind else None
    x = np.linspace(edges[0], edges[-1], _CURVE_POINTS)
    bell = rising = rising_fit = _NOTHING
    if cumulative:
        rising = _rising(found, edges)
    if fit is not None:
        bell = x, scale * (edges[1] - edges[0]) * fit.density(x)
        rising_fit = (x, 100 * fit.cumulative(x)) if cumulative else _NOTHING
    lines = (
        (bell, "y", {"color": SELECTED_COLOUR}),
        (rising, "y2", {"color": COLOURS[SEPARATED], "shape": "hv"}),
        (rising_fit, "y2", {"color": SELECTED_COLOUR, "dash": "dot"}),
    )
    return [
        go.Scatter(
            x=xs, y=ys, yaxis=axis, mode="lines", line={"width": 2, **line}, hoverinfo="skip"
        )
        for (xs, ys), axis, line in lines
    ]


def _rising(spread: Distribution, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cumulative curve in percent, from the first edge to the last."""
    if not spread.values.size:
        return _NOTHING
    x = np.concatenate([edges[:1], spread.values, edges[-1:]])
    return x, 100 * np.concatenate([[0], spread.shares_below, [1]])


def _steps(spread: Distribution, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outline of the histogram in percent."""
    if not spread.values.size:
        return _NOTHING
    heights = 100 * spread.heights(edges)
    return np.repeat(edges, 2), np.concatenate([[0], np.repeat(heights, 2), [0]])


def _percent_axis(visible: bool) -> dict[str, Any]:
    return {
        "title": "% up to here",
        "overlaying": "y",
        "side": "right",
        "range": [0, 102],
        "dtick": 25,
        "showgrid": False,
        "visible": visible,
    }
