import dataclasses
import math

import numpy as np
import pytest

from antema.errors import MissingScale, UnreadableImage
from antema.micrograph import Micrograph

PIXELS = np.arange(32 * 40).reshape(32, 40)


def test_pixels_become_float32_that_nobody_changes():
    source = PIXELS.astype(np.float64)
    micrograph = Micrograph(source, 0.1, "a.tif")
    assert micrograph.pixels.dtype == np.float32
    assert micrograph.pixels.flags.c_contiguous
    assert micrograph.shape == (32, 40)
    source[0, 0] = 77
    assert micrograph.pixels[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        micrograph.pixels[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        micrograph.name = "b.tif"


@pytest.mark.parametrize("dtype", ["?", "u1", ">u2", "i4", "u8", "f2", ">f8"])
def test_any_real_type_is_taken(dtype):
    values = (PIXELS % 2).astype(dtype)
    assert np.array_equal(Micrograph(values).pixels, values)


def test_lists_and_transposed_arrays_are_taken():
    assert np.array_equal(Micrograph(PIXELS.tolist()).pixels, PIXELS)
    assert np.array_equal(Micrograph(PIXELS.T).pixels, PIXELS.T)


@pytest.mark.parametrize(
    ("pixels", "match"),
    [
        (np.zeros(99), "at least 32 x 32"),
        (np.zeros((31, 99)), "at least 32 x 32"),
        (np.zeros((40, 40, 3)), "at least 32 x 32"),
        (np.zeros((0, 0)), "at least 32 x 32"),
        (5, "at least 32 x 32"),
        ([[1, 2], [3]], "rows of the same length"),
        (PIXELS.astype(complex), "real numbers"),
        (PIXELS.astype(str), "real numbers"),
        (PIXELS.astype(object), "real numbers"),
        (np.where(PIXELS == 7, math.nan, PIXELS), "not finite"),
        (np.where(PIXELS == 7, math.inf, PIXELS), "not finite"),
        (np.where(PIXELS == 7, 1e300, PIXELS), "not finite"),
    ],
)
def test_what_is_no_image_is_refused_by_name(pixels, match):
    with pytest.raises(UnreadableImage, match=match) as caught:
        Micrograph(pixels, name="a.tif")
    assert str(caught.value).startswith("a.tif: ")


@pytest.mark.parametrize("size", [0, -0.1, math.nan, math.inf, True, "0.1nm", [1, 2]])
def test_a_pixel_size_is_a_positive_number(size):
    with pytest.raises(UnreadableImage, match="positive number of nm"):
        Micrograph(PIXELS, size)


def test_where_the_scale_came_from_is_always_said():
    assert Micrograph(PIXELS, np.float32(0.5)).scale_source == "given by hand"
    assert Micrograph(PIXELS).scale_source == "not known"
    assert Micrograph(PIXELS, 1, scale_source="Zeiss tag").scale_source == "Zeiss tag"


def test_an_unknown_scale_is_missing_and_never_one():
    assert Micrograph(PIXELS, 0.5).known_nm_per_pixel == 0.5
    micrograph = Micrograph(PIXELS, None, "a.dm3", "a.dm3 is calibrated in 1/nm, not in a length")
    with pytest.raises(MissingScale, match=r"a\.dm3: .*1/nm.*by hand"):
        _ = micrograph.known_nm_per_pixel
