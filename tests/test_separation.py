"""Separation: hand-made shapes, a slow step-by-step oracle, invariants, degenerate masks."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from antema.errors import Cancelled, InvalidOption
from antema.geometry import describe
from antema.separation import (
    EDGE,
    HOLES,
    LEFT_OUT,
    NON_CONVEX,
    REGROWN,
    SEPARATED,
    SMALL_MARKER,
    WHOLE,
    SeparationOptions,
    Separator,
    separate,
)

METHODS = ("uecs", "outline", "watershed", "none")


def discs(*circles, shape=(120, 160)):
    """Union of discs (row, column, radius), and each of them alone."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    each = [np.hypot(y - row, x - column) <= radius for row, column, radius in circles]
    return np.logical_or.reduce(each), each


def place(region, shape):
    full = np.zeros(shape, bool)
    height, width = region.image.shape
    row, column = region.origin
    full[row : row + height, column : column + width] = region.image
    return full


def iou(a, b):
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def statuses(regions):
    return sorted((region.status, region.reason) for region in regions)


# Hand-made shapes


PEANUT = [(60, 50, 22), (60, 90, 20)]
CHAIN = [(60, 35, 18), (60, 69, 18), (60, 103, 18)]
CROSS = [(60, 80, 15), (31, 80, 15), (89, 80, 15), (60, 51, 15), (60, 109, 15)]
RING = [(60 + 40 * math.sin(a), 80 + 40 * math.cos(a), 15) for a in np.arange(8) * math.pi / 4]


@pytest.mark.parametrize("method", ["uecs", "watershed"])
@pytest.mark.parametrize("circles", [PEANUT, CHAIN, CROSS, RING])
def test_overlapping_discs_are_found(circles, method):
    mask, each = discs(*circles)
    regions = separate(mask, options=SeparationOptions(method=method))
    assert statuses(regions) == [(SEPARATED, "")] * len(circles)
    for disc in each:
        best = max(iou(disc, place(region, mask.shape)) for region in regions)
        assert best > 0.9


def test_overlap_is_kept():
    mask, each = discs(*PEANUT)
    areas = [region.image.sum() for region in separate(mask)]
    assert sum(areas) > mask.sum()
    assert sorted(areas) == pytest.approx(sorted(disc.sum() for disc in each), rel=0.04)


def test_touching_at_a_corner_only_is_touching():
    mask = np.zeros((60, 60), bool)
    mask[10:30, 10:30] = mask[30:50, 30:50] = True
    (together,) = separate(mask, options=SeparationOptions(method="none"))
    assert together.image.sum() == mask.sum()
    apart = separate(mask)
    assert [(r.origin, r.status) for r in apart] == [((10, 10), SEPARATED), ((30, 30), SEPARATED)]
    assert [r.image.sum() for r in apart] == pytest.approx([400, 400], abs=4)


@pytest.mark.parametrize("method", METHODS)
def test_convex_shapes_stay_whole_at_any_angle(method):
    y, x = np.mgrid[-55:56, -55:56]
    for angle in np.linspace(0, math.pi, 25):
        u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        for image in (
            np.hypot(u, v) <= 20 + angle,
            np.hypot(u / 40, v / 12) <= 1,
            (abs(u) <= 25) & (abs(v) <= 25),
            (abs(u) <= 45) & (abs(v) <= 6),
            (v <= 20) & (1.8 * abs(u) - v <= 25),
        ):
            (region,) = separate(image, options=SeparationOptions(method=method))
            assert region.status == WHOLE
            assert np.array_equal(place(region, image.shape), image)


def test_a_star_keeps_its_core_or_is_left_out():
    y, x = np.mgrid[-60:61, -60:61]
    star = np.hypot(y, x) <= 20 * (1 + 0.75 * np.cos(5 * np.arctan2(y, x))) + 10
    regions = separate(star)
    assert len([region for region in regions if region.status == SEPARATED]) <= 6
    assert all((place(region, star.shape) <= star).all() for region in regions)


