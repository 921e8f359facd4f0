import dataclasses
import io
import json
import zipfile

import pandas as pd
import pytest

from antema import COLUMNS, Settings, analyze, measure
from antema.app import messages
from antema.app.intake import FOLDER_VARIABLE, number_or_none
from antema.app.state import duration_text
from antema.cli import main
from antema.export import record
from antema.presets import PRESETS


def texts(state):
    return [notice.text for notice in state.notices]


def test_a_micrograph_without_scale_blocks_until_words_give_it(state, discs):
    state.add_micrograph(discs(nm_per_pixel=None))
    assert "discs.png" in state.blocker
    state.run()
    assert state.done().analysis is None

    state.give_scale("120 pm")
    assert state.blocker == ""
    assert state.image.micrograph.nm_per_pixel == pytest.approx(0.12)
    assert state.image.micrograph.scale_source == "given by hand"


@pytest.mark.parametrize("words", ["", "nonsense", "5", "0 nm", "3 px"])
def test_words_that_are_no_pixel_size_are_told_and_change_nothing(state, discs, words):
    state.add_micrograph(discs(nm_per_pixel=None))
    state.give_scale(words)
    assert state.image.micrograph.nm_per_pixel is None
    assert len(state.notices) == 1
    assert state.notices[0].kind == "error"


def test_one_scale_serves_all_images_without_one_but_leaves_the_others(state, discs):
    for name, scale in (("a", None), ("b", 0.2), ("c", None)):
        state.add_micrograph(discs(name, scale))
    state.give_scale("0.3 nm", state.images[0].key, everywhere=True)
    assert [image.micrograph.nm_per_pixel for image in state.images] == pytest.approx(
        [0.3, 0.2, 0.3]
    )


def test_a_scale_given_over_the_files_own_is_recorded_with_it(state, discs):
    state.add_micrograph(discs(nm_per_pixel=0.1))
    state.give_scale("0.2 nm")
    assert state.image.micrograph.scale_source == "given by hand; the file said 0.1 nm"


def test_the_ruler_gives_the_scale_from_the_burned_in_bar(state, discs):
    for name, scale in (("a", None), ("b", None), ("c", 0.2)):
        state.add_micrograph(discs(name, scale))
    state.measure_bar(state.images[1].key)
    assert (state.image.name, state.tool) == ("b", "ruler")
    state.give_bar("50 nm")
    state.draw((200, 20), (200, 22))
    assert texts(state) == [messages.RULER_FIRST, messages.RULER_SHORT]
    state.draw((200, 20), (203, 24 + 396))
    assert state.ruler_px == pytest.approx(400.011, abs=1e-3)
    assert not state.give_bar("fifty")
    assert state.tool == "ruler"
    assert state.give_bar("50 nm", everywhere=True)
    assert (state.tool, state.ruler) == ("", ())
    sizes = [image.micrograph.nm_per_pixel for image in state.images]
    assert sizes == pytest.approx([50 / 400.011, 50 / 400.011, 0.2], rel=1e-5)
    expected = "scale bar of 50 nm measured by hand as 400.0 px"
    assert state.images[0].micrograph.scale_source == expected
    state.choose(state.images[2].key)
    state.measure_bar()
    state.draw((200, 20), (200, 420))
    state.give_bar("0.04 µm")
    assert state.image.micrograph.nm_per_pixel == pytest.approx(0.1)
    assert state.image.micrograph.scale_source.endswith("the file said 0.2 nm")


def test_run_gives_the_numbers_of_the_library(state, discs):
    micrograph = discs()
    state.add_micrograph(micrograph)
    state.run()
    state.done()
    expected = analyze(micrograph, state.settings)
    pd.testing.assert_frame_equal(state.particles, expected.particles)
    assert state.left_out == expected.left_out
    assert len(state.particles) == 5
    assert not state.outdated
    assert state.busy == ""


def test_images_without_scale_are_named_and_the_rest_is_analysed(state, discs):
    state.add_micrograph(discs("good"))
    state.add_micrograph(discs("bad", None))
    state.run()
    state.done()
    assert [image.analysis is not None for image in state.images] == [True, False]
    assert texts(state) == [messages.SKIPPED.format(names="bad")]


def test_a_separation_option_updates_the_result_without_the_network(analysed, monkeypatch):
    monkeypatch.setattr("antema.analysis.probability_map", None)
    mask = analysed.analysis.probability
    analysed.set_option("separation", "method", "none")
    analysed.done()
    assert texts(analysed) == []
    assert len(analysed.particles) == 4
    assert not analysed.outdated
    assert analysed.analysis.probability is mask


