"""Preparation: what is done to grey values before a network sees them, in training and afterwards.

Grey values come as 8-bit figures, 12-bit counts or floats with outliers and hot pixels. One robust
rule, on the whole image, brings them to the same range, so that the network never depends on the
camera; the same function serves training and inference.
"""

import numpy as np

LOW_PERCENT = 0.5
HIGH_PERCENT = 99.5
_MOST_SAMPLES = 1 << 20


def normalise(pixels: np.ndarray) -> np.ndarray:
    """Bring the grey values of one whole image to 0..1.

    The 0.5th percentile becomes 0 and the 99.5th becomes 1; what lies beyond is clipped, so hot and
    dead pixels and the ink of a scale bar do not squeeze the rest. Where particles cover less than
    that, 0 is the darkest place (a median of 5 x 5 pixels), or their contrast would be cut away.

    Parameters
    ----------
    pixels : ndarray of shape (M, N), any real type
        Finite grey values.

    Returns
    -------
    ndarray of float32, shape (M, N)
        In 0..1; 0.5 everywhere if the image is constant.
    """
    import cv2

    values = np.ascontiguousarray(pixels, dtype=np.float32)
    # A regular subset of a large image has the same percentiles, at a fraction of the time.
    step = max(int(np.sqrt(values.size / _MOST_SAMPLES)), 1)
    sample = values[::step, ::step]
    low, high = np.percentile(sample, [LOW_PERCENT, HIGH_PERCENT])
    low = min(low, cv2.medianBlur(values, 5).min())
    if not high > low:
        low, high = float(values.min()), float(values.max())
    if not high > low:
        return np.full(values.shape, 0.5, dtype=np.float32)
    with np.errstate(over="ignore"):
        scaled = values - np.float32(low)
        scaled *= np.float32(1 / (float(high) - float(low)))
    return np.clip(scaled, 0, 1, out=scaled)


def resize(pixels: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resample an image to `shape` (rows, columns): by averaging where it shrinks, linearly else.

    Parameters
    ----------
    pixels : ndarray of float32 or uint8, shape (M, N)
    shape : (int, int)

    Returns
    -------
    ndarray of the same type, of that shape
    """
    if pixels.shape == tuple(shape):
        return pixels
    import cv2

    shrinks = shape[0] < pixels.shape[0] or shape[1] < pixels.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(pixels, (shape[1], shape[0]), interpolation=method)


def working_shape(shape: tuple[int, int], most_px: float) -> tuple[int, int]:
    """Return the shape at which the network sees an image, which is not too large.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the image.
    most_px : float
        An image whose longer side is above it is reduced to it, at most to half.

    Returns
    -------
    (int, int)
        At least 1 px a side.
    """
    scale = max(min(1.0, most_px / max(shape)), 0.5)
    rows, columns = (max(round(side * scale), 1) for side in shape)
    return rows, columns
