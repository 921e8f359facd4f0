"""From particles to the numbers that describe their distribution (terms of ISO 9276)."""

import dataclasses
import functools
import math

import numpy as np
import pandas as pd

from .errors import InvalidOption

QUANTITIES = (
    "equivalent_diameter_nm",
    "feret_min_nm",
    "feret_max_nm",
    "area_nm2",
    "perimeter_nm",
    "circularity",
    "aspect_ratio",
    "convexity",
    "solidity",
)
WEIGHTINGS = ("number", "volume")
FITS = ("log-normal", "normal")
MOST_BINS = 200
FEWEST_TO_FIT = 10


@dataclasses.dataclass(frozen=True, eq=False)
class Summary:
    """Statistics of a sample of particles.

    Parameters
    ----------
    particles : int
        Number of particles.
    images : int
        Number of images they lie in.
    table : DataFrame
        One row per quantity of `QUANTITIES` (the index), with the columns ``mean``, ``sd`` (of the
        sample, n - 1), ``median``, ``d10``, ``d90``, ``geometric_mean``, ``gsd`` (geometric
        standard deviation), ``min`` and ``max``, all by number; NaN if there are too few particles.
    """

    particles: int
    images: int
    table: pd.DataFrame

    def __str__(self) -> str:
        if not self.particles:
            return "no particles"
        diameter = self.table.loc["equivalent_diameter_nm"]
        spread = f" ± {diameter['sd']:.3g}" if self.particles > 1 else ""
        noun = "particle" if self.particles == 1 else "particles"
        where = "1 image" if self.images == 1 else f"{self.images} images"
        return (
            f"{self.particles} {noun} in {where}, equivalent diameter "
            f"{diameter['mean']:.3g}{spread} nm (median {diameter['median']:.3g} nm)"
        )


def summarize(particles: pd.DataFrame) -> Summary:
    """Return the statistics of a table of particles, of one image or pooled over several.

    Parameters
    ----------
    particles : DataFrame
        With the columns of `antema.COLUMNS`.
    """
    rows = {quantity: _describe(particles[quantity].to_numpy()) for quantity in QUANTITIES}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("quantity")
    return Summary(len(particles), particles["image"].nunique(), table)


def _describe(values: np.ndarray) -> dict[str, float]:
    enough, spread = values.size > 0, values.size > 1
    nan = float("nan")
    d10, median, d90 = np.quantile(values, [0.1, 0.5, 0.9]) if enough else (nan, nan, nan)
    logs = np.log(values)
    return {
        "mean": float(values.mean()) if enough else nan,
        "sd": float(values.std(ddof=1)) if spread else nan,
        "median": float(median),
        "d10": float(d10),
        "d90": float(d90),
        "geometric_mean": float(np.exp(logs.mean())) if enough else nan,
        "gsd": float(np.exp(logs.std(ddof=1))) if spread else nan,
        "min": float(values.min()) if enough else nan,
        "max": float(values.max()) if enough else nan,
    }


