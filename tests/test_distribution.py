import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from antema import COLUMNS, InvalidOption, measure, summarize
from antema.distribution import FITS, Distribution, Fit, bin_edges, distribute
from antema.separation import Region


def squares(*sides):
    shapes = [Region(origin=(0, 0), image=np.ones((s, s), bool), status="whole") for s in sides]
    return measure(shapes, 1.0)


def test_statistics_of_three_squares():
    summary = summarize(squares(10, 20, 40))
    area = summary.table.loc["area_nm2"]
    assert (summary.particles, summary.images) == (3, 1)
    assert area["mean"] == 700
    assert area["sd"] == pytest.approx(math.sqrt((600**2 + 300**2 + 900**2) / 2))
    assert (area["min"], area["median"], area["max"]) == (100, 400, 1600)
    assert area["d10"] == pytest.approx(160)
    assert area["d90"] == pytest.approx(1360)
    assert area["geometric_mean"] == pytest.approx(400)
    assert area["gsd"] == pytest.approx(4)
    assert str(summary) == (
        "3 particles in 1 image, equivalent diameter 26.3 ± 17.2 nm (median 22.6 nm)"
    )


def test_one_particle_has_no_spread_and_none_no_numbers():
    one = summarize(squares(10)).table.loc["area_nm2"]
    assert one["mean"] == one["median"] == 100
    assert math.isnan(one["sd"])
    assert math.isnan(one["gsd"])
    none = summarize(measure([], 1.0))
    assert none.table.isna().all(axis=None)
    assert str(none) == "no particles"


def sample(diameters):
    """A table of particles of these diameters; the other columns do not matter here."""
    table = pd.DataFrame({column.name: np.ones(len(diameters)) for column in COLUMNS})
    return table.assign(equivalent_diameter_nm=diameters)


def test_by_volume_a_particle_counts_as_the_cube_of_its_diameter():
    by_volume = distribute(sample([2.0, 1.0, 1.0]), weighting="volume")
    np.testing.assert_allclose(by_volume.values, [1, 1, 2])
    np.testing.assert_allclose(by_volume.shares, [0.1, 0.1, 0.8])
    assert by_volume.mean == pytest.approx((1 + 1 + 16) / 10)
    assert by_volume.median == 2
    assert by_volume.quantile(0.2) == 1
    np.testing.assert_allclose(by_volume.heights(np.array([0.5, 1.5, 2.5])), [0.2, 0.8])


def test_by_number_it_agrees_with_the_summary():
    particles = squares(10, 20, 40, 41)
    spread, row = distribute(particles, "area_nm2"), summarize(particles).table.loc["area_nm2"]
    assert spread.mean == pytest.approx(row["mean"])
    assert spread.sd == pytest.approx(row["sd"])
    assert spread.median == pytest.approx(row["median"])
    assert spread.quantile(0.9) == pytest.approx(row["d90"])
    np.testing.assert_allclose(spread.shares_below, [0.25, 0.5, 0.75, 1])


def test_the_fit_finds_the_parameters_of_a_log_normal_sample():
    count, median, gsd = 4000, 3.0, 1.4
    diameters = np.random.default_rng(1).lognormal(np.log(median), np.log(gsd), count)
    fit = distribute(sample(diameters)).fit("log-normal")
    error = np.log(gsd) / np.sqrt(count)
    assert np.log(fit.centre) == pytest.approx(np.log(median), abs=3 * error)
    assert np.log(fit.width) == pytest.approx(np.log(gsd), abs=3 * error / np.sqrt(2))
    assert fit.distance < fit.usual_distance
    # Hatch and Choate: by volume the median is exp(3 s^2) times as large, the width the same.
    by_volume = distribute(sample(diameters), weighting="volume").fit("log-normal")
    assert by_volume.centre == pytest.approx(median * np.exp(3 * np.log(gsd) ** 2), rel=0.05)
    assert by_volume.width == pytest.approx(gsd, rel=0.05)
    assert math.isnan(by_volume.usual_distance)
    normal = distribute(sample(diameters)).fit("normal")
    assert normal.distance > 2 * normal.usual_distance


@pytest.mark.parametrize("kind", FITS)
def test_a_fit_has_the_area_one_and_its_cumulative_curve_is_the_area_below(kind):
    fit = Fit(kind, 3.0, 1.3, 0.0, 0.0)
    x = np.linspace(-20, 40, 60_001)
    area = np.cumsum(fit.density(x)) * (x[1] - x[0])
    assert area[-1] == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(fit.cumulative(x), area, atol=1e-3)
    assert fit.cumulative(np.array([3.0])) == pytest.approx(0.5)


def test_the_distance_is_the_largest_between_the_curves():
    diameters = np.arange(1.0, 11.0)
    found = distribute(sample(diameters)).fit("normal")
    assert (found.centre, found.width) == (pytest.approx(5.5), pytest.approx(diameters.std(ddof=1)))
    expected = kstest(diameters, "norm", args=(found.centre, found.width)).statistic
    assert found.distance == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [20, 200])
def test_one_sample_in_twenty_of_a_normal_distribution_is_farther_than_usual(count):
    rng = np.random.default_rng(count)
    samples = np.sort(rng.normal(50, 5, (600, count)))
    shares = np.full(count, 1 / count)
    fits = [
        Distribution("convexity", "number", row, shares, count).fit("normal") for row in samples
    ]
    farther = np.mean([fit.distance > fit.usual_distance for fit in fits])
    assert farther == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 600))


def test_few_or_equal_particles_are_not_fitted():
    assert distribute(sample(np.arange(1.0, 10.0))).fit("normal") is None
    assert distribute(sample(np.full(50, 2.0))).fit("log-normal") is None
    nothing = distribute(sample([]), weighting="volume")
    assert math.isnan(nothing.mean)
    assert math.isnan(nothing.sd)
    assert math.isnan(nothing.median)
    assert nothing.heights(np.array([0.0, 1.0])).tolist() == [0]


@pytest.mark.parametrize("words", [("magic", "number"), ("convexity", "mass")])
def test_unknown_words_are_told(words):
    with pytest.raises(InvalidOption, match="magic|mass"):
        distribute(sample([1.0]), *words)
    with pytest.raises(InvalidOption, match="weibull"):
        distribute(sample([1.0])).fit("weibull")


def test_bins_are_those_of_freedman_and_diaconis_or_as_many_as_wanted():
    values = np.linspace(0, 10, 1001)
    edges = bin_edges(values)
    # width 2 IQR / n^(1/3) = 10 / 10.003, so that eleven bins are needed
    assert (len(edges) - 1, edges[0], edges[-1]) == (11, 0, 10)
    spread = np.random.default_rng(0).lognormal(1, 0.3, 500)
    np.testing.assert_allclose(bin_edges(spread), np.histogram_bin_edges(spread, "fd"))
    assert len(bin_edges(np.full(9, 2.0))) == 2
    assert len(bin_edges(values, 7)) == 8
    assert len(bin_edges(np.r_[values, 1e9])) == 201
    assert bin_edges(np.array([])).tolist() == [0, 1]
