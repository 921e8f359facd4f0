import math

import numpy as np
import pytest

from antema.geometry import describe
from antema.lesson import exercises, numbers, scenes
from antema.lesson.image_views import measured_discs


def test_iou_of_known_masks():
    a, b = np.zeros((2, 10, 100), bool)
    a[:, :70] = True
    b[:, 10:80] = True
    assert numbers.iou(a, b) == 600 / 800
    assert numbers.iou(np.zeros_like(a), np.zeros_like(a)) == 1


def test_the_best_threshold_finds_particles_of_high_contrast_and_fails_on_faint_ones():
    scores = [
        numbers.best_threshold(scene.micrograph.pixels, scene.mask)[0]
        for scene in map(scenes.contrast_scene, (0.6, exercises.LOW_CONTRAST))
    ]
    assert scores[0] > 0.9
    assert scores[1] < 0.6


def test_bootstrap_and_standard_error_agree():
    values = numbers.log_normal(np.random.default_rng(1), 5, 1.3, 300)
    low, high = numbers.bootstrap_interval(values)
    assert (high - low) / 2 == pytest.approx(1.96 * numbers.standard_error(values), rel=0.1)
    assert numbers.needed(5, 1.5, 0.01) == pytest.approx(900)


def test_share_of_whole_discs_is_that_of_discs_thrown_at_a_field():
    rng = np.random.default_rng(3)
    diameters = rng.uniform(5, 40, 40_000)
    x, y = rng.uniform(0, 100, (2, 40_000))
    whole = (np.minimum(x, y) >= diameters / 2) & (np.maximum(x, y) <= 100 - diameters / 2)
    assert numbers.share_whole(diameters, 100).mean() == pytest.approx(whole.mean(), abs=0.01)
    everyone, seen, corrected = numbers.edge_means(diameters, 100)
    assert seen == pytest.approx(diameters[whole].mean(), rel=0.01)
    assert corrected == pytest.approx(everyone)
    assert seen < 0.9 * everyone


def test_particles_larger_than_the_field_are_never_whole():
    assert numbers.share_whole(120.0, 100) == 0
    assert math.isnan(numbers.edge_means(np.array([120.0]), 100)[1])


@pytest.mark.parametrize("distance", [0.5, 1.0, 1.5, 1.8])
def test_convexity_of_two_discs_is_that_of_the_formula(distance):
    shape = describe(scenes.two_discs(distance, radius_px=150))
    t = math.acos(distance / 2)
    exact = (2 * math.pi + 4 * math.cos(t)) / (4 * (math.pi - t))
    assert shape.convexity == pytest.approx(exact, abs=0.006)
    assert exercises.convexity_distance(exact) == pytest.approx(distance)


def test_coarse_pixels_make_diameters_uncertain_but_not_wrong():
    fine, coarse = measured_discs(4, 0.1), measured_discs(4, 0.8)
    assert fine.mean() == pytest.approx(4, rel=0.01)
    assert coarse.mean() == pytest.approx(4, rel=0.05)
    assert coarse.std() > 5 * fine.std()


@pytest.mark.parametrize("name", scenes.SHAPES)
def test_all_shapes_have_the_area_of_the_disc(name):
    shape = describe(scenes.polygon(scenes.shape_outline(name, 20)))
    assert shape.equivalent_diameter == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize("body", scenes.BODIES)
@pytest.mark.parametrize("degrees", [0, 35, 90])
def test_tilting_keeps_the_volume_of_a_body(body, degrees):
    unit = 320 / 8
    volume = scenes.projection(body, degrees, 320).sum() / unit**2
    height = {"sphere": 1, "platelet": 0.25, "rod": 3, "two touching spheres": 2}[body]
    assert volume == pytest.approx(4 / 3 * math.pi * height, rel=0.01)


def test_outlines_of_tilted_bodies_are_those_of_geometry():
    for body, width in (("platelet", 0.25), ("rod", 3)):
        area = np.count_nonzero(scenes.projection(body, 90, 320)) / 40**2
        assert area == pytest.approx(math.pi * width, rel=0.02)
    discs = np.count_nonzero(scenes.projection("rod", 0, 320)) / 40**2
    assert discs == pytest.approx(math.pi, rel=0.01)


def test_binning_keeps_the_brightness():
    fine = scenes.exposure(100, -100).micrograph
    coarse = scenes.binned(fine, 8)
    assert coarse.shape == (32, 32)
    assert coarse.known_nm_per_pixel == pytest.approx(0.8)
    assert coarse.pixels.mean() == pytest.approx(fine.pixels.mean(), rel=1e-4)
