"""Do two samples differ? Means with their confidence intervals, and a test of their difference.

Particles of one image are not independent of each other: they share the place on the grid, the
focus and the pixel size. So the images, not the particles, are the units that were drawn: a mean is
the ratio of two sums over images, its standard error follows from how the images differ, and the
difference of two means is tested with Welch's t on the numbers of images (W. G. Cochran, Sampling
Techniques, 3rd ed., Wiley 1977, chapters 6 and 9A; B. L. Welch, doi 10.1093/biomet/34.1-2.28).
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from .errors import InvalidOption
from .measurement import COLUMNS

LEVEL = 0.95


@dataclasses.dataclass(frozen=True)
class Mean:
    """The mean of a quantity in one sample.

    Parameters
    ----------
    value : float
        Over all particles, each counting the same.
    low, high : float
        Confidence interval of 95 %.
    error : float
        Standard error.
    particles, images : int
        How many the mean is of.
    by_image : bool
        Whether the images were taken as the independent units; with one image, particles are.
    """

    value: float
    low: float
    high: float
    error: float
    particles: int
    images: int
    by_image: bool

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the error."""
        return (self.images if self.by_image else self.particles) - 1


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two samples and how their means differ.

    Parameters
    ----------
    names : (str, str)
    quantity : str
        A column of `antema.COLUMNS`.
    means : (Mean, Mean)
    difference : float
        Mean of the second minus mean of the first.
    low, high : float
        Its confidence interval of 95 %.
    p_value : float
        Probability of a difference at least as large, were the samples the same (Welch's t-test).
    """

    names: tuple[str, str]
    quantity: str
    means: tuple[Mean, Mean]
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def table(self) -> pd.DataFrame:
        """One row per sample: mean, confidence interval, particles, images."""
        rows = [
            (mean.value, mean.low, mean.high, mean.particles, mean.images) for mean in self.means
        ]
        columns = ["mean", "ci95_low", "ci95_high", "particles", "images"]
        return pd.DataFrame(rows, index=pd.Index(self.names, name="sample"), columns=columns)

    def __str__(self) -> str:
        unit = next(column.unit for column in COLUMNS if column.name == self.quantity)
        unit = f" {unit}" if unit else ""
        apart = self.p_value < 1 - LEVEL
        verdict = "the samples differ" if apart else "no difference is shown"
        p = f"p = {self.p_value:.2g}" if self.p_value >= 0.001 else "p below 0.001"
        units = "images" if all(mean.by_image for mean in self.means) else "particles"
        text = (
            f"{self.names[1]} minus {self.names[0]}: {self.difference:+.3g}{unit}, "
            f"95 % confidence interval {self.low:.3g} to {self.high:.3g}{unit}; "
            f"Welch's t-test on the {units} gives {p}, so {verdict}."
        )
        if units == "particles":
            text += " One of the samples has a single image, so this is too optimistic."
        return text


def mean_of(particles: pd.DataFrame, quantity: str = "equivalent_diameter_nm") -> Mean:
    """Return the mean of a quantity with the confidence interval that its images allow.

    Parameters
    ----------
    particles : DataFrame
        With the columns of `antema.COLUMNS`, of one or several images.
    quantity : str

    Raises
    ------
    InvalidOption
        If there are fewer than two particles.
    """
    from scipy import stats

    values = particles[quantity].to_numpy(float)
    if len(values) < 2:
        msg = f"A mean with its confidence needs two particles at least, not {len(values)}."
        raise InvalidOption(msg)
    value = float(values.mean())
    grouped = particles.groupby("image", sort=False)[quantity]
    images = grouped.ngroups
    # How far the sum over an image is from what its number of particles lets expect.
    off = (grouped.sum() - value * grouped.size()).to_numpy() if images > 1 else values - value
    units = len(off)
    error = math.sqrt(units / (units - 1) * float((off**2).sum())) / len(values)
    reach = float(stats.t.ppf((1 + LEVEL) / 2, units - 1)) * error
    return Mean(value, value - reach, value + reach, error, len(values), images, images > 1)


def compare(
    samples: Mapping[str, pd.DataFrame], quantity: str = "equivalent_diameter_nm"
) -> Comparison:
    """Compare the mean of a quantity in two samples.

    Parameters
    ----------
    samples : mapping of str to DataFrame
        Two names, each with its particles (the columns of `antema.COLUMNS`).
    quantity : str

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidOption
        If there are not two samples, one has fewer than two particles, or nothing varies.
    """
    from scipy import stats

    if len(samples) != 2:
        msg = f"Two samples can be compared, not {len(samples)}."
        raise InvalidOption(msg)
    names = tuple(samples)
    first, second = (mean_of(samples[name], quantity) for name in names)
    difference = second.value - first.value
    error = math.hypot(first.error, second.error)
    if error == 0:
        msg = "The values of each sample are all the same, so their difference cannot be tested."
        raise InvalidOption(msg)
    freedom = error**4 / sum(mean.error**4 / mean.freedom for mean in (first, second))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return Comparison(
        names=(names[0], names[1]),
        quantity=quantity,
        means=(first, second),
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        p_value=p_value,
    )


def relative_difference(found: np.ndarray, reference: np.ndarray) -> pd.DataFrame:
    """Return count, mean, spread and median of found and reference sizes, and how they differ.

    Parameters
    ----------
    found, reference : ndarray of float
        Diameters in nm.

    Returns
    -------
    DataFrame
        Rows ``count``, ``mean``, ``sd``, ``median``, ``d10`` and ``d90``, columns ``found``,
        ``reference`` and ``difference`` (a part of the reference; 0.01 is 1 %).
    """
    rows: dict[str, Callable[[np.ndarray], float]] = {
        "count": len,
        "mean": np.mean,
        "sd": lambda values: np.std(values, ddof=1) if len(values) > 1 else math.nan,
        "median": np.median,
        "d10": lambda values: np.quantile(values, 0.1),
        "d90": lambda values: np.quantile(values, 0.9),
    }
    table = pd.DataFrame(
        [
            [float(of(values)) if len(values) else math.nan for values in (found, reference)]
            for of in rows.values()
        ],
        index=pd.Index(rows, name="quantity"),
        columns=["found", "reference"],
    )
    table.loc["count", "found"] = len(found)
    table["difference"] = table["found"] / table["reference"] - 1
    return table
