"""Simulated micrographs: the truth is exact, reproducible, and visible in the picture."""

import dataclasses

import numpy as np
import pytest

from antema.errors import InvalidOption
from antema.simulation import (
    KINDS,
    SimulationOptions,
    ideal_options,
    sample_options,
    simulate,
)
from antema.simulation.microscope import transfer_function
from antema.simulation.solids import ellipsoid, make_solid, polyhedron, random_rotation, rods


def test_the_same_seed_gives_the_same_picture_and_another_seed_another():
    first, again, other = (simulate(seed, rows_px=128, columns_px=96) for seed in (3, 3, 4))
    assert first.micrograph.shape == (128, 96)
    np.testing.assert_array_equal(first.micrograph.pixels, again.micrograph.pixels)
    assert len(first.particles) == len(again.particles)
    assert not np.array_equal(first.micrograph.pixels, other.micrograph.pixels)


def test_a_generator_is_as_good_as_a_seed():
    by_seed = simulate(5, rows_px=64, columns_px=64)
    by_generator = simulate(np.random.default_rng(5), rows_px=64, columns_px=64)
    np.testing.assert_array_equal(by_seed.micrograph.pixels, by_generator.micrograph.pixels)


def test_the_default_is_a_calibrated_picture_of_particles_darker_than_the_support():
    simulated = simulate(0)
    assert simulated.micrograph.nm_per_pixel == 0.1
    assert simulated.micrograph.shape == (512, 512)
    pixels, mask = simulated.micrograph.pixels, simulated.mask
    assert 10 <= len(simulated.particles) <= 24
    assert pixels[mask].mean() < 0.8 * pixels[~mask].mean()


@pytest.mark.parametrize("diameter_px", [20, 63, 200])
def test_ideal_discs_have_the_area_of_the_circle(diameter_px):
    # Pixel centres inside a circle: the error of the area falls as diameter^-1.5.
    options = ideal_options(
        rows_px=512, columns_px=512, count=4, diameter_nm=diameter_px * 0.1, diameter_gsd=1.0
    )
    for particle in simulate(1, options).particles:
        assert particle.diameter_nm / (0.1 * diameter_px) == pytest.approx(1, abs=0.005)


def test_an_ideal_picture_is_dark_exactly_where_the_truth_is():
    simulated = simulate(2, ideal_options(count=12, diameter_nm=4, diameter_gsd=1.1))
    pixels = simulated.micrograph.pixels
    threshold = (pixels.min() + pixels.max()) / 2
    np.testing.assert_array_equal(pixels < threshold, simulated.mask)


def test_absorption_follows_lambert_and_beer_and_adds_where_particles_overlap():
    options = ideal_options(
        count=40, diameter_nm=8, diameter_gsd=1.0, attached=0.9, overlap=0.6, absorption_per_nm=0.05
    )
    simulated = simulate(3, options)
    layers = np.zeros(simulated.micrograph.shape)
    for particle in simulated.particles:
        row, column = particle.origin
        height, width = particle.image.shape
        layers[row : row + height, column : column + width] += particle.image
    assert layers.max() >= 2
    expected = 1000 * np.exp(-0.05 * 8 * layers)
    np.testing.assert_allclose(simulated.micrograph.pixels, expected, rtol=1e-3)


def test_truth_keeps_overlapping_particles_apart():
    simulated = simulate(3, ideal_options(count=40, diameter_nm=8, attached=0.9, overlap=0.6))
    total = sum(int(particle.image.sum()) for particle in simulated.particles)
    assert total > simulated.mask.sum()
    for particle in simulated.particles:
        assert particle.image.any(axis=1).all()
        assert particle.image.any(axis=0).all()


@pytest.mark.parametrize("ordered", [False, True])
def test_no_particle_is_a_picture_of_the_support_alone(ordered):
    simulated = simulate(0, count=0, rows_px=64, columns_px=64, ordered=ordered)
    assert simulated.particles == ()
    assert not simulated.mask.any()


def test_an_ellipsoid_has_its_volume_however_it_is_turned():
    rotation = random_rotation(np.random.default_rng(0))
    y, x = np.ogrid[-6:6:400j, -6:6:400j]
    volume = ellipsoid(np.array([2.0, 3.0, 4.0]), rotation)(y, x).sum() * (12 / 399) ** 2
    assert volume == pytest.approx(4 / 3 * np.pi * 24, rel=1e-3)


def test_a_turned_cube_has_its_volume():
    rotation = random_rotation(np.random.default_rng(1))
    normals = np.vstack([np.eye(3), -np.eye(3)]) @ rotation.T
    y, x = np.ogrid[-4:4:500j, -4:4:500j]
    volume = polyhedron(normals, np.full(6, 1.5))(y, x).sum() * (8 / 499) ** 2
    assert volume == pytest.approx(27, rel=2e-3)


