"""Labelled folders: what is read, what is held out, and that image and label stay together."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from antema.errors import UnreadableImage
from antema.training.augmentation import change_grey
from antema.training.dataset import (
    PARTS,
    LabelledImage,
    cut_tile,
    find_pairs,
    part_of,
    read_folder,
    read_labels,
)


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


def test_labels_are_read_whatever_kind_of_picture_they_are(tmp_path):
    mask = np.zeros((40, 50), bool)
    mask[5:20, 7:30] = True
    Image.fromarray(mask).save(tmp_path / "binary.png")
    Image.fromarray(mask.astype(np.uint8) * 255).save(tmp_path / "grey.png")
    Image.fromarray(mask.astype(np.uint16) * 700).save(tmp_path / "label.png")
    Image.fromarray(mask.astype(np.uint16) * 700).save(tmp_path / "label.tif")
    Image.fromarray(np.stack([mask * 9, mask * 0, mask * 1], axis=2).astype(np.uint8)).save(
        tmp_path / "colour.png"
    )
    for path in sorted(tmp_path.iterdir()):
        np.testing.assert_array_equal(read_labels(path) > 0, mask, err_msg=path.name)


def test_a_folder_without_labels_is_refused_with_what_it_needs(tmp_path):
    with pytest.raises(UnreadableImage, match="needs a folder images"):
        find_pairs(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(UnreadableImage, match="no file in images has a label"):
        find_pairs(tmp_path)


def test_a_label_of_another_size_is_refused(tmp_path):
    for folder, shape in (("images", (40, 50)), ("masks", (40, 51))):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.eye(*shape, dtype=np.uint8)).save(tmp_path / folder / "a.png")
    with pytest.raises(UnreadableImage, match="label image is"):
        read_folder(tmp_path)


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
