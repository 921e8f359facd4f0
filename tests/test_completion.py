"""Separation by the outline: hand-made shapes whose hidden parts are known."""

import math
import time

import numpy as np
import pytest

from antema.measurement import measure
from antema.separation import LEFT_OUT, SEPARATED, UNSEEN, WHOLE, SeparationOptions, separate

OUTLINE = SeparationOptions(method="outline")
SHAPE = (160, 200)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]]


def disc(row, column, radius):
    return np.hypot(Y - row, X - column) <= radius


def polygon(row, column, radius, sides, turn=0.0):
    """Regular polygon around a circle of this radius."""
    inside = np.ones(SHAPE, bool)
    for angle in turn + 2 * math.pi / sides * np.arange(sides):
        inside &= (Y - row) * math.sin(angle) + (X - column) * math.cos(angle) <= radius
    return inside


def rod(row, column, length, width, turn):
    u = (Y - row) * math.sin(turn) + (X - column) * math.cos(turn)
    v = (Y - row) * math.cos(turn) - (X - column) * math.sin(turn)
    return (abs(u) <= length / 2) & (abs(v) <= width / 2)


def place(region):
    full = np.zeros(SHAPE, bool)
    height, width = region.image.shape
    row, column = region.origin
    full[row : row + height, column : column + width] = region.image
    return full


def iou(a, b):
    return np.count_nonzero(a & b) / np.count_nonzero(a | b)


def particles(mask):
    return [region for region in separate(mask, options=OUTLINE) if region.status != LEFT_OUT]


def least_match(shapes):
    """Check that as many particles are found as there are; return the worst overlap with one."""
    found = particles(np.logical_or.reduce(shapes))
    assert len(found) == len(shapes)
    assert all(region.status == SEPARATED for region in found)
    return min(max(iou(shape, place(region)) for region in found) for shape in shapes)


@pytest.mark.parametrize("distance", [1.1, 1.4, 1.7])
def test_two_discs_are_restored_to_full_discs(distance):
    shapes = [disc(80, 70, 28), disc(80.4, 70 + distance * 24, 22)]
    assert least_match(shapes) > 0.97
    areas = sorted(region.image.sum() for region in particles(shapes[0] | shapes[1]))
    assert areas == pytest.approx(sorted(shape.sum() for shape in shapes), rel=0.03)


def test_more_is_found_than_comes_apart_by_erosion():
    shapes = [disc(80, 60, 26), disc(80, 88, 22), disc(60, 75, 20)]
    mask = np.logical_or.reduce(shapes)
    eroded = [r for r in separate(mask) if r.status == SEPARATED]
    assert len(eroded) < 3
    assert least_match(shapes) > 0.85


@pytest.mark.parametrize("turn", [0.0, 0.2, 0.45])
def test_hexagons_stay_hexagons(turn):
    shapes = [polygon(80, 70, 26, 6, turn), polygon(84, 112, 24, 6, turn + 0.3)]
    assert least_match(shapes) > 0.95
    for region in particles(shapes[0] | shapes[1]):
        # area / area of the circle of the same largest diameter: 0.827 for a hexagon
        assert region.image.sum() / (math.pi / 4 * region.shape.feret_max**2) < 0.88


def test_a_hidden_corner_is_restored():
    shapes = [polygon(70, 70, 24, 4, 0.1), polygon(104, 104, 24, 4, 0.2)]
    assert least_match(shapes) > 0.94


@pytest.mark.parametrize("turn", [0.8, 1.3])
def test_crossing_rods_are_two_rods(turn):
    shapes = [rod(80, 100, 110, 24, 0.1), rod(80, 100, 100, 26, 0.1 + turn)]
    assert least_match(shapes) > 0.95
    aspects = [region.shape.aspect_ratio for region in particles(shapes[0] | shapes[1])]
    assert min(aspects) > 3


def test_a_chain_and_a_ring_come_apart():
    chain = [disc(80, 30 + 33 * i, 20) for i in range(5)]
    assert least_match(chain) > 0.93
    angles = np.arange(8) * math.pi / 4
    ring = [disc(80 + 42 * math.sin(a), 100 + 42 * math.cos(a), 19) for a in angles]
    assert least_match(ring) > 0.93


