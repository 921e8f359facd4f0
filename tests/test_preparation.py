"""Preparation: grey values and size of what the network sees."""

import numpy as np
import pytest

from antema.preparation import normalise, resize, working_shape


def test_normalising_is_robust_to_outliers():
    pixels = np.random.default_rng(0).normal(1000, 30, (300, 300))
    pixels[5, 5], pixels[6, 6] = 1e6, -1e6
    found = normalise(pixels)
    assert found.dtype == np.float32
    assert found.min() == 0
    assert found.max() == 1
    # Percentiles 0.5 and 99.5 of a normal distribution lie 2 x 2.576 standard deviations apart.
    assert found.std() == pytest.approx(1 / (2 * 2.576), abs=0.01)


def test_gain_and_offset_of_the_camera_do_not_matter():
    pixels = np.random.default_rng(0).normal(1000, 30, (64, 64))
    np.testing.assert_allclose(normalise(pixels * 40 + 7), normalise(pixels), atol=1e-5)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float64])
def test_every_type_of_number_gives_the_same(kind):
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64))
    np.testing.assert_array_equal(normalise(pixels.astype(kind)), normalise(pixels))


def test_a_constant_image_is_grey():
    assert (normalise(np.full((40, 40), 7)) == 0.5).all()


def test_few_dark_particles_on_a_constant_background_keep_their_contrast():
    pixels = np.full((100, 100), 200.0)
    pixels[:2, :2] = 50  # 0.04 % of the pixels: below the percentile
    found = normalise(pixels)
    assert found[0, 0] == 0
    assert found[50, 50] == 1


def test_a_large_image_gets_the_percentiles_of_all_of_it():
    pixels = np.random.default_rng(2).normal(0, 1, (3000, 3000)).astype(np.float32)
    low, high = np.percentile(pixels, [0.5, 99.5])
    expected = np.clip((pixels - low) / (high - low), 0, 1)
    # From a ninth of the pixels the percentiles are known to about 1 % of a standard deviation.
    np.testing.assert_allclose(normalise(pixels), expected, atol=0.01)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 1.5, 3])
def test_resizing_keeps_the_place_and_area_of_a_disc(scale):
    y, x = np.mgrid[:200, :240] + 0.5
    disc = (np.hypot(y - 80, x - 150) < 40).astype(np.float32)
    small = resize(disc, (round(200 * scale), round(240 * scale)))
    assert small.shape == (200 * scale, 240 * scale)
    assert small.sum() / scale**2 == pytest.approx(disc.sum(), rel=0.01)
    rows, columns = np.mgrid[: small.shape[0], : small.shape[1]] + 0.5
    assert (rows * small).sum() / small.sum() / scale == pytest.approx(80, abs=0.1)
    assert (columns * small).sum() / small.sum() / scale == pytest.approx(150, abs=0.1)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((100, 120), (100, 120)),
        ((1536, 1536), (1536, 1536)),
        ((2048, 1024), (1536, 768)),
        ((2000, 3072), (1000, 1536)),
        ((8192, 32), (4096, 16)),  # at most to half
    ],
)
def test_the_working_shape_is_not_too_large(shape, expected):
    assert working_shape(shape, 1536) == expected


def test_few_particles_in_a_large_image_keep_their_contrast():
    grey = np.random.default_rng(0).normal(100, 5, (1000, 1000))
    grey[500:520, 500:520] -= 60  # 0.04 % of the image, far below the percentile
    grey[100, 100] = -1e6  # a dead pixel
    found = normalise(grey)
    assert found[500:520, 500:520].mean() < 0.2
    assert found[:400, 200:].mean() > 0.7
