"""How much a result hangs on an option of the separation: the numbers for many of its values.

A threshold that somebody chose is defended by what happens beside it. The network does not run
again and the mask is not prepared again: the analysis keeps its `Separator`, which remembers of
every agglomerate what another value does not change. Diameters need only the areas.
"""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .analysis import Analysis
from .errors import InvalidOption
from .progress import Progress, part
from .separation import EDGE, LEFT_OUT, Region


def sensitivity(
    analysis: Analysis,
    option: str,
    values: Sequence[float] | np.ndarray,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return count and mean diameter for other values of one option of the separation.

    Parameters
    ----------
    analysis : Analysis
        Its other options stay as they are; corrections made by hand do not count.
    option : str
        Name of a number among `antema.SeparationOptions`, for example ``"convexity"``.
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
    return sensitivity_grid(analysis, {option: values}, progress)


def sensitivity_grid(
    analysis: Analysis,
    values: Mapping[str, Sequence[float] | np.ndarray],
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return count and mean diameter for all combinations of values of several options.

    Parameters
    ----------
    analysis : Analysis
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
    options = analysis.settings.separation
    known = {field.name for field in dataclasses.fields(options)}
    if unknown := sorted(set(values) - known):
        msg = f"Unknown option {', '.join(unknown)}: the separation has {', '.join(sorted(known))}."
        raise InvalidOption(msg)
    numbers = [np.asarray(of_one).tolist() for of_one in values.values()]
    combinations = [
        dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*numbers)
    ]
    trials = [dataclasses.replace(options, **chosen) for chosen in combinations]
    report = part(progress, 0, 1)
    nm_per_pixel = analysis.micrograph.known_nm_per_pixel
    done: dict[object, dict[str, float]] = {}
    for count, trial in enumerate(trials):
        report(count / len(trials), "trying options")
        if trial not in done:
            regions = analysis.separator.separate(nm_per_pixel, trial)
            done[trial] = _describe(regions, nm_per_pixel)
    report(1, "trying options")
    rows = [chosen | done[trial] for chosen, trial in zip(combinations, trials, strict=True)]
    return pd.DataFrame(rows, columns=[*values, *_describe([], nm_per_pixel)])


def _describe(regions: Sequence[Region], nm_per_pixel: float) -> dict[str, float]:
    areas = np.array([np.count_nonzero(region.image) for region in regions])
    found = np.array([region.status != LEFT_OUT for region in regions], dtype=bool)
    lost = np.array([region.reason not in ("", EDGE) for region in regions], dtype=bool)
    diameters = np.sqrt(4 / math.pi * areas[found]) * nm_per_pixel
    total = areas[found | lost].sum()
    return {
        "particles": len(diameters),
        "mean_diameter_nm": float(diameters.mean()) if len(diameters) else math.nan,
        "sd_diameter_nm": float(diameters.std(ddof=1)) if len(diameters) > 1 else math.nan,
        "median_diameter_nm": float(np.median(diameters)) if len(diameters) else math.nan,
        "left_out": int(lost.sum()),
        "left_out_share": float(areas[lost].sum() / total) if total else math.nan,
    }