def test_overlap_is_kept_and_stays_in_the_mask():
    shapes = [disc(80, 70, 28), disc(80, 100, 22)]
    mask = shapes[0] | shapes[1]
    found = particles(mask)
    assert sum(region.image.sum() for region in found) > mask.sum()
    assert all((place(region) <= mask).all() for region in found)


@pytest.mark.parametrize("radius", [6, 10, 20, 60, 200])
def test_single_convex_shapes_are_never_split(radius):
    y, x = np.mgrid[-1.3 * radius : 1.3 * radius + 1, -1.3 * radius : 1.3 * radius + 1]
    for angle in np.linspace(0, math.pi, 9):
        u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
        for image in (
            np.hypot(u, v) <= radius,
            np.hypot(u / 1.2, 2 * v) <= radius,
            (abs(u) <= 0.8 * radius) & (abs(v) <= 0.8 * radius),
            (abs(u) <= radius) & (abs(v) <= radius / 3),
            (v <= 0.6 * radius) & (1.8 * abs(u) - v <= 0.7 * radius),
        ):
            (region,) = separate(np.pad(image, 2), options=OUTLINE)
            assert region.status == WHOLE


def test_a_bean_is_not_split():
    bean = (np.hypot((X - 100) / 1.8, Y - 80) <= 35) & (np.hypot((X - 100) / 1.5, Y - 30) > 25)
    assert len(particles(bean)) == 1


def test_how_much_of_the_outline_was_seen():
    whole, big, small = disc(30, 160, 20), disc(90, 60, 30), disc(90, 88, 24)
    mask = whole | big | small
    regions = particles(mask)
    table = measure(regions, 1.0)
    seen = {}
    for name, shape in (("whole", whole), ("big", big), ("small", small)):
        matches = [iou(shape, place(region)) for region in regions]
        seen[name] = table["outline_seen"][int(np.argmax(matches))]
    assert seen["whole"] == 1
    # the circles cross at half angles whose cosines follow from their distance and radii
    d, r, s = 28, 30, 24
    big_hidden = math.acos((d * d + r * r - s * s) / (2 * d * r)) / math.pi
    small_hidden = math.acos((d * d + s * s - r * r) / (2 * d * s)) / math.pi
    assert seen["big"] == pytest.approx(1 - big_hidden, abs=0.06)
    assert seen["small"] == pytest.approx(1 - small_hidden, abs=0.06)


@pytest.mark.parametrize("method", ["uecs", "watershed"])
def test_other_methods_say_it_too(method):
    mask = disc(80, 60, 26) | disc(80, 102, 24)
    regions = separate(mask, options=SeparationOptions(method=method))
    assert all(0.6 < region.seen < 0.98 for region in regions)


def test_what_is_left_over_is_counted():
    # a frame of rods around a square that touches them: seen nowhere, so it is no particle
    rods = [rod(40, 100, 110, 20, 0), rod(120, 100, 110, 20, 0)]
    rods += [rod(80, 55, 110, 20, math.pi / 2), rod(80, 145, 110, 20, math.pi / 2)]
    mask = np.logical_or.reduce(rods) | ((abs(Y - 80) <= 35) & (abs(X - 100) <= 40))
    regions = separate(mask, options=OUTLINE)
    assert all(region.reason in ("", UNSEEN) for region in regions)
    assert (np.logical_or.reduce([place(region) for region in regions]) == mask).mean() > 0.99


def test_large_difficult_masks_return_soon():
    rng = np.random.default_rng(0)
    options = SeparationOptions(
        method="outline", min_convexity=0, max_holes=1_000_000, exclude_edge=False
    )
    separate(rng.random((64, 64)) < 0.5, options=options)  # compiles what is missing
    holed = np.ones((1024, 1024), bool)
    holed[20:1000:30, 20:1000:30] = False
    holed[:, ::300] = False
    for mask in (rng.random((512, 512)) < 0.6, holed, np.ones((2048, 2048), bool)):
        before = time.process_time()
        separate(mask, options=options)
        assert time.process_time() - before < 6