@dataclasses.dataclass(frozen=True)
class Fit:
    """A normal or log-normal distribution with the parameters of a sample.

    Parameters
    ----------
    kind : {"log-normal", "normal"}
    centre : float
        Mean of the normal distribution; median (geometric mean) of the log-normal one.
    width : float
        Standard deviation of the normal distribution (n - 1); geometric standard deviation of the
        log-normal one, which has no unit.
    distance : float
        Kolmogorov-Smirnov distance: largest difference between the cumulative curves of the sample
        and of the fit, 0 to 1.
    usual_distance : float
        What this distance stays below in 95 of 100 samples of so many values that do come from such
        a distribution and to which it was fitted (Stephens, doi 10.1080/01621459.1974.10480196;
        the tables for given parameters do not hold here). NaN for other weights than by number.
    """

    kind: str
    centre: float
    width: float
    distance: float
    usual_distance: float

    def density(self, x: np.ndarray) -> np.ndarray:
        """Return the density at x, whose integral over x is 1."""
        z, slope = self._standardised(x)
        return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * slope

    def cumulative(self, x: np.ndarray) -> np.ndarray:
        """Return the share below x, 0 to 1."""
        from scipy.special import ndtr

        shares: np.ndarray = ndtr(self._standardised(x)[0])
        return shares

    def _standardised(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x as multiples of the standard deviation, and the slope of this."""
        if self.kind == "normal":
            return (x - self.centre) / self.width, np.full(np.shape(x), 1 / self.width)
        with np.errstate(divide="ignore"):
            logs = np.log(np.maximum(x, 0) / self.centre) / math.log(self.width)
            slope = 1 / (np.maximum(x, 0) * math.log(self.width))
        return logs, np.where(np.isinf(slope), 0.0, slope)


@dataclasses.dataclass(frozen=True, eq=False)
class Distribution:
    """How a sample of particles spreads over one quantity; made by `distribute`.

    Parameters
    ----------
    quantity : str
        One of `QUANTITIES`.
    weighting : {"number", "volume"}
    values : ndarray of shape (n,)
        In rising order, in the unit of the quantity.
    shares : ndarray of shape (n,)
        What each particle counts; the sum is 1.
    total : float
        What all count together: their number, or the sum of their cubed diameters in nm³.
    """

    quantity: str
    weighting: str
    values: np.ndarray
    shares: np.ndarray
    total: float

    @property
    def mean(self) -> float:
        """Weighted mean; NaN without particles."""
        return float(self.shares @ self.values) if self.values.size else math.nan

    @property
    def sd(self) -> float:
        """Weighted standard deviation, by number that with n - 1; NaN for fewer than two."""
        return _spread(self.values, self.shares)

    @property
    def median(self) -> float:
        """Half lies below; by volume the smallest value with at least half up to it."""
        return self.quantile(0.5)

    def quantile(self, share: float) -> float:
        """Return the value below which a share (0 to 1) lies; NaN without particles."""
        if not self.values.size:
            return math.nan
        if self.weighting == "number":
            return float(np.quantile(self.values, share))
        place = int(np.searchsorted(self.shares_below, share * (1 - 1e-12)))
        return float(self.values[min(place, self.values.size - 1)])

    @functools.cached_property
    def shares_below(self) -> np.ndarray:
        """Share of the particles up to each of the values: the cumulative curve."""
        return np.cumsum(self.shares)

    def heights(self, edges: np.ndarray) -> np.ndarray:
        """Return the share in each bin, 0 to 1; the last bin includes its upper edge."""
        return np.histogram(self.values, edges, weights=self.shares)[0]

    def fit(self, kind: str) -> Fit | None:
        """Fit a normal or log-normal distribution by its (log-)mean and standard deviation.

        Returns
        -------
        Fit or None
            None with fewer than ten particles, or if all are alike.

        Raises
        ------
        InvalidOption
            If there is no such kind.
        """
        if kind not in FITS:
            msg = f"What can be fitted is {' or '.join(FITS)}, not {kind!r}."
            raise InvalidOption(msg)
        logarithmic = kind == "log-normal"
        values = np.log(self.values) if logarithmic else self.values
        if values.size < FEWEST_TO_FIT or not np.ptp(values) > 0:
            return None
        centre, width = float(self.shares @ values), _spread(values, self.shares)
        if logarithmic:
            centre, width = math.exp(centre), math.exp(width)
        root = math.sqrt(values.size)
        usual = 0.895 / (root - 0.01 + 0.85 / root) if self.weighting == "number" else math.nan
        fit = Fit(kind, centre, width, math.nan, usual)
        expected = fit.cumulative(self.values)
        above = np.abs(self.shares_below - expected).max()
        below = np.abs(self.shares_below - self.shares - expected).max()
        return dataclasses.replace(fit, distance=float(max(above, below)))


def distribute(
    particles: pd.DataFrame, quantity: str = "equivalent_diameter_nm", weighting: str = "number"
) -> Distribution:
    """Return how particles spread over one quantity.

    Parameters
    ----------
    particles : DataFrame
        With the columns of `antema.COLUMNS`; of one image or pooled over several.
    quantity : str
        One of `QUANTITIES`.
    weighting : {"number", "volume"}
        By number every particle counts the same; by volume as the cube of its equivalent diameter,
        the volume of the sphere of the same projected area.

    Raises
    ------
    InvalidOption
        If the quantity or the weighting is none of these.
    """
    for word, known in ((quantity, QUANTITIES), (weighting, WEIGHTINGS)):
        if word not in known:
            msg = f"A distribution is made of {', '.join(known)}, not of {word!r}."
            raise InvalidOption(msg)
    values = particles[quantity].to_numpy(dtype=float)
    power = 3 if weighting == "volume" else 0
    counts = particles["equivalent_diameter_nm"].to_numpy(dtype=float) ** power
    order, total = np.argsort(values, kind="stable"), float(counts.sum())
    shares = counts[order] / total if values.size else counts
    return Distribution(quantity, weighting, values[order], shares, total)


def bin_edges(values: np.ndarray, bins: int | None = None) -> np.ndarray:
    """Return the edges of histogram bins of equal width from the smallest to the largest value.

    Parameters
    ----------
    values : ndarray of shape (n,)
    bins : int, optional
        How many; by default as Freedman and Diaconis propose (doi 10.1007/BF01025868), at most 200.

    Returns
    -------
    ndarray of shape (bins + 1,)
        0 and 1 when there are no values.
    """
    if values.size == 0:
        return np.array([0.0, 1.0])
    if bins is None:
        # Not NumPy's "fd": with one value far off it makes edges by the million.
        width = 2 * float(np.subtract(*np.quantile(values, [0.75, 0.25]))) / values.size ** (1 / 3)
        bins = max(1, math.ceil(min(MOST_BINS, np.ptp(values) / width))) if width > 0 else 1
    return np.histogram_bin_edges(values, bins)


def _spread(values: np.ndarray, shares: np.ndarray) -> float:
    """Return the standard deviation, for equal shares that with n - 1."""
    if values.size < 2:
        return math.nan
    variance = shares @ (values - shares @ values) ** 2
    return math.sqrt(variance / (1 - shares @ shares))
