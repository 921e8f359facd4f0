"""Silhouettes of overlapping convex particles whose full outlines are known.

What `antema.training.silhouettes` learns from: masks without grey values, with particles of all
convex shapes and some that are not convex, alone, touching, overlapping deeply, in chains and
crossing, with smooth, rough and coarse outlines.
"""

import math
from collections.abc import Sequence

import numpy as np

from ..geometry import moments

KINDS = ("disc", "ellipse", "superellipse", "polygon", "rod", "hull")
_CORNERS = 48
_RADII_PX = 6.0, 48.0
_MOST = 400


def silhouette_scene(
    rng: np.random.Generator, size: int = 384
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Draw one scene.

    Parameters
    ----------
    rng : numpy.random.Generator
    size : int
        Side in px, even.

    Returns
    -------
    mask : ndarray of bool, shape (size, size)
    outlines : list of ndarray of float64, shape (n, 2)
        Row and column of the corners of every particle, hidden ones included; of a particle that is
        not convex, of its convex hull. Particles at the edge lie partly outside.
    """
    mean, spread = math.exp(rng.uniform(math.log(11), math.log(30))), rng.uniform(0, 0.55)
    attached, deepest, apart = rng.uniform(0.3, 0.95), rng.uniform(0.15, 0.62), rng.uniform(1, 1.4)
    coverage, odd = rng.uniform(0.2, 0.6), 0.0
    kinds: Sequence[str] = ("disc", "ellipse", "polygon")
    if rng.random() < 0.55:
        kinds = rng.choice(KINDS, rng.integers(1, 5), replace=False).tolist()
    luck = rng.random()
    if luck < 0.16:  # crossing rods
        kinds, deepest, coverage = ("long rod",), rng.uniform(0.7, 1), rng.uniform(0.1, 0.35)
    elif luck < 0.26:
        odd, attached, deepest, apart = rng.uniform(0.2, 1), rng.uniform(0, 0.5), 0.2, 1.4
    centres, radii = np.empty((_MOST, 2)), np.empty(_MOST)
    shapes: list[np.ndarray] = []
    outlines: list[np.ndarray] = []
    for _ in range(3000):
        n = len(shapes)
        if n == _MOST or math.pi * (radii[:n] ** 2).sum() > coverage * size**2:
            break
        radius = float(np.clip(mean * math.exp(rng.uniform(-spread, spread)), *_RADII_PX))
        if n and rng.random() < attached:
            k, turn = rng.integers(n), rng.uniform(0, 2 * math.pi)
            away = (radius + radii[k]) * rng.uniform(1 - deepest, 0.97)
            centre, closest = (
                centres[k] + (away * math.sin(turn), away * math.cos(turn)),
                1 - deepest,
            )
        else:
            centre, closest = rng.uniform(-mean, size + mean, 2), apart
        if not ((centre > -mean) & (centre < size + mean)).all():
            continue
        if (np.hypot(*(centres[:n] - centre).T) < closest * (radii[:n] + radius)).any():
            continue
        if rng.random() < odd:
            shape = _odd_shape(rng) * radius + centre
            outlines.append(_hull(shape))
        else:
            shape = _convex_shape(rng, str(rng.choice(kinds))) * radius + centre
            outlines.append(shape)
        centres[n], radii[n] = centre, radius
        shapes.append(shape)
    return _drawn(rng, shapes, size), outlines


def _drawn(rng: np.random.Generator, shapes: list[np.ndarray], size: int) -> np.ndarray:
    """Return the silhouette, as exact, coarse or rough as chance has it."""
    from scipy import ndimage

    luck = rng.random()
    if luck < 0.2:  # as of small particles, magnified
        mask = _filled([(shape - 0.5) / 2 for shape in shapes], size // 2)
        return np.kron(mask, np.ones((2, 2), bool))
    mask = _filled(shapes, size)
    if luck < 0.5:  # as a segmentation draws it
        soft = ndimage.gaussian_filter(mask.astype(np.float32), rng.uniform(0.6, 1.8))
        noise = rng.standard_normal(mask.shape, np.float32)
        noise = ndimage.gaussian_filter(noise, rng.uniform(1, 4))
        return soft + noise / noise.std() * rng.uniform(0.02, 0.15) > 0.5
    return mask


def _filled(shapes: list[np.ndarray], size: int) -> np.ndarray:
    from skimage.draw import polygon

    mask = np.zeros((size, size), bool)
    for shape in shapes:
        mask[polygon(shape[:, 0], shape[:, 1], mask.shape)] = True
    return mask


def _convex_shape(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Return the corners of a convex shape around its centroid, as large as the unit disc."""
    angles = np.arange(_CORNERS) * 2 * math.pi / _CORNERS
    circle = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    if kind == "disc":
        corners = circle
    elif kind == "ellipse":
        corners = circle * (1, rng.uniform(1, 2))
    elif kind == "superellipse":
        power = rng.uniform(0.35, 1)
        corners = np.sign(circle) * np.abs(circle) ** power * (1, rng.uniform(1, 1.8))
    elif kind == "polygon":
        sides = int(rng.integers(3, 9)) if rng.random() < 0.5 else int(rng.choice([4, 5, 6]))
        turns = np.arange(sides) * 2 * math.pi / sides
        if rng.random() < 0.4:
            turns = turns + rng.normal(0, 0.12, sides)
        corners = np.stack([np.sin(turns), np.cos(turns)], axis=1)
        if rng.random() < 0.4:
            corners = corners * (1, rng.uniform(1, 1.5))
    elif kind in ("rod", "long rod"):
        longest = kind == "long rod" or rng.random() < 0.2
        aspect = rng.uniform(2.5, 6) if longest else rng.uniform(1.2, 3.2)
        if rng.random() < 0.5:
            corners = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * (1, aspect)
        else:
            corners = circle + np.sign(circle) * (0, aspect - 1)
    else:
        points = rng.normal(0, 1, (rng.integers(5, 14), 2)) * (1, rng.uniform(1, 1.4))
        corners = _hull(points)
    if len(corners) < _CORNERS and rng.random() < 0.35:
        corners = _rounded(corners, circle[::3], rng.uniform(0.05, 0.35))
    corners = corners @ _turned(rng)
    area, centre, _ = moments(corners)
    return (corners - centre) * math.sqrt(math.pi / area)


def _odd_shape(rng: np.random.Generator) -> np.ndarray:
    """Return the corners of a star or a wavy shape around its centre: one particle all the same."""
    if rng.random() < 0.5:
        arms = int(rng.integers(4, 9))
        angles = np.arange(2 * arms) * math.pi / arms
        reach = np.where(np.arange(2 * arms) % 2, rng.uniform(0.4, 0.8), 1.0)
        stretch = 1.0
    else:
        angles = np.arange(120) * 2 * math.pi / 120
        waves = [(k, rng.uniform(0, 0.25) / max(1, k - 3)) for k in rng.integers(3, 10, 2)]
        reach = 1 + sum(a * np.sin(k * angles + rng.uniform(0, 2 * math.pi)) for k, a in waves)
        stretch = rng.uniform(1, 1.4)
    corners = reach[:, np.newaxis] * np.stack([np.sin(angles), stretch * np.cos(angles)], axis=1)
    return 1.15 * corners @ _turned(rng)


def _turned(rng: np.random.Generator) -> np.ndarray:
    turn = rng.uniform(0, 2 * math.pi)
    return np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])


def _rounded(corners: np.ndarray, circle: np.ndarray, share: float) -> np.ndarray:
    """Return the hull of discs at the corners, drawn in by a share of the size."""
    radius = share * math.sqrt(np.prod(np.ptp(corners, axis=0))) / 2
    middle = corners.mean(axis=0)
    inner = (corners - middle) * (1 - 0.7 * share) + middle
    return _hull((inner[:, np.newaxis] + radius * circle).reshape(-1, 2))


def _hull(points: np.ndarray) -> np.ndarray:
    from scipy.spatial import ConvexHull

    return points[ConvexHull(points).vertices]
