import json

import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image

from antema import (
    COLUMNS,
    InvalidOption,
    Micrograph,
    ResultsExist,
    SegmentationOptions,
    Settings,
    UnwritableResults,
    analyze,
)
from antema.appearance import length_text, round_length
from antema.export import export_analysis, export_pooled, file_stem, record, unique_stems

OTSU = Settings(SegmentationOptions(method="otsu"))
NAMES = [column.name for column in COLUMNS]


def picture(path):
    with Image.open(path) as opened:
        opened.load()
        return opened


@pytest.fixture
def analysis(discs):
    return analyze(discs(), OTSU)


def test_an_image_leaves_a_table_three_pictures_and_a_record(analysis, tmp_path):
    written = export_analysis(analysis, tmp_path / "deep" / "out")
    assert sorted(path.name for path in written) == [
        "discs.json",
        "discs.xlsx",
        "discs_micrograph.png",
        "discs_outlines.png",
        "discs_segmentation.png",
    ]
    assert sorted(written) == sorted((tmp_path / "deep" / "out").iterdir())


@pytest.mark.parametrize("table", ["xlsx", "csv"])
def test_the_table_comes_back_as_it_was(analysis, tmp_path, table):
    export_analysis(analysis, tmp_path, table=table)
    path = tmp_path / f"discs.{table}"
    back = pd.read_csv(path) if table == "csv" else pd.read_excel(path, sheet_name="Particles")
    pd.testing.assert_frame_equal(back, analysis.particles, check_dtype=False)


def test_the_workbook_tells_summary_left_out_and_settings(analysis, tmp_path):
    export_analysis(analysis, tmp_path)
    sheets = pd.read_excel(tmp_path / "discs.xlsx", sheet_name=None)
    assert list(sheets) == ["Particles", "Summary", "Left out", "Settings"]
    summary = sheets["Summary"].set_index("quantity")
    assert summary.loc["area_nm2", "mean"] == pytest.approx(analysis.particles["area_nm2"].mean())
    assert summary.loc["area_nm2", "unit"] == "nm²"
    assert sheets["Left out"].to_numpy().tolist() == [["discs.png", "touches the image edge", 1]]
    settings = sheets["Settings"].set_index("setting")["value"]
    assert settings["settings.separation.convexity"] == "0.95"
    assert settings["image.nm_per_pixel"] == "0.1"


def test_an_empty_table_has_its_columns_in_the_file(tmp_path):
    nothing = analyze(Micrograph(np.full((50, 50), 3.0), 1.0, "empty.tif"), OTSU)
    export_analysis(nothing, tmp_path)
    export_analysis(nothing, tmp_path / "csv", table="csv")
    assert list(pd.read_excel(tmp_path / "empty.xlsx").columns) == NAMES
    assert list(pd.read_csv(tmp_path / "csv" / "empty.csv").columns) == NAMES


def test_the_record_says_how_the_numbers_were_made(analysis, tmp_path):
    export_analysis(analysis, tmp_path)
    made = json.loads((tmp_path / "discs.json").read_text(encoding="utf-8"))
    assert made["image"]["scale_source"] == "given by hand"
    assert made["image"]["nm_per_pixel"] == 0.1
    assert made["left_out"] == {"touches the image edge": 1}
    assert made["particles"] == 5
    assert Settings.from_dict(made["settings"]) == OTSU
    assert {"python", "numpy", "onnxruntime"} <= set(made["versions"])
    assert made["weights_sha256"] is None


def test_the_pictures_show_the_image_the_mask_and_the_outlines(analysis, tmp_path):
    export_analysis(analysis, tmp_path)
    mask = np.array(picture(tmp_path / "discs_segmentation.png"))
    np.testing.assert_array_equal(mask, analysis.mask)
    plain = picture(tmp_path / "discs_micrograph.png")
    assert plain.mode == "L"
    assert plain.size == (1024, 896)
    outlines = np.array(picture(tmp_path / "discs_outlines.png").convert("RGB"))
    # The left rim of the disc at (60, 60), a whole one, is blue; that of (150, 175) is orange.
    assert (outlines[242, 175:190] == (0, 0x72, 0xB2)).all(1).any()
    assert (outlines[602, 620:645] == (0xE6, 0x9F, 0)).all(1).any()
    assert (outlines[:, 440] == (0xD4, 0xD4, 0xD4)).all(1).any()


