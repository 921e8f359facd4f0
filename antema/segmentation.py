"""From a micrograph to its mask of particles.

prepare -> network in overlapping tiles (or Otsu's threshold) -> probability -> threshold -> drop
specks and close holes -> mask. The lengths of the last step are given in nm and, because a shape of
a few pixels cannot be measured, in pixels as well: the larger of the two limits holds, and without
a scale the one in pixels alone.
"""

import dataclasses
import math

import numpy as np

from .familiarity import grey_numbers, sureness_numbers
from .micrograph import Micrograph
from .network import DEFAULT_WEIGHTS, load_network
from .options import Options, option
from .preparation import normalise, resize
from .progress import Progress, part

SPECK = "too small (speckle)"


@dataclasses.dataclass(frozen=True)
class SegmentationOptions(Options):
    """How particles are told from the background."""

    method: str = option(
        "network",
        "Segmentation",
        "The trained network finds particles of low contrast as well; Otsu's threshold needs no "
        "network, but an even and clean background.",
        choices=("network", "otsu"),
    )
    weights: str = option(
        DEFAULT_WEIGHTS,
        "Weights",
        "Trained network to use: the name of a weight set that came with antema, or a folder.",
    )
    threshold: float = option(
        0.5,
        "Segmentation threshold",
        "Probability from which a pixel counts as particle; lower makes particles larger.",
        limits=(0.05, 0.95),
        step=0.05,
    )
    invert: bool = option(
        False,
        "Bright particles",
        "Turn on for dark-field or HAADF images, where particles are brighter than the background.",
    )
    min_diameter_nm: float = option(
        0.5,
        "Smallest particle",
        "Anything of a smaller equivalent diameter is a speckle and is removed.",
        unit="nm",
        limits=(0, 1000),
        step=0.1,
    )
    min_diameter_px: float = option(
        3,
        "Smallest particle in pixels",
        "Anything of a smaller equivalent diameter is removed as well: it cannot be measured.",
        unit="px",
        limits=(0, 1000),
        step=1,
    )
    max_hole_nm: float = option(
        0.5,
        "Largest hole to close",
        "Holes inside particles up to this equivalent diameter are filled.",
        unit="nm",
        limits=(0, 1000),
        step=0.1,
    )
    max_hole_px: float = option(
        3,
        "Largest hole to close, in pixels",
        "Holes inside particles up to this equivalent diameter are filled as well.",
        unit="px",
        limits=(0, 1000),
        step=1,
    )


def segment(
    micrograph: Micrograph,
    options: SegmentationOptions = SegmentationOptions(),
    progress: Progress | None = None,
) -> np.ndarray:
    """Return the mask of particles of a micrograph; works without a scale.

    Parameters
    ----------
    micrograph : Micrograph
    options : SegmentationOptions
    progress : callable, optional
        Called with (fraction, message) before every tile; may raise Cancelled to stop.

    Returns
    -------
    ndarray of shape (M, N), bool
        True where there is a particle.

    Raises
    ------
    WeightsNotFound
        If the weight set is absent or damaged.
    """
    probability = probability_map(micrograph, options, progress)
    return mask_from_probability(probability, options, micrograph.nm_per_pixel)[0]


def probability_map(
    micrograph: Micrograph,
    options: SegmentationOptions = SegmentationOptions(),
    progress: Progress | None = None,
) -> np.ndarray:
    """Return the probability, 0..1, that each pixel belongs to a particle.

    Returns
    -------
    ndarray of shape (M, N), float16
        With Otsu's method only 0 and 1 occur.
    """
    report = part(progress, 0, 1)
    report(0, "preparing the image")
    prepared = normalise(-micrograph.pixels if options.invert else micrograph.pixels)
    if options.method == "otsu":
        return _otsu(prepared)
    network = load_network(options.weights)
    return network.predict(prepared, part(progress, 0.02, 1)).astype(np.float16)


def input_numbers(
    micrograph: Micrograph, probability: np.ndarray, options: SegmentationOptions
) -> dict[str, float]:
    """Return what tells whether an image suits the network (see `antema.familiarity`).

    Returns
    -------
    dict
        Numbers of the grey values and of how sure the network is, and `scale`, pixels of the
        network per pixel of the image; empty with Otsu's method.
    """
    if options.method != "network":
        return {}
    shape = load_network(options.weights).working_shape(micrograph.shape)
    grey = normalise(-micrograph.pixels if options.invert else micrograph.pixels)
    return {
        **grey_numbers(resize(grey, shape)),
        **sureness_numbers(resize(probability.astype(np.float32), shape)),
        "scale": shape[0] / micrograph.shape[0],
    }


def mask_from_probability(
    probability: np.ndarray,
    options: SegmentationOptions = SegmentationOptions(),
    nm_per_pixel: float | None = None,
) -> tuple[np.ndarray, int]:
    """Threshold a probability, close small holes, and remove specks.

    Parameters
    ----------
    probability : ndarray of shape (M, N), 0..1
    options : SegmentationOptions
    nm_per_pixel : float, optional
        Without it the limits in nm do not count.

    Returns
    -------
    mask : ndarray of shape (M, N), bool
    specks : int
        How many specks were removed.
    """
    mask = probability >= options.threshold
    hole_px = _larger(options.max_hole_px, options.max_hole_nm, nm_per_pixel)
    speck_px = _larger(options.min_diameter_px, options.min_diameter_nm, nm_per_pixel)
    # As everywhere in antema: particles hang together by corners as well (8 neighbours), background
    # by edges alone (4).
    holes = _small_components(~mask, hole_px, connectivity=4, inclusive=True)[0]
    mask |= holes
    specks, count = _small_components(mask, speck_px, connectivity=8, inclusive=False)
    mask &= ~specks
    return mask, count


def _larger(limit_px: float, limit_nm: float, nm_per_pixel: float | None) -> float:
    return limit_px if nm_per_pixel is None else max(limit_px, limit_nm / nm_per_pixel)


def _small_components(
    mask: np.ndarray, diameter_px: float, *, connectivity: int, inclusive: bool
) -> tuple[np.ndarray, int]:
    """Return where the components of a diameter below (or up to) the limit are, and how many."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=connectivity
    )
    area = stats[:, cv2.CC_STAT_AREA]
    limit = math.pi / 4 * diameter_px**2
    small = area <= limit if inclusive else area < limit
    small[0] = False
    return small[labels], int(small.sum())


def _otsu(prepared: np.ndarray) -> np.ndarray:
    """Return 1 where the smoothed image is dark (Otsu 1979, doi 10.1109/TSMC.1979.4310076)."""
    import cv2
    from skimage.filters import threshold_otsu

    # The paper smooths by 2 px at 2048 px; below one pixel smoothing would do nothing.
    sigma = max(1.0, 2 * max(prepared.shape) / 2048)
    smooth = cv2.GaussianBlur(prepared, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    if np.ptp(smooth) == 0:
        return np.zeros(smooth.shape, np.float16)
    return (smooth <= threshold_otsu(smooth)).astype(np.float16)
