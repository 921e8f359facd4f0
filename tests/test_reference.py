import io
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from antema import MissingScale, SegmentationOptions, Settings, UnreadableImage, analyze
from antema.export import export_analysis
from antema.reference import read_diameters
from antema.rois import roi_set


def png(labels):
    stream = io.BytesIO()
    Image.fromarray(labels).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "diameter\n4\n6\n",
        "4\n6\n",
        "number;Diameter [nm];area\n1;4;99\n2;6;99\n",
        "n\td (nm)\n1\t4\n2\t6\n",
        f" ,Area,Mean\n1,{np.pi * 4},3\n2,{np.pi * 9},3\n",
        "equivalent_diameter_nm,feret_max_nm,area_nm2\n4,5,1\n6,7,1\n",
    ],
)
def test_diameters_are_found_in_tables_as_people_write_them(text):
    assert read_diameters("by hand.csv", text.encode()) == pytest.approx([4, 6])


def test_the_tables_of_antema_and_outlines_in_imagej_s_form_come_back(discs, tmp_path):
    settings = Settings(segmentation=SegmentationOptions(method="otsu"))
    analysis = analyze(discs(), settings)
    wanted = analysis.particles["equivalent_diameter_nm"].to_numpy()
    export_analysis(analysis, tmp_path)
    assert read_diameters("a.xlsx", (tmp_path / "discs.xlsx").read_bytes()) == pytest.approx(wanted)
    found = read_diameters("a_rois.zip", roi_set(analysis), nm_per_pixel=0.1)
    assert np.sort(found) == pytest.approx(np.sort(wanted), rel=1e-6)


def test_ovals_of_imagej_are_ellipses():
    roifile = pytest.importorskip("roifile")
    roi = roifile.ImagejRoi.frompoints([[10, 20], [30, 20], [30, 60], [10, 60]])
    roi.roitype = roifile.ROI_TYPE.OVAL
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as files:
        files.writestr("one.roi", roi.tobytes())
    width, height = roi.right - roi.left, roi.bottom - roi.top
    expected = np.sqrt(width * height) * 0.5
    assert read_diameters("r.zip", stream.getvalue(), 0.5) == pytest.approx([expected])


def test_labels_are_counted_by_number_and_masks_by_part():
    labels = np.zeros((40, 40), np.uint8)
    labels[2:12, 2:12], labels[12:22, 2:12] = 1, 2  # they touch
    expected = np.sqrt(4 / np.pi * 100) * 0.2
    assert read_diameters("l.png", png(labels), 0.2) == pytest.approx([expected] * 2)
    mask = np.zeros((40, 40), np.uint8)
    mask[2:12, 2:12], mask[20:30, 20:30] = 255, 255
    assert read_diameters("m.png", png(mask), 0.2) == pytest.approx([expected] * 2)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"x,y\n1,2\n", "name one of its columns diameter"),
        ("a.csv", b"diameter\n0\n", "no size above 0"),
        ("a.csv", b"", "cannot be read as a table"),
        ("a.xlsx", b"no", "cannot be read as a table"),
        ("a.png", b"no", "cannot be read as outlines or labels"),
        ("a.roi", b"no", "cannot be read as outlines or labels"),
        ("a.pdf", b"", "is no table, ROI file or label image"),
    ],
)
def test_what_cannot_be_read_is_told(name, content, words):
    with pytest.raises(UnreadableImage, match=words):
        read_diameters(name, content, 0.1)


def test_labels_need_a_pixel_size():
    with pytest.raises(MissingScale, match=r"l\.png is measured in pixels"):
        read_diameters("l.png", png(np.eye(8, dtype=np.uint8)))


def test_sizes_of_a_table_may_have_gaps():
    stream = io.BytesIO()
    pd.DataFrame({"d": [1.0, np.nan, 3.0]}).to_excel(stream, index=False)
    assert read_diameters("t.xlsx", stream.getvalue()).tolist() == [1, 3]
