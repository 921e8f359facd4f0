"""Scores against values worked out by hand."""

import json

import numpy as np
import pytest

from antema.separation import WHOLE, Region
from antema.training.metrics import Confusion
from antema.training.objects import (
    LEAST_IOUS,
    ObjectScores,
    connected,
    regions_of,
    score_objects,
)
from antema.training.report import ImageScore, Report


def score(found, truth, **how):
    """Score the connected objects of two masks."""
    return score_objects(regions_of(connected(found)), connected(truth), **how)


def test_confusion_counts_and_scores_of_a_case_worked_out_by_hand():
    found = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool)
    truth = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], bool)
    confusion = Confusion.of(found, truth)
    assert confusion == Confusion(2, 1, 2, 3)
    assert confusion.accuracy == pytest.approx(5 / 8)
    assert confusion.class_accuracy == pytest.approx(2 / 4)
    assert confusion.iou == pytest.approx(2 / 5)
    assert confusion.dice == pytest.approx(4 / 7)
    background = confusion.of_background
    assert background.class_accuracy == pytest.approx(3 / 4)
    assert background.iou == pytest.approx(3 / 6)
    assert background.dice == pytest.approx(6 / 9)
    np.testing.assert_allclose(confusion.normalised, [[0.5, 0.5], [0.25, 0.75]])


def test_dice_follows_from_iou():
    confusion = Confusion(70, 11, 19, 400)
    assert confusion.dice == pytest.approx(2 * confusion.iou / (1 + confusion.iou))


def test_nothing_found_where_nothing_is_counts_as_right():
    empty = np.zeros((4, 4), bool)
    confusion = Confusion.of(empty, empty)
    assert (confusion.accuracy, confusion.iou, confusion.dice) == (1, 1, 1)


def test_objects_are_matched_one_to_one():
    truth, found = np.zeros((2, 60, 60), bool)
    truth[5:15, 5:15] = True  # found exactly
    found[5:15, 5:15] = True
    truth[30:40, 5:15] = True  # found by less than half
    found[30:34, 5:15] = True
    truth[30:40, 30:40] = True  # lost
    found[50:55, 50:55] = True  # invented
    found[0, 0] = True  # a speck, left out
    scores = score(found, truth)
    assert (scores.true, scores.found, scores.matched[0]) == (3, 3, 1)
    assert scores.precision[0] == pytest.approx(1 / 3)
    assert scores.recall[0] == pytest.approx(1 / 3)
    assert scores.f1[0] == pytest.approx(1 / 3)


def test_two_fused_objects_match_neither():
    truth = np.zeros((20, 41), bool)
    truth[5:15, 5:20] = truth[5:15, 21:36] = True
    found = truth.copy()
    found[5:15, 20] = True
    assert score(found, truth).matched[0] == 0


def test_a_pair_counts_at_every_iou_it_exceeds():
    truth, found = np.zeros((2, 30, 30), bool)
    truth[5:15, 5:15] = True
    found[5:15, 6:16] = True  # IoU 90 / 110 = 0.818
    scores = score(found, truth)
    assert LEAST_IOUS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    assert scores.matched == (1, 1, 1, 1, 1, 1, 1, 0, 0, 0)
    assert scores.to_dict()["f1"]["0.80"] == 1
    assert scores.to_dict()["f1"]["0.85"] == 0


def test_of_two_that_overlap_only_the_better_one_is_matched():
    truth = np.zeros((30, 30), int)
    truth[5:15, 5:15] = 7
    square = np.ones((10, 10), bool)
    found = [Region((5, 6), square, WHOLE), Region((5, 5), square, WHOLE)]
    scores = score_objects(found, truth)
    assert (scores.true, scores.found) == (1, 2)
    assert scores.matched == (1,) * 10  # the exact one, although it comes second


def test_what_the_edge_cuts_counts_on_neither_side():
    truth, found = np.zeros((2, 40, 40), bool)
    truth[0:10, 5:15] = True  # at the edge, found, but not to the edge
    found[1:10, 5:15] = True
    truth[20:30, 5:15] = True
    found[20:30, 5:15] = True
    found[20:30, 25:35] = True  # invented
    scores = score(found, truth, edge_counts=False)
    assert (scores.true, scores.found, scores.matched[0]) == (1, 2, 1)
    assert score(found, truth).true == 2


def scored(name, confusion, true=2, found=2, matched=2, **more):
    return ImageScore(name, confusion, ObjectScores(true, found, (matched,) * 10), **more)


def test_a_report_counts_pixels_together_and_images_alone():
    images = [
        scored("large", Confusion(90, 10, 0, 0), true_diameter_px=10, found_diameter_px=11),
        scored("small", Confusion(1, 0, 9, 0), 4, 1, 0, true_diameter_px=20, found_diameter_px=14),
        scored("empty", Confusion(0, 0, 0, 100), 0, 0, 0),
    ]
    report = Report("w", tuple(images), 0.5)
    assert report.total.iou == pytest.approx(91 / 110)
    assert report.mean_iou == pytest.approx((0.9 + 0.1 + 1) / 3)
    assert report.worst_tenth_iou == pytest.approx(0.1)
    assert report.objects == ObjectScores(6, 3, (2,) * 10)
    assert report.count_error == pytest.approx(3 / 6 - 1)
    assert report.mean_count_error == pytest.approx((0 + 0.75) / 2)  # the empty one has none
    assert report.mean_diameter_error == pytest.approx((0.1 + 0.3) / 2)
    assert report.diameter_bias == pytest.approx((0.1 - 0.3) / 2)
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["particle"]["iou"] == pytest.approx(0.8273, abs=1e-4)
    assert "82.73%" in report.to_text()
    assert list(report.table()["image"]) == ["small", "large", "empty"]


def test_images_are_grouped_by_contrast_size_and_what_is_known():
    good, bad = Confusion(9, 1, 0, 90), Confusion(1, 9, 0, 90)
    images = [
        scored("a", bad, contrast_to_noise=0.7, size_px=9, about={"kind": "rod", "dose": "10"}),
        scored("b", good, contrast_to_noise=12, size_px=9, about={"kind": "cube", "dose": "20"}),
        scored("c", good, contrast_to_noise=-0.2, size_px=300, about={"dose": "900"}),
    ]
    groups = Report("w", tuple(images), 0.5).groups()
    contrast = groups["contrast-to-noise"]
    assert {name: len(part.images) for name, part in contrast.items()} == {
        "below 1": 2,
        "10 and more": 1,
    }
    assert contrast["below 1"].total.iou == pytest.approx(10 / 20)
    assert list(groups["median diameter / px"]) == ["8 to 16", "128 and more"]
    assert list(groups["kind"]) == ["cube", "rod", "not known"]
    assert list(groups["dose"]) == ["10", "20", "900"]


def test_many_different_numbers_are_grouped_by_thirds():
    perfect = Confusion(1, 0, 0, 1)
    images = [scored(str(n), perfect, about={"dose": str(n)}) for n in range(9)]
    groups = Report("w", tuple(images), 0.5).groups()["dose"]
    assert [len(part.images) for part in groups.values()] == [3, 3, 3]
