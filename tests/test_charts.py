import numpy as np
import pandas as pd
import pytest

from antema import COLUMNS
from antema.charts import MOST_SAMPLES, histogram_figure, samples_figure
from antema.distribution import distribute


def sample(diameters):
    table = pd.DataFrame({column.name: np.ones(len(diameters)) for column in COLUMNS})
    return table.assign(equivalent_diameter_nm=diameters)


@pytest.fixture
def particles():
    return sample(np.random.default_rng(0).lognormal(1, 0.2, 300))


def area(line):
    return np.trapezoid(line.y, line.x)


def test_by_number_the_bars_are_the_particles_and_the_fit_has_their_area(particles):
    figure = histogram_figure(particles, bins=12, fit="log-normal")
    bars, others, fit, cumulative, cumulative_fit = figure.data
    counts, edges = np.histogram(particles["equivalent_diameter_nm"], 12)
    np.testing.assert_allclose(bars.y, counts)
    np.testing.assert_allclose(bars.customdata, np.column_stack([edges[:-1], edges[1:]]))
    assert np.all(np.asarray(others.y) == 0)
    assert area(fit) == pytest.approx(300 * (edges[1] - edges[0]), rel=0.03)
    assert len(cumulative.x) == len(cumulative_fit.x) == 0
    assert figure.layout.xaxis.title.text == "equivalent diameter / nm"
    assert figure.layout.yaxis2.visible is False


def test_by_volume_the_bars_are_percent_of_the_volume(particles):
    figure = histogram_figure(particles, bins=9, weighting="volume", fit="log-normal")
    assert sum(figure.data[0].y) == pytest.approx(100)
    cubes = particles["equivalent_diameter_nm"] ** 3
    half = particles["equivalent_diameter_nm"] >= figure.data[0].customdata[5][0]
    assert sum(figure.data[0].y[5:]) == pytest.approx(100 * cubes[half].sum() / cubes.sum())
    assert area(figure.data[2]) == pytest.approx(100 * figure.data[0].width[0], rel=0.1)


@pytest.mark.parametrize(("weighting", "whole"), [("number", 300), ("volume", 100)])
def test_what_does_not_count_is_grey_in_the_same_bins(particles, weighting, whole):
    keep = (particles["equivalent_diameter_nm"] > 2.5).to_numpy()
    before = histogram_figure(particles, weighting=weighting)
    figure = histogram_figure(particles, weighting=weighting, keep=keep, cumulative=True)
    bars, others, _, cumulative, _ = figure.data
    np.testing.assert_array_equal(bars.x, before.data[0].x)
    np.testing.assert_allclose(np.add(bars.y, others.y), before.data[0].y, atol=1e-9)
    assert sum(bars.y) + sum(others.y) == pytest.approx(whole)
    assert np.all(np.asarray(bars.y)[np.asarray(bars.customdata)[:, 1] < 2.5] == 0)
    # the cumulative curve is of those that count
    assert cumulative.y[np.searchsorted(cumulative.x, 2.5)] < 1
    assert cumulative.y[-1] == 100


def test_without_particles_or_with_few_the_figure_stands_with_as_many_traces(particles):
    for table in (particles[:0], particles[:3]):
        figure = histogram_figure(table, fit="normal", cumulative=True)
        assert len(figure.data) == 5
        assert len(figure.data[2].x) == 0
        assert sum(figure.data[0].y) == len(table)


def test_samples_lie_over_each_other_in_percent_with_the_same_bins(particles):
    samples = {"small": particles, "large": sample([5.0, 6.0]), "none": particles[:0]}
    figure = samples_figure(samples, bins=10)
    assert len(figure.data) == MOST_SAMPLES
    assert [line.name for line in figure.data[:3]] == list(samples)
    assert [line.showlegend for line in figure.data[:4]] == [True, True, True, False]
    small, large, none = figure.data[:3]
    np.testing.assert_array_equal(small.x, large.x)
    assert sum(large.y[1:-1:2]) == pytest.approx(100)
    assert len(none.x) == 0
    assert len({(line.line.color, line.line.dash) for line in figure.data}) == MOST_SAMPLES
    rising = samples_figure(samples, cumulative=True).data[1]
    np.testing.assert_allclose(rising.y, [0, 50, 100, 100])


def test_more_samples_than_lines_are_not_drawn(particles):
    many = {str(number): particles[:20] for number in range(MOST_SAMPLES + 3)}
    assert [line.name for line in samples_figure(many).data] == list(many)[:MOST_SAMPLES]


def test_the_bars_of_any_quantity_hold_all_particles(particles):
    for column in ("area_nm2", "circularity"):
        assert sum(histogram_figure(particles, column).data[0].y) == 300
        assert distribute(particles, column).total == 300
