"""The whole chain for one image or many: micrograph -> mask -> regions -> particles.

Corrections by hand come between: they change the regions, which are then measured as all others.
"""

import collections
import dataclasses
import importlib.metadata
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from .correction import Correction, correct
from .errors import AntemaError, Cancelled
from .familiarity import IF_BRIGHTER
from .familiarity import doubts as unfamiliar
from .measurement import measure
from .micrograph import Micrograph
from .network import load_network
from .options import Options, option
from .progress import Progress, part
from .reading import read_frames
from .segmentation import (
    SPECK,
    SegmentationOptions,
    input_numbers,
    mask_from_probability,
    probability_map,
)
from .separation import LEFT_OUT, Region, SeparationOptions, Separator


@dataclasses.dataclass(frozen=True)
class Settings(Options):
    """All that decides about the numbers, one options class per stage."""

    segmentation: SegmentationOptions = option(
        SegmentationOptions(), "Segmentation", "How particles are told from the background."
    )
    separation: SeparationOptions = option(
        SeparationOptions(), "Separation", "How touching and overlapping particles are told apart."
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Analysis:
    """The result for one micrograph: enough to make every figure and every export again.

    Parameters
    ----------
    micrograph : Micrograph
    settings : Settings
    probability : ndarray of shape (M, N), float16
        What the segmentation thinks of each pixel.
    mask : ndarray of shape (M, N), bool
    separator : Separator
        The mask made ready, from which other separation options start.
    regions : tuple of Region
        Particles and what was left out, each with its status and reason.
    particles : DataFrame
        The columns of `antema.COLUMNS`; row i is the i-th region that was not left out.
    left_out : dict of str to int
        How many were left out, by reason.
    weights_sha256 : str or None
        Of the network used, None for Otsu's method.
    corrections : tuple of Correction
        What was asked to be changed by hand, in this order.
    dropped : dict of int to str
        Which of them (the first is 0) do not go with these regions, each with the reason.
    input_numbers : dict of str to float
        What tells whether the image suits the network; see `antema.familiarity`.
    warnings : tuple of str
        What makes the numbers doubtful, one sentence each.
    version : str
        Of antema.
    """

    micrograph: Micrograph
    settings: Settings
    probability: np.ndarray
    mask: np.ndarray
    separator: Separator
    regions: tuple[Region, ...]
    particles: pd.DataFrame
    left_out: dict[str, int]
    weights_sha256: str | None
    corrections: tuple[Correction, ...] = ()
    dropped: dict[int, str] = dataclasses.field(default_factory=dict)
    input_numbers: dict[str, float] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    version: str = dataclasses.field(default_factory=lambda: importlib.metadata.version("antema"))


Prepare = Callable[[Micrograph], tuple[Micrograph, Sequence[Correction]]]


def analyze(
    micrograph: Micrograph,
    settings: Settings = Settings(),
    progress: Progress | None = None,
    previous: Analysis | None = None,
    corrections: Sequence[Correction] = (),
) -> Analysis:
    """Find, separate and measure the particles of a micrograph.

    Parameters
    ----------
    micrograph : Micrograph
    settings : Settings
    progress : callable, optional
        Called with (fraction, message), fraction never decreasing from 0 to 1; may raise Cancelled.
    previous : Analysis, optional
        An analysis of the same pixels with other settings: what still holds of it is not computed
        again.
    corrections : sequence of Correction
        Changes by hand, made after the separation; see `antema.correction`.

    Returns
    -------
    Analysis

    Raises
    ------
    MissingScale
        If the micrograph has no pixel size.
    WeightsNotFound
        If the network's weights are absent or damaged.
    """
    nm_per_pixel = micrograph.known_nm_per_pixel
    report = part(progress, 0, 1)
    if previous is not None and previous.micrograph.pixels is not micrograph.pixels:
        previous = None

    finding, dividing = settings.segmentation, settings.separation
    if previous is not None and same_network(previous.settings.segmentation, finding):
        probability, weights = previous.probability, previous.weights_sha256
        numbers = previous.input_numbers
    else:
        probability = probability_map(micrograph, finding, part(progress, 0, 0.7))
        weights = load_network(finding.weights).sha256 if finding.method == "network" else None
        numbers = {}
    numbers = numbers or input_numbers(micrograph, probability, finding)
    report(0.7, "drawing outlines")
    if (
        previous is not None
        and previous.settings.segmentation == finding
        and previous.micrograph.nm_per_pixel == nm_per_pixel
    ):
        mask, separator = previous.mask, previous.separator
        specks = previous.left_out.get(SPECK, 0)
    else:
        mask, specks = mask_from_probability(probability, finding, nm_per_pixel)
        separator = Separator(mask)
    regions = separator.separate(nm_per_pixel, dividing, part(progress, 0.72, 0.9))
    regions, dropped = correct(regions, corrections, mask)
    report(0.9, "measuring")
    particles = measure(regions, nm_per_pixel, micrograph=micrograph, convexity=dividing.convexity)
    left_out = collections.Counter(r.reason for r in regions if r.status == LEFT_OUT)
    if specks:
        left_out[SPECK] = specks
    report(1, "done")
    return Analysis(
        micrograph=micrograph,
        settings=settings,
        probability=probability,
        mask=mask,
        separator=separator,
        regions=tuple(regions),
        particles=particles,
        left_out=dict(left_out),
        weights_sha256=weights,
        corrections=tuple(corrections),
        dropped=dropped,
        input_numbers=numbers,
        warnings=tuple(_doubts(mask, particles, nm_per_pixel, numbers, finding)),
    )


def analyze_many(
    paths: Iterable[str | Path],
    settings: Settings = Settings(),
    *,
    nm_per_pixel: float | None = None,
    progress: Progress | None = None,
    on_error: Callable[[Path, AntemaError], None] | None = None,
    prepare: Prepare | None = None,
) -> Iterator[Analysis]:
    """Analyse files one after the other, every frame of each; yield results as they are ready.

    Parameters
    ----------
    paths : iterable of path
    settings : Settings
    nm_per_pixel : float, optional
        Pixel size given by hand; wins over what the files say.
    progress : callable, optional
        As for `analyze`, over all the files.
    on_error : callable, optional
        Called with (path, error) for a file that cannot be analysed, after which the batch goes on;
        without it the error is raised.
    prepare : callable, optional
        Called with every micrograph; returns it, perhaps with another pixel size, and the
        corrections by hand that belong to it. An `antema.export.Record` has such a method.

    Yields
    ------
    Analysis
    """
    files = [Path(path) for path in paths]
    for done, path in enumerate(files):
        # How many frames a file has is not known beforehand: each takes half of what is left.
        start, end = done / len(files), (done + 1) / len(files)
        try:
            for micrograph in read_frames(path, nm_per_pixel):
                middle = (start + end) / 2
                report = part(progress, start, middle, micrograph.name)
                shot, corrections = prepare(micrograph) if prepare else (micrograph, ())
                yield analyze(shot, settings, report, corrections=corrections)
                start = middle
        except Cancelled:
            raise
        except AntemaError as error:
            if on_error is None:
                raise
            on_error(path, error)
        part(progress, end, end, path.name)(1, "done")


def same_network(one: SegmentationOptions, other: SegmentationOptions) -> bool:
    """Whether two options lead to the same probability, so that the network need not run again."""
    return (one.method, one.weights, one.invert) == (other.method, other.weights, other.invert)


def _doubts(
    mask: np.ndarray,
    particles: pd.DataFrame,
    nm_per_pixel: float,
    numbers: dict[str, float],
    finding: SegmentationOptions,
) -> Iterator[str]:
    """Yield a sentence for each thing that makes the numbers doubtful."""
    diameter = np.nan
    if len(particles):
        diameter = float(particles["equivalent_diameter_nm"].median()) / nm_per_pixel
    if numbers:
        seen = diameter * numbers["scale"]
        yield from unfamiliar(numbers, load_network(finding.weights).familiar, seen)
    elif mask.mean() > 0.6:
        yield f"{mask.mean():.0%} of the image was taken for particles. {IF_BRIGHTER}"
    if diameter < 8:
        yield (
            f"The median particle is only {diameter:.1f} pixels wide, so its size is uncertain "
            f"by about {50 / diameter:.0f} %. A higher magnification would help."
        )
