"""Labels from pictures and from ImageJ: which belong to which image, and every pixel of them."""

import numpy as np
import pytest
import roifile
from PIL import Image

from antema import Settings, analyze
from antema.errors import UnreadableImage
from antema.rois import roi_set
from antema.training.dataset import read_folder
from antema.training.labels import find_pairs, is_binary, read_about, read_labels


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
        labels = read_labels(path)
        np.testing.assert_array_equal(labels > 0, mask, err_msg=path.name)
        assert is_binary(labels)


def test_soft_edges_of_a_mask_are_cut_in_the_middle_and_label_numbers_are_kept(tmp_path):
    soft = np.zeros((40, 50), np.uint8)
    soft[10:30, 10:30] = 255
    soft[9, 10:30], soft[30, 10:30] = 90, 180
    Image.fromarray(soft).save(tmp_path / "soft.png")
    assert np.count_nonzero(read_labels(tmp_path / "soft.png")) == 21 * 20
    numbers = np.zeros((40, 50), np.uint8)
    numbers[2:12, 2:12], numbers[20:30, 20:30] = 3, 255
    Image.fromarray(numbers).save(tmp_path / "numbers.png")
    found = read_labels(tmp_path / "numbers.png")
    np.testing.assert_array_equal(found, numbers)
    assert not is_binary(found)


def test_outlines_that_antema_writes_for_imagej_come_back_pixel_by_pixel(discs, tmp_path):
    analysis = analyze(discs(), Settings.from_dict({"segmentation": {"method": "otsu"}}))
    (tmp_path / "discs_rois.zip").write_bytes(roi_set(analysis))
    labels = read_labels(tmp_path / "discs_rois.zip", analysis.micrograph.shape)
    kept = [region for region in analysis.regions if region.status != "left out"]
    assert len(kept) == 5
    together = np.zeros(labels.shape, bool)
    for region in kept:
        (row, column), (height, width) = region.origin, region.image.shape
        together[row : row + height, column : column + width] |= region.image
    np.testing.assert_array_equal(labels > 0, together)
    assert len(np.unique(labels)) == 6


def test_imagej_s_rectangles_ovals_and_holes_are_filled_as_drawn(tmp_path):
    square = np.array([[10, 20], [30, 20], [30, 40], [10, 40]])
    roifile.roiwrite(tmp_path / "a.zip", [roifile.ImagejRoi.frompoints(square, name="square")])
    labels = read_labels(tmp_path / "a.zip", (64, 80))
    expected = np.zeros((64, 80), bool)
    expected[20:40, 10:30] = True
    np.testing.assert_array_equal(labels > 0, expected)

    oval = roifile.ImagejRoi()
    oval.roitype = roifile.ROI_TYPE.OVAL
    oval.left, oval.top, oval.right, oval.bottom = 10, 10, 50, 30
    oval.name = "oval"
    roifile.roiwrite(tmp_path / "b.roi", oval)
    found = np.count_nonzero(read_labels(tmp_path / "b.roi", (64, 80)))
    assert found == pytest.approx(np.pi * 20 * 10, rel=0.02)


def test_labels_that_cannot_be_used_say_what_to_do(tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    with pytest.raises(UnreadableImage, match="cannot be read as regions of ImageJ"):
        read_labels(tmp_path / "broken.zip", (40, 50))
    Image.fromarray(np.eye(40, 51, dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImage, match="51 x 40 pixels, its micrograph 50 x 40"):
        read_labels(tmp_path / "a.png", (40, 50))
    line = roifile.ImagejRoi.frompoints(np.array([[1, 1], [20, 20]]), name="line")
    roifile.roiwrite(tmp_path / "line.zip", [line])
    with pytest.raises(UnreadableImage, match="no outline of it encloses"):
        read_labels(tmp_path / "line.zip", (40, 50))


def test_a_folder_without_labels_is_refused_with_what_it_needs(tmp_path):
    with pytest.raises(UnreadableImage, match="needs a folder images"):
        find_pairs(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(UnreadableImage, match="no file in images has labels"):
        find_pairs(tmp_path)


def test_labels_are_found_under_the_names_that_programs_give_them(tmp_path):
    for folder in ("images", "rois"):
        (tmp_path / folder).mkdir()
    for name in ("a.tif", "b.png", "c.png", "d_mask.png"):
        (tmp_path / "images" / name).touch()
    for name in ("a.zip", "b_rois.zip", "d_mask.png", "other.png"):
        (tmp_path / "rois" / name).touch()
    names = [(image.name, labels.name) for image, labels in find_pairs(tmp_path)]
    assert names == [("a.tif", "a.zip"), ("b.png", "b_rois.zip"), ("d_mask.png", "d_mask.png")]


def test_a_label_of_another_size_is_refused(tmp_path):
    for folder, shape in (("images", (40, 50)), ("masks", (40, 51))):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.eye(*shape, dtype=np.uint8)).save(tmp_path / folder / "a.png")
    with pytest.raises(UnreadableImage, match="label image is"):
        read_folder(tmp_path)


def test_what_is_known_of_images_is_read_by_name(tmp_path):
    assert read_about(tmp_path) == {}
    (tmp_path / "about.csv").write_text("image,kind,dose\na.tif,rod,10\nb,,20\n")
    assert read_about(tmp_path) == {"a": {"kind": "rod", "dose": "10"}, "b": {"dose": "20"}}
    (tmp_path / "about.csv").write_text("name\na\n")
    with pytest.raises(UnreadableImage, match="needs a column image"):
        read_about(tmp_path)
