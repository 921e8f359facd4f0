"""Scores against values worked out by hand."""

import json

import numpy as np
import pytest

from antema.training.evaluate import ImageScore, Report
from antema.training.metrics import Confusion
from antema.training.objects import ObjectScores, score_objects


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
    scores = score_objects(found, truth)
    assert (scores.true, scores.found, scores.matched) == (3, 3, 1)
    assert scores.precision == pytest.approx(1 / 3)
    assert scores.recall == pytest.approx(1 / 3)
    assert scores.f1 == pytest.approx(1 / 3)


def test_two_fused_objects_match_neither():
    truth = np.zeros((20, 41), bool)
    truth[5:15, 5:20] = truth[5:15, 21:36] = True
    found = truth.copy()
    found[5:15, 20] = True
    assert score_objects(found, truth).matched == 0


def test_a_report_counts_pixels_together_and_images_alone():
    images = [
        ImageScore("large", Confusion(90, 10, 0, 0), ObjectScores(2, 2, 2)),
        ImageScore("small", Confusion(1, 0, 9, 0), ObjectScores(1, 1, 0)),
    ]
    report = Report("w", tuple(images), 0.5)
    assert report.total.iou == pytest.approx(91 / 110)
    assert report.mean_iou == pytest.approx((0.9 + 0.1) / 2)
    assert report.worst_tenth_iou == pytest.approx(0.1)
    assert report.objects == ObjectScores(3, 3, 2)
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["particle"]["iou"] == pytest.approx(0.8273, abs=1e-4)
    assert "82.73%" in report.to_text()
