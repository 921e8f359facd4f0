"""How much a result hangs on its options: the numbers for many of their values.

A threshold that somebody chose is defended by what happens beside it. The network does not run
again, and a mask is prepared again only for another segmentation threshold: the analysis keeps its
`Separator`, which remembers of every agglomerate what another value does not change. Diameters need
only the areas.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .analysis import Analysis, Settings
from .errors import InvalidOption
from .progress import Progress, part
from .segmentation import SegmentationOptions, mask_from_probability
from .separation import EDGE, LEFT_OUT, Region, Separator

RESULTS = (
    "particles",
    "mean_diameter_nm",
    "sd_diameter_nm",
    "median_diameter_nm",
    "left_out",
    "left_out_share",
)
# Options that need the network again, or that are no numbers.
_FIXED = ("method", "weights", "invert")


def sensitivity(
    analyses: Analysis | Sequence[Analysis],
    option: str,
    values: Sequence[float] | np.ndarray,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return count and mean diameter for other values of one option.

    Parameters
    ----------
    analyses : Analysis or sequence of Analysis
        Several are pooled. Their other options stay as they are; corrections made by hand do not
        count.
    option : str
        Name of a number among `antema.SeparationOptions`, for example ``"convexity"``, or among
        `antema.SegmentationOptions`, for example ``"threshold"``.
    values : sequence of float
        Values to try, in the unit of the option.
    progress : callable, optional
        Called with (fraction, message) before every value; may raise Cancelled.

    Returns
    -------
    DataFrame
        One row per value, in their order, with the columns

        - the option's name: the value,
        - ``particles``: number of particles,
        - ``mean_diameter_nm``, ``sd_diameter_nm``, ``median_diameter_nm``: of their equivalent
          diameters, the standard deviation with n - 1; NaN if there are too few particles,
        - ``left_out``: number of regions left out, those at the image edge not counted, because
          no such option brings them back,
        - ``left_out_share``: area of these / (their area + that of the particles), 0 to 1; NaN if
          nothing was found.

    Raises
    ------
    InvalidOption
        If there is no such option, or a value is out of its limits.

    Examples
    --------
    >>> import antema, numpy as np
    >>> from antema.sensitivity import sensitivity
    >>> options = antema.SegmentationOptions(method="otsu")
    >>> simulated = antema.simulate(seed=1)
    >>> analysis = antema.analyze(simulated.micrograph, antema.Settings(segmentation=options))
    >>> sensitivity(analysis, "convexity", np.linspace(0.9, 0.99, 4)).shape
    (4, 7)
    """
    return sensitivity_grid(analyses, {option: values}, progress)


def sensitivity_grid(
    analyses: Analysis | Sequence[Analysis],
    values: Mapping[str, Sequence[float] | np.ndarray],
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return count and mean diameter for all combinations of values of several options.

    Parameters
    ----------
    analyses : Analysis or sequence of Analysis
        Several are pooled.
    values : mapping of str to sequence of float
        The values of each option, for example of ``"convexity"`` and ``"min_marker_nm"``.
    progress : callable, optional
        Called with (fraction, message) before every combination; may raise Cancelled.

    Returns
    -------
    DataFrame
        One row per combination, the first option changing slowest, with a column for each option
        and the columns of `sensitivity`. ``frame.pivot(index=..., columns=..., values=...)`` makes
        a map of it.

    Raises
    ------
    InvalidOption
        If there is no such option, or a value is out of its limits.
    """
    images = [analyses] if isinstance(analyses, Analysis) else list(analyses)
    numbers = {name: np.asarray(of_one).tolist() for name, of_one in values.items()}
    stages = {name: stage_of(name) for name in numbers}
    report = part(progress, 0, 1)
    total = math.prod(len(of_one) for of_one in numbers.values())
    rows: dict[tuple[float, ...], dict[str, float]] = {}
    # A mask serves all trials that divide it: those options change fastest here.
    masks_first = sorted(numbers, key=lambda name: stages[name] != "segmentation")
    separators: list[Separator] = []
    made_for: list[SegmentationOptions] | None = None
    for chosen in itertools.product(*(numbers[name] for name in masks_first)):
        report(len(rows) / total, "trying options")
        trial = dict(zip(masks_first, chosen, strict=True))
        settings = [with_options(image.settings, trial) for image in images]
        if made_for != (made_for := [each.segmentation for each in settings]):
            separators = [_separator(*pair) for pair in zip(images, made_for, strict=True)]
        regions = [
            (separator.separate(image.micrograph.known_nm_per_pixel, each.separation), image)
            for image, each, separator in zip(images, settings, separators, strict=True)
        ]
        rows[tuple(trial[name] for name in numbers)] = trial | _describe(regions)
    report(1, "trying options")
    order = itertools.product(*numbers.values())
    return pd.DataFrame([rows[place] for place in order], columns=[*numbers, *RESULTS])


def stage_of(option: str) -> str:
    """Return the stage, a field of `antema.Settings`, that an option of that name belongs to."""
    known: list[str] = []
    for stage in dataclasses.fields(Settings):
        fields = dataclasses.fields(getattr(Settings(), stage.name))
        names = [field.name for field in fields if field.name not in _FIXED]
        if option in names:
            return stage.name
        known += names
    msg = f"Unknown option {option}: known are {', '.join(sorted(known))}."
    raise InvalidOption(msg)


def with_options(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with single options, given by their names, replaced."""
    for name, value in values.items():
        stage = stage_of(name)
        changed = dataclasses.replace(getattr(settings, stage), **{name: value})
        settings = dataclasses.replace(settings, **{stage: changed})
    return settings


def _separator(image: Analysis, options: SegmentationOptions) -> Separator:
    if options == image.settings.segmentation:
        return image.separator
    nm_per_pixel = image.micrograph.known_nm_per_pixel
    return Separator(mask_from_probability(image.probability, options, nm_per_pixel)[0])


def _describe(images: Iterable[tuple[Sequence[Region], Analysis]]) -> dict[str, float]:
    found, lost, lost_count = [], 0.0, 0
    for regions, image in images:
        square = image.micrograph.known_nm_per_pixel**2
        for region in regions:
            if region.status != LEFT_OUT:
                found.append(np.count_nonzero(region.image) * square)
            elif region.reason != EDGE:
                lost += np.count_nonzero(region.image) * square
                lost_count += 1
    areas = np.array(found)
    diameters = np.sqrt(4 / math.pi * areas)
    total = areas.sum() + lost
    return {
        "particles": len(diameters),
        "mean_diameter_nm": float(diameters.mean()) if len(diameters) else math.nan,
        "sd_diameter_nm": float(diameters.std(ddof=1)) if len(diameters) > 1 else math.nan,
        "median_diameter_nm": float(np.median(diameters)) if len(diameters) else math.nan,
        "left_out": lost_count,
        "left_out_share": float(lost / total) if total else math.nan,
    }
