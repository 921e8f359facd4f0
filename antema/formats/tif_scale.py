"""What a tif file says of the size of its pixels: one function for each dialect.

The first dialect that a file speaks has the last word, also where it gives no length: behind the
calibration of a diffraction pattern, there is often a print resolution that means nothing.

Resolution tags are where programs keep their print setting, so they are believed only if they give
a pixel that an electron micrograph can have: less than 5 um (more than 5080 dots per inch).
"""

import json
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

from ..units import to_nm
from .base import Calibration
from .emd import read_velox_metadata

LARGEST_TAGGED_NM = 5000.0
"""A resolution tag that gives a larger pixel is a print setting: 72, 150, 300 ... per inch."""

_UNITS_OF_RESOLUTION = {2: "inch", 3: "cm"}
_FEI_TITAN = 34683
_FEI_SCANS = ("Scan", "EScan", "IScan")
_ZEISS_STANDARD_WIDTH = 1024
_ROUNDING = 0.005


def calibrate(tif: Any, page: Any) -> Calibration:
    """Return what the file says of the scale of a page.

    Parameters
    ----------
    tif : tifffile.TiffFile
        The open file.
    page : tifffile.TiffPage
        One of its pages.
    """
    for dialect in DIALECTS:
        calibration = dialect(tif, page)
        if calibration is not None:
            return calibration
    return Calibration()


def _digital_micrograph(tif: Any, page: Any) -> Calibration | None:
    """DigitalMicrograph's private tags: units as text, sizes as numbers."""
    tags = page.tags
    if 65009 not in tags or 65003 not in tags:
        return None
    x = (_number(tags.valueof(65009)), _text(tags.valueof(65003)))
    y = (_number(tags.valueof(65010, 65009)), _text(tags.valueof(65004)))
    return Calibration(x, y if 65010 in tags else x, "DigitalMicrograph tags")


def _imagej(tif: Any, page: Any) -> Calibration | None:
    """ImageJ: the unit in the description, the number in the resolution tags."""
    metadata = tif.imagej_metadata if tif.is_imagej else None
    if not metadata or "unit" not in metadata:
        return None
    unit = _unescape(str(metadata["unit"]))
    x = (_pixel_size(page, "XResolution"), unit)
    y = (_pixel_size(page, "YResolution"), _unescape(str(metadata.get("yunit", unit))))
    return _refuse_print_setting(Calibration(x, y, "ImageJ description"))


def _thermofisher(tif: Any, page: Any) -> Calibration | None:
    """FEI and ThermoFisher: an ini-like text (SEM, FIB), or an XML or JSON document (TEM)."""
    metadata = tif.fei_metadata or {}
    for scan in _FEI_SCANS:
        section = metadata.get(scan) or {}
        if "PixelWidth" in section:
            width = _number(section["PixelWidth"])
            height = _number(section.get("PixelHeight", width))
            return Calibration((width, "m"), (height, "m"), "FEI tag")
    for text in (_text(page.tags.valueof(_FEI_TITAN)), str(page.description)):
        calibration = _thermofisher_document(text.strip())
        if calibration is not None:
            return calibration
    return None


def _thermofisher_document(text: str) -> Calibration | None:
    """Find the pixel size in the XML or JSON that TIA, EPU and Velox write."""
    if text.startswith("{"):
        try:
            return read_velox_metadata(json.loads(text))
        except (KeyError, TypeError, ValueError):
            return None
    root = _parse_xml(text)
    size = None if root is None else _find(root, "PixelSize")
    x, y = (None, None) if size is None else (_find(size, "X"), _find(size, "Y"))
    if size is None or x is None:
        x, y = (None, None) if size is None else (_find(size, "Width"), _find(size, "Height"))
    if x is None or y is None:
        return None
    axes = [(_number(axis.text), axis.get("unit", "m")) for axis in (x, y)]
    return Calibration(axes[0], axes[1], "FEI metadata")


def _zeiss(tif: Any, page: Any) -> Calibration | None:
    """Zeiss: the pixel size as text, rounded, and among unnamed numbers, in full.

    "Pixel Size" and the unnamed number hold for a picture 1024 px wide, "Image Pixel Size" for
    this one. Older programs write only the former.
    """
    metadata = tif.sem_metadata
    if not metadata:
        return None
    unnamed: tuple[Any, ...] = metadata.get("") or ()
    exact = _number(unnamed[3]) if len(unnamed) > 3 else math.nan
    exact_nm = to_nm(exact * _ZEISS_STANDARD_WIDTH / max(page.imagewidth, 1), "m")
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        if len(metadata.get(key, ())) < 3:
            continue
        value, unit = _number(metadata[key][1]), str(metadata[key][2])
        stated_nm = to_nm(value, unit)
        older = key == "ap_pixel_size"
        if exact_nm and (older or (stated_nm and abs(exact_nm / stated_nm - 1) < _ROUNDING)):
            break
        return Calibration((value, unit), (value, unit), "Zeiss tag")
    if exact_nm is None:
        return None
    return Calibration((exact_nm, "nm"), (exact_nm, "nm"), "Zeiss tag")


