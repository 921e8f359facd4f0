"""How results look, in figures and pictures alike: colours, display contrast, scale bar."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from .preparation import normalise
from .separation import EDGE, LEFT_OUT, SEPARATED, WHOLE, Region

# Colours that colour-blind people tell apart (Okabe and Ito, https://jfly.uni-koeln.de/color/), by
# what became of a region. What the image edge cuts is drawn too, or it would look overlooked.
COLOURS = {WHOLE: "#0072B2", SEPARATED: "#E69F00", LEFT_OUT: "#CC79A7", EDGE: "#56B4E9"}
SELECTED_COLOUR = "#D55E00"
# How the lines of several samples look, apart from each other in colour and dash alike.
LINES = tuple(
    {"color": colour, "dash": dash}
    for dash in ("solid", "dash")
    for colour in ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
)


def look(region: Region) -> str:
    """Return which of `COLOURS` a region is drawn in."""
    return EDGE if region.status == LEFT_OUT and region.reason == EDGE else region.status


def shown(regions: Sequence[Region], numbers: Iterable[int]) -> list[Region]:
    """Return the particles of these numbers, 1 the first, and all that was left out."""
    kept = [region for region in regions if region.status != LEFT_OUT]
    left_out = [region for region in regions if region.status == LEFT_OUT]
    return [kept[number - 1] for number in numbers] + left_out


def to_grey8(pixels: np.ndarray) -> np.ndarray:
    """Return the grey values as the network sees them, for display: shape (M, N), uint8."""
    return (normalise(pixels) * 255).round().astype(np.uint8)


def round_length(width_nm: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20, ... nm that is at most a quarter of a width in nm."""
    longest = width_nm / 4
    power = 10.0 ** math.floor(math.log10(longest))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= longest * (1 + 1e-9))


def length_text(length_nm: float) -> str:
    """Write a length with the unit that suits it, such as ``"5 nm"`` or ``"2 µm"``."""
    for factor, unit in ((1000.0, "µm"), (1.0, "nm")):
        if length_nm >= factor:
            return f"{length_nm / factor:g} {unit}"
    return f"{length_nm * 1000:g} pm"
