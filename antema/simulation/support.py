"""The support: amorphous film with random atoms, slow waves, holes, sheets and debris."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from .noise import smooth_noise
from .options import SimulationOptions, log_uniform
from .particles import MARGIN_PX, TrueParticle


def add_support(
    rng: np.random.Generator,
    options: SimulationOptions,
    absorption: np.ndarray,
    phase: np.ndarray,
    particles: Sequence[TrueParticle],
) -> None:
    """Add atoms, waves, holes, bodies, sheets and debris to absorption and phase, in place."""
    shape = absorption.shape
    pixel = options.nm_per_pixel
    present = np.float32(1)
    if options.support_holes:
        relief = smooth_noise(rng, shape, rng.uniform(0.08, 0.5) * min(shape))
        level = np.quantile(relief, options.support_holes)
        present = np.clip((relief - level) / rng.uniform(0.01, 0.06) + 0.5, 0, 1)
        absorption += np.float32(options.support_depth) * present.astype(np.float32)
    if options.support_waves:
        waves = smooth_noise(rng, shape, rng.uniform(0.05, 0.4) * min(shape))
        absorption += np.float32(options.support_waves) * (waves - waves.min()) * present
    if options.support_nm:
        # 100 atoms per nm^3, each 0.12 V nm^3 of projected potential, 0.00653 rad/(V nm).
        strength = 0.0078 * np.sqrt(options.support_nm) / pixel
        atoms = rng.standard_normal(shape, dtype=np.float32)
        width = 0.04 / pixel
        if width > 0.3:
            atoms = ndimage.gaussian_filter(atoms, width, truncate=3)
        phase += np.float32(strength) * atoms * present
    if options.aggregate_nm:
        absorption += _aggregate(rng, options, shape, particles)
    if options.sheets:
        depth = crumpled_sheets(rng, shape, options.sheets, options.sheet_depth)
        absorption += depth
        phase += np.float32(rng.uniform(0, 3)) * depth
    if options.debris:
        _add_debris(rng, options, absorption)


def _aggregate(
    rng: np.random.Generator,
    options: SimulationOptions,
    shape: tuple[int, ...],
    particles: Sequence[TrueParticle],
) -> np.ndarray:
    """Return the absorption of grainy spheres, stuck together, below most of the particles."""
    depth = np.zeros(shape, dtype=np.float32)
    mean = options.aggregate_nm / 2 / options.nm_per_pixel
    centres = [np.array([p.row_px, p.column_px]) + MARGIN_PX for p in particles]
    centres = [centres[i] for i in rng.permutation(len(centres))] or [np.array(shape) / 2]
    covered = 0.0
    for centre in centres[: max(round(rng.uniform(0.3, 1) * len(centres)), 1)]:
        row, column = np.clip(centre, 0, np.array(shape) - 1).astype(int)
        if depth[row, column] > 0 or covered > 2 * depth.size:
            continue
        # A short chain of spheres that grows from here.
        at = centre + rng.uniform(-0.7, 0.7, 2) * mean
        for _ in range(rng.integers(1, 5)):
            radius = mean * np.exp(0.2 * rng.standard_normal())
            _add_sphere(depth, at, radius, options.aggregate_depth)
            covered += 4 * radius**2
            angle = rng.uniform(0, 2 * np.pi)
            at = at + rng.uniform(0.9, 1.7) * radius * np.array([np.sin(angle), np.cos(angle)])
    grain = smooth_noise(rng, shape, max(mean * rng.uniform(0.03, 0.4), 0.7))
    return depth * np.clip(1 + np.float32(rng.uniform(0, 0.3)) * grain, 0.2, 2)


def _add_sphere(depth: np.ndarray, centre: np.ndarray, radius: float, middle: float) -> None:
    """Add the thickness of a sphere, scaled so that its middle has the optical depth `middle`."""
    top, left = np.maximum(np.floor(centre - radius).astype(int), 0)
    bottom, right = np.maximum(np.ceil(centre + radius).astype(int) + 1, 0)
    part = depth[top:bottom, left:right]
    y = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] - np.float32(centre[0])
    x = np.arange(left, left + part.shape[1], dtype=np.float32)[None] - np.float32(centre[1])
    part += np.float32(middle) * np.sqrt(np.maximum(1 - (y**2 + x**2) / np.float32(radius**2), 0))


def crumpled_sheets(
    rng: np.random.Generator, shape: tuple[int, ...], count: int, optical_depth: float
) -> np.ndarray:
    """Return the absorption of crumpled sheets: ragged outlines, and folds that are darker."""
    import cv2

    depth = np.zeros(shape, dtype=np.float32)
    side = min(shape)
    for _ in range(count):
        centre = rng.uniform(-0.1, 1.1, 2) * shape[::-1]
        corners = int(rng.integers(4, 12))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        # Most sheets are larger than the picture, so that only one edge of them is seen.
        radii = side * log_uniform(rng, 0.15, 1.2) * np.exp(0.3 * rng.standard_normal(corners))
        outline = centre + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        outline = _ragged(rng, outline, rng.uniform(0, 0.25), closed=True)
        sheet = np.zeros(shape, dtype=np.float32)
        cv2.fillPoly(sheet, [np.round(outline).astype(np.int32)], 1.0)
        folds = np.zeros(shape, dtype=np.float32)
        for _ in range(rng.poisson(3)):
            line = rng.uniform(0, 1, (2, 2)) * shape[::-1]
            line = _ragged(rng, line, rng.uniform(0.05, 0.3), closed=False)
            width = max(round(side * log_uniform(rng, 0.002, 0.05)), 1)
            line = np.round(line).astype(np.int32)
            cv2.polylines(folds, [line], isClosed=False, color=rng.uniform(0.5, 3), thickness=width)
        sheet *= 1 + ndimage.gaussian_filter(folds, side * log_uniform(rng, 0.001, 0.02))
        sheet = ndimage.gaussian_filter(sheet, rng.uniform(0.3, 1.5))
        depth += np.float32(optical_depth * rng.uniform(0.3, 1.5)) * sheet
    return depth


def _ragged(
    rng: np.random.Generator, points: np.ndarray, strength: float, *, closed: bool
) -> np.ndarray:
    """Return a line of points (x, y) with its middles moved sideways, again and again."""
    for _ in range(5):
        following = np.roll(points, -1, axis=0)
        if not closed:
            following = following[:-1]
        start = points[: len(following)]
        across = (following - start)[:, ::-1] * [1, -1]
        moved = strength * rng.standard_normal((len(start), 1)) * across
        middle = (start + following) / 2 + moved
        joined = np.stack([start, middle], axis=1).reshape(-1, 2)
        points = joined if closed else np.vstack([joined, points[-1:]])
    return points


def _add_debris(
    rng: np.random.Generator, options: SimulationOptions, absorption: np.ndarray
) -> None:
    """Add faint smooth blobs that are no particles."""
    rows, columns = absorption.shape
    radius = options.diameter_nm / 2 / options.nm_per_pixel
    depth = min(options.absorption_per_nm * options.diameter_nm, 1.5)
    for _ in range(rng.poisson(options.debris * max(options.count, 4))):
        size = max(radius * rng.uniform(0.1, 1.5), 0.6)
        row, column = rng.uniform(0, rows), rng.uniform(0, columns)
        half = int(3 * size) + 1
        top, left = max(int(row) - half, 0), max(int(column) - half, 0)
        window = (slice(top, int(row) + half), slice(left, int(column) + half))
        part = absorption[window]
        y = np.arange(top, top + part.shape[0])[:, None] - row
        x = np.arange(left, left + part.shape[1])[None] - column
        part += np.float32(depth * rng.uniform(-0.05, 0.12)) * np.exp(
            -(y**2 + x**2) / (2 * (size / 1.5) ** 2)
        )
