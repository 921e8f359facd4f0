"""Which options to take: a map of what each would give, and where on it the result is steady.

Stable is not the same as right, but what changes with every small step of an option cannot be
right either. Around each point of the map lies its plateau: the points next to each other where
count and mean diameter are those of the point within a tolerance. The point whose plateau holds
most is proposed; what is left out does not count as held, since an option that leaves out nearly
everything is steady as well.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .analysis import Analysis, Settings
from .sensitivity import RESULTS, stage_of, with_options
from .separation import LEFT_OUT, Region

TOLERANCE = 0.02
COMPARED = ("particles", "mean_diameter_nm")


def usual_values(analyses: Sequence[Analysis], steps: int = 20) -> dict[str, np.ndarray]:
    """Return values of the convexity threshold and of the smallest marker that are worth a try.

    Parameters
    ----------
    analyses : sequence of Analysis
    steps : int
        How many values of each, at least 2.

    Returns
    -------
    dict of str to ndarray
        ``"convexity"`` from 0.9 on, and ``"min_marker_nm"`` from 0 to about 0.6 of the median
        diameter in round steps; 0 to 2 nm if there are no particles.
    """
    diameters = pd.concat([found.particles["equivalent_diameter_nm"] for found in analyses])
    largest = 0.6 * float(diameters.median()) if len(diameters) else 2.0
    step = _round_up(largest / (steps - 1))
    return {
        "convexity": np.round(np.linspace(0.9, 0.995, steps), 4),
        "min_marker_nm": np.round(np.arange(steps) * step, 6),
    }


def _round_up(length: float) -> float:
    """Return the smallest of 1, 2, 5, 10, ... times a power of ten that is not below a length."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= length * 0.999)


def options_of(grid: pd.DataFrame) -> list[str]:
    """Return the names of the options that a grid of `sensitivity_grid` tries."""
    return [name for name in grid.columns if name not in RESULTS]


def plateau(grid: pd.DataFrame, row: int, tolerance: float = TOLERANCE) -> np.ndarray:
    """Return where the result is that of one row of the grid, as far as this hangs together.

    Parameters
    ----------
    grid : DataFrame
        Made by `antema.sensitivity.sensitivity_grid`.
    row : int
        Position of the row.
    tolerance : float
        By which part the number of particles and their mean diameter may differ.

    Returns
    -------
    ndarray of bool, shape (rows of the grid,)
        True in the row itself, and where one can go from it by steps to the next values of one
        option without ever leaving the tolerance.
    """
    from scipy import ndimage

    shape = [grid[name].nunique() for name in options_of(grid)]
    alike = np.ones(len(grid), dtype=bool)
    for column in COMPARED:
        values = grid[column].to_numpy(float)
        with np.errstate(invalid="ignore"):
            alike &= np.abs(values - values[row]) <= tolerance * abs(values[row])
    alike[row] = True
    labels = ndimage.label(alike.reshape(shape))[0].ravel()
    inside: np.ndarray = labels == labels[row]
    return inside


def steadiest(grid: pd.DataFrame, tolerance: float = TOLERANCE) -> int:
    """Return the position of the row whose plateau holds most, as near its middle as can be.

    Parameters
    ----------
    grid : DataFrame
        Made by `antema.sensitivity.sensitivity_grid`, with at least one row.
    tolerance : float
        See `plateau`.
    """
    kept = 1 - grid["left_out_share"].fillna(1).to_numpy()
    kept[grid["particles"] == 0] = 0
    plateaus = [plateau(grid, row, tolerance) for row in range(len(grid))]
    held = np.array([kept[inside].sum() for inside in plateaus])
    best = np.flatnonzero(held >= held.max() * (1 - 1e-9))
    # Values in units of their range, so that options can be compared.
    places = grid[options_of(grid)].to_numpy(float)
    places = (places - places.min(0)) / np.where(np.ptp(places, axis=0) > 0, np.ptp(places, 0), 1)
    middles = np.array([places[plateaus[row]].mean(0) for row in best])
    away = ((places[best] - middles) ** 2).sum(1)
    return int(best[away.argmin()])


def nearest_row(grid: pd.DataFrame, values: Mapping[str, float]) -> int:
    """Return the position of the row whose options come nearest to given values."""
    away = np.zeros(len(grid))
    for name in options_of(grid):
        column = grid[name].to_numpy(float)
        away += ((column - values[name]) / (np.ptp(column) or 1)) ** 2
    return int(away.argmin())


def settings_at(settings: Settings, grid: pd.DataFrame, row: int) -> Settings:
    """Return the settings with the options of one row of the grid."""
    return with_options(settings, {name: grid[name].iloc[row] for name in options_of(grid)})


def values_in(settings: Settings, names: Sequence[str]) -> dict[str, float]:
    """Return the values that options, given by their names, have in the settings."""
    return {name: getattr(getattr(settings, stage_of(name)), name) for name in names}


def window_of_change(
    trials: Sequence[Sequence[Region]], shape: tuple[int, int], side: int
) -> tuple[slice, slice]:
    """Return the square of an image in which several divisions of it differ most.

    Parameters
    ----------
    trials : sequence of sequence of Region
        What several options made of the same image.
    shape : (int, int)
        Of the image.
    side : int
        Side of the square in px; at most the smaller side of the image is used.
    """
    from scipy import ndimage

    side = min(side, *shape)
    painted = np.stack([_painted(regions, shape) for regions in trials])
    change = (painted.min(0) != painted.max(0)).astype(np.float32)
    reach = ndimage.uniform_filter(change, side, mode="constant")
    # Only middles of squares that lie inside.
    before, after = side // 2, side - side // 2
    inside = reach[before : shape[0] - after + 1, before : shape[1] - after + 1]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    return slice(int(row), int(row) + side), slice(int(column), int(column) + side)


def _painted(regions: Sequence[Region], shape: tuple[int, int]) -> np.ndarray:
    """Return in how many particles each pixel lies, with their rims told from their insides."""
    from scipy import ndimage

    painted = np.zeros(shape, np.int16)
    for region in regions:
        if region.status == LEFT_OUT:
            continue
        (row, column), (height, width) = region.origin, region.image.shape
        rim = region.image & ~ndimage.binary_erosion(region.image)
        painted[row : row + height, column : column + width] += region.image + 8 * rim
    return painted
