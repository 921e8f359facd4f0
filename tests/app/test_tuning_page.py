import json

import numpy as np
import pytest

from antema import SegmentationOptions, Settings, analyze
from antema.app.panels.tuning import Tuning, still
from antema.app.state.tuning import TuningState
from antema.errors import MissingScale
from antema.export import read_settings
from antema.rois import roi_set
from antema.tuning import options_of, values_in

OTSU = Settings(segmentation=SegmentationOptions(method="otsu"))


@pytest.fixture
def state(discs):
    """A state that holds a map of a small image, made beside the page."""
    state = TuningState()
    state.settings, state.steps = OTSU, 4
    state.add_micrograph(discs())
    state.make_map()
    assert state.worker.wait(60)
    return state


@pytest.fixture
def tuning(discs, monkeypatch):
    """The page, begun with a small image instead of the sample."""
    monkeypatch.setattr("antema.app.intake.simulated_sample", discs)
    original = TuningState.start

    def start(state, files):
        state.settings, state.steps = OTSU, 4
        original(state, files)

    monkeypatch.setattr(TuningState, "start", start)
    return Tuning()


def test_the_map_is_of_all_pairs_and_marks_the_options_in_use(state):
    assert len(state.grid) == 16
    used = values_in(state.settings, options_of(state.grid))
    marked = state.grid.iloc[state.row]
    for name in used:
        step = np.diff(np.unique(state.grid[name])).max()
        assert abs(marked[name] - used[name]) <= step / 2 + 1e-9
    assert state.inside[state.row]


def test_a_point_that_is_picked_gives_the_options_and_its_result(state):
    state.pick(3)
    assert state.worker.wait(60)
    chosen = values_in(state.settings, options_of(state.grid))
    assert chosen == state.grid[options_of(state.grid)].iloc[3].to_dict()
    assert len(state.analysis.particles) == state.grid["particles"].iloc[3]
    assert read_settings("saved.json", state.settings_file()) == state.settings


def test_the_pictures_are_of_the_chosen_point_the_steadiest_and_the_corners(state):
    state.pick(5)
    trials = state.trials()
    assert trials[0][0] == "Chosen"
    assert len(trials) in (5, 6)
    assert len({json.dumps(settings.to_dict()) for _, settings, _ in trials}) == len(trials)


def test_another_segmentation_threshold_makes_the_map_anew(state):
    before = state.grid
    state.set_threshold(0.3)
    assert state.worker.wait(60)
    assert state.settings.segmentation.threshold == 0.3
    assert state.grid is not before


def test_a_reference_is_compared_in_the_scale_of_its_image(state, discs):
    found = analyze(discs(), OTSU)
    state.add_reference("by hand.zip", roi_set(found))
    wanted = found.particles["equivalent_diameter_nm"]
    assert np.sort(state.reference) == pytest.approx(np.sort(wanted), rel=1e-6)
    state.add_reference("nonsense.pdf", b"")
    assert "is no table" in state.notices[-1].text


def test_without_an_image_the_map_says_what_is_missing():
    state = TuningState()
    state.make_map()
    assert state.notices[-1].text == "Add a micrograph first."
    assert state.trials() == []


def test_a_file_without_a_scale_is_told_at_once(disc_file):
    with pytest.raises(MissingScale, match="discs"):
        TuningState().start([disc_file()])


def test_the_page_follows_a_click_on_the_map(tuning, tmp_path):
    state = tuning.state
    state.pick(7)
    assert tuning.map.figure.data[2].y[0] == state.grid["convexity"].iloc[7]
    assert f"{int(state.grid['particles'].iloc[7])} particles" in tuning.map.words.value
    state.propose()
    assert "Inside the line" in tuning.map.words.value
    tuning.save(tmp_path / "options.json")
    assert read_settings("o", (tmp_path / "options.json").read_bytes()) == tuning.settings


def test_a_reference_on_the_page_becomes_a_table_and_curves(tuning):
    assert tuning.reference.figure is None
    tuning.state.add_reference("by hand.csv", b"diameter\n3\n4\n5\n")
    assert "by hand.csv" in tuning.reference.table.value
    assert "4.00" in tuning.reference.table.value or ">4<" in tuning.reference.table.value
    assert len(tuning.reference.figure.data[1].x) == 3


def test_every_picture_says_what_it_shows(tuning):
    value = tuning.pictures.gallery.value
    assert value.count("<img") == value.count("alt='Part of the micrograph") >= 5


def test_a_still_of_the_page_needs_no_kernel(tuning, monkeypatch):
    assert "application/vnd.jupyter.widget-view+json" in tuning.map._repr_mimebundle_()
    monkeypatch.setenv("ANTEMA_STILL", "1")
    assert list(tuning.pictures._repr_mimebundle_()) == ["text/html"]
    assert "Plotly.newPlot" in still(tuning.map)
