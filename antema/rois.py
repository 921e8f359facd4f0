"""Outlines as regions of interest that ImageJ and Fiji open in their ROI Manager.

A region is a polygon along pixel edges in ImageJ's own format (`ij.io.RoiEncoder`): 64 bytes of
header, then the columns and the rows of the corners relative to the upper left one, big-endian.
"""

import io
import struct
import zipfile
from collections.abc import Sequence

import numpy as np

from .analysis import Analysis
from .export import unique_stems
from .geometry import outline
from .separation import LEFT_OUT, Region

_VERSION = 228
_TRACED = 8


def roi_bytes(corners: np.ndarray) -> bytes:
    """Return one polygon as the content of a ``.roi`` file.

    Parameters
    ----------
    corners : ndarray of shape (n, 2)
        Row and column of each corner; (0, 0) is the upper left corner of the first pixel.
    """
    corners = np.rint(corners).astype(int)
    (top, left), (bottom, right) = corners.min(axis=0), corners.max(axis=0)
    header = struct.pack(
        ">4shBx4hH", b"Iout", _VERSION, _TRACED, top, left, bottom, right, len(corners)
    )
    relative = corners - (top, left)
    numbers = np.concatenate([relative[:, 1], relative[:, 0]]).astype(">i2")
    return header.ljust(64, b"\0") + numbers.tobytes()


def roi_set(analysis: Analysis) -> bytes:
    """Return a zip with the outline of every particle of one image, named by its number."""
    kept = [region for region in analysis.regions if region.status != LEFT_OUT]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        for number in analysis.particles["particle"]:
            for part, corners in enumerate(_outline_in_image(kept[number - 1])):
                name = f"{number:05d}.roi" if part == 0 else f"{number:05d}-{part + 1}.roi"
                files.writestr(name, roi_bytes(corners))
    return stream.getvalue()


def roi_sets(analyses: Sequence[Analysis]) -> bytes:
    """Return the regions of one image, or of several a zip with a zip for each."""
    if len(analyses) == 1:
        return roi_set(analyses[0])
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as files:
        stems = unique_stems(analysis.micrograph.name for analysis in analyses)
        for analysis, stem in zip(analyses, stems, strict=True):
            files.writestr(f"{stem}_rois.zip", roi_set(analysis))
    return stream.getvalue()


def _outline_in_image(region: Region) -> list[np.ndarray]:
    """Return the corners of a region's parts, the largest first."""
    parts = [corners + 0.5 + region.origin for corners in outline(region.image)]
    return sorted(parts, key=lambda corners: -np.ptp(corners, axis=0).prod())
