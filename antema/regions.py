"""What a mask is divided into: particles, and what was left out with its reason."""

import dataclasses
import functools
import math

import numpy as np

from .geometry import Shape, describe, outline

WHOLE, SEPARATED, LEFT_OUT = "whole", "separated", "left out"

EDGE = "touches the image edge"
NON_CONVEX = "too non-convex"
HOLES = "too many holes"
SMALL_MARKER = "marker too small"
REGROWN = "non-convex after regrowing"
UNSEEN = "too little of its outline seen"


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """A particle, or what was left out, as a small picture and its place.

    Parameters
    ----------
    origin : (int, int)
        Row and column of the first pixel of `image` in the mask.
    image : ndarray of bool, shape (m, n)
        The pixels of the region; every row and column at its rim has one.
    status : str
        ``"whole"``, ``"separated"`` or ``"left out"``.
    reason : str
        Why it was left out, or what was done to it by hand; otherwise empty.
    seen : float
        Part of its outline that was seen in the mask and not restored, 0 to 1;
        NaN where nobody looked.
    """

    origin: tuple[int, int]
    image: np.ndarray
    status: str
    reason: str = ""
    seen: float = math.nan

    @functools.cached_property
    def shape(self) -> Shape:
        """Its shape numbers in pixels, computed once."""
        return describe(self.image)

    @functools.cached_property
    def outlines(self) -> tuple[np.ndarray, ...]:
        """Corners of its outer boundaries in the mask, computed once; see `antema.geometry`."""
        return tuple(corners + self.origin for corners in outline(self.image))
