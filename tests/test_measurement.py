import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import antema
from antema import COLUMNS, Micrograph, MissingScale, SeparationOptions, measure, separate
from antema.separation import LEFT_OUT, SEPARATED, WHOLE, Region

NAMES = [column.name for column in COLUMNS]


def region(image, origin=(0, 0), status=WHOLE, reason=""):
    return Region(origin, np.asarray(image, bool), status, reason, seen=1.0)


def disc(radius, offset=(0.0, 0.0)):
    half = math.ceil(radius) + 1
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    image = np.hypot(rows - offset[0], columns - offset[1]) <= radius
    keep_rows, keep_columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
    return image[keep_rows[0] : keep_rows[-1] + 1, keep_columns[0] : keep_columns[-1] + 1]


def test_the_columns_are_those_of_the_contract():
    assert NAMES == [
        "image",
        "particle",
        "row_px",
        "column_px",
        "bbox_min_row_px",
        "bbox_min_column_px",
        "bbox_max_row_px",
        "bbox_max_column_px",
        "area_nm2",
        "equivalent_diameter_nm",
        "feret_min_nm",
        "feret_max_nm",
        "perimeter_nm",
        "circularity",
        "aspect_ratio",
        "convexity",
        "solidity",
        "mean_intensity",
        "separated",
        "below_convexity_threshold",
        "outline_seen",
    ]


def test_a_rectangle_has_the_numbers_of_its_pixel_outline():
    table = measure([region(np.ones((10, 30)), origin=(4, 7))], 0.5)
    row = table.iloc[0]
    assert row["area_nm2"] == 75
    assert row["equivalent_diameter_nm"] == pytest.approx(math.sqrt(4 * 75 / math.pi))
    assert row["feret_min_nm"] == pytest.approx(5)
    assert row["feret_max_nm"] == pytest.approx(0.5 * math.hypot(10, 30))
    assert row["aspect_ratio"] == pytest.approx(math.hypot(10, 30) / 10)
    assert (row["row_px"], row["column_px"]) == (8.5, 21.5)
    assert list(row["bbox_min_row_px":"bbox_max_column_px"]) == [4, 7, 14, 37]
    assert row["perimeter_nm"] == pytest.approx(40, rel=0.03)
    assert row["convexity"] == pytest.approx(1, abs=0.01)
    assert row["solidity"] == pytest.approx(1, abs=0.01)
    assert row["image"] == ""
    assert math.isnan(row["mean_intensity"])


@pytest.mark.parametrize("diameter", [20, 31, 50, 77.5, 120, 200])
def test_discs_are_measured_within_the_stated_error(diameter):
    offsets = np.random.default_rng(0).uniform(-0.5, 0.5, (20, 2))
    table = measure([region(disc(diameter / 2, offset)) for offset in offsets], 0.1)
    true = diameter / 10
    assert table["area_nm2"].mean() == pytest.approx(math.pi / 4 * true**2, rel=0.002)
    assert list(table["area_nm2"]) == pytest.approx([math.pi / 4 * true**2] * 20, rel=0.02)
    assert list(table["equivalent_diameter_nm"]) == pytest.approx([true] * 20, rel=0.01)
    assert table["circularity"].between(0.97, 1.03).all()
    for feret in ("feret_min_nm", "feret_max_nm"):
        error_px = (table[feret] - true) * 10
        assert abs(error_px.mean()) < 0.9
        assert error_px.abs().max() < 1.3
    assert (table["aspect_ratio"] < 1 + 2.2 / diameter).all()


@given(scale=st.floats(0.001, 100), side=st.integers(4, 40), length=st.integers(4, 40))
def test_lengths_grow_with_the_pixel_and_areas_with_its_square(scale, side, length):
    shape = [region(np.ones((side, length)))]
    one, scaled = measure(shape, 1.0).iloc[0], measure(shape, scale).iloc[0]
    for column in COLUMNS:
        power = {"nm": 1, "nm²": 2}.get(column.unit, 0)
        if column.dtype == "float64" and column.name != "mean_intensity":
            assert scaled[column.name] == pytest.approx(one[column.name] * scale**power)


def test_turning_the_image_permutes_the_table():
    rng = np.random.default_rng(3)
    rows, columns = np.indices((220, 300))
    mask = np.zeros((220, 300), bool)
    for r, c in [(40, 50), (60, 200), (150, 90), (160, 240)]:
        a, b, turn = *rng.uniform(12, 26, 2), rng.uniform(0, math.pi)
        u = (rows - r) * math.cos(turn) + (columns - c) * math.sin(turn)
        v = (columns - c) * math.cos(turn) - (rows - r) * math.sin(turn)
        mask |= (u / a) ** 2 + (v / b) ** 2 <= 1
    intrinsic = [c.name for c in COLUMNS if c.dtype == "float64" and not c.name.endswith("_px")]
    intrinsic.remove("mean_intensity")

    def sizes(image):
        table = measure(separate(image, 1.0), 1.0)[intrinsic]
        return table.sort_values("area_nm2", ignore_index=True)

    pd.testing.assert_frame_equal(sizes(mask), sizes(np.rot90(mask)), rtol=1e-9)


def test_the_sum_of_areas_is_the_mask_without_separation():
    rng = np.random.default_rng(0)
    mask = np.zeros((200, 200), bool)
    mask[20:180, 20:180] = rng.random((160, 160)) < 0.3
    options = SeparationOptions(method="none")
    table = measure(separate(mask, 0.3, options), 0.3)
    assert table["area_nm2"].sum() == pytest.approx(mask.sum() * 0.09)


def test_left_out_regions_are_no_rows_and_separated_ones_are_flagged():
    regions = [
        region(disc(9), (5, 5)),
        region(disc(9), (40, 5), LEFT_OUT, "touches the image edge"),
        region(disc(9), (80, 5), SEPARATED),
    ]
    table = measure(regions, 1.0)
    assert list(table["particle"]) == [1, 2]
    assert list(table["separated"]) == [False, True]


def test_grey_values_and_the_name_come_from_the_micrograph():
    pixels = np.arange(64.0 * 64).reshape(64, 64)
    micrograph = Micrograph(pixels, 1.0, "a.dm3")
    image = np.array([[1, 0], [1, 1]])
    row = measure([region(image, (3, 4))], 1.0, micrograph=micrograph).iloc[0]
    assert row["image"] == "a.dm3"
    assert row["mean_intensity"] == (pixels[3, 4] + pixels[4, 4] + pixels[4, 5]) / 3


def test_an_empty_table_has_the_columns_and_types_of_a_full_one():
    empty, full = measure([], 1.0), measure([region(disc(9))], 1.0)
    assert list(empty.columns) == NAMES
    assert len(empty) == 0
    assert list(empty.dtypes) == list(full.dtypes)


@pytest.mark.parametrize("nm_per_pixel", [None, 0, -1, float("nan"), float("inf")])
def test_nothing_is_measured_without_a_scale(nm_per_pixel):
    with pytest.raises(MissingScale, match="pixel size"):
        measure([], nm_per_pixel)


def test_a_notched_shape_is_flagged_below_the_threshold():
    notched = disc(20).copy()
    notched[:18, 18:23] = False
    rows = measure([region(notched), region(disc(20))], 1.0)
    assert list(rows["below_convexity_threshold"]) == [True, False]
    assert antema.measure([region(notched)], 1.0, convexity=0.5).iloc[0]["separated"] == np.False_