def test_a_spur_is_cut_off_and_the_particle_is_marked_as_separated():
    mask, (disc,) = discs((60, 60, 25))
    mask = mask.copy()
    mask[59:61, 60:120] = True
    (region,) = separate(mask)
    assert region.status == SEPARATED
    assert iou(disc, place(region, mask.shape)) > 0.98


def test_nothing_convex_is_left_out_with_its_reason():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:14] = mask[46:50, 10:50] = True  # an L of four pixels width
    (region,) = separate(mask)
    assert (region.status, region.reason) == (LEFT_OUT, SMALL_MARKER)
    assert np.array_equal(place(region, mask.shape), mask)


def test_a_small_neighbour_is_left_out_and_counted():
    mask, _ = discs((60, 60, 25), (60, 93, 10))
    options = SeparationOptions(min_marker_px=100)
    assert statuses(separate(mask, options=options)) == [(LEFT_OUT, SMALL_MARKER), (SEPARATED, "")]
    assert statuses(separate(mask)) == [(SEPARATED, "")] * 2


def test_marker_limits_in_pixels_and_nm_hold_both():
    mask, _ = discs((60, 60, 25), (60, 93, 10))  # the small marker: 30 to 100 px
    both, one = [(SEPARATED, "")] * 2, [(LEFT_OUT, SMALL_MARKER), (SEPARATED, "")]
    assert statuses(separate(mask, 0.5)) == both
    assert statuses(separate(mask, 0.01)) == [(LEFT_OUT, SMALL_MARKER)]
    assert statuses(separate(mask, 0.04)) == one  # 0.5 nm are 123 pixels
    assert statuses(separate(mask, 0.04, SeparationOptions(min_marker_nm=0))) == both


def test_regrown_and_still_not_convex():
    # every marker of a convexity of 0.9 grows back into a dented part if the threshold is tight
    y, x = np.mgrid[:90, :90]
    for phase in np.linspace(0, 1, 6):
        wavy = 25 + 2.2 * np.cos(6 * np.arctan2(y - 45, x - 45) + phase)
        mask = np.hypot(y - 45, x - 45) <= wavy
        for region in separate(mask, options=SeparationOptions(convexity=0.999)):
            shape = describe(region.image)
            passes = shape.convexity >= 0.999 and shape.solidity >= 0.96
            assert (region.status == SEPARATED) == passes
            assert passes or region.reason in (REGROWN, SMALL_MARKER)


def test_too_overlapped_is_left_out_except_by_none():
    mask = np.zeros((200, 200), bool)
    mask[20:180:8, 20:180] = mask[20:180, 20:24] = True  # a comb
    assert statuses(separate(mask)) == [(LEFT_OUT, NON_CONVEX)]
    holed = np.zeros((200, 200), bool)
    holed[20:180, 20:180] = True
    for row, column in np.ndindex(5, 2):
        holed[30 + 30 * row :, 30 + 30 * column :][:2, :2] = False
    assert statuses(separate(holed)) == [(LEFT_OUT, HOLES)]
    options = SeparationOptions(max_holes=11)
    assert statuses(separate(holed, options=options)) == [(WHOLE, "")]
    for image in (mask, holed):
        assert statuses(separate(image, options=SeparationOptions(method="none"))) == [(WHOLE, "")]


@pytest.mark.parametrize("method", METHODS)
def test_the_image_edge_leaves_out_single_particles(method):
    mask, each = discs((60, 10, 18), (60, 42, 18), (60, 74, 18))
    regions = separate(mask, options=SeparationOptions(method=method))
    expected = {"none": [(LEFT_OUT, EDGE)]}
    apart = [(LEFT_OUT, EDGE), (SEPARATED, ""), (SEPARATED, "")]
    assert statuses(regions) == expected.get(method, apart)
    options = SeparationOptions(method=method, exclude_edge=False)
    assert all(r.status != LEFT_OUT for r in separate(mask, options=options))
    del each


def test_none_keeps_agglomerates_together():
    mask, _ = discs(*CHAIN)
    (region,) = separate(mask, options=SeparationOptions(method="none"))
    assert region.status == WHOLE
    assert np.array_equal(place(region, mask.shape), mask)


