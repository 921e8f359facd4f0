"""Placement: where the particles of a simulated picture lie."""

import numpy as np

from .options import SimulationOptions


def place_particles(
    rng: np.random.Generator, options: SimulationOptions, reach: np.ndarray
) -> np.ndarray:
    """Choose centres (row, column) in px; NaN where a particle found no place."""
    size = np.array([options.rows_px, options.columns_px], dtype=float)
    if options.ordered and len(reach):
        return _hexagonal(rng, size, reach)
    centres = np.full((len(reach), 2), np.nan)
    placed = 0
    order = np.zeros(len(reach), dtype=int)
    for index, radius in enumerate(reach):
        for _ in range(12):
            closest = 1.12
            if placed and rng.random() < options.attached:
                other = order[rng.integers(placed)]
                closest = 1 - options.overlap
                distance = (radius + reach[other]) * rng.uniform(closest, 1.03)
                angle = rng.uniform(0, 2 * np.pi)
                centre = centres[other] + distance * np.array([np.sin(angle), np.cos(angle)])
            else:
                centre = rng.uniform(-0.3 * radius, size + 0.3 * radius)
            if np.any(centre < -radius) or np.any(centre > size + radius):
                continue
            others = order[:placed]
            away = np.hypot(*(centres[others] - centre).T)
            if np.all(away >= closest * (radius + reach[others])):
                centres[index] = centre
                order[placed] = index
                placed += 1
                break
    return centres


def _hexagonal(rng: np.random.Generator, size: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Put the particles on a turned hexagonal layer, from its middle outwards."""
    step = 2 * np.mean(reach) * rng.uniform(1.0, 1.25)
    span = int(np.ceil(np.hypot(*size) / step)) + 1
    i, j = np.meshgrid(np.arange(-span, span + 1), np.arange(-span, span + 1))
    angle = rng.uniform(0, np.pi / 3)
    flat = step * np.stack([(i + j / 2).ravel(), (j * np.sqrt(3) / 2).ravel()])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = (turn @ flat).T + size * rng.uniform(0.3, 0.7, 2)
    points += rng.normal(0, 0.04 * step, points.shape)
    inside = np.all((points > -step / 2) & (points < size + step / 2), axis=1)
    points = points[inside]
    middle = size * rng.uniform(0, 1, 2)
    points = points[np.argsort(np.hypot(*(points - middle).T))][: len(reach)]
    missing = np.full((len(reach) - len(points), 2), np.nan)
    return np.vstack([points, missing])
