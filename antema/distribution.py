"""From particles to the numbers that describe their distribution (terms of ISO 9276)."""

import dataclasses

import numpy as np
import pandas as pd

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