def test_hollow_particles_are_judged_by_their_outline():
    mask, (outer, inner) = discs((60, 60, 30), (60, 60, 15))
    (region,) = separate(outer & ~inner)
    assert region.status == WHOLE
    assert region.image.sum() == outer.sum() - inner.sum()
    del mask


# The rule itself, step by step


def plain_uecs(mask, options, steps_per_pixel=4):
    """Ultimate erosion for convex sets, literally: erode, look, take markers out, regrow."""
    distance = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    left = mask.copy()
    grown, step = [], 0
    while left.any():
        labels, count = ndimage.label(left)
        for number in range(1, count + 1):
            part = labels == number
            shape = describe(ndimage.binary_fill_holes(part))
            if part.sum() < options.min_marker_px:
                left &= ~part
            elif shape.convexity >= options.convexity and shape.solidity >= options.solidity:
                left &= ~part
                reach = ndimage.distance_transform_edt(~part)
                grown.append(mask & (reach <= step / steps_per_pixel))
        step += 1
        left &= distance > step / steps_per_pixel
    return grown


def as_sets(images):
    return {tuple(np.flatnonzero(image)) for image in images}


@pytest.mark.parametrize("seed", range(6))
def test_same_as_the_plain_rule(seed):
    rng = np.random.default_rng(seed)
    circles = [
        (*rng.uniform(25, 75, 2), rng.uniform(6, 20)) for _ in range(int(rng.integers(2, 7)))
    ]
    mask, _ = discs(*circles, shape=(100, 100))
    options = SeparationOptions(min_convexity=0, exclude_edge=False)
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    expected, found = [], []
    for number in range(1, count + 1):
        expected += plain_uecs(labels == number, options)
    for region in separate(mask, options=options):
        if region.reason != SMALL_MARKER:
            found.append(place(region, mask.shape))
    assert as_sets(found) == as_sets(expected)


def test_erosion_at_the_edge_is_that_of_the_visible_part():
    mask, _ = discs((60, 10, 18), (60, 42, 18), (5, 100, 20), (30, 110, 20))
    options = SeparationOptions(exclude_edge=False)
    inside = separate(np.pad(mask, 20), options=options)
    at_edge = separate(mask, options=options)
    assert [(r.origin[0] + 20, r.origin[1] + 20) for r in at_edge] == [r.origin for r in inside]
    for a, b in zip(at_edge, inside, strict=True):
        assert np.array_equal(a.image, b.image)


# Invariants


def blobs(seed, shape=(90, 110)):
    noise = np.random.default_rng(seed).random(shape)
    return ndimage.gaussian_filter(noise, 4) > 0.51


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(METHODS))
def test_invariants(seed, method):
    mask = blobs(seed)
    options = SeparationOptions(method=method)
    regions = separate(mask, options=options)
    assert [r.origin for r in regions] == sorted(r.origin for r in regions)
    for region in regions:
        image = region.image
        assert image[0].any()
        assert image[-1].any()
        assert image[:, 0].any()
        assert image[:, -1].any()
        assert (place(region, mask.shape) <= mask).all()
        assert (region.status == LEFT_OUT) == bool(region.reason)
        assert ndimage.label(image, np.ones((3, 3)))[1] == 1
    # The order within ties decides where watersheds run and where an outline begins.
    if method not in ("watershed", "outline"):
        turned = separate(np.rot90(mask), options=options)
        assert as_sets(place(r, mask.T.shape) for r in turned) == as_sets(
            np.rot90(place(r, mask.shape)) for r in regions
        )


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_separate_stays_as_it_is(seed):
    shape = (200, 200)
    options = SeparationOptions(exclude_edge=False)
    for region in separate(blobs(seed), options=options):
        if region.status == LEFT_OUT:
            continue
        alone = np.zeros(shape, bool)
        height, width = region.image.shape
        alone[50 : 50 + height, 60 : 60 + width] = region.image
        (again,) = separate(alone, options=options)
        assert again.origin == (50, 60)
        assert again.status == WHOLE
        assert np.array_equal(again.image, region.image)


