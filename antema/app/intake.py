"""What comes in from a person: files, words and numbers as people write them."""

import dataclasses
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .. import reading
from ..errors import AntemaError, InvalidOption
from ..micrograph import Micrograph
from . import messages

FOLDER_VARIABLE = "ANTEMA_FOLDER"
IMAGE_SUFFIXES = (
    *(".dm3", ".dm4", ".tif", ".tiff", ".emd", ".ser", ".mrc"),
    *(".png", ".jpg", ".jpeg", ".bmp"),
)


def frames_in(name: str, content: bytes) -> Iterator[Micrograph]:
    """Yield the frames of an uploaded file; it lies on the disk only while it is read."""
    with tempfile.TemporaryDirectory(prefix="antema-") as folder:
        path = Path(folder, Path(name.replace("\\", "/")).name or "upload")
        path.write_bytes(content)
        yield from reading.read_frames(path)


def simulated_sample() -> Micrograph:
    """Return the micrograph behind the button "Try a sample"."""
    from ..simulation import simulate

    made = simulate(seed=2, rows_px=1024, columns_px=1024, count=90)
    return dataclasses.replace(made.micrograph, name=messages.SAMPLE_NAME)


def number_or_none(text: str) -> float | None:
    """Return the number that a person wrote, None for nothing; a decimal comma is understood."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidOption(messages.FILTER_BAD.format(text=text)) from error


def shared_root() -> Path | None:
    """Return the folder that the page may open files from, None if the server was given none."""
    folder = os.environ.get(FOLDER_VARIABLE)
    return Path(folder).resolve() if folder else None


def list_folder(root: Path, inside: str) -> tuple[list[str], list[str]]:
    """Return the names of the folders and of the images in a folder below `root`.

    Raises
    ------
    AntemaError
        If the folder is not there or lies outside of `root`.
    """
    folder = path_below(root, inside)
    if not folder.is_dir():
        raise AntemaError(messages.FOLDER_GONE.format(name=inside))
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name.casefold())
    shown = [entry for entry in entries if not entry.name.startswith(".")]
    folders = [entry.name for entry in shown if entry.is_dir()]
    images = [e.name for e in shown if e.is_file() and e.suffix.lower() in IMAGE_SUFFIXES]
    return folders, images


def path_below(root: Path, inside: str) -> Path:
    """Return a path below `root`; links and dots that lead out of it are refused."""
    path = (root / inside).resolve()
    if not path.is_relative_to(root.resolve()):
        raise AntemaError(messages.FOLDER_OUTSIDE)
    return path
