"""Noise that is smooth over a length."""

import numpy as np
from scipy import ndimage


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], length_px: float) -> np.ndarray:
    """Return Gaussian noise of unit variance that is smooth over `length_px`."""
    step = max(int(length_px / 2), 1)
    coarse = rng.standard_normal([n // step + 3 for n in shape], dtype=np.float32)
    coarse = ndimage.gaussian_filter(coarse, length_px / step, mode="wrap")
    coarse /= max(float(coarse.std()), 1e-6)
    if step > 1:
        coarse = ndimage.zoom(coarse, step, order=1, grid_mode=True, mode="nearest")
    return coarse[: shape[0], : shape[1]]
