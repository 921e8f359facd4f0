"""What every file format hands over: frames one at a time, and what the file says of its scale.

A format is a function that opens a path and yields `Contents`: how many frames there are, and a
function that loads one of them. So a stack is never held in memory as a whole. A format refuses a
file with `Refused`, whose text continues a sentence that begins with the file's name.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import UnreadableImage
from ..units import is_pixels, normalize_unit, to_nm

LARGEST_IMAGE_PX = 2**28
"""More pixels than any camera has: a header that announces them is damaged."""

LARGEST_COMPRESSION = 4000
"""No codec in these formats makes a file smaller than this; a header that says so is damaged."""

LARGEST_DIFFERENCE = 0.005
"""How much the pixel sizes along x and y may differ, relative to their mean."""

COMMON_FAILURES: tuple[type[Exception], ...] = (
    OSError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    MemoryError,
    EOFError,
)
"""What parsers raise on a damaged file, whichever library they come from."""


class Refused(Exception):
    """A file that is not a micrograph; the text goes on after the file's name."""


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What a file says of the size of its pixels, unconverted.

    Parameters
    ----------
    x, y : (float, str), optional
        Size and unit along a row and along a column; None when the file says nothing.
    source : str
        Where it stands in the file.
    why : str
        If there is no scale, the reason, going on after the file's name.
    """

    x: tuple[float, str] | None = None
    y: tuple[float, str] | None = None
    source: str = ""
    why: str = "carries no pixel size"

    def resolve(self, name: str, by_hand: float | None = None) -> tuple[float | None, str]:
        """Return the pixel size in nm, or None, and where it came from or why it is not known.

        Raises
        ------
        UnreadableImage
            If the pixels are not square and no size was given by hand.
        """
        sizes = [size for size in (self._nm(self.x), self._nm(self.y)) if size is not None]
        agree = len(sizes) == 2 and abs(sizes[0] - sizes[1]) <= LARGEST_DIFFERENCE * np.mean(sizes)
        if by_hand is not None:
            said = "" if len(sizes) < 2 else f"{sizes[0]:.6g} nm"
            said += "" if agree or not said else f" by {sizes[1]:.6g} nm"
            return by_hand, f"given by hand (the file says {said})" if said else "given by hand"
        if len(sizes) < 2:
            return None, f"{name} {self._reason()}"
        if not agree:
            msg = (
                f"{name}: the pixels are not square, {sizes[0]:.6g} nm wide and {sizes[1]:.6g} nm "
                "high. Resample the image, or give the pixel size by hand if the file is wrong."
            )
            raise UnreadableImage(msg)
        return float(np.mean(sizes)), self.source

    @staticmethod
    def _nm(axis: tuple[float, str] | None) -> float | None:
        return None if axis is None else to_nm(*axis)

    def _reason(self) -> str:
        """Say why there is no scale."""
        axis = next((axis for axis in (self.x, self.y) if axis and self._nm(axis) is None), None)
        if axis is None:
            return self.why
        value, unit = axis[0], normalize_unit(axis[1])
        if to_nm(1.0, unit) is not None:
            return f"gives {value:g} {unit} as the size of a pixel, which cannot be"
        if not unit:
            return "has a calibration without a unit"
        if is_pixels(unit):
            return "is calibrated in pixels, not in a length"
        return f"is calibrated in {unit[:40]}, not in a length"


@dataclasses.dataclass(frozen=True)
class Frame:
    """One image: grey values of shape (M, N), and what the file says of its scale."""

    pixels: np.ndarray
    calibration: Calibration


@dataclasses.dataclass(frozen=True)
class Contents:
    """What an open file holds: the number of its frames and how to load one of them."""

    count: int
    frame: Callable[[int], Frame]


@dataclasses.dataclass(frozen=True)
class Format:
    """One file format: how it is recognised, how it is opened, what its library may raise.

    Parameters
    ----------
    name : str
        What a sentence calls it.
    suffixes : tuple of str
        Usual endings of file names, with the dot; they are a hint, the content decides.
    matches : callable
        ``matches(head, suffix)`` tells from the first bytes whether a file has this format.
    open : callable
        ``open(path)`` is a context manager that yields `Contents`.
    failures : tuple of exception types
        What the library raises on a damaged file.
    """

    name: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes, str], bool]
    open: Callable[[Path], contextlib.AbstractContextManager[Contents]]
    failures: tuple[type[Exception], ...] = COMMON_FAILURES


def check_shape(shape: tuple[int, ...]) -> None:
    """Refuse an image without pixels, a line of pixels, and one larger than any camera's."""
    size = " x ".join(str(side) for side in shape)
    if len(shape) < 2 or min(shape) <= 1:
        msg = f"holds a spectrum or a line profile ({size} values), not an image."
        raise Refused(msg)
    if math.prod(shape[:2]) > LARGEST_IMAGE_PX:
        msg = f"announces an image of {size} pixels, more than can be read. It may be damaged."
        raise Refused(msg)


def check_length(needed: int, available: int) -> None:
    """Refuse a file that holds fewer bytes than its header announces."""
    if needed > available:
        msg = (
            f"is cut short or damaged: it announces {needed} bytes of image data, and {available} "
            "are there. Copy it again from where it was recorded."
        )
        raise Refused(msg)


def read_array(
    file: BinaryIO, offset: int, dtype: np.dtype | str, shape: tuple[int, ...]
) -> np.ndarray:
    """Read one uncompressed array, checking first that the file is long enough."""
    dtype = np.dtype(dtype)
    needed = math.prod(int(side) for side in shape) * dtype.itemsize
    length = file.seek(0, 2)
    if offset < 0 or needed < 0:
        msg = "is damaged: its header points outside of the file."
        raise Refused(msg)
    check_length(needed, max(length - offset, 0))
    file.seek(offset)
    return np.frombuffer(file.read(needed), dtype=dtype).reshape(shape)


def to_grey(colours: np.ndarray) -> np.ndarray:
    """Turn (M, N, channels) into (M, N) by luminance (ITU-R BT.601).

    One or two channels are grey, or grey with alpha; three or four are RGB or RGBA. Alpha is
    ignored. Where the three colours are equal throughout, the grey values stay exactly as they are.
    """
    if colours.ndim == 2:
        return colours
    channels = colours.shape[2]
    if channels > 4:
        msg = f"has {channels} channels in each pixel; antema reads grey and colour (RGB) images."
        raise Refused(msg)
    red = colours[..., 0]
    if channels < 3:
        return red
    green, blue = colours[..., 1], colours[..., 2]
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return red
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32)
    return np.asarray(colours[..., :3].astype(np.float32) @ weights)
