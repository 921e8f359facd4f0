import re

import numpy as np
import pytest

from antema import lesson
from antema.lesson import scenes

VIEWS = [name for name in lesson.__all__ if name not in ("Tour", "check")]


def text_of(view):
    """All HTML that a figure shows."""
    values, left = [], [view]
    while left:
        widget = left.pop()
        left += getattr(widget, "children", ())
        values.append(getattr(widget, "value", ""))
    return "".join(value for value in values if isinstance(value, str))


def reading(view, name):
    found = re.search(rf"<th>{re.escape(name)}</th><td>(.*?)</td>", text_of(view))
    return found[1]


@pytest.fixture(scope="module")
def views():
    return {name: getattr(lesson, name)() for name in VIEWS}


@pytest.mark.parametrize("name", VIEWS)
def test_every_picture_says_what_it_shows(views, name):
    pictures = re.findall(r"<svg class[^>]*>", text_of(views[name]))
    assert pictures or name == "Picking"
    for picture in pictures:
        assert 'role="img"' in picture
        assert len(re.search(r'aria-label="(.*?)"', picture)[1]) > 10
    assert len(views[name].children[-1].value) > 100  # the caption


def test_noise_of_counting_and_grain_add_up(views):
    view = views["Exposure"]
    for dose in (10, 1000):
        view.dose.value = dose
        parts = [
            float(reading(view, row).rstrip("%"))
            for row in ("noise of counting, 1/√N", "grain of the carbon", "both together, measured")
        ]
        assert parts[0] == pytest.approx(100 / np.sqrt(dose), abs=0.05)
        assert parts[2] == pytest.approx(np.hypot(*parts[:2]), rel=0.06)


def test_pixels_of_another_size(views):
    view = views["PixelSize"]
    view.factor.value = 8
    assert reading(view, "pixels across a particle of 4 nm") == "5"


def test_the_network_beats_the_best_threshold_at_low_contrast(views):
    view = views["Network"]
    view.contrast.value = scenes.CONTRASTS[2]
    network = float(reading(view, "IoU of the network"))
    assert network > float(reading(view, "IoU of the best threshold")) + 0.1
    before = view.mask.value
    view.view.value = "probability"
    assert view.mask.value != before


def test_the_threshold_is_scored(views):
    view = views["Threshold"]
    view.contrast.value, view.threshold.value = 0.6, 0.6
    good = float(reading(view, "IoU"))
    view.threshold.value = 0.1
    assert good > 0.85 > float(reading(view, "IoU"))


def test_two_discs_are_told_apart_from_a_distance_on(views):
    view = views["Convexity"]
    seen = []
    for distance in (1.2, 1.8):
        view.distance.value = distance
        seen.append(reading(view, "antema takes it for"))
    assert seen == ["one particle", "several particles"]


def test_the_animation_goes_from_the_region_to_its_particles(views):
    view = views["Erosion"]
    view.scene.value = "chain"
    assert "untouched" in view.words.value
    view.step.value = view.step.max
    assert "3 particles" in view.words.value
    assert view.play.max == view.step.max


def test_turning_changes_the_caliper_and_not_the_feret_diameters(views):
    view = views["Shapes"]
    rows = ("equivalent diameter", "Feret, largest", "Feret, smallest")
    view.shape.value, view.turn.value = "rod 4 : 1", 0
    before = [float(reading(view, row).split()[0]) for row in rows]
    view.turn.value = 65
    after = [float(reading(view, row).split()[0]) for row in rows]
    assert after == pytest.approx(before, rel=0.02)
    assert before[0] == pytest.approx(12, rel=0.01)


def test_a_pair_of_spheres_becomes_one_particle(views):
    view = views["Projection"]
    view.body.value, view.tilt.value = "two touching spheres", 0
    assert reading(view, "particles found") == "2"
    view.tilt.value = 80
    assert reading(view, "particles found") == "1"


def test_another_sample_has_another_mean(views):
    view = views["Counting"]
    row = "mean ± standard deviation s"
    before = reading(view, row)
    view.again.click()
    assert reading(view, row) != before
    view.count.value = 2000
    assert float(reading(view, row).split()[0]) == pytest.approx(5, rel=0.03)


def test_leaving_out_the_cut_ones_makes_the_mean_too_small(views):
    view = views["Edge"]
    view.field.value = 30
    means = [
        float(reading(view, row).split()[0])
        for row in ("true mean", "mean of the whole ones", "with Miles-Lantuéjoul weights")
    ]
    assert means[1] < 0.95 * means[0]
    assert means[2] == pytest.approx(means[0], rel=0.02)


def test_ten_lines_are_measured_and_compared(views):
    view = views["Picking"]
    view.ruler.lines = [[10, 10, 40, 50]] * 9
    assert view.measured == pytest.approx([50 * 0.15] * 9)
    assert view.difference_percent is None
    view.other.click()
    assert len(view.measured) == 10
    assert view.difference_percent > 10  # those that catch the eye are too large
    view.undo.click()
    assert len(view.measured) == 9
    view.clear.click()
    assert reading(view, "still to measure") == "10"


def test_a_solved_exercise_is_ticked():
    tour = lesson.Tour()
    card = tour.exercise("iou")
    card.answer.value = "0,857"
    assert "Not yet." in card.verdict.value
    assert not any(section["solved"] for section in tour.sections)
    card.answer.value = "0.75"
    assert "Right." in card.verdict.value
    assert [s["name"] for s in tour.sections if s["solved"]] == ["iou"]
    card.answer.value = "?"
    assert "number" in card.verdict.value
    assert tour.sections[3]["solved"]


def test_an_exercise_may_ask_for_what_was_measured(views):
    view = views["Picking"]
    view.clear.click()
    card = lesson.Tour().exercise("picking", lambda: view.difference_percent)
    card.answer.value = "12"
    assert "first" in card.verdict.value
    view.other.click()
    card.answer.value = f"{view.difference_percent:.1f}"
    assert "Right." in card.verdict.value
