"""Right column: distribution, samples, and the effect of an option."""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from antema.app import messages
from antema.app.panels.base import HIDDEN
from antema.app.panels.dashboard import Dashboard
from antema.app.panels.distribution import fit_text
from antema.distribution import Distribution
from antema.sensitivity import sensitivity

DIAMETER = "equivalent_diameter_nm"


@pytest.fixture
def page(state, discs):
    """A page with two analysed images."""
    page = Dashboard(state)
    for seed in (0, 1):
        state.add_micrograph(discs(f"image {seed}", seed=seed))
    state.run()
    state.done()
    return page


def hidden(widget):
    return HIDDEN in widget._dom_classes


def bars(page):
    return page.result.distribution.chart.widget.data[0]


def test_a_bar_keeps_its_particles_and_again_all(page):
    state = page.state
    before = np.asarray(bars(page).y)
    number = int(before.argmax())
    page.result.distribution.chart._clicked(None, SimpleNamespace(point_inds=[number]), None)
    low, high = state.filters[DIAMETER]
    assert len(state.particles) == before[number]
    assert state.particles[DIAMETER].between(low, high).all()
    # the bars stay where they are, and what does not count is grey
    kept, grey = page.result.distribution.chart.widget.data[:2]
    np.testing.assert_array_equal(np.add(kept.y, grey.y), before)
    assert not hidden(page.result.distribution.note)
    assert page.result.distribution.filtered.value.startswith(f"{int(before[number])} of 5 count")
    state.pick_bar(number)
    assert state.filters == {}
    assert hidden(page.result.distribution.note)


def test_an_option_writes_the_numbers_once(page, monkeypatch):
    written = []
    write = page.result._numbers
    monkeypatch.setattr(page.result, "_numbers", lambda: written.append(1) or write())
    before = page.result.numbers.value
    page.state.set_option("separation", "exclude_edge", False)
    page.state.done()
    assert page.result.numbers.value != before
    # two images, of which one is shown
    assert len(written) == 1


def test_every_particle_lies_in_exactly_one_bar(page):
    state = page.state
    state.show_bins(3)
    counts = []
    for number in range(3):
        state.pick_bar(number)
        counts.append(len(state.particles))
        page.result.distribution.clear.click()
    assert sum(counts) == 5
    assert counts == list(bars(page).y)


def test_controls_and_state_agree_both_ways(page):
    state, box = page.state, page.result.distribution
    assert box.bins.value == len(state.edges) - 1
    box.bins.value = 7
    assert (state.bins, box.automatic.value, len(bars(page).y)) == (7, False, 7)
    box.automatic.value = True
    assert state.bins is None
    state.show_weighting("volume")
    assert box.weighting.value == "volume"
    assert sum(bars(page).y) == pytest.approx(100)
    assert box.chart.widget.layout.yaxis.title.text == "% of the volume"
    box.cumulative.value = True
    assert box.chart.widget.data[3].y[-1] == 100
    assert box.chart.widget.layout.yaxis2.visible is True
    box.quantity.value = "convexity"
    assert state.quantity == "convexity"
    assert state.notices == ()


def test_the_numbers_follow_the_weighting(page):
    page.state.show_weighting("volume")
    found = page.state.analysis.particles[DIAMETER]
    by_volume = float((found**4).sum() / (found**3).sum())
    assert f"<b>{by_volume:.2f} ±" in page.result.numbers.value
    assert "by volume" in page.result.numbers.value


def test_the_figure_has_its_size_from_the_start(page):
    layout = page.result.distribution.chart.widget.layout
    assert (layout.width, f"{layout.height}px") == (
        284,
        page.result.distribution.chart.holder.layout.height,
    )


def spread_of(values):
    return Distribution(
        DIAMETER, "number", np.sort(values), np.full(len(values), 1 / len(values)), 1
    )


def test_the_words_about_a_fit_tell_how_good_it_is():
    rng = np.random.default_rng(2)
    good = fit_text(spread_of(rng.lognormal(1, 0.2, 400)), "log-normal")
    assert "median 2.7" in good
    assert "geometric standard deviation 1.2" in good
    assert "within the 0.045 that chance gives for n\u00a0=\u00a0400" in good
    two_peaks = np.r_[rng.normal(2, 0.1, 200), rng.normal(5, 0.1, 200)]
    assert "poor description" in fit_text(spread_of(two_peaks), "normal")
    assert messages.FIT_NONE in fit_text(spread_of(np.arange(5.0)), "normal")
    assert fit_text(spread_of(two_peaks), "") == ""


