import dataclasses
import math

import numpy as np
import pytest

from antema import InvalidOption, SegmentationOptions, Settings, analyze
from antema.errors import Cancelled
from antema.sensitivity import sensitivity, sensitivity_grid
from antema.separation import EDGE, LEFT_OUT

OTSU = Settings(segmentation=SegmentationOptions(method="otsu"))


@pytest.fixture(scope="module")
def analysis(discs):
    return analyze(discs(), OTSU)


def settings_with(**changed):
    separation = dataclasses.replace(OTSU.separation, **changed)
    return dataclasses.replace(OTSU, separation=separation)


def test_every_row_is_what_analyze_gives_with_that_value(discs, analysis, monkeypatch):
    values = [0.5, 0.95, 1.0]
    analyses = [analyze(discs(), settings_with(convexity=value)) for value in values]
    monkeypatch.setattr("antema.analysis.probability_map", None)
    frame = sensitivity(analysis, "convexity", values)
    assert frame["convexity"].tolist() == values
    for row, found in zip(frame.itertuples(), analyses, strict=True):
        diameter = found.particles["equivalent_diameter_nm"]
        assert row.particles == len(diameter)
        assert row.mean_diameter_nm == pytest.approx(diameter.mean(), rel=1e-12)
        assert row.sd_diameter_nm == pytest.approx(diameter.std(), rel=1e-12)
        assert row.median_diameter_nm == pytest.approx(diameter.median(), rel=1e-12)
        assert row.left_out == sum(found.left_out.values()) - found.left_out[EDGE]
    assert len(set(frame["particles"])) > 1


def test_the_share_left_out_is_that_of_the_area(discs, analysis):
    # discs of 12 to 20 px radius, 0.1 nm a pixel: no marker of the overlapping pair is 3.5 nm wide
    frame = sensitivity(analysis, "min_marker_nm", [0.5, 3.5])
    assert frame["left_out"].tolist() == [0, 1]
    assert frame["left_out_share"][0] == 0
    found = analyze(discs(), settings_with(min_marker_nm=3.5)).regions
    lost = sum(r.image.sum() for r in found if r.status == LEFT_OUT and r.reason != EDGE)
    kept = sum(r.image.sum() for r in found if r.status != LEFT_OUT)
    assert lost == pytest.approx(2 * math.pi * 17**2, rel=0.15)
    assert frame["left_out_share"][1] == pytest.approx(lost / (lost + kept), rel=1e-12)


def test_a_grid_is_the_rows_of_each_of_its_lines(analysis):
    convexities, markers = [0.9, 0.95], [0.5, 3.5]
    grid = sensitivity_grid(analysis, {"convexity": convexities, "min_marker_nm": markers})
    assert list(grid.columns[:2]) == ["convexity", "min_marker_nm"]
    assert grid["min_marker_nm"].tolist() == markers * 2
    line = sensitivity(analysis, "min_marker_nm", markers)
    at_default = grid[grid["convexity"] == 0.95].drop(columns="convexity").reset_index(drop=True)
    assert at_default.equals(line)


def test_another_segmentation_threshold_needs_no_network(discs, analysis, monkeypatch):
    hazy = dataclasses.replace(analysis, probability=np.where(analysis.mask, 0.4, 0.2))
    monkeypatch.setattr("antema.analysis.probability_map", None)
    grid = sensitivity_grid(hazy, {"convexity": [0.9, 0.95], "threshold": [0.3, 0.45]})
    assert grid["convexity"].tolist() == [0.9, 0.9, 0.95, 0.95]
    assert grid["threshold"].tolist() == [0.3, 0.45] * 2
    assert (grid["particles"] > 0).tolist() == [True, False] * 2


def test_several_images_are_pooled(discs, analysis):
    other = analyze(discs(seed=1, nm_per_pixel=0.2), OTSU)
    row = sensitivity([analysis, other], "convexity", [0.95]).iloc[0]
    tables = [found.particles["equivalent_diameter_nm"] for found in (analysis, other)]
    assert row["particles"] == sum(map(len, tables))
    assert row["mean_diameter_nm"] == pytest.approx(np.concatenate(tables).mean())


def test_without_particles_there_is_a_row_without_numbers(discs):
    empty = dataclasses.replace(OTSU.segmentation, min_diameter_nm=900.0)
    analysis = analyze(discs(), dataclasses.replace(OTSU, segmentation=empty))
    row = sensitivity(analysis, "convexity", np.array([0.9])).iloc[0]
    assert (row["particles"], row["left_out"]) == (0, 0)
    assert math.isnan(row["mean_diameter_nm"])
    assert math.isnan(row["left_out_share"])


@pytest.mark.parametrize(("option", "value"), [("magic", 1), ("convexity", 1.5)])
def test_what_is_no_option_or_out_of_limits_is_told(analysis, option, value):
    with pytest.raises(InvalidOption, match=option):
        sensitivity(analysis, option, [value])


def test_it_can_be_stopped_between_two_values(analysis):
    seen = []

    def stop(fraction, _message):
        seen.append(fraction)
        if fraction:
            raise Cancelled

    with pytest.raises(Cancelled):
        sensitivity(analysis, "convexity", [0.9, 0.95, 0.99], stop)
    assert seen == [0, pytest.approx(1 / 3)]
