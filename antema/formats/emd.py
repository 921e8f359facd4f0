"""The two formats called emd, both HDF5: Velox's (ThermoFisher) and Berkeley's.

Read by h5py, one frame at a time. ncempy's readers load the whole series and fail where metadata
are missing that a pixel size does not need.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..units import is_energy, to_nm
from .base import (
    COMMON_FAILURES,
    LARGEST_COMPRESSION,
    LARGEST_DIFFERENCE,
    Calibration,
    Contents,
    Format,
    Frame,
    Refused,
    check_length,
    check_shape,
)

_VELOX_IMAGES = "Data/Image"
Loader = Callable[[], Frame]


def matches(head: bytes, suffix: str) -> bool:
    """Tell whether a file begins as HDF5 does."""
    return head.startswith(b"\x89HDF\r\n\x1a\n")


@contextlib.contextmanager
def open_emd(path: Path) -> Iterator[Contents]:
    """Open an emd file of either kind; every image and every layer of a series is a frame."""
    import h5py  # not needed before an emd file is read

    length = path.stat().st_size
    with h5py.File(path, "r", locking=False) as file:
        list_loaders = _list_velox if "Data" in file else _list_berkeley
        loaders = list_loaders(file, length)

        def load(index: int) -> Frame:
            return loaders[index]()

        yield Contents(len(loaders), load)


def _check(data: Any, sides: tuple[int, ...], length: int) -> None:
    """Refuse what is not an array of real numbers that this file itself can hold."""
    if data.dtype.kind == "c" or data.dtype.fields:
        msg = "holds complex numbers (a Fourier transform?), not grey values."
        raise Refused(msg)
    if data.dtype.kind not in "buif":
        msg = f"holds data that are not grey values (HDF5 type {data.dtype})."
        raise Refused(msg)
    if data.is_virtual or data.external:
        msg = "keeps its image in another file, which antema does not open."
        raise Refused(msg)
    check_shape(sides)
    check_length(math.prod(data.shape) * data.dtype.itemsize // LARGEST_COMPRESSION, length)
    if data.id.get_storage_size() == 0:
        msg = "was never finished: its image was announced, but not written."
        raise Refused(msg)


def _list_velox(file: Any, length: int) -> list[Loader]:
    """List the layers of all images; Fourier transforms stored beside them are passed over."""
    loaders: list[Loader] = []
    refusals = []
    for group in file[_VELOX_IMAGES].values() if _VELOX_IMAGES in file else ():
        data = group["Data"]
        try:
            _check(data, data.shape[:2], length)
        except Refused as refusal:
            refusals.append(refusal)
            continue
        calibration = _calibrate_velox(group)
        layers = data.shape[2] if data.ndim > 2 else 1
        loaders += [_velox_loader(data, layer, calibration) for layer in range(layers)]
    if not loaders:
        raise next(iter(refusals), Refused("is a Velox file without an image (only spectra?)."))
    return loaders


def _velox_loader(data: Any, layer: int, calibration: Calibration) -> Loader:
    """Make the function that loads one layer."""
    return lambda: Frame(data[:, :, layer] if data.ndim > 2 else data[:], calibration)


def _calibrate_velox(group: Any) -> Calibration:
    """Take the pixel size from the JSON text beside the data."""
    try:
        text = group["Metadata"][:, 0].tobytes().partition(b"\0")[0].decode("utf-8", "replace")
        return read_velox_metadata(json.loads(text))
    except (KeyError, ValueError, TypeError, IndexError):
        return Calibration(why="has Velox metadata without a pixel size")


def read_velox_metadata(metadata: Any) -> Calibration:
    """Take the pixel size from Velox metadata; KeyError, TypeError or ValueError without one."""
    result = metadata["BinaryResult"]
    size, unit = result["PixelSize"], result["PixelUnitX"]
    return Calibration(
        (float(size["width"]), str(unit)),
        (float(size["height"]), str(result.get("PixelUnitY", unit))),
        "Velox metadata",
    )


def _list_berkeley(file: Any, length: int) -> list[Loader]:
    """List the frames of all EMD groups of the file."""
    groups: list[Any] = []

    def collect(name: str, item: Any) -> None:
        if "emd_group_type" in item.attrs and hasattr(item, "keys") and "data" in item:
            groups.append(item)

    file.visititems(collect)
    loaders: list[Loader] = []
    refusals = []
    for group in groups:
        try:
            loaders += _berkeley_loaders(group, length)
        except Refused as refusal:
            refusals.append(refusal)
    if not loaders:
        msg = "is an HDF5 file, but holds no image in the Velox or the Berkeley emd layout."
        raise next(iter(refusals), Refused(msg))
    return loaders


def _berkeley_loaders(group: Any, length: int) -> list[Loader]:
    """Make the functions that load the frames of one group."""
    data = group["data"]
    if data.ndim > 3:
        msg = f"holds data of {data.ndim} dimensions (4D-STEM?), not a micrograph."
        raise Refused(msg)
    check_shape(data.shape[-2:])
    first = 0 if "dim0" in group else 1
    axes = [_read_axis(group, f"dim{first + number}") for number in range(data.ndim)]
    if any(is_energy(unit) for _, unit in axes):
        msg = "holds a spectrum image, not a micrograph."
        raise Refused(msg)
    along = _frame_axis([unit for _, unit in axes]) if data.ndim == 3 else None
    rows, columns = (number for number in range(data.ndim) if number != along)
    _check(data, (data.shape[rows], data.shape[columns]), length)
    known = axes[rows][1] or axes[columns][1]
    calibration = (
        Calibration(axes[columns], axes[rows], "EMD calibration")
        if known
        else Calibration(why="has no unit of length in its EMD calibration")
    )

    def loader(index: int) -> Loader:
        where = tuple(index if number == along else slice(None) for number in range(data.ndim))
        return lambda: Frame(data[where], calibration)

    return [loader(index) for index in range(1 if along is None else data.shape[along])]


def _frame_axis(units: list[str]) -> int:
    """Choose the axis along which the frames follow: the one that is no length, else the first."""
    others = [number for number, unit in enumerate(units) if to_nm(1.0, unit) is None]
    return others[0] if len(others) == 1 else 0


def _read_axis(group: Any, name: str) -> tuple[float, str]:
    """Return the step and the unit of a dimension; the step is 0 if it is not even."""
    if name not in group:
        return 0.0, ""
    axis = group[name]
    unit = axis.attrs.get("units", "")
    unit = np.ravel(unit)[0] if np.ndim(unit) else unit
    unit = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
    if axis.ndim != 1 or axis.size < 2 or axis.dtype.kind not in "uif":
        return 0.0, unit
    steps = np.diff(axis[:].astype(np.float64))
    step = float(steps.mean())
    even = float(np.ptp(steps)) <= LARGEST_DIFFERENCE * abs(step)
    return (abs(step) if even else 0.0), unit


EMD = Format(
    "EMD",
    (".emd", ".h5", ".hdf5"),
    matches,
    open_emd,
    (*COMMON_FAILURES, AttributeError, RuntimeError),
)
