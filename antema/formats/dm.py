"""DigitalMicrograph's dm3 and dm4, their tags parsed by ncempy.

ncempy pairs pixel sizes and data sets by counting them, which goes wrong when a dimension has no
unit or a file has no thumbnail, and it takes the second image for the first in some files. So only
its tag tree is used here: every image is looked up under its own number.
"""

import contextlib
import functools
import importlib.util
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from ..units import is_energy
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

_DTYPES = {
    1: "<i2",
    2: "<f4",
    6: "u1",
    7: "<i4",
    9: "i1",
    10: "<u2",
    11: "<u4",
    12: "<f8",
    14: "u1",
    23: "u1",  # blue, green, red, alpha
    39: "<i8",
    40: "<u8",
}
_COLOUR = 23
_COMPLEX = {3, 5, 13, 27, 28}
_LITTLE_ENDIAN = b"\0\0\0\1"


def matches(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as dm3 or dm4 do."""
    return _byte_order(head) in (b"\0\0\0\0", _LITTLE_ENDIAN)


def _byte_order(head: bytes) -> bytes:
    """Return the four bytes that tell the byte order; dm4 has a longer size before them."""
    return {3: head[8:12], 4: head[12:16]}.get(int.from_bytes(head[:4]), b"")


@contextlib.contextmanager
def open_dm(path: Path) -> Iterator[Contents]:
    """Open a dm3 or dm4 file; every image in it but the thumbnail gives frames."""
    with path.open("rb") as file:
        if _byte_order(file.read(16)) != _LITTLE_ENDIAN:
            msg = "was written in big-endian byte order (old Macintosh). Save it anew in DM."
            raise Refused(msg)
        file.seek(0)
        parsed = _load_parser()(file)  # kept by name: it closes the file when it goes
        frames = _list_frames(parsed.allTags, path.stat().st_size)

        def load(index: int) -> Frame:
            return _load(file, *frames[index])

        yield Contents(len(frames), load)


@functools.cache
def _load_parser() -> Callable[[BinaryIO], Any]:
    """Load ncempy's dm module by itself: the package around it imports matplotlib's pyplot.

    That takes two seconds and writes a cache into the user's home, or complains that it cannot.
    """
    package = importlib.util.find_spec("ncempy")
    for folder in (package and package.submodule_search_locations) or ():
        spec = importlib.util.spec_from_file_location("_ncempy_dm", Path(folder, "io", "dm.py"))
        if spec is not None and spec.loader is not None and Path(spec.origin or "").is_file():
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.fileDM
    from ncempy.io.dm import fileDM  # a version that keeps it elsewhere

    return fileDM


def _list_frames(tags: Mapping[str, Any], length: int) -> list[tuple[Mapping[str, Any], int]]:
    """List (image, position in its stack) for all images; refuse a file without any."""
    frames: list[tuple[Mapping[str, Any], int]] = []
    refusals = []
    for number in _image_numbers(tags):
        try:
            image = _describe(tags, f".ImageList.{number}.")
            check_length(image["count"] * image["bytes"], max(length - image["offset"], 0))
        except Refused as refusal:
            refusals.append(refusal)
        else:
            frames += [(image, index) for index in range(image["count"])]
    if not frames:
        raise next(iter(refusals), Refused("holds no image."))
    return frames


def _image_numbers(tags: Mapping[str, Any]) -> list[int]:
    """Numbers in the image list, without the thumbnail's."""
    pattern = re.compile(r"\.ImageList\.(\d+)\.ImageData\.Data\.arrayOffset")
    numbers = sorted(int(found[1]) for found in map(pattern.fullmatch, tags) if found)
    thumbnails = {
        int(value) + 1
        for key, value in tags.items()
        if re.fullmatch(r"\.Thumbnails\.\d+\.ImageIndex", key)
    }
    if not thumbnails and numbers:
        first = tags.get(f".ImageList.{numbers[0]}.ImageData.DataType")
        thumbnails = set(numbers[:1]) if first == _COLOUR else set()
    return [number for number in numbers if number not in thumbnails] or numbers


def _describe(tags: Mapping[str, Any], image: str) -> dict[str, Any]:
    """Gather what is needed to load an image; refuse what is not an image."""
    dimensions, axes = [], []
    for number in range(1, 6):
        key = f"{image}ImageData.Dimensions.{number}"
        if key not in tags:
            break
        dimensions.append(int(tags[key]))
        prefix = f"{image}ImageData.Calibrations.Dimension.{number}."
        axes.append((float(tags.get(prefix + "Scale", 0)), str(tags.get(prefix + "Units", ""))))
    energy = any(is_energy(unit) for _, unit in axes)
    if energy or str(tags.get(f"{image}ImageTags.Meta Data.Format", "")).startswith("Spectrum"):
        msg = "holds a spectrum or a spectrum image, not a micrograph."
        raise Refused(msg)
    while len(dimensions) > 2 and dimensions[-1] == 1:
        dimensions.pop()
    if len(dimensions) > 3:
        msg = f"holds data of {len(dimensions)} dimensions (4D-STEM?), not a micrograph."
        raise Refused(msg)
    check_shape(tuple(reversed(dimensions[:2])))
    kind = int(tags[f"{image}ImageData.DataType"])
    if kind in _COMPLEX:
        msg = "holds complex numbers (a Fourier transform?), not grey values."
        raise Refused(msg)
    if kind not in _DTYPES:
        msg = f"holds pixels of a kind antema does not know (DigitalMicrograph type {kind})."
        raise Refused(msg)
    uncalibrated = all(scale in (0, 1) and not unit.strip() for scale, unit in axes[:2])
    shape = (dimensions[1], dimensions[0], 4) if kind == _COLOUR else (dimensions[1], dimensions[0])
    return {
        "dtype": np.dtype(_DTYPES[kind]),
        "shape": shape,
        "bytes": math.prod(shape) * np.dtype(_DTYPES[kind]).itemsize,
        "count": dimensions[2] if len(dimensions) > 2 else 1,
        "offset": int(tags[f"{image}ImageData.Data.arrayOffset"]),
        "calibration": Calibration(why="has no calibration")
        if uncalibrated
        else Calibration(axes[0], axes[1], "DigitalMicrograph calibration"),
    }


def _load(file: BinaryIO, image: Mapping[str, Any], index: int) -> Frame:
    """Read one frame of an image."""
    offset = image["offset"] + index * image["bytes"]
    pixels = read_array(file, offset, image["dtype"], image["shape"])
    # Colours are stored as blue, green, red, alpha.
    return Frame(to_grey(pixels[..., 2::-1]) if pixels.ndim > 2 else pixels, image["calibration"])


DM = Format(
    "DigitalMicrograph",
    (".dm3", ".dm4"),
    matches,
    open_dm,
    (*COMMON_FAILURES, AssertionError, RuntimeError),
)
