"""The support: amorphous film with random atoms, slow waves, holes and debris."""

import numpy as np
from scipy import ndimage

from .noise import smooth_noise
from .options import SimulationOptions


def add_support(
    rng: np.random.Generator,
    options: SimulationOptions,
    absorption: np.ndarray,
    phase: np.ndarray,
) -> None:
    """Add random atoms, slow waves, holes and debris to absorption and phase, in place."""
    shape = absorption.shape
    pixel = options.nm_per_pixel
    present = np.float32(1)
    if options.support_holes:
        relief = smooth_noise(rng, shape, rng.uniform(0.08, 0.5) * min(shape))
        level = np.quantile(relief, options.support_holes)
        present = np.clip((relief - level) / rng.uniform(0.01, 0.06) + 0.5, 0, 1)
        absorption += rng.uniform(0.02, 0.25) * present.astype(np.float32)
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
    if options.debris:
        _add_debris(rng, options, absorption)


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