def test_the_scale_bar_is_as_long_as_it_says(analysis, tmp_path):
    export_analysis(analysis, tmp_path)
    pixels = np.array(picture(tmp_path / "discs_micrograph.png"))
    # 25.6 nm on 1024 px: the bar is 5 nm, 200 px, black in the white box of the lower right corner.
    row = pixels[-50:, 700:]
    longest = max((np.diff(np.flatnonzero(np.r_[1, line != 0, 1])).max() - 1) for line in row)
    assert longest == pytest.approx(200, abs=2)


@pytest.mark.parametrize(
    ("width", "length", "text"),
    [
        (25.6, 5, "5 nm"),
        (100, 20, "20 nm"),
        (8, 2, "2 nm"),
        (40_000, 10_000, "10 µm"),
        (2, 0.5, "500 pm"),
    ],
)
def test_scale_bars_have_round_lengths(width, length, text):
    assert round_length(width) == pytest.approx(length)
    assert length_text(round_length(width)) == text


def test_existing_results_stay_unless_told(analysis, tmp_path):
    kept = tmp_path / "discs_outlines.png"
    kept.write_bytes(b"mine")
    with pytest.raises(ResultsExist, match=r"discs_outlines\.png exists already"):
        export_analysis(analysis, tmp_path)
    assert kept.read_bytes() == b"mine"
    assert list(tmp_path.iterdir()) == [kept]
    export_analysis(analysis, tmp_path, overwrite=True)
    assert kept.read_bytes() != b"mine"


def test_a_folder_that_cannot_be_written_is_named(analysis, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableResults, match="cannot be made"):
        export_analysis(analysis, tmp_path / "file" / "out")
    (tmp_path / "discs.json").mkdir()
    with pytest.raises(UnwritableResults, match=r"discs\.json could not be written"):
        export_analysis(analysis, tmp_path, overwrite=True)


def test_a_pooled_table_names_the_image_on_every_row(discs, tmp_path):
    analyses = [analyze(discs(name), OTSU) for name in ("a.dm3", "b.dm3")]
    nothing = analyze(Micrograph(np.full((50, 50), 3.0), 1.0, "empty.tif"), OTSU)
    analyses.append(nothing)
    tables, records = [a.particles for a in analyses], [record(a) for a in analyses]
    path = export_pooled(tables, records, tmp_path)
    sheets = pd.read_excel(path, sheet_name=None)
    assert path.name == "pooled.xlsx"
    assert sheets["Particles"]["image"].value_counts().to_dict() == {"a.dm3": 5, "b.dm3": 5}
    assert ["all images", "touches the image edge", 2] in sheets["Left out"].to_numpy().tolist()
    with pytest.raises(ResultsExist):
        export_pooled(tables, records, tmp_path)


def test_another_form_of_table_is_refused(analysis, tmp_path):
    with pytest.raises(InvalidOption, match="xlsx or csv, not as 'ods'"):
        export_analysis(analysis, tmp_path, table="ods")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("a.dm3", "a"),
        ("Au 2.5 nm.tif", "Au_2.5_nm"),
        ("stack.tif [3]", "stack_frame3"),
        ("../../etc/passwd", "etc_passwd"),
        ("µ-Gold.emd", "µ-Gold"),
        ("...", "image"),
    ],
)
def test_stems_are_safe_file_names(name, stem):
    assert file_stem(name) == stem


def test_stems_of_one_batch_differ():
    assert unique_stems(["a.dm3", "A.tif", "a.png", "pooled.tif"]) == [
        "a",
        "A_2",
        "a_3",
        "pooled_2",
    ]


def test_long_names_and_formulas_do_no_harm(discs, tmp_path):
    micrograph = discs(name="=HYPERLINK(1).png")
    export_analysis(analyze(micrograph, OTSU), tmp_path)
    path = next(tmp_path.glob("*.xlsx"))
    cell = openpyxl.load_workbook(path)["Particles"]["A2"]
    assert cell.value == "=HYPERLINK(1).png"
    assert cell.data_type == "s"
