import dataclasses
import io
import struct
import zipfile

import numpy as np
import pytest

from antema import Settings, analyze
from antema.rois import roi_bytes, roi_set, roi_sets

OTSU = Settings.from_dict({"segmentation": {"method": "otsu"}})


def decode(content):
    """Read a polygon as ij.io.RoiDecoder does; returns its kind and corners as row, column."""
    assert content[:4] == b"Iout"
    kind = content[6]
    top, left, bottom, right = struct.unpack(">4h", content[8:16])
    (count,) = struct.unpack(">H", content[16:18])
    numbers = np.frombuffer(content[64:], dtype=">i2").reshape(2, count).astype(int)
    corners = np.column_stack([numbers[1] + top, numbers[0] + left])
    assert corners.max(axis=0).tolist() == [bottom, right]
    return kind, corners


def area(corners):
    rows, columns = corners.T.astype(float)
    return abs(rows @ np.roll(columns, 1) - columns @ np.roll(rows, 1)) / 2


def test_a_polygon_comes_back():
    square = np.array([[10, 20], [10, 25], [14, 25], [14, 20]])
    kind, corners = decode(roi_bytes(square))
    assert kind == 8
    np.testing.assert_array_equal(corners, square)


def test_every_particle_has_a_region_of_its_area_and_place(discs):
    found = analyze(discs(), OTSU)
    with zipfile.ZipFile(io.BytesIO(roi_set(found))) as files:
        names = files.namelist()
        shapes = [decode(files.read(name))[1] for name in names]
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
