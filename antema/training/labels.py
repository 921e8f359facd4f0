"""Labelled folders: which images have labels, and reading these, whoever drew them.

A folder has `images/` and `instances/` (or `masks/`, `labels/`, `rois/`), with files of the same
name. A label image has 0 for background and a number or colour for each particle; a mask has one
value for all of them; ImageJ's ROI Manager saves one outline per particle in a zip.
"""

import csv
import re
import struct
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import UnreadableImage

LABEL_FOLDERS = ("instances", "masks", "labels", "rois")
OUTLINE_ENDINGS = (".zip", ".roi")
LABEL_ENDINGS = (".png", ".tif", ".tiff", ".bmp", *OUTLINE_ENDINGS)
# What programs add to the name of an image when they save its labels.
_ADDED = ("_rois", "_labels", "_mask", "_segmentation")
ABOUT = "about.csv"


def find_pairs(folder: Path | str) -> list[tuple[Path, Path]]:
    """Find the images of a folder that have labels, sorted by name.

    Returns
    -------
    list of (Path, Path)
        Image and labels; `a.tif` has its labels in `a.png`, `a.zip` or `a_rois.zip`, say.

    Raises
    ------
    UnreadableImage
        If the folder has not both parts, or no image has a label.
    """
    folder = Path(folder)
    images = folder / "images"
    labels = next((folder / name for name in LABEL_FOLDERS if (folder / name).is_dir()), None)
    if not images.is_dir() or labels is None:
        msg = (
            f"{folder} is no labelled folder: it needs a folder images and a folder instances, "
            "masks or rois, in which the labels have the name of their micrograph."
        )
        raise UnreadableImage(msg)
    by_name: dict[str, Path] = {}
    for path in sorted(labels.iterdir()):
        if path.suffix.lower() in LABEL_ENDINGS:
            by_name.setdefault(_bare(path.stem), path)
            by_name[path.stem] = path
    pairs = [
        (path, by_name[path.stem]) for path in sorted(images.iterdir()) if path.stem in by_name
    ]
    if not pairs:
        msg = (
            f"{folder}: no file in images has labels of the same name in {labels.name}; "
            f"for images/a.tif there must be {labels.name}/a.png, .tif, .bmp, or .zip of ImageJ."
        )
        raise UnreadableImage(msg)
    return pairs


def read_about(folder: Path | str) -> dict[str, dict[str, str]]:
    """Read what is known of the images besides: columns of `about.csv`, by image.

    The column `image` has the name of the image, with or without its ending; every other column,
    such as `kind` or `dose`, is a property to group the scores by. Without the file nothing is
    known.
    """
    path = Path(folder) / ABOUT
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if rows and "image" not in rows[0]:
        msg = f"{path} needs a column image with the names of the images; it has {list(rows[0])}."
        raise UnreadableImage(msg)
    return {
        Path(row["image"]).stem: {k: v for k, v in row.items() if k and k != "image" and v}
        for row in rows
    }


def read_labels(path: Path, shape: tuple[int, int] | None = None) -> np.ndarray:
    """Read labels as integers, 0 where there is background.

    Parameters
    ----------
    path : Path
        A label image or mask, or a zip or roi file of ImageJ.
    shape : (int, int), optional
        Rows and columns of the micrograph; needed for outlines, checked for pictures.

    Returns
    -------
    ndarray of int64, shape (M, N)
        Colours of an RGB picture become one number each.

    Raises
    ------
    UnreadableImage
        If the file cannot be read or does not fit the micrograph.
    """
    if path.suffix.lower() in OUTLINE_ENDINGS:
        return _read_outlines(path, shape)
    try:
        with Image.open(path) as picture:
            labels = _as_numbers(picture)
    except OSError as error:
        msg = f"{path} cannot be read as a label image: {error}."
        raise UnreadableImage(msg) from error
    if shape is not None and labels.shape != tuple(shape):
        msg = (
            f"{path}: the label image is {labels.shape[1]} x {labels.shape[0]} pixels, its "
            f"micrograph {shape[1]} x {shape[0]}. Save it again at the size of the micrograph."
        )
        raise UnreadableImage(msg)
    return labels


def is_binary(labels: np.ndarray) -> bool:
    """Whether labels tell only particle from background, not one particle from the other."""
    return len(np.unique(labels[labels != 0])) <= 1


def _bare(stem: str) -> str:
    """Return the name without what programs add for labels."""
    return next((stem.removesuffix(end) for end in _ADDED if stem.endswith(end)), stem)


def _as_numbers(picture: Image.Image) -> np.ndarray:
    if picture.mode in ("RGB", "RGBA"):
        channels = np.asarray(picture.convert("RGB")).astype(np.int64)
        return channels @ np.array([65536, 256, 1])
    values = np.asarray(picture.convert("L") if picture.mode == "LA" else picture).astype(np.int64)
    # A mask drawn with soft edges: mostly white, with some greys between.
    if values.max() == 255 and 2 * np.count_nonzero(values == 255) > np.count_nonzero(values):
        return np.where(values > 127, 255, 0)
    return values


def _read_outlines(path: Path, shape: tuple[int, int] | None) -> np.ndarray:
    """Read the outlines of ImageJ's ROI Manager; a later one lies on top."""
    import roifile

    if shape is None:
        msg = f"{path}: outlines need the shape of their micrograph."
        raise UnreadableImage(msg)
    try:
        outlines = roifile.roiread(path)
    except (OSError, ValueError, IndexError, struct.error, zipfile.BadZipFile) as error:
        msg = f"{path} cannot be read as regions of ImageJ: {error}."
        raise UnreadableImage(msg) from error
    outlines = outlines if isinstance(outlines, list) else [outlines]
    names = {outline.name for outline in outlines}
    labels = np.zeros(shape, np.int64)
    numbers: dict[str, int] = {}
    for number, outline in enumerate(outlines, start=1):
        # antema writes the further parts of particle 00001 as 00001-2, 00001-3, ...
        whole = re.sub(r"-\d+$", "", outline.name)
        if whole in names and whole != outline.name:
            number = numbers.get(whole, number)
        numbers.setdefault(outline.name, number)
        _fill(labels, number, list(outline.coordinates(multi=True)))
    if not labels.any():
        msg = f"{path}: no outline of it encloses a pixel of its micrograph."
        raise UnreadableImage(msg)
    return labels


def _fill(labels: np.ndarray, number: int, parts: list[np.ndarray]) -> None:
    """Number the pixels whose centres lie inside; a part within another one is a hole."""
    from skimage.draw import polygon

    inside = np.zeros(labels.shape, bool)
    for corners in parts:
        if len(corners) < 3:
            continue  # a point or a line
        # ImageJ counts from the corner of the first pixel, arrays from its centre.
        rows, columns = polygon(corners[:, 1] - 0.5, corners[:, 0] - 0.5, labels.shape)
        inside[rows, columns] ^= True
    labels[inside] = number