def test_an_option_that_needs_the_network_marks_the_result_out_of_date(analysed):
    analysed.set_option("segmentation", "invert", True)
    analysed.done()
    assert analysed.outdated
    assert len(analysed.particles) == 5
    analysed.reset_settings()
    assert analysed.settings == Settings()


def test_a_value_outside_its_limits_is_told_and_changes_nothing(analysed):
    before = analysed.settings
    analysed.set_option("separation", "convexity", 7.0)
    assert analysed.settings == before
    assert "convexity" in texts(analysed)[0]


def test_a_file_uploaded_is_read_and_a_broken_one_named(state, disc_file):
    content = disc_file("good.png").read_bytes()
    state.add_content("good.png", content)
    state.add_content("broken.tif", content[:200])
    state.done()
    assert [image.name for image in state.images] == ["good.png"]
    assert state.images[0].micrograph.shape == (224, 256)
    assert "broken.tif" in texts(state)[0]


def test_two_images_of_one_name_keep_apart(state, discs):
    state.add_micrograph(discs())
    state.add_micrograph(discs(seed=1))
    assert [image.name for image in state.images] == ["discs.png", "discs.png (2)"]


def test_choose_step_and_remove(state, discs):
    for name in "abc":
        state.add_micrograph(discs(name))
    assert state.image.name == "a"
    state.step(-1)
    assert state.image.name == "c"
    state.remove(state.chosen)
    assert state.image.name == "b"
    state.remove_all()
    assert state.images == ()
    assert state.image is None


def test_cancel_keeps_what_was_done(state, discs):
    for name in "ab":
        state.add_micrograph(discs(name))

    def stop_after_first(change):
        if any(image.analysis for image in change["new"]):
            state.cancel()

    state.observe(stop_after_first, names="images")
    state.run()
    state.done()
    assert [image.analysis is not None for image in state.images] == [True, False]
    assert texts(state) == [messages.CANCELLED]
    assert state.busy == ""


def test_selection_is_a_particle_that_exists(analysed):
    analysed.select(3)
    assert analysed.selected == 3
    analysed.select(99)
    assert analysed.selected is None


def test_a_filter_acts_on_numbers_and_on_what_is_taken_away(analysed):
    sizes = analysed.particles["equivalent_diameter_nm"]
    limit = sizes.sort_values().iloc[2]
    analysed.filter_text("equivalent_diameter_nm", f"{limit:.9f}".rstrip("0")[:-1], "")
    assert len(analysed.particles) == 3
    assert [len(found.particles) for found in analysed.results()] == [3]
    analysed.filter_text("equivalent_diameter_nm", "", "")
    assert len(analysed.particles) == 5
    analysed.filter_text("equivalent_diameter_nm", "many", "")
    assert texts(analysed) == [messages.FILTER_BAD.format(text="many")]


def test_pooled_numbers_are_those_of_all_images(state, discs):
    for seed in (0, 1):
        state.add_micrograph(discs(f"image {seed}", seed=seed))
    state.run()
    state.done()
    state.show_span("all")
    assert list(state.particles["image"].unique()) == ["image 0", "image 1"]
    assert state.summary.particles == sum(len(image.analysis.particles) for image in state.images)


def test_download_of_everything_holds_the_table(analysed):
    made = []
    analysed.pack_all(made.append)
    analysed.pack_table(made.append)
    analysed.pack_rois(made.append)
    analysed.done()
    with zipfile.ZipFile(io.BytesIO(made[0])) as files:
        names = files.namelist()
        table = pd.read_excel(io.BytesIO(files.read("discs.xlsx")), sheet_name="Particles")
    assert {"discs.xlsx", "discs.json", "discs_outlines.png"} <= set(names)
    assert list(table.columns) == [column.name for column in COLUMNS]
    assert len(table) == 5
    assert len(pd.read_excel(io.BytesIO(made[1]), sheet_name="Particles")) == 5
    assert len(zipfile.ZipFile(io.BytesIO(made[2])).namelist()) == 5


def test_a_download_says_what_a_filter_keeps(analysed):
    analysed.set_filter("equivalent_diameter_nm", 2.5, None)
    made = []
    analysed.pack_all(made.append)
    analysed.done()
    with zipfile.ZipFile(io.BytesIO(made[0])) as files:
        record = json.loads(files.read("discs.json"))
        table = pd.read_csv(io.BytesIO(files.read("discs.csv")))
        outlines = zipfile.ZipFile(io.BytesIO(files.read("discs_rois.zip"))).namelist()
    assert 0 < len(table) == record["particles"] == len(outlines) < 5
    assert any("equivalent_diameter_nm from 2.5 to inf" in one for one in record["warnings"])


