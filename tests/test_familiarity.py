"""What is said of images unlike those of the training, with numbers known beforehand."""

import re

import numpy as np
import pytest

from antema import Micrograph, Settings, analyze, simulate
from antema.familiarity import (
    doubts,
    grey_numbers,
    is_unsure,
    joined,
    ranges_of,
    sureness_numbers,
)
from antema.network import load_network
from antema.preparation import normalise

RANGES = {
    "bright_level": (0.35, 0.97),
    "skewness": (-6.0, 2.0),
    "noise": (0.0, 0.1),
    "grain": (0.0, 0.05),
    "diameter_px": (5.0, 400.0),
}
USUAL = {"bright_level": 0.8, "skewness": -1.0, "noise": 0.02, "grain": 0.02}
SURE = {"unsure": 0.1, "unsure_inside": 0.0}


def test_noise_is_measured_whatever_lies_under_it():
    rng = np.random.default_rng(0)
    rows, columns = np.indices((400, 500), np.float32)
    disc = np.hypot(rows - 200, columns - 250) < 60
    grey = 0.3 + 0.0005 * rows + 0.0004 * columns - 0.2 * disc
    for sigma in (0.005, 0.05):
        noisy = (grey + sigma * rng.standard_normal(grey.shape)).astype(np.float32)
        numbers = grey_numbers(noisy)
        assert numbers["noise"] == pytest.approx(sigma, rel=0.05)
        assert numbers["grain"] == pytest.approx(sigma / 4, rel=0.1)


def test_level_and_skewness_of_a_binary_picture():
    grey = np.ones((100, 100), np.float32)
    grey[:20] = 0
    numbers = grey_numbers(grey)
    assert numbers["bright_level"] == 1
    # Of a Bernoulli variable with p = 0.8: (1 - 2 p) / sqrt(p (1 - p)).
    assert numbers["skewness"] == pytest.approx(-1.5, rel=1e-4)
    assert grey_numbers(np.full((40, 40), 0.5, np.float32))["skewness"] == 0


def test_unsure_pixels_are_counted_at_outlines_and_away_from_them():
    probability = np.zeros((100, 100), np.float32)
    probability[20:60, 20:60] = 1
    probability[20, 20:60] = 0.6  # an outline
    assert sureness_numbers(probability) == {"unsure": 40 / 1600, "unsure_inside": 0}
    probability[35:45, 35:45] = 0.7  # a place within
    numbers = sureness_numbers(probability)
    assert numbers["unsure_inside"] == pytest.approx(100 / 1600)
    assert numbers["unsure"] == pytest.approx(140 / 1600)
    assert sureness_numbers(np.zeros((50, 50))) == {"unsure": 0, "unsure_inside": 0}


def test_small_sharp_particles_are_all_outline_but_not_doubtful():
    rows, columns = np.indices((200, 200))
    distance = np.hypot(rows % 20 - 10, columns % 20 - 10)
    probability = np.clip(3.5 - distance, 0, 1)  # discs of 6 px with a soft rim of one pixel
    numbers = sureness_numbers(probability)
    assert numbers["unsure"] > 0.35
    assert numbers["unsure_inside"] == 0
    assert not is_unsure(numbers)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, None),
        ({"bright_level": 0.2}, "Most of the image is dark"),
        ({"skewness": 3.0}, "brighter than the background"),
        ({"noise": 0.2}, "noisier"),
        ({"grain": 0.2}, "noisier"),
        ({"unsure": 0.5, "unsure_inside": 0.1}, "unsure of 50%"),
        ({"unsure": 7.0, "unsure_inside": 4.0}, "unsure of 100%.*brighter"),
        ({"unsure": 0.5}, None),
    ],
)
def test_one_sentence_for_each_thing_out_of_range(change, sentence):
    said = list(doubts({**USUAL, **SURE, **change}, RANGES, 40.0))
    assert len(said) == (0 if sentence is None else 1)
    if sentence:
        assert re.search(sentence, said[0])


def test_sizes_out_of_range_are_told_with_the_limit():
    numbers = {**USUAL, **SURE}
    assert "from 5" in next(doubts(numbers, RANGES, 4.2))
    assert "up to 400" in next(doubts(numbers, RANGES, 450.0))
    assert list(doubts(numbers, RANGES, np.nan)) == []
    assert list(doubts(numbers, {}, 4.2)) == []


def test_ranges_hold_all_but_the_ends_and_join():
    ranges = ranges_of({"noise": value} for value in np.linspace(0, 1, 1001))
    assert ranges == {"noise": (0.005, 0.995)}
    both = joined(ranges, {"noise": (0.5, 2.0), "grain": (0.1, 0.2)})
    assert both == {"noise": (0.005, 2.0), "grain": (0.1, 0.2)}


def test_the_shipped_network_knows_what_it_saw_and_takes_a_usual_image_as_usual():
    assert set(load_network().familiar) == {*USUAL, "diameter_px"}
    micrograph = simulate(2, rows_px=512, columns_px=512).micrograph
    usual = analyze(micrograph)
    assert usual.warnings == ()
    inverted = analyze(Micrograph(-micrograph.pixels, micrograph.nm_per_pixel))
    assert "brighter than the background" in inverted.warnings[0]
    again = analyze(micrograph, Settings.from_dict({"separation": {"method": "none"}}), None, usual)
    assert again.input_numbers is usual.input_numbers
    assert usual.input_numbers["noise"] == grey_numbers(normalise(micrograph.pixels))["noise"]
