"""Ordinary pictures: png, jpg and bmp, by Pillow.

Their print resolution (dots per inch in pHYs, JFIF or the bmp header) is a setting of the program
that saved them, 72, 96, 150 or 300, and never the scale of a micrograph: it is not believed.
"""

import contextlib
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .base import (
    COMMON_FAILURES,
    LARGEST_COMPRESSION,
    Calibration,
    Contents,
    Format,
    Frame,
    check_length,
    check_shape,
    to_grey,
)

FAILURES = (*COMMON_FAILURES, struct.error, zlib.error, SyntaxError, RuntimeError)
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


def matches_png(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as png does."""
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def matches_jpg(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as jpg does."""
    return head.startswith(b"\xff\xd8\xff")


def matches_bmp(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as bmp does, and not only with the letters BM."""
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS


@contextlib.contextmanager
def open_picture(path: Path) -> Iterator[Contents]:
    """Open a png, jpg or bmp file."""
    from PIL import Image  # not needed before a picture is read

    try:
        image = Image.open(path, formats=("PNG", "JPEG", "BMP"))
    except Image.DecompressionBombError as error:
        raise ValueError(str(error)) from error
    with image:
        check_shape((image.height, image.width))
        size = image.height * image.width * len(image.getbands())
        check_length(size // LARGEST_COMPRESSION, path.stat().st_size)

        def load(index: int) -> Frame:
            return Frame(decode(image), Calibration())

        yield Contents(1, load)


def decode(image: object) -> np.ndarray:
    """Return the grey values, shape (M, N), of an open Pillow image."""
    from PIL.Image import Image

    if not isinstance(image, Image):
        msg = f"a Pillow image is needed, not {type(image).__name__}"
        raise TypeError(msg)
    if image.mode in ("P", "PA", "CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    return to_grey(np.asarray(image))


PNG = Format("PNG", (".png",), matches_png, open_picture, FAILURES)
JPG = Format("JPEG", (".jpg", ".jpeg"), matches_jpg, open_picture, FAILURES)
BMP = Format("BMP", (".bmp", ".dib"), matches_bmp, open_picture, FAILURES)
