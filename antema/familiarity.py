"""Whether an image is like those that a network was trained on, and whether the network is sure.

A few numbers of the grey values, as the network sees them, are compared with their ranges over the
training images, which `config.json` of the weight set holds under "familiar". That tells what the
network never saw; how well it did shows in its own probabilities: where many of them lie neither
near 0 nor near 1, away from the outlines as well, masks were poor on held-out real images
(benchmarks/README.md).
"""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from .preparation import resize

Ranges = Mapping[str, tuple[float, float]]

# Probabilities between these are unsure; on sharp outlines they make a band of some pixels.
_UNSURE = (0.2, 0.8)
_BAND_PX = 2
# Unsure pixels relative to those of the mask: all of them, and those away from the outlines. Small
# particles, which are mostly outline, exceed the first alone, torn and doubtful ones both.
MOST_UNSURE = 0.35
MOST_UNSURE_INSIDE = 0.03
# More than this was seen on inverted images only.
_HOPELESS = 0.75
IF_BRIGHTER = (
    "If particles are brighter than the background (dark field, HAADF), say so in the options."
)
_RANGE_PERCENT = (0.5, 99.5)


def grey_numbers(grey: np.ndarray) -> dict[str, float]:
    """Return what characterises the grey values of an image.

    Parameters
    ----------
    grey : ndarray of shape (M, N), float32, 0..1
        Normalised, at the scale at which the network sees it.

    Returns
    -------
    dict
        bright_level: upper quartile, the background of a bright-field image; skewness: negative
        where few pixels are dark, positive where few are bright; noise and grain: standard
        deviation of what is left by second differences of single pixels, and of means of 4 x 4.
    """
    deviation = float(grey.std())
    third = float(((grey - grey.mean()) ** 3).mean())
    coarse = resize(grey, (max(grey.shape[0] // 4, 3), max(grey.shape[1] // 4, 3)))
    return {
        "bright_level": float(np.percentile(grey[::2, ::2], 75)),
        "skewness": third / deviation**3 if deviation > 1e-6 else 0.0,
        "noise": _noise(grey),
        "grain": _noise(coarse),
    }


def _noise(grey: np.ndarray) -> float:
    """Return the noise of an image, by Immerkaer (doi 10.1006/cviu.1996.0060), but robust."""
    import cv2

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    left = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel)[1:-1:2, 1:-1:2])
    # The kernel multiplies the variance of white noise by 36.
    return 1.4826 * float(np.median(left)) / 6


def sureness_numbers(probability: np.ndarray) -> dict[str, float]:
    """Return how much of what a network found is unsure.

    Parameters
    ----------
    probability : ndarray of shape (M, N), 0..1
        At the scale of the network.

    Returns
    -------
    dict
        unsure and unsure_inside: pixels of a probability of 0.2 to 0.8, all of them and those more
        than 2 px away from the outlines, relative to those above 0.5; 0 where nothing was found.
    """
    import cv2

    probability = np.asarray(probability, np.float32)
    mask = probability > 0.5
    area = int(np.count_nonzero(mask))
    if not area:
        return {"unsure": 0.0, "unsure_inside": 0.0}
    unsure = (probability > _UNSURE[0]) & (probability < _UNSURE[1])
    window = np.ones((2 * _BAND_PX + 1,) * 2, np.uint8)
    band = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, window) > 0
    inside = int(np.count_nonzero(unsure & ~band))
    return {"unsure": int(np.count_nonzero(unsure)) / area, "unsure_inside": inside / area}


def ranges_of(rows: Iterable[Mapping[str, float]]) -> dict[str, tuple[float, float]]:
    """Return the range of each number over the images, without half a percent at either end."""
    rows = list(rows)
    ranges = {}
    for key in rows[0]:
        values = [row[key] for row in rows if np.isfinite(row[key])]
        low, high = np.percentile(values, _RANGE_PERCENT)
        ranges[key] = (round(float(low), 4), round(float(high), 4))
    return ranges


def joined(one: Ranges, other: Ranges) -> dict[str, tuple[float, float]]:
    """Return the ranges that hold both, of a network that was trained twice."""
    together = {}
    for key in {**one, **other}:
        bounds = [ranges[key] for ranges in (one, other) if key in ranges]
        together[key] = (min(low for low, _ in bounds), max(high for _, high in bounds))
    return together


def is_mostly_dark(numbers: Mapping[str, float], ranges: Ranges) -> bool:
    """Whether bright things lie on a dark ground, as in no image of the training."""
    return _below(numbers, ranges, "bright_level") or _above(numbers, ranges, "skewness")


def is_unsure(numbers: Mapping[str, float]) -> bool:
    """Whether the network is unsure of much that it found, and not of outlines alone."""
    return (
        numbers.get("unsure", 0) > MOST_UNSURE
        and numbers.get("unsure_inside", 0) > MOST_UNSURE_INSIDE
    )


def doubts(numbers: Mapping[str, float], ranges: Ranges, diameter_px: float) -> Iterator[str]:
    """Yield a sentence for each way in which an image differs from those of the training.

    Parameters
    ----------
    numbers : dict
        Those of `grey_numbers` and `sureness_numbers`; without them nothing is said.
    ranges : dict
        The range of each number in training; numbers without a range are not judged.
    diameter_px : float
        Median diameter of the particles found, at the scale of the network; NaN without any.
    """
    if is_mostly_dark(numbers, ranges):
        yield f"Most of the image is dark, unlike those the network was trained on. {IF_BRIGHTER}"
    elif is_unsure(numbers):
        share = numbers["unsure"]
        yield (
            f"The network is unsure of {min(share, 1):.0%} of the area that it took for particles. "
            "Where it was as unsure as this, its outlines were often wrong: compare them with the "
            f"image.{' ' + IF_BRIGHTER if share > _HOPELESS else ''}"
        )
    if _above(numbers, ranges, "noise") or _above(numbers, ranges, "grain"):
        yield (
            "The image is noisier or coarser than those that the network was trained on: compare "
            "the outlines with it. A longer exposure, or binning, would help."
        )
    low, high = ranges.get("diameter_px", (0.0, np.inf))
    if diameter_px < low:
        yield (
            f"The median particle is {diameter_px:.1f} pixels wide as the network sees it, smaller "
            f"than in training (from {low:.0f}): some may be lost. A higher magnification would "
            "help."
        )
    if diameter_px > high:
        yield (
            f"The median particle is {diameter_px:.0f} pixels wide as the network sees it, larger "
            f"than in training (up to {high:.0f}): its inside may be torn. An image of a lower "
            "magnification, or reduced, would help."
        )


def _below(numbers: Mapping[str, float], ranges: Ranges, key: str) -> bool:
    return key in numbers and key in ranges and numbers[key] < ranges[key][0]


def _above(numbers: Mapping[str, float], ranges: Ranges, key: str) -> bool:
    return key in numbers and key in ranges and numbers[key] > ranges[key][1]