def test_a_sample_is_pooled_and_several_are_shown_side_by_side(page, discs):
    state, span = page.state, page.result.span
    state.name_sample("  Au  batch 3 ")
    assert [image.sample for image in state.images] == ["Au batch 3"] * 2
    assert [name for _, name in span.options] == ["image", "all"]
    state.add_micrograph(discs("image 2", seed=2))
    state.choose(state.images[-1].key)
    page.header.sample.value = "Au batch 4"
    assert [image.sample for image in state.images] == ["Au batch 3"] * 2 + ["Au batch 4"]
    assert page.header.sample.options == ("Au batch 3", "Au batch 4")
    state.run()
    state.done()
    assert [name for _, name in span.options] == ["image", "sample", "all"]
    state.choose(state.images[0].key)
    span.value = "sample"
    assert set(state.particles["image"]) == {"image 0", "image 1"}
    span.value = "all"
    box = page.result.distribution
    assert (hidden(box.samples), hidden(box.chart.holder)) == (False, True)
    lines = box.samples.chart.widget.data
    assert [line.name for line in lines[:3]] == ["Au batch 3", "Au batch 4", ""]
    assert sum(lines[0].y[1:-1:2]) == pytest.approx(100)
    table = box.samples.numbers.value
    for name, count in (("Au batch 3", 10), ("Au batch 4", 5)):
        mean = state.samples[name][DIAMETER].mean()
        assert f"{name}</td><td>{count}</td><td>{mean:.2f} ±" in table
    # without its second sample it is one pool again
    span.value = "sample"
    state.remove(state.images[-1].key)
    assert state.span == "all"
    assert hidden(box.samples)


def test_a_single_image_changes_its_sample(page):
    state = page.state
    state.name_sample("a")
    state.step(1)
    state.name_sample("b <i>")
    assert [image.sample for image in state.images] == ["a", "b <i>"]
    state.show_span("all")
    assert "b &lt;i&gt;" in page.result.distribution.samples.numbers.value
    state.name_sample("")
    assert [image.sample for image in state.images] == ["a", ""]
    assert messages.SAMPLE_NONE in page.result.distribution.samples.numbers.value


def test_nothing_is_tried_until_somebody_looks_and_nothing_twice(page, monkeypatch):
    state, asked = page.state, []

    def spy(found, option, values, progress):
        asked.append(option)
        return sensitivity(found, option, values, progress)

    monkeypatch.setattr("antema.app.state.trying.sensitivity", spy)
    state.choose(state.images[1].key)
    assert (asked, state.trials) == ([], None)
    page.result.tabs.value = True
    assert state.trier.wait(30)
    assert asked == ["convexity"]
    assert list(state.trials.columns[:2]) == ["convexity", "particles"]
    mark = page.result.trying.chart.widget.layout.shapes[0]
    assert mark.x0 == 0.95

    # another convexity moves the mark alone; the table of trials is that of before
    state.set_option("separation", "convexity", 0.9)
    state.done()
    assert state.trier.wait(30)
    assert mark.x0 == 0.9
    assert asked == ["convexity"]
    row = state.trials.iloc[(state.trials["convexity"] - 0.9).abs().argmin()]
    assert row["particles"] == len(state.analysis.particles)

    state.set_option("separation", "min_marker_nm", 1.0)
    state.done()
    assert state.trier.wait(30)
    assert asked == ["convexity"] * 2
    page.result.trying.option.value = "min_marker_nm"
    assert state.trier.wait(30)
    assert asked[2:] == ["min_marker_nm"]
    title = page.result.trying.chart.widget.layout.xaxis.title.text
    assert title == "Smallest marker in nm"
    page.result.tabs.value = False
    state.set_option("separation", "solidity", 0.9)
    state.done()
    assert state.trier.wait(30)
    assert len(asked) == 3
    assert state.notices == ()


def test_a_value_outside_the_usual_range_is_tried_as_well(page):
    page.state.set_option("separation", "convexity", 0.6)
    page.state.done()
    page.state.show_trials(True)
    assert page.state.trier.wait(30)
    assert page.state.trials["convexity"].iloc[0] == 0.6


def test_what_is_taken_away_names_the_sample_of_every_particle(page):
    state, made = page.state, []
    state.name_sample("a")
    state.step(1)
    state.name_sample("b")
    state.pack_table(made.append)
    state.done()
    sheets = pd.read_excel(io.BytesIO(made[0]), sheet_name=None)
    assert sheets["Particles"].groupby("sample")["image"].unique().explode().to_dict() == {
        "a": "image 0",
        "b": "image 1",
    }
    summary = sheets["Summary"].set_index(["sample", "quantity"])
    mean = state.samples["b"][DIAMETER].mean()
    assert summary.loc[("b", DIAMETER), "mean"] == pytest.approx(mean)
    assert (summary["images"] == 1).all()


def test_a_session_keeps_the_names_of_the_samples(page):
    state, saved = page.state, []
    state.name_sample("a")
    state.step(1)
    state.name_sample("b")
    state.pack_session(saved.append)
    state.done()
    state.remove_all()
    state.add_content("mine.antema", saved[0])
    state.done()
    assert [image.sample for image in state.images] == ["a", "b"]
    assert state.sample_names == ["a", "b"]


def test_of_one_particle_no_spread_is_told(analysed):
    page = Dashboard(analysed)
    assert "standard deviation" in page.result.numbers.value
    analysed.set_filter("equivalent_diameter_nm", None, 2.5)
    assert len(analysed.particles) == 1
    assert "diameter of the only particle" in page.result.numbers.value
    assert "±" not in page.result.numbers.value
