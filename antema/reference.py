"""Sizes that a person measured by hand, to compare with: from a table, ImageJ's ROIs or labels."""

import io
import math
import re
import zipfile
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from .errors import MissingScale, UnreadableImage

TABLES = (".csv", ".tsv", ".txt", ".xlsx")
OUTLINES = (".zip", ".roi")
PICTURES = (".png", ".tif", ".tiff", ".bmp")
# ImageJ's Results has Area and perhaps Feret; antema's own tables name the quantity in full.
_DIAMETERS = re.compile(r"equivalent_diameter|diam|(^|\W)d(\W|$)|size", re.IGNORECASE)
_AREAS = re.compile(r"area", re.IGNORECASE)


def read_diameters(name: str, content: bytes, nm_per_pixel: float | None = None) -> np.ndarray:
    """Read the equivalent diameters that a person measured.

    Parameters
    ----------
    name : str
        File name; its ending says which kind of file it is: a table (csv, tsv, txt, xlsx) with a
        column of diameters in nm or of areas in nm², outlines of ImageJ's ROI Manager (zip, roi),
        or a label image (png, tif, bmp), where every number or colour but 0 is one particle.
    content : bytes
        Of the file.
    nm_per_pixel : float, optional
        Pixel size; needed for outlines and label images.

    Returns
    -------
    ndarray of shape (n,)
        Equivalent circular diameters in nm.

    Raises
    ------
    UnreadableImage
        If the file cannot be read or holds no sizes.
    MissingScale
        If the pixel size is needed and not given.
    """
    ending = PurePath(name).suffix.lower()
    if ending in TABLES:
        diameters = _from_table(name, ending, content)
    elif ending in OUTLINES + PICTURES:
        if nm_per_pixel is None:
            msg = f"{name} is measured in pixels, so the pixel size of its image must be known."
            raise MissingScale(msg)
        areas = _polygon_areas if ending in OUTLINES else _label_areas
        try:
            diameters = np.sqrt(4 / math.pi * areas(content)) * nm_per_pixel
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            msg = f"{name} cannot be read as outlines or labels: {error}."
            raise UnreadableImage(msg) from error
    else:
        known = ", ".join(ending[1:] for ending in TABLES + OUTLINES + PICTURES)
        msg = f"{name} is no table, ROI file or label image; known endings are {known}."
        raise UnreadableImage(msg)
    diameters = diameters[np.isfinite(diameters) & (diameters > 0)]
    if not len(diameters):
        msg = f"{name} holds no size above 0."
        raise UnreadableImage(msg)
    return diameters


def _from_table(name: str, ending: str, content: bytes) -> np.ndarray:
    try:
        if ending == ".xlsx":
            table = pd.read_excel(io.BytesIO(content))
        else:
            table = _read_text(content)
            if not pd.to_numeric(table.iloc[0], errors="coerce").notna().any():
                table = table.iloc[1:].set_axis(table.iloc[0].astype(str), axis=1)
        numbers = table.apply(pd.to_numeric, errors="coerce").dropna(axis=1, how="all")
    except (ValueError, OSError, KeyError, IndexError, zipfile.BadZipFile) as error:
        msg = f"{name} cannot be read as a table: {error}."
        raise UnreadableImage(msg) from error
    columns = [str(column) for column in numbers.columns]
    numbers.columns = pd.Index(columns)
    for pattern in (_DIAMETERS, _AREAS):
        for column in sorted(filter(pattern.search, columns), key=_strange):
            values = numbers[column].to_numpy(float)
            return values if pattern is _DIAMETERS else np.sqrt(4 / math.pi * values)
    if len(columns) == 1:
        return numbers[columns[0]].to_numpy(float)
    msg = (
        f"{name} has no column of diameters or areas; name one of its columns diameter. "
        f"Its columns of numbers are {', '.join(columns) or 'none'}."
    )
    raise UnreadableImage(msg)


def _read_text(content: bytes) -> pd.DataFrame:
    """Return the cells of a text, whatever divides its columns; a single column has no divider."""
    text = content.decode("utf-8-sig", errors="replace")
    first = text.splitlines()[0] if text.strip() else ""
    divider = next((mark for mark in "\t;," if mark in first), ",")
    return pd.read_csv(io.StringIO(text), sep=divider, header=None)


def _strange(column: str) -> bool:
    """Whether a column is less likely meant than others: antema's table has several diameters."""
    return "equivalent" not in column and "diam" not in column.lower()


def _polygon_areas(content: bytes) -> np.ndarray:
    import roifile

    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            names = [name for name in files.namelist() if name.lower().endswith(".roi")]
            rois = [roifile.ImagejRoi.frombytes(files.read(name)) for name in names]
    else:
        rois = [roifile.ImagejRoi.frombytes(content)]
    return np.array([_area(roi) for roi in rois])


def _area(roi: Any) -> float:
    """Return the area of an ImageJ region in px²; 0 for a line or a point."""
    if roi.roitype.name == "OVAL":
        return math.pi / 4 * (roi.right - roi.left) * (roi.bottom - roi.top)
    if roi.roitype.name in ("POLYGON", "FREEHAND", "TRACED", "RECT"):
        x, y = np.asarray(roi.coordinates(), float).T
        return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return 0.0


def _label_areas(content: bytes) -> np.ndarray:
    """Return the areas in px of the labels; the particles of a mask are its connected parts."""
    from PIL import Image
    from scipy import ndimage

    with Image.open(io.BytesIO(content)) as picture:
        if picture.mode in ("RGB", "RGBA"):
            labels = np.asarray(picture.convert("RGB")).astype(np.int64) @ [65536, 256, 1]
        else:
            labels = np.asarray(picture).astype(np.int64)
    values, areas = np.unique(labels[labels > 0], return_counts=True)
    if len(values) == 1:
        parts, _ = ndimage.label(labels > 0, np.ones((3, 3)))
        areas = np.bincount(parts.ravel())[1:]
    return areas