def test_a_rod_is_a_cylinder_with_half_spheres():
    y, x = np.ogrid[-6:6:400j, -6:6:400j]
    volume = rods(1.0, np.array([[0, 3.0], [0, -3.0]]))(y, x).sum() * (12 / 399) ** 2
    assert volume == pytest.approx(6 * np.pi + 4 / 3 * np.pi, rel=2e-3)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_the_reach_of_a_body_holds_all_of_it(kind):
    rng = np.random.default_rng(4)
    for _ in range(10):
        body, reach = make_solid(kind, 10.0, rng)
        y, x = np.ogrid[-40:40:161j, -40:40:161j]
        outside = np.hypot(y, x) > reach + 0.5
        assert not (body(y, x) > 0)[outside].any()


def test_the_contrast_transfer_has_its_first_zero_where_theory_puts_it():
    # Without Cs, sin(pi lambda z q^2) = 0 first at q = 1 / sqrt(lambda |z|); lambda is 1.969 pm.
    options = SimulationOptions(
        voltage_kv=300, cs_mm=0, defocus_nm=-100, focal_spread_nm=0, convergence_mrad=0, drift_nm=0
    )
    q2 = np.array([1 / (1.96875e-3 * 100)])
    assert transfer_function(options, q2).imag[0] == pytest.approx(0, abs=1e-3)
    assert abs(transfer_function(options, q2 / 2).imag[0]) == pytest.approx(1, abs=1e-3)


def test_noise_is_that_of_the_dose():
    options = ideal_options(rows_px=256, columns_px=256, count=0, dose=100.0)
    pixels = simulate(0, options).micrograph.pixels
    # 65536 pixels: the standard deviation is known to 0.3 %.
    assert pixels.std() / pixels.mean() == pytest.approx(0.1, rel=0.02)


def test_sampled_options_are_widely_spread_and_always_valid():
    drawn = [sample_options(np.random.default_rng(seed)) for seed in range(200)]
    sizes = np.array([options.diameter_nm / options.nm_per_pixel for options in drawn])
    assert sizes.min() < 6
    assert sizes.max() > 120
    assert len({options.kind for options in drawn}) >= 8


@pytest.mark.parametrize("seed", range(12))
def test_any_sampled_picture_can_be_made(seed):
    rng = np.random.default_rng(seed)
    simulated = simulate(rng, sample_options(rng, 128, 160))
    assert simulated.micrograph.shape == (128, 160)
    assert simulated.micrograph.pixels.std() > 0


def test_every_special_kind_of_picture_is_drawn():
    drawn = [sample_options(np.random.default_rng(seed)) for seed in range(300)]
    assert sum(options.sheets > 0 for options in drawn) > 10
    assert sum(options.aggregate_nm > 0 for options in drawn) > 10
    # By the lattice: hardly any absorption, but fringes on fine pixels.
    assert sum(options.absorption_per_nm < 0.05 < options.fringe_strength for options in drawn) > 20
    assert sum(options.support_nm == 0 and not options.fringe_strength for options in drawn) > 15
    # Nearly empty ones, without sheets.
    assert sum(options.count == 0 and options.sheets == 0 for options in drawn) > 2


def test_an_option_that_does_not_exist_or_fit_is_refused():
    with pytest.raises(InvalidOption, match="dose must lie between"):
        simulate(0, dose=-1.0)
    with pytest.raises(InvalidOption, match="Unknown option colour"):
        simulate(0, colour="red")


def darkening(**support):
    """Return the mask of a picture, and how much darker the support makes each of its pixels."""
    plain = ideal_options(rows_px=256, columns_px=256, count=5, diameter_nm=1.5, nm_per_pixel=0.1)
    without, over = simulate(3, plain), simulate(3, dataclasses.replace(plain, **support))
    assert np.array_equal(without.mask, over.mask)
    return without.mask, without.micrograph.pixels - over.micrograph.pixels


def test_carbon_black_darkens_the_picture_but_is_no_particle():
    mask, darker = darkening(aggregate_nm=12.0, aggregate_depth=0.5)
    # Spheres of 12 nm cover far more than the particles, and lie under all or most of them.
    assert (darker > 50).mean() > 3 * mask.mean()
    assert (darker[mask] > 0).mean() > 0.6


def test_sheets_darken_the_picture_in_steps_but_are_no_particles():
    _, darker = darkening(sheets=4, sheet_depth=0.2)
    assert darker.min() > -1e-2
    assert 0.1 < (darker > 30).mean() < 1
