"""The small calculations of the lesson: scores of a mask, errors of a mean, bias at the edge."""

import math

import numpy as np
from scipy import ndimage, stats

from ..preparation import normalise

SMOOTHINGS_PX = (0.0, 1.0, 2.0, 3.0, 4.0, 6.0)


def iou(mask: np.ndarray, truth: np.ndarray) -> float:
    """Return intersection over union, TP / (TP + FP + FN), of two masks; 1 if both are empty."""
    union = np.count_nonzero(mask | truth)
    return np.count_nonzero(mask & truth) / union if union else 1.0


def smoothed(pixels: np.ndarray, sigma_px: float) -> np.ndarray:
    """Return the grey values in 0..1 after a Gaussian smoothing."""
    return normalise(ndimage.gaussian_filter(pixels, sigma_px) if sigma_px else pixels)


def dark(grey: np.ndarray, threshold: float) -> np.ndarray:
    """Return where the picture is darker than a threshold."""
    return grey < threshold


def best_threshold(pixels: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Return the best IoU that smoothing and one threshold can reach, with smoothing and threshold.

    The truth is used to choose them: no rule that has to do without it can be better.
    """
    tried = []
    for sigma in SMOOTHINGS_PX:
        grey = smoothed(pixels, sigma)
        for threshold in np.linspace(0.02, 0.98, 49):
            tried.append((iou(dark(grey, threshold), truth), sigma, float(threshold)))
    return max(tried)


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean, s / √n, of independent values."""
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))


def needed(mean: float, sd: float, relative_error: float) -> float:
    """Return how many particles bring the standard error of the mean to a part of the mean."""
    return (sd / (relative_error * mean)) ** 2


def bootstrap_interval(values: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean, from samples drawn again out of the sample itself."""
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=1000, method="percentile", rng=np.random.default_rng(seed)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def log_normal(rng: np.random.Generator, median: float, gsd: float, count: int) -> np.ndarray:
    """Draw diameters from a log-normal distribution."""
    return median * np.exp(math.log(gsd) * rng.standard_normal(count))


def share_whole(diameter_nm: np.ndarray | float, field_nm: float) -> np.ndarray:
    """Return which share of the particles with their centre in a square field is not cut.

    The centre must stay half a diameter away from every edge: ((W - d) / W)², or 0 if d > W.
    """
    free = np.clip((field_nm - np.asarray(diameter_nm, float)) / field_nm, 0, None)
    return free**2


def edge_means(diameters_nm: np.ndarray, field_nm: float) -> tuple[float, float, float]:
    """Return the mean diameter of all particles, of the whole ones, and of these with weights.

    The weights W² / (W - d)² are those of Miles and Lantuéjoul (ISO 13322-1).
    """
    share = share_whole(diameters_nm, field_nm)
    seen = share > 0
    if not seen.any():
        return float(diameters_nm.mean()), math.nan, math.nan
    whole = np.average(diameters_nm[seen], weights=share[seen])
    return float(diameters_nm.mean()), float(whole), float(diameters_nm[seen].mean())
