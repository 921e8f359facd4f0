"""From regions to the table of particles: one row per particle, one entry of COLUMNS per column.

Lengths are of the pixel outline (corners, not centres). How perimeter, hull and Feret diameters are
estimated is told in `antema.geometry`.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .errors import MissingScale
from .geometry import Shape
from .micrograph import Micrograph
from .separation import LEFT_OUT, SEPARATED, Region, SeparationOptions


@dataclasses.dataclass(frozen=True)
class _Particle:
    """All that the functions of COLUMNS look at."""

    number: int
    region: Region
    shape: Shape
    nm: float
    image: str
    pixels: np.ndarray | None
    convexity_threshold: float

    @property
    def bbox(self) -> tuple[int, int, int, int]:
        (row, column), (height, width) = self.region.origin, self.region.image.shape
        return row, column, row + height, column + width

    def centroid(self, axis: int) -> float:
        weights = self.region.image.sum(axis=1 - axis)
        return self.region.origin[axis] + float(
            np.average(np.arange(weights.size), weights=weights)
        )

    def mean_intensity(self) -> float:
        if self.pixels is None:
            return math.nan
        top, left, bottom, right = self.bbox
        return float(self.pixels[top:bottom, left:right][self.region.image].mean(dtype=np.float64))


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of the table of particles: name, unit, type, meaning, and how it is computed."""

    name: str
    unit: str
    dtype: str
    meaning: str
    value: Callable[[Any], Any] = dataclasses.field(repr=False)


COLUMNS: tuple[Column, ...] = (
    Column("image", "", "str", "name of the micrograph", lambda p: p.image),
    Column(
        "particle", "", "int64", "number of the particle in its image, from 1", lambda p: p.number
    ),
    Column(
        "row_px",
        "px",
        "float64",
        "row of the centroid, 0 = centre of the first",
        lambda p: p.centroid(0),
    ),
    Column(
        "column_px",
        "px",
        "float64",
        "column of the centroid, 0 = centre of the first",
        lambda p: p.centroid(1),
    ),
    Column("bbox_min_row_px", "px", "int64", "first row of the bounding box", lambda p: p.bbox[0]),
    Column(
        "bbox_min_column_px", "px", "int64", "first column of the bounding box", lambda p: p.bbox[1]
    ),
    Column(
        "bbox_max_row_px",
        "px",
        "int64",
        "row after the last of the bounding box",
        lambda p: p.bbox[2],
    ),
    Column(
        "bbox_max_column_px",
        "px",
        "int64",
        "column after the last of the bounding box",
        lambda p: p.bbox[3],
    ),
    Column("area_nm2", "nm²", "float64", "projected area A", lambda p: p.shape.area * p.nm**2),
    Column(
        "equivalent_diameter_nm",
        "nm",
        "float64",
        "diameter of the circle of the same area, √(4A/π)",
        lambda p: p.shape.equivalent_diameter * p.nm,
    ),
    Column(
        "feret_min_nm",
        "nm",
        "float64",
        "smallest distance between parallel tangents",
        lambda p: p.shape.feret_min * p.nm,
    ),
    Column(
        "feret_max_nm",
        "nm",
        "float64",
        "largest distance between parallel tangents",
        lambda p: p.shape.feret_max * p.nm,
    ),
    Column(
        "perimeter_nm",
        "nm",
        "float64",
        "length P of the outer outline",
        lambda p: p.shape.perimeter * p.nm,
    ),
    Column(
        "circularity",
        "",
        "float64",
        "4πA/P² (the form factor of ISO 9276-6), 1 for a circle",
        lambda p: p.shape.circularity,
    ),
    Column(
        "aspect_ratio",
        "",
        "float64",
        "largest Feret diameter / smallest, ≥ 1",
        lambda p: p.shape.aspect_ratio,
    ),
    Column(
        "convexity",
        "",
        "float64",
        "perimeter of the convex hull / perimeter",
        lambda p: p.shape.convexity,
    ),
    Column("solidity", "", "float64", "area / area of the convex hull", lambda p: p.shape.solidity),
    Column(
        "mean_intensity",
        "",
        "float64",
        "mean grey value of the micrograph inside",
        lambda p: p.mean_intensity(),
    ),
    Column(
        "separated",
        "",
        "bool",
        "came out of the separation of touching or overlapping particles",
        lambda p: p.region.status == SEPARATED,
    ),
    Column(
        "below_convexity_threshold",
        "",
        "bool",
        "less convex than the threshold, so probably several particles",
        lambda p: p.shape.convexity < p.convexity_threshold,
    ),
    Column(
        "outline_seen",
        "",
        "float64",
        "part of its outline that is outline of the mask, the rest is estimated, 0 to 1",
        lambda p: p.region.seen,
    ),
)


def measure(
    regions: Sequence[Region],
    nm_per_pixel: float | None,
    *,
    micrograph: Micrograph | None = None,
    convexity: float = SeparationOptions().convexity,
) -> pd.DataFrame:
    """Measure every region that was not left out.

    Parameters
    ----------
    regions : sequence of Region
    nm_per_pixel : float
        Side of a pixel in nm, > 0.
    micrograph : Micrograph, optional
        Gives the name in the column ``image`` and the grey values of ``mean_intensity``; without it
        these are ``""`` and NaN.
    convexity : float
        Threshold of the column ``below_convexity_threshold``.

    Returns
    -------
    DataFrame
        One row per particle, with exactly the columns and dtypes of `COLUMNS`, also when empty.

    Raises
    ------
    MissingScale
        If `nm_per_pixel` is None or not a positive number.
    """
    if nm_per_pixel is None or not (math.isfinite(nm_per_pixel) and nm_per_pixel > 0):
        msg = f"Measuring needs the pixel size, a positive number of nm, not {nm_per_pixel}."
        raise MissingScale(msg)
    image, pixels = (micrograph.name, micrograph.pixels) if micrograph is not None else ("", None)
    kept = [region for region in regions if region.status != LEFT_OUT]
    particles = [
        _Particle(number, region, region.shape, nm_per_pixel, image, pixels, convexity)
        for number, region in enumerate(kept, start=1)
    ]
    return pd.DataFrame(
        {
            column.name: pd.Series([column.value(p) for p in particles], dtype=column.dtype)
            for column in COLUMNS
        }
    )
