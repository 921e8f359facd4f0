"""Corrections by hand on discs whose areas are known, and their way through files."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from antema import Settings, analyze, separate
from antema.correction import (
    BY_HAND,
    Correction,
    Place,
    correct,
    exclude,
    locate,
    merge,
    restore,
    split,
)
from antema.errors import InvalidOption
from antema.export import read_record, record
from antema.separation import EDGE, LEFT_OUT, SEPARATED, WHOLE, Region, SeparationOptions

OTSU = Settings.from_dict({"segmentation": {"method": "otsu"}})


def drawn(*discs, shape=(160, 200)):
    rows, columns = np.indices(shape)
    return np.logical_or.reduce([np.hypot(rows - r, columns - c) <= s for r, c, s in discs])


def area(region):
    return int(region.image.sum())


def kept(regions):
    return [region for region in regions if region.status != LEFT_OUT]


@pytest.fixture
def pair():
    """Two overlapping discs, 40 px apart, and a third by itself."""
    mask = drawn((60, 60, 22), (60, 100, 22), (120, 150, 15))
    return mask, separate(mask)


def test_a_place_is_centroid_and_area():
    region = Region((10, 20), np.ones((3, 5), bool), WHOLE)
    assert Place.of(region) == Place(11.0, 22.0, 15)


def test_without_corrections_nothing_changes(pair):
    mask, regions = pair
    assert correct(regions, [], mask) == (regions, {})


def test_a_particle_left_out_and_taken_back(pair):
    mask, regions = pair
    lone = next(region for region in regions if region.status == WHOLE)
    out = exclude(lone)
    found, dropped = correct(regions, [out], mask)
    assert dropped == {}
    assert [(r.status, r.reason) for r in found if r.image is lone.image] == [(LEFT_OUT, BY_HAND)]
    assert len(kept(found)) == 2
    again, _ = correct(regions, [out, restore(found[-1])], mask)
    assert [area(region) for region in kept(again)] == [area(region) for region in regions]


def test_parts_joined_are_what_the_mask_holds(pair):
    mask, regions = pair
    parts = [region for region in regions if region.status == SEPARATED]
    assert len(parts) == 2
    found, dropped = correct(regions, [merge(*parts)], mask)
    assert dropped == {}
    assert [region.status for region in found] == [WHOLE, WHOLE]
    # The dents between the discs, which neither of the round parts has, are back.
    assert area(found[0]) == pytest.approx(np.count_nonzero(mask[:, :130]), rel=0.01)


def test_particles_apart_cannot_be_joined(pair):
    mask, regions = pair
    wanted = merge(regions[0], regions[-1])
    found, dropped = correct(regions, [wanted], mask)
    assert found == list(regions)
    assert "touch" in dropped[0]


def test_a_neck_left_out_between_joined_parts_is_not_left_out_any_more():
    mask = np.zeros((40, 60), bool)
    mask[10:30, 5:55] = True
    parts = [
        Region((10, 5), np.ones((20, 20), bool), SEPARATED),
        Region((10, 25), np.ones((20, 10), bool), LEFT_OUT, "marker too small"),
        Region((10, 35), np.ones((20, 20), bool), SEPARATED),
    ]
    found, dropped = correct(parts, [merge(parts[0], parts[2])], mask)
    assert dropped == {}
    assert [area(region) for region in found] == [20 * 50]


def test_joining_leaves_a_third_particle_its_pixels():
    mask = np.zeros((60, 60), bool)
    mask[5:15, 5:55] = mask[15:45, 5:15] = mask[15:25, 15:25] = True
    across = Region((5, 5), np.ones((10, 50), bool), SEPARATED)
    down = Region((15, 5), np.ones((30, 10), bool), SEPARATED)
    corner = Region((15, 15), np.ones((10, 10), bool), SEPARATED)
    wanted = [merge(across, down)]
    found, _ = correct([across, down, corner], wanted, mask)
    assert [area(region) for region in found] == [500 + 300, 100]
    found, _ = correct([across, down], wanted, mask)
    assert [area(region) for region in found] == [500 + 300 + 100]


def test_a_cut_divides_by_area_and_loses_no_pixel():
    mask = drawn((80, 60, 30), (80, 110, 30))
    (whole,) = separate(mask, options=SeparationOptions(method="none"))
    found, dropped = correct([whole], [split(whole, (40, 85), (120, 85))], mask)
    assert dropped == {}
    assert [region.status for region in found] == [SEPARATED, SEPARATED]
    assert sum(map(area, found)) == area(whole)
    assert area(found[0]) / area(found[1]) == pytest.approx(1, abs=0.03)
    again = np.zeros_like(mask, dtype=int)
    for region in found:
        (row, column), (height, width) = region.origin, region.image.shape
        again[row : row + height, column : column + width] += region.image
    np.testing.assert_array_equal(again, mask)


def test_an_oblique_cut_keeps_the_side_of_every_pixel():
    mask = drawn((80, 90, 40))
    (whole,) = separate(mask)
    found, _ = correct([whole], [split(whole, (20, 30), (140, 150))], mask)
    for region in found:
        rows, columns = np.nonzero(region.image)
        side = np.sign((columns + region.origin[1] - 90) - (rows + region.origin[0] - 80))
        assert min(np.count_nonzero(side > 0), np.count_nonzero(side < 0)) == 0


@pytest.mark.parametrize("line", [((80, 90), (80, 100)), ((5, 5), (20, 5)), ((-50, 10), (300, 10))])
def test_a_line_that_cuts_nothing_is_told(line):
    mask = drawn((80, 90, 40))
    (whole,) = separate(mask)
    wanted = split(whole, *line)
    found, dropped = correct([whole], [wanted], mask)
    assert found == [whole]
    assert "does not cut" in dropped[0]


def test_of_a_cut_particle_at_the_edge_the_part_at_the_edge_stays_left_out():
    mask = drawn((60, 10, 20), (60, 48, 20))
    (edge,) = separate(mask, options=SeparationOptions(method="none"))
    assert edge.reason == EDGE
    found, _ = correct([edge], [split(edge, (30, 29), (90, 29))], mask)
    assert [(region.status, region.reason) for region in found] == [
        (LEFT_OUT, EDGE),
        (SEPARATED, "cut by hand"),
    ]


def test_corrections_follow_their_particle_to_other_options_or_are_dropped(pair):
    mask, regions = pair
    lone, parts = regions[-1], [r for r in regions if r.status == SEPARATED]
    both = [exclude(lone), exclude(parts[0])]
    together = separate(mask, options=SeparationOptions(method="none"))
    found, dropped = correct(together, both, mask)
    assert [region.reason for region in found] == ["", BY_HAND]
    assert list(dropped) == [1]
    assert "no such particle" in dropped[1]


def test_a_place_means_the_region_of_its_size_where_two_have_one_centre():
    small = Region((40, 40), np.ones((11, 11), bool), SEPARATED)
    large = Region((38, 38), np.ones((15, 15), bool), SEPARATED)
    for region in (small, large):
        assert locate([small, large], Place.of(region)) is region
    assert locate([small], Place.of(large)) is None
    assert locate([], Place.of(large)) is None


def test_numbers_are_measured_after_the_correction_and_undone_without_it(discs):
    before = analyze(discs(), OTSU)
    parts = [region for region in before.regions if region.status == SEPARATED]
    wanted = [merge(*parts), exclude(before.regions[1])]
    after = analyze(before.micrograph, OTSU, previous=before, corrections=wanted)
    assert (len(before.particles), len(after.particles)) == (5, 3)
    assert after.left_out == before.left_out | {BY_HAND: 1}
    joined = after.particles["area_nm2"].max()
    assert joined > before.particles.loc[before.particles["separated"], "area_nm2"].max() * 1.5
    undone = analyze(before.micrograph, OTSU, previous=after, corrections=wanted[:0])
    pd.testing.assert_frame_equal(undone.particles, before.particles)


def test_a_record_brings_back_corrections_and_pixel_size_for_its_image_alone(discs):
    first = dataclasses.replace(discs(), file_sha256="ab", name="a.tif [2]")
    regions = analyze(first, OTSU).regions
    out, cut = exclude(regions[2]), split(regions[1], (60.123, 130), (60, 190))
    made = analyze(first, OTSU, corrections=[out, cut, out])
    assert list(made.dropped) == [2]
    back = read_record("a.json", json.dumps(record(made)).encode())
    assert (back.settings, back.corrections) == (OTSU, (out, cut))
    unscaled = dataclasses.replace(first, nm_per_pixel=None)
    shot, corrections = back.prepare(unscaled)
    assert shot.nm_per_pixel == 0.1
    again = analyze(shot, back.settings, corrections=corrections)
    pd.testing.assert_frame_equal(again.particles, made.particles)
    for other in ({"file_sha256": "cd"}, {"file_sha256": None}, {"name": "a.tif [1]"}):
        assert back.prepare(dataclasses.replace(unscaled, **other))[1] == ()


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"kind": "paint", "places": [[1, 2, 3]]},
        {"kind": "merge", "places": [[1, 2, 3]]},
        {"kind": "split", "places": [[1, 2, 3]]},
        {"kind": "split", "places": [[1, 2, 3]], "line": [[1, 2]]},
        {"kind": "exclude", "places": [[1, 2]]},
        {"kind": "exclude", "places": [], "line": None},
        [1],
    ],
)
def test_what_is_no_correction_is_refused(values):
    with pytest.raises(InvalidOption):
        Correction.from_dict(values)
