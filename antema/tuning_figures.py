"""Plotly figures of how a result hangs on options: maps over two of them, profiles along one.

Every figure shows the same three things in the same order and colours: how many particles, how
large in the mean, and which share of their area is left out.
"""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from .analysis import Settings
from .appearance import COLOURS, SELECTED_COLOUR
from .separation import LEFT_OUT, SEPARATED, WHOLE
from .tuning import options_of

PANELS = (
    ("particles", "Particles", "%{z}", "YlGnBu"),
    ("mean_diameter_nm", "Mean diameter / nm", "%{z:.3f} nm", "YlOrBr"),
    ("left_out_share", "Area left out", "%{z:.1%}", "PuRd"),
)
_LINES = ("#225EA8", "#CC4C02", COLOURS[LEFT_OUT])
_FONT = {"family": 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif', "size": 13}
_INK = "#1c2127"


def option_label(name: str) -> str:
    """Return what an option is called on an axis, with its unit."""
    for stage in (Settings().segmentation, Settings().separation):
        if name in type(stage).__dataclass_fields__:
            about = type(stage).__dataclass_fields__[name].metadata
            return f"{about['label']} / {about['unit']}" if about["unit"] else about["label"]
    return name


def option_value(name: str, value: float) -> str:
    """Return an option with its value and unit, as in a sentence."""
    words, _, unit = option_label(name).partition(" / ")
    return f"{words} {value:g} {unit}".rstrip()


def maps_figure(grid: pd.DataFrame, inside: np.ndarray, row: int) -> go.Figure:
    """Return three maps over two options, with a plateau outlined and one point marked.

    Parameters
    ----------
    grid : DataFrame
        Of two options, made by `antema.sensitivity.sensitivity_grid`; the first goes upwards.
    inside : ndarray of bool, shape (rows of the grid,)
        The plateau (see `antema.tuning.plateau`).
    row : int
        Position of the row whose point is marked.

    Returns
    -------
    plotly.graph_objects.Figure
        Three traces for each map: the map, the outline of the plateau, the point.
    """
    upward, rightward = options_of(grid)
    y, x = np.unique(grid[upward]), np.unique(grid[rightward])
    figure = make_subplots(
        1, 3, shared_yaxes=True, horizontal_spacing=0.075,
        subplot_titles=[title for _, title, _, _ in PANELS],
    )  # fmt: skip
    outline_x, outline_y = _rim(inside.reshape(len(y), len(x)), _edges(x), _edges(y))
    for column, (name, _, form, colours) in enumerate(PANELS, start=1):
        figure.add_trace(
            go.Heatmap(
                x=x,
                y=y,
                z=grid[name].to_numpy(float).reshape(len(y), len(x)),
                colorscale=colours,
                colorbar={
                    "thickness": 8, "outlinewidth": 0, "x": [0.295, 0.65, 1.005][column - 1],
                    "xpad": 2, "tickformat": ".1~%" if name == "left_out_share" else None,
                },
                hovertemplate=f"%{{y}} · %{{x}}<br><b>{form}</b><extra></extra>",
            ),
            1, column,
        )  # fmt: skip
        figure.add_trace(_line(outline_x, outline_y), 1, column)
        figure.add_trace(_point(grid, row, upward, rightward), 1, column)
    figure.update_xaxes(title=option_label(rightward), showgrid=False, zeroline=False)
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(title=option_label(upward), col=1)
    return _dressed(figure, 340)


def effect_figure(profile: pd.DataFrame, value: float) -> go.Figure:
    """Return count and mean diameter along one option in one small panel.

    Parameters
    ----------
    profile : DataFrame
        Of one option, made by `antema.sensitivity.sensitivity`.
    value : float
        The value in use, which is marked.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces: number of particles, mean diameter (right axis); the first shape is the mark.
    """
    (option,) = options_of(profile)
    count, mean = (COLOURS[WHOLE], COLOURS[SEPARATED])
    figure = go.Figure(
        [
            _curve(profile, PANELS[0], count),
            _curve(profile, PANELS[1], mean, dash="dash").update(yaxis="y2"),
        ]
    )
    figure.add_vline(value, line={"color": SELECTED_COLOUR, "width": 2})
    largest = profile["mean_diameter_nm"].max() if len(profile) else 0.0
    figure.update_layout(
        showlegend=False,
        xaxis={"title": option_label(option)},
        yaxis={"title": PANELS[0][1], "rangemode": "tozero", "color": count},
        yaxis2={
            "title": PANELS[1][1],
            "overlaying": "y",
            "side": "right",
            # apart from the other line, which lies near the top of its own axis
            "range": [0, 1.5 * (largest if largest > 0 else 1)],
            "tickmode": "auto",
            "nticks": 5,
            "showgrid": False,
            "color": mean,
        },
    )
    return figure


def profile_figure(profile: pd.DataFrame, value: float) -> go.Figure:
    """Return three curves along one option, with the value in use marked.

    Parameters
    ----------
    profile : DataFrame
        Of one option, made by `antema.sensitivity.sensitivity`.
    value : float
        The value in use.

    Returns
    -------
    plotly.graph_objects.Figure
        One trace for each curve, then the line of the value in use as a shape in each.
    """
    (option,) = options_of(profile)
    figure = make_subplots(
        1, 3, horizontal_spacing=0.075, subplot_titles=[title for _, title, _, _ in PANELS]
    )
    for column, (panel, colour) in enumerate(zip(PANELS, _LINES, strict=True), 1):
        figure.add_trace(_curve(profile, panel, colour), 1, column)
        figure.add_vline(
            value, line={"color": SELECTED_COLOUR, "width": 2, "dash": "dot"}, row=1, col=column
        )
    figure.update_xaxes(title=option_label(option), gridcolor="#e8ebef")
    figure.update_yaxes(gridcolor="#e8ebef", rangemode="tozero", zeroline=False)
    figure.update_yaxes(tickformat=".1~%", col=3)
    return _dressed(figure, 280)


def sizes_figure(found: np.ndarray, reference: np.ndarray) -> go.Figure:
    """Return the cumulative distributions of found and of reference diameters, in nm."""
    figure = go.Figure()
    sizes = (("antema", found, COLOURS["whole"]), ("by hand", reference, COLOURS["separated"]))
    for name, values, colour in sizes:
        values = np.sort(values)
        share = np.arange(1, len(values) + 1) / max(1, len(values))
        figure.add_trace(
            go.Scatter(
                x=values,
                y=share,
                name=f"{name} ({len(values)})",
                line={"color": colour, "width": 2, "shape": "hv"},
                hovertemplate="%{y:.0%} are up to %{x:.3g} nm<extra></extra>",
            )
        )
    figure.update_xaxes(title="Equivalent diameter / nm", gridcolor="#e8ebef")
    figure.update_yaxes(title="Share of particles", tickformat=".0%", gridcolor="#e8ebef")
    _dressed(figure, 300)
    figure.update_layout(showlegend=True, legend={"x": 0.02, "y": 0.98}, width=560)
    return figure


def _curve(
    profile: pd.DataFrame, panel: tuple[str, str, str, str], colour: str, dash: str = "solid"
) -> go.Scatter:
    """Return the curve of one of `PANELS` along the option of a profile."""
    name, title, form, _ = panel
    return go.Scatter(
        x=profile[options_of(profile)[0]],
        y=profile[name],
        mode="lines+markers",
        line={"color": colour, "width": 2, "dash": dash},
        marker={"size": 5},
        hovertemplate=f"%{{x:.3~g}}<br>{title.partition(' / ')[0]}"
        f" <b>{form.replace('{z', '{y')}</b><extra></extra>",
    )


def _dressed(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        template="plotly_white",
        font=_FONT,
        height=height,
        margin={"l": 64, "r": 56, "t": 36, "b": 52},
        showlegend=False,
        dragmode=False,
        hoverlabel={"font": _FONT},
    )
    figure.update_annotations(font={**_FONT, "size": 14, "color": _INK})
    return figure


def _line(x: np.ndarray, y: np.ndarray) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines", line={"color": _INK, "width": 2.5}, hoverinfo="skip")


def _point(grid: pd.DataFrame, row: int, upward: str, rightward: str) -> go.Scatter:
    marker: dict[str, Any] = {"symbol": "circle", "size": 12, "color": SELECTED_COLOUR}
    return go.Scatter(
        x=[grid[rightward].iloc[row]],
        y=[grid[upward].iloc[row]],
        mode="markers",
        marker=marker | {"line": {"color": "white", "width": 2}},
        hoverinfo="skip",
    )


def _edges(values: np.ndarray) -> np.ndarray:
    """Return where the cells of a map end: halfway between its values."""
    if len(values) < 2:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middle = (values[1:] + values[:-1]) / 2
    return np.r_[values[0] - (middle[0] - values[0]), middle, 2 * values[-1] - middle[-1]]


def _rim(inside: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sides between cells inside and outside as a line with gaps of NaN."""
    padded = np.pad(inside, 1)
    lines: list[tuple[float, float]] = []
    gap = (np.nan, np.nan)
    for i, j in np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]):
        lines += [(x[j], y[i]), (x[j + 1], y[i]), gap]
    for i, j in np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]):
        lines += [(x[j], y[i]), (x[j], y[i + 1]), gap]
    points = np.array(lines or [gap])
    return points[:, 0], points[:, 1]
