"""Shape numbers against closed forms, and against what must hold of every shape."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from antema.geometry import describe, moments, outline

RNG = np.random.default_rng(7)


def disc(diameter, row=0.0, column=0.0):
    half = int(diameter / 2) + 3
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    return (y - row) ** 2 + (x - column) ** 2 <= diameter**2 / 4


def box(length, width, angle, row=0.0, column=0.0):
    half = int(math.hypot(length, width) / 2) + 3
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along = (x - column) * math.cos(angle) + (y - row) * math.sin(angle)
    across = (y - row) * math.cos(angle) - (x - column) * math.sin(angle)
    return (abs(along) <= length / 2) & (abs(across) <= width / 2)


def ellipse(a, b, angle, row=0.0, column=0.0):
    half = int(max(a, b)) + 3
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along = (x - column) * math.cos(angle) + (y - row) * math.sin(angle)
    across = (y - row) * math.cos(angle) - (x - column) * math.sin(angle)
    return (along / a) ** 2 + (across / b) ** 2 <= 1


def peanut(radius, distance):
    half = int(radius + distance / 2) + 3
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    return np.minimum(np.hypot(y, x - distance / 2), np.hypot(y, x + distance / 2)) <= radius


def test_square_along_the_axes_is_exact():
    shape = describe(np.ones((10, 10), bool))
    assert (shape.area, shape.perimeter, shape.hull_area) == (100, 40, 100)
    assert shape.feret_min == 10
    assert shape.feret_max == pytest.approx(10 * math.sqrt(2), abs=1e-12)
    assert shape.circularity == pytest.approx(math.pi / 4, abs=1e-12)
    assert (shape.convexity, shape.solidity, shape.holes) == (1, 1, 0)


def test_smallest_shapes():
    pixel, row = describe(np.ones((1, 1), bool)), describe(np.ones((1, 7), bool))
    assert (pixel.perimeter, pixel.feret_min, pixel.hull_area) == (4, 1, 1)
    assert (row.perimeter, row.feret_min, row.hull_area) == (16, 1, 7)
    assert row.feret_max == pytest.approx(math.hypot(7, 1))
    assert row.aspect_ratio == pytest.approx(math.hypot(7, 1))


@pytest.mark.parametrize("diameter", [20, 30, 50, 100, 200])
def test_disc(diameter):
    for row, column in RNG.uniform(-0.5, 0.5, (40, 2)):
        shape = describe(disc(diameter, row, column))
        assert shape.circularity == pytest.approx(1, abs=0.03)
        assert shape.perimeter == pytest.approx(math.pi * diameter, rel=0.3 / diameter)
        assert shape.area == pytest.approx(math.pi / 4 * diameter**2, rel=0.025 * 20 / diameter)
        assert shape.feret_min == pytest.approx(diameter, abs=1)
        assert shape.feret_max == pytest.approx(diameter, abs=1.5)


@pytest.mark.parametrize("side", [20, 50, 100])
@pytest.mark.parametrize("aspect", [1, 3])
def test_perimeter_of_squares_and_rods_at_all_angles(side, aspect):
    true = 2 * side * (1 + aspect)
    for angle in np.linspace(0, math.pi / 2, 31):
        shape = describe(box(side * aspect, side, angle, *RNG.uniform(-0.5, 0.5, 2)))
        assert true - 3.8 <= shape.perimeter <= true + 2


@pytest.mark.parametrize("radius", [1, 2, 3, 4, 6, 10, 25])
def test_convex_shapes_are_convex_at_any_size_and_angle(radius):
    for angle in np.linspace(0, math.pi, 12):
        place = RNG.uniform(-0.5, 0.5, 2)
        for image in (
            disc(2 * radius, *place),
            ellipse(2 * radius, radius, angle, *place),
            box(2 * radius, 2 * radius, angle, *place),
            box(6 * radius, 2 * radius, angle, *place),
        ):
            shape = describe(image)
            assert shape.convexity == 1
            assert shape.solidity == 1


@pytest.mark.parametrize("radius", [12, 25, 60])
def test_convexity_of_a_peanut(radius):
    # two overlapping discs: the hull is a stadium
    distance = 1.6 * radius
    half_angle = math.acos(0.8)
    true = (2 * math.pi * radius + 2 * distance) / (4 * radius * (math.pi - half_angle))
    shape = describe(peanut(radius, distance))
    assert shape.convexity == pytest.approx(true, abs=0.5 / radius)
    assert shape.solidity < 0.965


def test_a_notch_lowers_convexity_and_solidity():
    image = np.ones((40, 40), bool)
    image[:20, 18:22] = False
    shape = describe(image)
    assert shape.convexity == pytest.approx(160 / 200, abs=0.02)
    assert shape.solidity == pytest.approx(1520 / 1600)
    assert describe(np.ones((40, 40), bool)).perimeter == 160


def test_holes_lower_the_area_but_not_the_outline():
    image = disc(60)
    full = describe(image)
    image[28:33, 20:24] = False
    image[28:33, 30:34] = False
    shape = describe(image)
    assert shape.holes == 2
    assert shape.area == full.area - 40
    assert (shape.perimeter, shape.hull_area) == (full.perimeter, full.hull_area)
    assert shape.solidity == pytest.approx(shape.area / full.hull_area)


def test_parts_add_up_under_one_hull():
    image = np.zeros((10, 30), bool)
    image[:, :10] = image[:, 20:] = True
    shape = describe(image)
    assert shape.perimeter == 80
    assert (shape.hull_area, shape.hull_perimeter) == (300, 80)
    assert shape.feret_max == pytest.approx(math.hypot(10, 30))


def test_nothing_has_no_shape():
    with pytest.raises(ValueError, match="at least one pixel"):
        describe(np.zeros((5, 5), bool))
    assert outline(np.zeros((5, 5), bool)) == []


def test_outline_runs_along_the_pixel_edges():
    (square,) = outline(np.ones((2, 3), bool))
    assert square.tolist() == [[-0.5, -0.5], [-0.5, 2.5], [1.5, 2.5], [1.5, -0.5]]
    image = ndimage.binary_fill_holes(disc(40) | np.roll(disc(40), 12, 0))
    (polygon,) = outline(image)
    rows, columns = polygon.T
    area = abs(np.dot(rows, np.roll(columns, 1)) - np.dot(columns, np.roll(rows, 1))) / 2
    assert area == image.sum()


@settings(max_examples=60, deadline=None)
@given(arrays(bool, (9, 11)).filter(np.any))
def test_rotation_reflection_and_bounds(image):
    shape = describe(image)
    for other in (np.rot90(image), image[::-1], image.T, np.pad(image, 3)):
        turned = describe(other)
        assert (turned.area, turned.hull_area, turned.holes) == (
            shape.area,
            shape.hull_area,
            shape.holes,
        )
        for name in ("perimeter", "hull_perimeter", "feret_min", "feret_max"):
            assert getattr(turned, name) == pytest.approx(getattr(shape, name), rel=1e-3)
    assert 0 < shape.convexity <= 1
    assert 0 < shape.solidity <= 1
    assert 1 <= shape.feret_min <= shape.feret_max <= math.hypot(9, 11) + 1e-9
    labels, count = ndimage.label(image, np.ones((3, 3)))
    holes = sum(
        ndimage.label(np.pad(labels != i, 1, constant_values=True))[1] - 1
        for i in range(1, count + 1)
    )
    assert shape.holes == holes


def test_feret_lies_between_centres_and_corners_of_the_pixels():
    angles = np.linspace(0, math.pi, 720, endpoint=False)
    directions = np.stack([np.sin(angles), np.cos(angles)])
    for _ in range(20):
        image = ellipse(*RNG.uniform(3, 30, 2), RNG.uniform(0, math.pi))
        centres = np.argwhere(image)
        corners = np.concatenate([centres + (a, b) for a in (-0.5, 0.5) for b in (-0.5, 0.5)])
        inner, outer = (np.ptp(points @ directions, axis=0) for points in (centres, corners))
        shape = describe(image)
        assert inner.max() <= shape.feret_max <= outer.max() + 0.01
        assert inner.min() - 0.01 <= shape.feret_min <= outer.min()


def test_moments_of_an_ellipse():
    turns = np.arange(400) * 2 * math.pi / 400
    ellipse = np.stack([5 + 10 * np.sin(turns), 7 + 20 * np.cos(turns)], axis=1)
    for corners in (ellipse, ellipse[::-1]):
        area, centre, spread = moments(corners)
        assert area == pytest.approx(200 * math.pi, rel=1e-3)
        assert centre == pytest.approx([5, 7])
        assert spread == pytest.approx(np.diag([25, 100]), rel=1e-3, abs=1e-9)