def test_download_without_a_result_is_told(state):
    state.pack_all(lambda _content: None)
    assert texts(state) == [messages.NOTHING_TO_DOWNLOAD]


def test_options_saved_are_loaded_again_and_other_files_refused(state):
    state.set_option("separation", "convexity", 0.9)
    saved, wanted = state.settings_file(), state.settings
    state.reset_settings()
    state.add_content("options.json", saved)
    assert state.settings == wanted
    state.add_content("list.json", b"[1]")
    state.add_content("text.json", b"no json")
    state.add_content("unknown.json", json.dumps({"separation": {"magic": 1}}).encode())
    assert [notice.kind for notice in state.notices] == ["info", "error", "error", "error"]
    assert state.settings == wanted


def test_presets_are_chosen_saved_under_a_name_and_loaded(state):
    state.use_preset("As in the paper")
    assert state.settings.separation.solidity == 0
    assert state.preset == "As in the paper"
    state.set_option("separation", "convexity", 0.9)
    assert state.preset == ""
    files = []
    state.save_preset("mine", files.append)
    state.use_preset("Default")
    assert state.settings == Settings()
    state.add_content("theirs.json", files[0])
    assert state.settings.separation.convexity == 0.9
    names = [preset.name for preset in state.presets]
    assert names == [preset.name for preset in PRESETS] + ["mine", "theirs"]
    state.save_preset("Default", files.append)
    assert next(p for p in state.presets if p.name == "Default").settings == Settings()


def test_an_unexpected_failure_becomes_a_notice_with_its_traceback(state, discs, monkeypatch):
    monkeypatch.setattr("antema.analysis.measure", lambda *_, **__: 1 / 0)
    state.add_micrograph(discs())
    state.run()
    state.done()
    assert "ZeroDivisionError" in state.notices[0].text
    assert "Traceback" in state.notices[0].detail
    state.dismiss(0)
    assert state.notices == ()


def test_an_image_without_particles_is_a_result(state, discs):
    state.set_option("segmentation", "min_diameter_nm", 900.0)
    state.add_micrograph(discs())
    state.run()
    state.done()
    pd.testing.assert_frame_equal(state.particles, measure([], 1.0), check_index_type=False)
    assert state.summary.particles == 0


def test_changing_the_scale_makes_the_result_out_of_date(analysed):
    analysed.give_scale("0.5 nm")
    assert analysed.outdated
    analysed.run()
    analysed.done()
    assert not analysed.outdated
    assert dataclasses.asdict(analysed.settings) == analysed.analysis.settings.to_dict()


@pytest.mark.parametrize(
    ("text", "number"), [("", None), ("  ", None), ("2.5", 2.5), ("2,5", 2.5), ("-1e3", -1000.0)]
)
def test_numbers_as_people_write_them(text, number):
    assert number_or_none(text) == number


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (12.4, "12 s"), (130, "2 min")])
def test_durations(seconds, text):
    assert duration_text(seconds) == text


def test_a_session_saved_and_opened_again_has_the_same_numbers(analysed, discs):
    analysed.add_micrograph(discs("second.tif", None))
    analysed.set_option("separation", "convexity", 0.9)
    analysed.done()
    saved, before, settings = [], analysed.analysis, analysed.settings
    analysed.pack_session(saved.append)
    analysed.done()
    analysed.remove_all()
    analysed.reset_settings()
    analysed.add_content("my.antema", saved[0])
    analysed.done()
    assert texts(analysed) == [messages.SESSION_LOADED.format(name="my.antema")]
    assert [image.name for image in analysed.images] == ["discs.png", "second.tif"]
    assert analysed.settings == settings
    assert not analysed.outdated
    pd.testing.assert_frame_equal(analysed.analysis.particles, before.particles)
    assert analysed.analysis.left_out == before.left_out
    assert analysed.images[1].micrograph.nm_per_pixel is None


def test_corrections_come_back_with_a_session_and_a_record(analysed):
    analysed.pick(60, 60)
    analysed.leave_out()
    analysed.done()
    before = analysed.analysis
    assert len(before.particles) == 4
    made = []
    analysed.pack_session(made.append)
    analysed.done()
    analysed.remove_all()
    analysed.add_content("my.antema", made[0])
    analysed.done()
    assert not analysed.outdated
    pd.testing.assert_frame_equal(analysed.analysis.particles, before.particles)
    assert analysed.analysis.left_out == before.left_out
    analysed.undo()
    assert len(analysed.done().particles) == 5


