"""Augmentation: what else could have happened to a tile on its way from the camera to a file.

Only grey values change here; place, size and orientation are drawn where the tile is cut.
"""

import cv2
import numpy as np

from ..simulation.options import log_uniform


def change_grey(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change brightness, contrast, sharpness and noise of a tile at random.

    Parameters
    ----------
    grey : ndarray of float32 in 0..1, shape (M, N)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32 in 0..1, of the same shape
    """
    if rng.random() < 0.5:
        grey = grey ** np.float32(np.exp(rng.uniform(-0.6, 0.6)))
    if rng.random() < 0.3:
        grey = grey * _gradient(grey.shape, rng)
    if rng.random() < 0.6:
        middle = np.float32(rng.uniform(0.3, 0.7))
        contrast, shift = np.exp(rng.uniform(-0.7, 0.9)), rng.uniform(-0.15, 0.15)
        grey = (grey - middle) * np.float32(contrast) + middle + np.float32(shift)
    if rng.random() < 0.25:
        grey = cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.35:
        grey = grey + _noise(grey.shape, rng)
    grey = np.clip(grey, 0, 1)
    if rng.random() < 0.3:
        grey = _through_jpeg(grey, int(rng.integers(25, 95)))
    return grey.astype(np.float32)


def _gradient(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return an uneven illumination around 1."""
    y = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, shape[1], dtype=np.float32)[None]
    a, b, c = rng.uniform(-0.25, 0.25, 3).astype(np.float32)
    return 1 + a * y + b * x + c * (y * y + x * x - 0.6)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return noise, white or grainy."""
    noise = rng.standard_normal(shape, dtype=np.float32)
    if rng.random() < 0.5:
        grain = np.asarray(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 1.5)), np.float32)
        noise = grain / np.float32(max(grain.std(), 1e-6))
    return noise * np.float32(log_uniform(rng, 0.01, 0.15))


def _through_jpeg(grey: np.ndarray, quality: int) -> np.ndarray:
    """Return the tile as a JPEG file of this quality would keep it."""
    bytes_ = np.round(grey * 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", bytes_, [cv2.IMWRITE_JPEG_QUALITY, quality])
    seen = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
    return seen.astype(np.float32) / 255