def _jeol(tif: Any, page: Any) -> Calibration | None:
    """JEOL: XML in the description, written by SightX or by the Analysis Center."""
    root = _parse_xml(str(page.description).strip())
    if root is None or not root.tag.rpartition("}")[2].startswith("TemReporter"):
        return None
    source = "JEOL tag"
    length = _find(root, "LengthPerPixel")
    if length is not None:
        kind = _find_text(root, "MeasurementUnitType")
        unit = "1/nm" if kind == "UnitType_Diffraction" else "nm"
        return Calibration((_number(length.text), unit), (_number(length.text), unit), source)
    mode = _find_text(root, "ModeString")
    if _find_text(root, "EosMode") != "eosTEM" or "MAG" not in mode:
        return Calibration(why=f"was recorded in JEOL's mode {mode or 'unknown'}, not as an image")
    # The resolution is that of the camera; the magnification takes it to the specimen.
    unit = _UNITS_OF_RESOLUTION.get(int(page.tags.valueof("ResolutionUnit", 1)), "")
    factor = _number(_find_text(root, "SelectorValue"))
    x, y = (_pixel_size(page, f"{axis}Resolution") for axis in "XY")
    return Calibration((x / (factor or math.nan), unit), (y / (factor or math.nan), unit), source)


def _olympus(tif: Any, page: Any) -> Calibration | None:
    """Olympus (SIS): metres; sometimes only on another page than the first."""
    for other in (page, *(series.keyframe for series in tif.series)):
        metadata = other.tags.valueof(33560)
        if isinstance(metadata, dict) and "pixelsizex" in metadata:
            x, y = _number(metadata["pixelsizex"]), _number(metadata.get("pixelsizey"))
            return Calibration((x, "m"), (y, "m"), "Olympus tag")
    return None


def _tvips(tif: Any, page: Any) -> Calibration | None:
    """TVIPS (EM-MENU): nm in its second version."""
    metadata = tif.tvips_metadata or {}
    if not metadata.get("PixelSizeX"):
        return None
    x = _number(metadata["PixelSizeX"])
    return Calibration((x, "nm"), (_number(metadata.get("PixelSizeY", x)), "nm"), "TVIPS tag")


def _ome(tif: Any, page: Any) -> Calibration | None:
    """OME-TIFF: um unless it says otherwise."""
    root = _parse_xml(tif.ome_metadata or "")
    pixels = None if root is None else _find(root, "Pixels")
    if pixels is None or pixels.get("PhysicalSizeX") is None:
        return None
    axes = []
    for axis in "XY":
        size = _number(pixels.get(f"PhysicalSize{axis}", pixels.get("PhysicalSizeX")))
        axes.append((size, pixels.get(f"PhysicalSize{axis}Unit", "um")))
    return Calibration(axes[0], axes[1], "OME metadata")


def _resolution(tif: Any, page: Any) -> Calibration | None:
    """Plain resolution tags: pixels per inch or per cm."""
    if "XResolution" not in page.tags:
        return None
    unit = _UNITS_OF_RESOLUTION.get(int(page.tags.valueof("ResolutionUnit", 2)))
    if unit is None:
        return Calibration(why="has a resolution without a unit")
    x, y = (_pixel_size(page, f"{axis}Resolution") for axis in "XY")
    return _refuse_print_setting(Calibration((x, unit), (y, unit), f"resolution tag ({unit})"))


DIALECTS: tuple[Callable[[Any, Any], Calibration | None], ...] = (
    _digital_micrograph,
    _imagej,
    _thermofisher,
    _zeiss,
    _jeol,
    _olympus,
    _tvips,
    _ome,
    _resolution,
)


def _refuse_print_setting(calibration: Calibration) -> Calibration:
    """Take away a scale that is a print setting rather than a micrograph's."""
    sizes = [to_nm(*axis) for axis in (calibration.x, calibration.y) if axis is not None]
    largest = max((size for size in sizes if size is not None), default=0.0)
    if largest < LARGEST_TAGGED_NM:
        return calibration
    why = (
        f"has a resolution of {2.54e7 / largest:.4g} dots per inch ({calibration.source}), which "
        "is a print setting and not the scale of a micrograph"
    )
    return Calibration(why=why)


def _pixel_size(page: Any, tag: str) -> float:
    """Turn pixels per unit into units per pixel; NaN if there is none."""
    value = page.tags.valueof(tag)
    if isinstance(value, tuple) and len(value) == 2 and value[0]:
        return float(value[1]) / float(value[0])
    resolution = math.nan if isinstance(value, tuple) else _number(value)
    return 1 / resolution if resolution else math.nan


def _number(value: Any) -> float:
    """Return a number, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _text(value: Any) -> str:
    """Return a tag's text; some programs store it as bytes, in Latin-1."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")
    return "" if value is None else str(value)


def _unescape(text: str) -> str:
    r"""Turn Java's ``\u00B5``, as ImageJ writes it, into the character."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)


def _parse_xml(text: str) -> ET.Element | None:
    """Parse XML; None if it is none."""
    text = text.strip("\0\1\r\n\t \ufeff")
    if not text.startswith("<"):
        return None
    try:
        return ET.fromstring(text)
    except (ET.ParseError, ValueError):
        return None


def _find(root: ET.Element, name: str) -> ET.Element | None:
    """Find the first element of that name, in whichever namespace."""
    return next((item for item in root.iter() if item.tag.rpartition("}")[2] == name), None)


def _find_text(root: ET.Element, name: str) -> str:
    """Return the text of the first element of that name, empty if there is none."""
    item = _find(root, name)
    return "" if item is None else (item.text or "").strip()
