"""MRC images and stacks (MRC2014, IMOD and FEI dialects, either byte order).

Read here rather than by ncempy, which takes 1 Å for the pixel size of an uncalibrated file, any
extended header for FEI's, and little-endian for granted.
"""

import contextlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .base import (
    COMMON_FAILURES,
    Calibration,
    Contents,
    Format,
    Frame,
    Refused,
    check_length,
    check_shape,
    read_array,
    to_grey,
)

_HEADER_BYTES = 1024
_SUFFIXES = (".mrc", ".mrcs", ".map", ".st", ".rec", ".ali")
_DTYPES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2", 16: "u1"}
_COMPLEX = (3, 4)
_COLOUR = 16
_IMOD_STAMP = 1146047817
_FEI_RECORDS_BYTES = 1024 * 128


class _Header(NamedTuple):
    order: str
    shape: tuple[int, int, int]  # sections, rows, columns
    dtype: np.dtype
    colour: bool
    offset: int
    calibration: Calibration


def matches(head: bytes, suffix: str) -> bool:
    """Tell a file by its "MAP" stamp; older ones have none and need the usual file name."""
    if head[208:211] == b"MAP":
        return True
    return suffix in _SUFFIXES and _byte_order(head) is not None


def _byte_order(head: bytes) -> str | None:
    """Find the byte order in which the dimensions and the mode make sense."""
    for order in "<>":
        if len(head) < _HEADER_BYTES:
            return None
        columns, rows, sections, mode = struct.unpack_from(f"{order}4i", head)
        if mode in (*_DTYPES, *_COMPLEX) and all(0 < n < 2**20 for n in (columns, rows, sections)):
            return order
    return None


@contextlib.contextmanager
def open_mrc(path: Path) -> Iterator[Contents]:
    """Open an mrc file; every section is a frame."""
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
        extended = file.read(1024)
        header = _parse(head, extended)
        sections, rows, columns = header.shape
        shape = (rows, columns, 3) if header.colour else (rows, columns)
        length = int(np.prod(shape, dtype=object)) * header.dtype.itemsize
        check_length(sections * length, max(path.stat().st_size - header.offset, 0))

        def load(index: int) -> Frame:
            offset = header.offset + index * length
            pixels = read_array(file, offset, header.dtype, shape)
            return Frame(to_grey(pixels), header.calibration)

        yield Contents(sections, load)


def _parse(head: bytes, extended: bytes) -> _Header:
    """Take from the header what is needed, refusing what is not an image."""
    order = _byte_order(head)
    if order is None:
        msg = "has a damaged MRC header, or was cut short. Copy it again."
        raise Refused(msg)
    columns, rows, sections, mode = struct.unpack_from(f"{order}4i", head)
    if mode in _COMPLEX:
        msg = "holds complex numbers (a Fourier transform?), not grey values."
        raise Refused(msg)
    check_shape((rows, columns))
    dtype = np.dtype(order + _DTYPES[mode])
    stamp, flags = struct.unpack_from(f"{order}2i", head, 152)
    brightest = struct.unpack_from(f"{order}f", head, 80)[0]
    if mode == 0 and ((stamp == _IMOD_STAMP and not flags & 1) or 127 < brightest < 256):
        dtype = np.dtype("u1")  # older programs mean unsigned bytes
    extra = max(struct.unpack_from(f"{order}i", head, 92)[0], 0)
    calibration = _calibrate(head, extended[:extra], order)
    offset = _HEADER_BYTES + extra
    return _Header(order, (sections, rows, columns), dtype, mode == _COLOUR, offset, calibration)


def _calibrate(head: bytes, extended: bytes, order: str) -> Calibration:
    """Take the pixel size from FEI's extended header if there is one, else from the cell."""
    kind = head[104:108]
    if kind in (b"FEI1", b"FEI2") and len(extended) >= 172:
        width, height = struct.unpack_from("<2d", extended, 156)
        if width > 0 and height > 0:
            return Calibration((width, "m"), (height, "m"), "FEI extended MRC header")
    if kind.strip(b"\0 ") == b"" and struct.unpack_from(f"{order}i", head, 92)[0] == (
        _FEI_RECORDS_BYTES
    ):
        size = struct.unpack_from(f"{order}f", extended, 44)[0] if len(extended) >= 48 else 0.0
        if 1e-13 < size < 1e-5:
            return Calibration((size, "m"), (size, "m"), "FEI extended MRC header")
    intervals = struct.unpack_from(f"{order}2i", head, 28)
    cell = struct.unpack_from(f"{order}2f", head, 40)
    if min(intervals) <= 0 or not any(cell):
        return Calibration(why="has no pixel size in its MRC header")
    width, height = (float(length) / n for length, n in zip(cell, intervals, strict=True))
    return Calibration((width, "A"), (height, "A"), "MRC header")


MRC = Format("MRC", _SUFFIXES, matches, open_mrc, (*COMMON_FAILURES, struct.error))