@settings(max_examples=40, deadline=None)
@given(arrays(bool, st.tuples(st.integers(0, 12), st.integers(0, 12))), st.sampled_from(METHODS))
def test_any_small_mask_is_taken(mask, method):
    regions = separate(mask, options=SeparationOptions(method=method, exclude_edge=False))
    assert all((place(region, mask.shape) <= mask).all() for region in regions)
    if method == "none":
        assert sum(region.image.sum() for region in regions) == mask.sum()


# Reuse, progress, refusals, degenerate input


@pytest.mark.parametrize("method", METHODS)
def test_a_separator_gives_the_same_after_changes(method):
    mask = blobs(3)
    kept = Separator(mask)
    for convexity, pixels in ((0.95, 30), (0.9, 10), (0.98, 200), (0.95, 30)):
        options = SeparationOptions(method=method, convexity=convexity, min_marker_px=pixels)
        again, fresh = kept.separate(0.1, options), separate(mask, 0.1, options)
        assert statuses(again) == statuses(fresh)
        assert as_sets(place(r, mask.shape) for r in again) == as_sets(
            place(r, mask.shape) for r in fresh
        )


def test_progress_never_decreases_and_can_stop():
    told = []
    separate(blobs(1), progress=lambda fraction, message: told.append((fraction, message)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)

    def stop(fraction, message):
        raise Cancelled(message)

    with pytest.raises(Cancelled):
        separate(blobs(1), progress=stop)


def test_wrong_calls_are_refused():
    with pytest.raises(InvalidOption, match="two dimensions"):
        separate(np.zeros((3, 3, 3), bool))
    with pytest.raises(InvalidOption, match="positive number of nm"):
        separate(np.zeros((3, 3), bool), 0)
    with pytest.raises(InvalidOption, match="one of"):
        SeparationOptions(method="magic")


def test_what_is_kept_of_options_tried_is_bounded(monkeypatch):
    restored = []
    monkeypatch.setattr("antema.completion.restore", lambda tree: restored.append(tree) or [])
    separator = Separator(discs(*PEANUT)[0])
    for number in range(100):
        for method in ("uecs", "outline"):
            separator.separate(0.2, SeparationOptions(method, convexity=0.98 + 1e-4 * number))
    (tree,) = separator._trees.values()
    assert restored == [tree]
    assert 0 < len(tree._found) <= 64


@pytest.mark.parametrize("method", METHODS)
def test_degenerate_masks_return_at_once(method):
    rng = np.random.default_rng(0)
    pixel = np.zeros((64, 64), bool)
    pixel[30, 30] = True
    specks = np.zeros((1024, 1024), bool)
    specks[1::4, 1::4] = True
    holed = np.ones((1024, 1024), bool)
    holed[20:1000:30, 20:1000:30] = False
    masks = {
        "empty": np.zeros((512, 512), bool),
        "full": np.ones((512, 512), bool),
        "pixel": pixel,
        "noise": rng.random((256, 256)) < 0.5,
        "specks": specks,
        "holed": holed,
        "no size": np.zeros((0, 0), bool),
    }
    separate(masks["noise"], options=SeparationOptions(method=method))  # compiles what is missing
    counts = {}
    for name, mask in masks.items():
        before = time.process_time()
        counts[name] = len(separate(mask, options=SeparationOptions(method=method)))
        assert time.process_time() - before < 3
    assert counts["empty"] == counts["no size"] == 0
    assert counts["full"] == counts["pixel"] == counts["holed"] == 1
    assert counts["specks"] == 65536


def test_what_is_kept_of_other_options_has_a_bound():
    y, x = np.mgrid[:120, :200]
    mask = (np.hypot(y - 60, x - 60) <= 40) | (np.hypot(y - 60, x - 125) <= 40)
    kept = Separator(mask)
    for convexity in np.linspace(0.9, 0.99, 150):
        options = SeparationOptions(convexity=float(convexity))
        assert _same(kept.separate(options=options), separate(mask, options=options))
    (tree,) = kept._trees.values()
    assert len(tree._found) <= 64
    held = sum(part.image.size for found in tree._found.values() for part in found)
    assert held <= 4 * tree.image.size


def _same(some, others):
    return len(some) == len(others) and all(
        a.origin == b.origin and a.status == b.status and np.array_equal(a.image, b.image)
        for a, b in zip(some, others, strict=True)
    )
