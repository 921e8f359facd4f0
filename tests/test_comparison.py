import numpy as np
import pandas as pd
import pytest
from scipy import stats

from antema import InvalidOption
from antema.comparison import compare, mean_of, relative_difference


def sample(rng, mean, images=6, particles=40, between=0.0, within=1.0):
    """Particles of several images, whose means differ by chance as well."""
    tables = []
    for image in range(images):
        values = rng.normal(mean + between * rng.normal(), within, particles)
        tables.append(pd.DataFrame({"image": f"{image}", "equivalent_diameter_nm": values}))
    return pd.concat(tables, ignore_index=True)


def test_with_equal_images_it_is_welch_s_test_of_their_means():
    rng = np.random.default_rng(0)
    samples = {"a": sample(rng, 10, between=0.5), "b": sample(rng, 10.8, images=4, between=0.8)}
    found = compare(samples)
    means = [t.groupby("image")["equivalent_diameter_nm"].mean() for t in samples.values()]
    expected = stats.ttest_ind(means[1], means[0], equal_var=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert found.table["images"].tolist() == [6, 4]


def test_the_interval_of_the_mean_holds_it_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = naive = 0
    for _ in range(400):
        table = sample(rng, 10, images=8, particles=int(rng.integers(20, 60)), between=0.4)
        mean = mean_of(table)
        inside += mean.low <= 10 <= mean.high
        values = table["equivalent_diameter_nm"]
        naive += abs(values.mean() - 10) <= 1.96 * values.std() / len(values) ** 0.5
    assert inside / 400 == pytest.approx(0.95, abs=0.035)
    assert naive / 400 < 0.7  # as if particles of one image were independent


def test_of_a_single_image_the_particles_are_the_units():
    values = np.random.default_rng(2).normal(5, 1, 50)
    table = pd.DataFrame({"image": "one", "equivalent_diameter_nm": values})
    mean = mean_of(table)
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert (mean.low, mean.high) == pytest.approx((expected.low, expected.high))
    assert "too optimistic" in str(compare({"a": table, "b": table}))


def test_the_sentence_says_what_was_found():
    rng = np.random.default_rng(3)
    one, other = sample(rng, 10), sample(rng, 12)
    assert "the samples differ" in str(compare({"old": one, "new": other}))
    assert "p below 0.001" in str(compare({"old": one, "new": other}))
    assert "no difference is shown" in str(compare({"old": one, "again": one}))


@pytest.mark.parametrize("count", [1, 3])
def test_not_two_samples_are_refused(count):
    table = sample(np.random.default_rng(0), 5)
    with pytest.raises(InvalidOption, match="Two samples"):
        compare({str(number): table for number in range(count)})


def test_nothing_to_compare_is_refused():
    table = sample(np.random.default_rng(0), 5)
    with pytest.raises(InvalidOption, match="two particles"):
        compare({"a": table, "b": table.iloc[:1]})
    table["equivalent_diameter_nm"] = 4.0
    with pytest.raises(InvalidOption, match="all the same"):
        compare({"a": table, "b": table})


def test_found_sizes_are_told_as_parts_of_the_reference():
    table = relative_difference(np.array([1.1, 2.2, 3.3]), np.array([1.0, 2.0, 3.0]))
    assert table.loc["count"].tolist() == [3, 3, 0]
    assert table.loc[["mean", "sd", "median"], "difference"].tolist() == pytest.approx([0.1] * 3)
    assert relative_difference(np.array([]), np.array([1.0, 2.0])).loc["count", "found"] == 0
