"""TIFF, by tifffile; what it cannot decompress by itself (LZW, JPEG), by Pillow.

Every full-size page is a frame. Thumbnails and masks are passed over, and so is a coloured copy of
a grey image (some programs store one with the scale bar burnt in beside the recorded one).
"""

import contextlib
import logging
import math
import os
import struct
import zlib
from collections.abc import Iterator
from lzma import LZMAError
from pathlib import Path
from typing import Any

import numpy as np

from .base import (
    COMMON_FAILURES,
    LARGEST_COMPRESSION,
    Contents,
    Format,
    Frame,
    Refused,
    check_length,
    check_shape,
    read_array,
    to_grey,
)
from .picture import decode
from .tif_scale import calibrate

_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_UNCOMPRESSED = 1
_WHITE_IS_ZERO, _PALETTE = 0, 3
_REDUCED_OR_MASK = 0b101
_THUMBNAIL_SHARE = 1 / 16

# tifffile logs what it finds wrong in a file. Without a handler, logging would print that.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def matches(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as tif or BigTIFF do."""
    return head[:4] in _MAGIC


@contextlib.contextmanager
def open_tif(path: Path) -> Iterator[Contents]:
    """Open a tif file."""
    import tifffile  # not needed before a tif is read

    with tifffile.TiffFile(path) as tif:
        chosen = _choose_series(list(tif.series))
        counts = [_count_frames(series) for series in chosen]
        calibrations = [calibrate(tif, series.keyframe) for series in chosen]

        def load(index: int) -> Frame:
            for series, count, calibration in zip(chosen, counts, calibrations, strict=True):
                if index < count:
                    return Frame(_load(tif, series, index), calibration)
                index -= count
            raise IndexError(index)

        yield Contents(sum(counts), load)


def _choose_series(series: list[Any]) -> list[Any]:
    """Choose the groups of pages that hold images."""
    whole = [one for one in series if not one.keyframe.subfiletype & _REDUCED_OR_MASK] or series
    if not whole:
        msg = "holds no image."
        raise Refused(msg)
    largest = max(_area(one) for one in whole)
    large = [one for one in whole if _area(one) > largest * _THUMBNAIL_SHARE]
    grey = {_sides(one) for one in large if _is_grey(one)}
    return [one for one in large if _is_grey(one) or _sides(one) not in grey]


def _sides(series: Any) -> tuple[int, int]:
    return int(series.keyframe.imagelength), int(series.keyframe.imagewidth)


def _area(series: Any) -> int:
    return math.prod(_sides(series))


def _is_grey(series: Any) -> bool:
    return int(series.keyframe.samplesperpixel) < 3


def _count_frames(series: Any) -> int:
    """Number of images in a group of pages."""
    return max(math.prod(series.shape) // max(math.prod(series.keyframe.shape), 1), 1)


def _load(tif: Any, series: Any, index: int) -> np.ndarray:
    """Load one image, shape (M, N), whatever the page stores it as."""
    keyframe = series.keyframe
    check_shape(_sides(series))
    if keyframe.dtype is None or keyframe.dtype.kind == "c":
        msg = "holds complex numbers (a Fourier transform?), or pixels of an unknown kind."
        raise Refused(msg)
    if index and series.is_truncated:
        # ImageJ describes a large stack by its first page alone; the others follow it as they are.
        dtype = keyframe.dtype.newbyteorder(tif.byteorder)
        offset = keyframe.dataoffsets[0] + index * keyframe.nbytes
        pixels = read_array(tif.filehandle, offset, dtype, keyframe.shape)
        return _to_grey(pixels, keyframe)
    page = series[index]
    if page is None:
        msg = "is cut short or damaged: one of its images is missing."
        raise Refused(msg)
    _check_segments(tif, page, keyframe)
    try:
        return _to_grey(np.asarray(page.asarray(maxworkers=1)), keyframe)
    except (ValueError, KeyError, ImportError) as error:
        if "imagecodecs" not in str(error):
            raise
        return _decode_by_pillow(tif, page, keyframe)


def _check_segments(tif: Any, page: Any, keyframe: Any) -> None:
    """Refuse a page whose data are not all there: tifffile would fill the gaps with zeros."""
    stored = sum(page.databytecounts)
    if 0 in page.databytecounts or len(page.databytecounts) < math.prod(keyframe.chunked):
        msg = "is cut short or damaged: a part of its image was never written."
        raise Refused(msg)
    ends = (
        offset + length
        for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True)
    )
    check_length(max(ends), tif.filehandle.size)
    ratio = 1 if keyframe.compression == _UNCOMPRESSED else LARGEST_COMPRESSION
    bits = math.prod(keyframe.shape) * int(np.max(keyframe.bitspersample))
    check_length(bits // 8 // ratio, stored)


def _decode_by_pillow(tif: Any, page: Any, keyframe: Any) -> np.ndarray:
    """Decode a page in a codec that tifffile leaves to another package (LZW, JPEG)."""
    from PIL import Image  # only for these codecs

    with _without_stderr(), Image.open(tif.filehandle.path, formats=("TIFF",)) as image:
        image.seek(page.index)
        turned = image.mode in ("1", "L")  # Pillow has done so already
        pixels = decode(image)
    if keyframe.photometric == _WHITE_IS_ZERO and not turned:
        return _invert(pixels, keyframe.bitspersample)
    return pixels


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Keep quiet the C library behind Pillow, which prints what it finds wrong in a file."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no such stream in a program without a console
        yield
        return
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _to_grey(pixels: np.ndarray, keyframe: Any) -> np.ndarray:
    """Apply what the page says its numbers mean: palette, white is zero, colours."""
    pixels = np.squeeze(pixels)
    if keyframe.photometric == _PALETTE and keyframe.colormap is not None and pixels.ndim == 2:
        # Palettes have 16 bits; programs get there from 8 by 256 or by 257, or not at all.
        colours = np.moveaxis(np.asarray(keyframe.colormap), 0, -1)
        return to_grey((colours >> 8 if colours.max() > 255 else colours)[pixels])
    if pixels.ndim == 3 and pixels.shape[0] == keyframe.samplesperpixel and _is_planar(keyframe):
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim not in (2, 3):
        msg = f"holds data of {pixels.ndim} dimensions on one page, not an image."
        raise Refused(msg)
    grey = to_grey(pixels)
    if keyframe.photometric == _WHITE_IS_ZERO and keyframe.samplesperpixel == 1:
        return _invert(grey, keyframe.bitspersample)
    return grey


def _is_planar(keyframe: Any) -> bool:
    return keyframe.axes.index("S") < keyframe.axes.index("Y") if "S" in keyframe.axes else False


def _invert(pixels: np.ndarray, bits: int) -> np.ndarray:
    """Make bright what the file stores as small numbers.

    Masks, of one bit, stay as they are: the libraries that write them mean yes by 1, and not black.
    """
    if pixels.dtype.kind == "b":
        return pixels
    if pixels.dtype.kind == "u":
        return np.asarray((2**bits - 1) - pixels.astype(np.float64))
    return -pixels.astype(np.float64)


TIF = Format(
    "TIFF",
    (".tif", ".tiff"),
    matches,
    open_tif,
    (
        *COMMON_FAILURES,
        struct.error,
        zlib.error,
        LZMAError,
        AttributeError,
        AssertionError,
        RuntimeError,
    ),
)
