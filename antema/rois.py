"""Outlines as regions of interest that ImageJ and Fiji open in their ROI Manager."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np

from .analysis import Analysis
from .export import unique_stems
from .separation import LEFT_OUT, Region


def roi_bytes(corners: np.ndarray, name: str) -> bytes:
    """Return one polygon along pixel edges as the content of a ``.roi`` file.

    Parameters
    ----------
    corners : ndarray of shape (n, 2)
        Row and column of each corner; (0, 0) is the upper left corner of the first pixel.
    name : str
        What the ROI Manager calls it.
    """
    import roifile

    points = np.rint(corners).astype(int)[:, ::-1]
    roi = roifile.ImagejRoi.frompoints(points, name=name)
    roi.roitype = roifile.ROI_TYPE.TRACED
    content: bytes = roi.tobytes()
    return content


def roi_set(analysis: Analysis) -> bytes:
    """Return a zip with the outline of every particle of one image, named by its number."""
    kept = [region for region in analysis.regions if region.status != LEFT_OUT]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        for number in analysis.particles["particle"]:
            for part, corners in enumerate(_outline_in_image(kept[number - 1])):
                name = f"{number:05d}" if part == 0 else f"{number:05d}-{part + 1}"
                files.writestr(f"{name}.roi", roi_bytes(corners, name))
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
    parts = [corners + 0.5 for corners in region.outlines]
    return sorted(parts, key=lambda corners: -np.ptp(corners, axis=0).prod())