def test_a_record_dropped_on_the_page_corrects_the_image_it_was_made_of(state, disc_file):
    state.add_paths([disc_file("a.png"), disc_file("b.png", seed=1)])
    state.done()
    state.give_scale("0.1 nm", everywhere=True)
    state.run()
    state.done()
    state.pick(60, 60)
    state.leave_out()
    state.done()
    saved = json.dumps(record(state.analysis)).encode()
    state.undo()
    assert len(state.done().particles) == 5
    state.add_content("a.json", saved)
    state.done()
    assert [len(found.particles) for found in state.analyses] == [4, 5]
    assert not state.outdated


def test_the_command_line_repeats_what_was_done_on_the_page(state, disc_file, tmp_path):
    path = disc_file("a.png")
    state.add_content("a.png", path.read_bytes())
    state.done()
    state.give_scale("0.1 nm")
    state.set_option("separation", "convexity", 0.9)
    state.run()
    state.done()
    state.pick(60, 60)
    state.leave_out()
    state.done()
    made = []
    state.pack_all(made.append)
    state.done()
    with zipfile.ZipFile(io.BytesIO(made[0])) as files:
        (tmp_path / "record.json").write_bytes(files.read("a.json"))
        expected = pd.read_excel(io.BytesIO(files.read("a.xlsx")), sheet_name="Particles")
    call = ["analyze", str(path), "--settings", str(tmp_path / "record.json")]
    assert main([*call, "-o", str(tmp_path / "again")]) == 0
    again = pd.read_excel(tmp_path / "again" / "a.xlsx", sheet_name="Particles")
    pd.testing.assert_frame_equal(again, expected)
    assert len(again) == 4


def test_corrections_are_dropped_with_a_word_and_come_back(analysed):
    analysed.pick(150, 175)
    analysed.leave_out()
    assert len(analysed.done().particles) == 4
    analysed.set_option("separation", "method", "none")
    analysed.done()
    assert len(analysed.particles) == 4
    assert "1 of the corrections by hand" in texts(analysed)[0]
    assert list(analysed.analysis.dropped) == [0]
    analysed.set_option("separation", "method", "uecs")
    assert len(analysed.done().particles) == 4
    assert analysed.left_out["removed by hand"] == 1


def test_what_is_marked_stays_marked_under_other_options(analysed):
    analysed.pick(160, 70)
    before = analysed.selected
    analysed.set_option("separation", "method", "none")
    after = analysed.done().selected
    assert after != before
    assert analysed.analysis.particles.loc[after - 1, "row_px"] == pytest.approx(160, abs=0.1)
    analysed.pick(150, 189)
    analysed.set_option("separation", "method", "uecs")
    assert analysed.done().marked == ()
    assert analysed.selected is None


def test_corrections_that_cannot_be_made_are_told(analysed):
    analysed.cut((5, 5), (6, 6))
    analysed.pick(60, 60)
    analysed.pick(60, 160, add=True)
    analysed.join()
    analysed.pick(60, 60)
    analysed.cut((60, 55), (60, 65))
    assert [notice.kind for notice in analysed.notices] == ["error"] * 3
    assert texts(analysed)[0] == messages.CUT_NOWHERE
    assert "touch" in texts(analysed)[1]
    assert "does not cut" in texts(analysed)[2]
    assert analysed.image.corrections == ()


def test_an_outdated_result_is_not_corrected(analysed):
    analysed.set_option("segmentation", "invert", True)
    analysed.pick(60, 60)
    analysed.leave_out()
    assert texts(analysed) == [messages.OUTDATED]


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_a_damaged_session_is_told_and_changes_nothing(analysed, content):
    analysed.add_content("my.antema", content)
    analysed.done()
    assert texts(analysed) == [messages.SESSION_BAD.format(name="my.antema")]
    assert analysed.analysis is not None


def test_a_folder_of_the_server_is_walked_but_not_left(state, disc_file, tmp_path, monkeypatch):
    inside = tmp_path / "root" / "gold"
    inside.mkdir(parents=True)
    disc_file("a.png").rename(inside / "a.png")
    (inside / "notes.txt").write_text("no image")
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "root"))
    state.browse("")
    assert state.listing == ("", ["gold", "out"], [])
    state.browse("gold")
    assert state.listing == ("gold", [], ["a.png"])
    state.add_from_folder(["a.png"])
    assert [image.name for image in state.done().images] == ["a.png"]
    state.browse("")
    state.add_from_folder(["gold/a.png"])
    assert len(state.done().images) == 2
    for outside in ("..", "out", "/etc", "gold/../.."):
        state.browse(outside)
    assert texts(state) == [messages.FOLDER_OUTSIDE]
    assert state.listing[0] == ""
