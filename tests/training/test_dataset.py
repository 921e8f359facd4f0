"""Labelled folders: what is read, what is held out, and that image and label stay together."""

import hashlib
import shutil

import numpy as np
import pytest

from antema.training.augmentation import change_grey
from antema.training.dataset import (
    PARTS,
    LabelledImage,
    cut_tile,
    part_of,
    read_divided,
    read_folder,
)
from antema.training.labels import find_pairs


def test_the_part_follows_from_the_name_by_the_written_rule():
    for name in ("00655d9628", "0113230c21", "0144266d21", "é µ"):
        number = int(hashlib.sha256(name.encode()).hexdigest(), 16)
        expected = "test" if number % 5 == 0 else "validation" if number % 15 == 1 else "training"
        assert part_of(name) == expected


def test_a_fifth_is_held_out_for_testing_and_a_fifteenth_for_validation():
    parts = [part_of(f"image {number}") for number in range(6000)]
    # Binomial standard deviations: 0.5 % and 0.3 %.
    assert parts.count("test") / 6000 == pytest.approx(0.2, abs=0.02)
    assert parts.count("validation") / 6000 == pytest.approx(1 / 15, abs=0.013)


def test_parts_of_a_folder_share_no_image_and_miss_none(labelled):
    names = [[image.name for image in read_folder(labelled, [part])] for part in PARTS]
    together = [name for part in names for name in part]
    assert sorted(together) == sorted(path.stem for path, _ in find_pairs(labelled))


def test_a_small_folder_holds_something_out_and_never_trains_on_it(labelled, tmp_path):
    for folder in ("images", "instances"):
        (tmp_path / folder).mkdir()
        for number in range(5):  # k4 is a test image by the rule, the others are for training
            shutil.copy(labelled / folder / "picture-0.png", tmp_path / folder / f"k{number}.png")
    assert [part_of(f"k{number}") for number in range(5)].count("training") == 4
    images, held_out = read_divided(tmp_path)
    assert (len(images), len(held_out)) == (3, 1)
    assert held_out[0].name not in [image.name for image in images]
    assert "test" not in {part_of(image.name) for image in [*images, *held_out]}


@pytest.mark.parametrize("scale", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("turn", [True, False])
def test_a_tile_shows_the_same_place_in_image_and_label(scale, turn):
    yy, xx = np.mgrid[:200, :260]
    mask = (np.hypot(yy - 80, xx - 120) < 60) | (xx > 220)
    image = LabelledImage("a", np.where(mask, 0, 255).astype(np.uint8), mask)
    rng = np.random.default_rng(0)
    for _ in range(20):
        grey, found = cut_tile(image, rng, scale, 64, turn)
        assert grey.shape == found.shape == (64, 64)
        # They differ only on the outline, where the grey values are between.
        clear = np.abs(grey - 0.5) > 0.45
        assert clear.mean() > 0.6
        np.testing.assert_array_equal(found[clear], grey[clear] < 0.5)


def test_a_tile_shows_particles_at_the_wanted_scale():
    yy, xx = np.mgrid[:128, :128]
    mask = np.hypot(yy - 63.5, xx - 63.5) < 10
    image = LabelledImage("a", np.where(mask, 0, 255).astype(np.uint8), mask)
    rng = np.random.default_rng(1)
    areas = [cut_tile(image, rng, 1.7, 256)[1].sum() for _ in range(5)]
    # At 256 px and scale 1.7 the tile is wider than the image, so the disc is always inside.
    np.testing.assert_allclose(areas, np.pi * 100 * 1.7**2, rtol=0.03)


def test_changed_grey_values_stay_in_range_and_are_reproducible():
    grey = np.random.default_rng(0).random((64, 64), dtype=np.float32)
    for seed in range(30):
        changed = change_grey(grey, np.random.default_rng(seed))
        assert changed.dtype == np.float32
        assert changed.min() >= 0
        assert changed.max() <= 1
        np.testing.assert_array_equal(changed, change_grey(grey, np.random.default_rng(seed)))
