"""Evaluation through the whole chain, with Otsu's threshold on clean discs; no torch."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from antema import Settings
from antema.cli import main
from antema.errors import UnreadableImage
from antema.training.evaluate import contrast_to_noise, evaluate
from antema.training.labels import find_pairs, read_labels

OTSU = Settings.from_dict({"segmentation": {"method": "otsu"}})


def test_clean_discs_are_found_counted_and_measured(labelled):
    report = evaluate(labelled, settings=OTSU)
    assert (report.weights, report.separation, len(report.images)) == ("otsu", "uecs", 12)
    assert report.total.iou > 0.95
    assert report.objects.f1[0] > 0.95
    assert report.objects.true == sum(image.objects.true for image in report.images) > 30
    assert abs(report.count_error) < 0.05
    assert report.mean_diameter_error < 0.02
    assert [example.iou for example in report.examples] == sorted(report.ious[:6])


def test_masks_are_compared_as_connected_objects(labelled, tmp_path):
    shutil.copytree(labelled / "images", tmp_path / "images")
    (tmp_path / "masks").mkdir()
    for _, label in find_pairs(labelled):
        mask = (read_labels(label) > 0).astype(np.uint8) * 255
        Image.fromarray(mask).save(tmp_path / "masks" / label.name)
    report = evaluate(tmp_path, settings=OTSU)
    assert report.separation == "none"
    assert report.objects.f1[0] > 0.9


def test_scores_are_grouped_by_the_table_beside_the_images(labelled, tmp_path):
    folder = shutil.copytree(labelled, tmp_path / "labelled")
    rows = [f"picture-{n},{'few' if n < 4 else 'many'}" for n in range(12)]
    (folder / "about.csv").write_text("\n".join(["image,electrons", *rows]))
    groups = evaluate(folder, settings=OTSU).groups()["electrons"]
    assert {name: len(part.images) for name, part in groups.items()} == {"few": 4, "many": 8}


def test_contrast_to_noise_of_a_case_with_known_noise():
    rng = np.random.default_rng(0)
    mask = np.zeros((300, 300), bool)
    mask[100:200, 100:200] = True
    grey = rng.normal(0.7, 0.1, mask.shape) - 0.2 * mask
    assert contrast_to_noise(grey, mask) == pytest.approx(2, rel=0.05)
    assert np.isnan(contrast_to_noise(grey, np.zeros_like(mask)))


def test_the_command_writes_a_report_that_agrees_with_itself(labelled, tmp_path, capsys):
    call = ["evaluate", str(labelled), "--segmentation", "otsu", "-o", str(tmp_path / "out")]
    assert main(call) == 0
    said = capsys.readouterr().out
    plain = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert f"{plain['particle']['iou']:.2%}"[:4] in said
    assert "worst images" in said
    table = pd.read_csv(tmp_path / "out" / "evaluation.csv")
    assert table["iou"].mean() == pytest.approx(plain["mean_image_iou"], abs=1e-3)
    assert dict(zip(table["image"], table["iou"], strict=True)) == plain["by_image"]
    with Image.open(tmp_path / "out" / "evaluation.png") as picture:
        assert picture.size == (1320, 990)
    assert main(call) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*call, "--overwrite"]) == 0


def test_a_part_without_images_is_named(labelled, tmp_path):
    for folder in ("images", "instances"):
        (tmp_path / folder).mkdir()
        # SHA-256 of this name leaves 4 modulo 5, so it is not a test image.
        shutil.copy(labelled / folder / "picture-0.png", tmp_path / folder / "a.png")
    with pytest.raises(UnreadableImage, match="no image of the part test"):
        evaluate(tmp_path, parts=["test"], settings=OTSU)


def test_evaluation_needs_no_torch():
    code = "import sys; sys.modules['torch'] = None; import antema.training.evaluate"
    subprocess.run([sys.executable, "-c", code], check=True)
