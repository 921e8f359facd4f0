"""The ser series of TIA (FEI).

Read here rather than by ncempy, whose reader allocates whatever a damaged header announces, and
calls every calibration metres: a diffraction pattern's is in 1/m, which only its size betrays.
"""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .base import COMMON_FAILURES, Calibration, Contents, Format, Frame, Refused, check_shape
from .base import read_array as read

_MAGIC = b"II\x97\x01"
_HEADER = struct.Struct("<HHHiiii")
_ELEMENT = struct.Struct("<ddiddihii")
_IMAGES = 0x4122
_OLD_VERSION = 0x0210
_DTYPES = {1: "u1", 2: "<u2", 3: "<u4", 4: "i1", 5: "<i2", 6: "<i4", 7: "<f4", 8: "<f8"}
_LARGEST_PIXEL_M = 1e-3


def matches(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as ser does."""
    return head.startswith(_MAGIC)


@contextlib.contextmanager
def open_ser(path: Path) -> Iterator[Contents]:
    """Open a ser file; every image of the series is a frame."""
    with path.open("rb") as file:
        _, _, version, kind, _, _, count = _HEADER.unpack(file.read(_HEADER.size))
        if kind != _IMAGES:
            msg = "holds spectra, not images."
            raise Refused(msg)
        if count < 1:
            msg = "holds no image: the series was stopped before its first one."
            raise Refused(msg)
        integer = "<i4" if version == _OLD_VERSION else "<i8"
        start = int(read(file, _HEADER.size, integer, (1,))[0])
        offsets = read(file, start, integer, (count,))

        def load(index: int) -> Frame:
            return _load(file, int(offsets[index]))

        yield Contents(count, load)


def _load(file: BinaryIO, offset: int) -> Frame:
    """Read one image of the series; it is stored from the bottom up."""
    head = read(file, offset, "u1", (_ELEMENT.size,)).tobytes()
    _, width, _, _, height, _, kind, columns, rows = _ELEMENT.unpack(head)
    if kind in (9, 10):
        msg = "holds complex numbers (a Fourier transform?), not grey values."
        raise Refused(msg)
    if kind not in _DTYPES:
        msg = f"holds pixels of a kind antema does not know (TIA type {kind})."
        raise Refused(msg)
    check_shape((rows, columns))
    pixels = read(file, offset + _ELEMENT.size, _DTYPES[kind], (rows, columns))
    return Frame(np.flipud(pixels), _calibrate(width, height))


def _calibrate(width: float, height: float) -> Calibration:
    """Tell an image, calibrated in m, from a diffraction pattern and from no calibration."""
    if max(abs(width), abs(height)) < _LARGEST_PIXEL_M:
        return Calibration((width, "m"), (height, "m"), "TIA calibration")
    why = (
        f"has a TIA calibration of {width:g}, which is no pixel size in metres "
        "(a diffraction pattern, or not calibrated)"
    )
    return Calibration(why=why)


SER = Format("TIA series", (".ser",), matches, open_ser, (*COMMON_FAILURES, struct.error))
