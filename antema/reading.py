"""From a file, or the bytes of one, to micrographs.

The content decides what a file is, not its name. Frames are loaded one at a time. This is the one
place where what a library raises on a damaged file becomes a sentence for the user; the formats
themselves are in `antema.formats`, the units in `antema.units`.
"""

import contextlib
import hashlib
import math
import re
import stat
import tempfile
import threading
import warnings
from collections.abc import Callable, Generator
from os import PathLike
from pathlib import Path
from typing import TypeVar

from .errors import InvalidOption, UnreadableImage
from .formats import HEAD_BYTES, Format, Frame, Refused, recognise
from .micrograph import Micrograph

T = TypeVar("T")

_QUIET = threading.Lock()  # warnings.catch_warnings changes the whole process


def read(path: str | PathLike[str], nm_per_pixel: float | None = None) -> Micrograph:
    """Read the first frame of a file.

    Parameters
    ----------
    path : path-like
        A dm3, dm4, tif, emd, ser, mrc, png, jpg or bmp file.
    nm_per_pixel : float, optional
        Side of a pixel in nm, given by hand; it wins over what the file says.

    Returns
    -------
    Micrograph
        Grey values as float32 (colours by luminance), the pixel size in nm or None, and where
        that came from or why it is not known.

    Raises
    ------
    UnreadableImage
        If it is not a micrograph antema can analyse, or its pixels are not square (pixel sizes
        that differ by more than 0.5 %).
    InvalidOption
        If `nm_per_pixel` is not a positive number.
    """
    with contextlib.closing(read_frames(path, nm_per_pixel)) as frames:
        return next(frames)


def read_frames(
    path: str | PathLike[str], nm_per_pixel: float | None = None
) -> Generator[Micrograph, None, None]:
    """Read the frames of a file one after the other.

    Parameters
    ----------
    path : path-like
        A file as for `read`; tif, dm3, dm4, emd, ser and mrc may hold a series.
    nm_per_pixel : float, optional
        Side of a pixel in nm, given by hand; it wins over what the file says.

    Yields
    ------
    Micrograph
        Named as the file; in a series with the number of the frame, ``"series.tif [1]"`` first.

    Raises
    ------
    UnreadableImage
        As for `read`, when the frame in question is reached.
    InvalidOption
        If `nm_per_pixel` is not a positive number.
    """
    by_hand = _check_size(nm_per_pixel)
    path = Path(path)
    return _read_frames(path, path.name, by_hand)


def read_bytes(
    name: str, content: bytes | bytearray | memoryview, nm_per_pixel: float | None = None
) -> Micrograph:
    """Read the first frame of a file that is in memory, such as an upload.

    Parameters
    ----------
    name : str
        The file's name, for tables and messages.
    content : bytes
        All of its content.
    nm_per_pixel : float, optional
        Side of a pixel in nm, given by hand; it wins over what the file says.

    Returns
    -------
    Micrograph
        The same as `read` gives for the file.

    Raises
    ------
    UnreadableImage, InvalidOption
        As for `read`.
    """
    by_hand = _check_size(nm_per_pixel)
    name = re.split(r"[/\\]", name)[-1] or "upload"
    # A real file: the libraries map it, seek in it and ask for its length.
    with tempfile.TemporaryDirectory(prefix="antema-") as folder:
        path = Path(folder) / "upload"
        path.write_bytes(content)
        with contextlib.closing(_read_frames(path, name, by_hand)) as frames:
            return next(frames)


def _check_size(nm_per_pixel: float | None) -> float | None:
    """Return a pixel size given by hand as a number, or say that it is none."""
    if nm_per_pixel is None:
        return None
    try:
        size = math.nan if isinstance(nm_per_pixel, bool | str) else float(nm_per_pixel)
    except (TypeError, ValueError):
        size = math.nan
    if not (math.isfinite(size) and size > 0):
        msg = f"The pixel size must be a positive number of nm, such as 0.1, not {nm_per_pixel!r}."
        raise InvalidOption(msg)
    return size


def _read_frames(path: Path, name: str, by_hand: float | None) -> Generator[Micrograph, None, None]:
    """Open, load frame by frame, close."""
    format = _recognise(path, name)
    with contextlib.ExitStack() as stack, path.open("rb") as file:
        contents = _call(format, name, stack.enter_context, format.open(path))
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        for index in range(contents.count):
            frame = _call(format, name, contents.frame, index)
            label = name if contents.count == 1 else f"{name} [{index + 1}]"
            yield _make_micrograph(frame, name, label, by_hand, sha256)


def _recognise(path: Path, name: str) -> Format:
    """Find the format of a file, or say why it cannot even be opened."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISREG(mode):
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        msg = f"There is no file {path}. Check the name and the folder."
        raise UnreadableImage(msg) from error
    except OSError as error:
        msg = f"{name} cannot be opened ({error.strerror}). Check who may read it."
        raise UnreadableImage(msg) from error
    if stat.S_ISDIR(mode):
        msg = f"{name} is a folder. Give the files in it."
        raise UnreadableImage(msg)
    if not stat.S_ISREG(mode):
        msg = f"{name} is not an ordinary file. Give the file of a micrograph."
        raise UnreadableImage(msg)
    if not head:
        msg = f"{name} is empty (0 bytes). Copy it again from where it was recorded."
        raise UnreadableImage(msg)
    try:
        return recognise(head, Path(name).suffix.lower())
    except Refused as refusal:
        msg = f"{name} {refusal}"
        raise UnreadableImage(msg) from None


def _call(format: Format, name: str, function: Callable[..., T], *arguments: object) -> T:
    """Call a library without its warnings; what it raises on a bad file becomes a sentence."""
    try:
        with _QUIET, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments)
    except Refused as refusal:
        msg = f"{name} {refusal}"
        raise UnreadableImage(msg) from refusal.__cause__
    except format.failures as error:
        msg = (
            f"{name} cannot be read as {format.name}: it is damaged, cut short, or of a variant "
            "antema does not know. Copy it again, or save it as tif in the program that wrote it."
        )
        raise UnreadableImage(msg) from error


def _make_micrograph(
    frame: Frame, name: str, label: str, by_hand: float | None, sha256: str
) -> Micrograph:
    """Make the micrograph of one frame, refusing what cannot be analysed."""
    size, source = frame.calibration.resolve(name, by_hand)
    micrograph = Micrograph(frame.pixels, size, label, source, sha256)
    darkest = float(micrograph.pixels.min())
    if darkest == float(micrograph.pixels.max()):
        msg = f"{label}: all pixels have the same value ({darkest:g}), so there is nothing to see."
        raise UnreadableImage(msg)
    return micrograph
