import dataclasses
import io
import struct
import zipfile

import numpy as np
import pytest
import roifile

from antema import Settings, analyze
from antema.rois import roi_bytes, roi_set, roi_sets

OTSU = Settings.from_dict({"segmentation": {"method": "otsu"}})


def corners_in(content):
    """Read a polygon with the library that ImageJ's format is known to; rows and columns."""
    roi = roifile.ImagejRoi.frombytes(content)
    assert roi.roitype == roifile.ROI_TYPE.TRACED
    return roi.coordinates()[:, ::-1]


def area(corners):
    rows, columns = corners.T.astype(float)
    return abs(rows @ np.roll(columns, 1) - columns @ np.roll(rows, 1)) / 2


def test_a_polygon_is_written_as_imagej_reads_it():
    square = np.array([[10, 20], [10, 25], [14, 25], [14, 20]])
    content = roi_bytes(square, "00001")
    np.testing.assert_array_equal(corners_in(content), square)
    # The fields of ij.io.RoiDecoder: magic word, kind 8 = traced, top and left, number of corners.
    assert (content[:4], content[6]) == (b"Iout", 8)
    assert struct.unpack(">2h", content[8:12]) == (10, 20)
    assert struct.unpack(">H", content[16:18]) == (4,)
    assert roifile.ImagejRoi.frombytes(content).name == "00001"


def test_every_particle_has_a_region_of_its_area_and_place(discs):
    found = analyze(discs(), OTSU)
    with zipfile.ZipFile(io.BytesIO(roi_set(found))) as files:
        names = files.namelist()
        shapes = [corners_in(files.read(name)) for name in names]
    assert names == [f"{number:05d}.roi" for number in found.particles["particle"]]
    expected = found.particles["area_nm2"] / 0.1**2
    assert [area(corners) for corners in shapes] == pytest.approx(list(expected))
    # a pixel's centre is half a pixel from the corner that ImageJ counts from
    for corners, row in zip(shapes, found.particles.itertuples(), strict=True):
        assert corners[:, 0].min() == row.bbox_min_row_px
        assert corners[:, 1].max() == row.bbox_max_column_px


def test_particles_dropped_by_a_filter_have_no_region(discs):
    found = analyze(discs(), OTSU)
    less = dataclasses.replace(found, particles=found.particles.iloc[[1, 3]])
    with zipfile.ZipFile(io.BytesIO(roi_set(less))) as files:
        assert files.namelist() == ["00002.roi", "00004.roi"]


def test_several_images_have_a_set_each(discs):
    found = [analyze(discs(name), OTSU) for name in ("a.tif", "b.tif")]
    with zipfile.ZipFile(io.BytesIO(roi_sets(found))) as files:
        assert files.namelist() == ["a_rois.zip", "b_rois.zip"]
        assert files.read("a_rois.zip") == roi_set(found[0])
