"""Overlapping particles found in a silhouette by a network that was trained on simulated ones.

For every place of the silhouette the network tells how likely it is near the centre of a particle,
and how far from there the outline of this particle is in 32 directions, whether it can be seen or
lies behind other particles: a star-convex polygon. It knows shapes only, no grey values, so it does
not depend on the microscope.

References
----------
U. Schmidt, M. Weigert, C. Broaddus, G. Myers, MICCAI 2018, 265-273,
doi 10.1007/978-3-030-00934-2_30 (star-convex polygons from a network).
"""

import math

import numpy as np

from .network import load_network, tile_spans
from .preparation import resize

WEIGHTS = "star-convex-silhouettes"
GRID_PX, DIRECTIONS, UNIT_PX = 4, 32, 16
_RADII_PX = 10.0, 42.0  # of particles as the training had them, and what others are resized to
_SCALED_PX = 17.0
_MOST_MAGNIFIED = 4.0
_RIM_PX = 8
_LIKELY = 0.25


def directions() -> np.ndarray:
    """Return the unit vectors (row, column) in which distances are told; shape (32, 2)."""
    angles = 2 * math.pi / DIRECTIONS * np.arange(DIRECTIONS)
    return np.stack([np.sin(angles), np.cos(angles)], axis=1)


def fold(mask: np.ndarray) -> np.ndarray:
    """Return what the network sees of a silhouette.

    Parameters
    ----------
    mask : ndarray of bool, shape (M, N)
        Sides are multiples of 4.

    Returns
    -------
    ndarray of float32, shape (17, M / 4, N / 4)
        The 16 pixels of every cell, and the mean distance of these from the background.
    """
    from . import levelsets

    rows, columns = mask.shape[0] // GRID_PX, mask.shape[1] // GRID_PX
    cells = mask.reshape(rows, GRID_PX, columns, GRID_PX)
    depth = np.sqrt(levelsets.squared_distance(np.pad(mask, 1))[1:-1, 1:-1])
    folded = np.empty((GRID_PX**2 + 1, rows, columns), np.float32)
    folded[:-1] = cells.transpose(1, 3, 0, 2).reshape(-1, rows, columns)
    folded[-1] = depth.reshape(cells.shape).mean(axis=(1, 3)) / UNIT_PX
    return folded


def scale_for(radius: float) -> float:
    """Return by how much to magnify an image with particles of this radius in px."""
    low, high = _RADII_PX
    return 1.0 if low <= radius <= high else min(_SCALED_PX / radius, _MOST_MAGNIFIED)


def find(image: np.ndarray, wanted: float) -> np.ndarray:
    """Find the particles of a silhouette.

    Parameters
    ----------
    image : ndarray of bool, shape (M, N)
    wanted : float
        By how much to magnify it for the network; see `scale_for`.

    Returns
    -------
    ndarray of float64, shape (n, 32, 2)
        Row and column of their outlines, the most likely particle first.

    Raises
    ------
    WeightsNotFound
        If the network's files are absent or damaged.
    """
    shape = tuple(max(1, round(side * wanted)) for side in image.shape)
    scale = np.array(shape) / image.shape
    if shape != image.shape:
        image = resize(image.view(np.uint8) * np.uint8(255), shape) > 127
    network = load_network(WEIGHTS, task="silhouettes")
    tile, margin, multiple = (
        network.config["inference"][key] for key in ("tile_px", "margin_px", "multiple_px")
    )
    spans = [list(tile_spans(side + 2 * _RIM_PX, tile, margin, multiple)) for side in shape]
    padding = [
        (_RIM_PX, spans_of_axis[-1][1] - side - _RIM_PX)
        for spans_of_axis, side in zip(spans, shape, strict=True)
    ]
    padded = np.pad(image, padding)
    found = []
    for top, bottom, *kept_rows in spans[0]:
        for left, right, *kept_columns in spans[1]:
            part = padded[top:bottom, left:right]
            if part.any():
                answer = network.run(fold(part)[np.newaxis])[0]
                found.append(_read(answer, (top, left), kept_rows, kept_columns))
    if not found:  # too thin to be seen at that scale
        return np.empty((0, DIRECTIONS, 2))
    likelihood, polygons = (np.concatenate(parts) for parts in zip(*found, strict=True))
    # Pixel i of a resized image covers the places from i / scale - 1/2 on.
    return (polygons[np.argsort(-likelihood, kind="stable")] - _RIM_PX + 0.5) / scale - 0.5


def _read(
    answer: np.ndarray, corner: tuple[int, int], kept_rows: list[int], kept_columns: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely each particle centred in the kept part of a tile is, and its outline."""
    from scipy import ndimage

    likelihood = 1 / (1 + np.exp(-answer[0]))
    peak = likelihood == ndimage.maximum_filter(likelihood, 3)
    rows, columns = np.nonzero(peak & (likelihood > _LIKELY))
    centres = np.stack([rows, columns], axis=1) * GRID_PX + (GRID_PX - 1) / 2 + corner
    inside = (centres >= (kept_rows[0], kept_columns[0])).all(axis=1)
    inside &= (centres < (kept_rows[1], kept_columns[1])).all(axis=1)
    rows, columns, centres = rows[inside], columns[inside], centres[inside]
    reach = np.exp(answer[1:, rows, columns].T) * UNIT_PX
    polygons = centres[:, np.newaxis] + reach[..., np.newaxis] * directions()
    return likelihood[rows, columns], polygons
