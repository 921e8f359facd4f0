import asyncio
import dataclasses
import html
import shutil

import numpy as np
import pytest
from PIL import Image

from antema import Settings, __version__
from antema.app import messages
from antema.app.explain import FOLDER, picture_name
from antema.app.panels.base import HIDDEN, number_text, watch
from antema.app.panels.dashboard import Dashboard
from antema.app.panels.options import NOT_SHOWN, places
from antema.app.panels.picture import MARKED
from antema.app.panels.result import window_around
from antema.app.state import Notice
from antema.figures import CENTRES
from antema.network import DEFAULT_WEIGHTS, find_weights
from antema.separation import WHOLE, Region


@pytest.fixture
def page(state):
    return Dashboard(state)


def hidden(widget):
    return HIDDEN in widget._dom_classes


def centres(page):
    return page.picture.overlay.trace(CENTRES)


def click(page, row, column, *, add=False, reach=0.0):
    message = {"kind": "point", "place": [row, column], "reach": reach, "add": add}
    page.picture.pointer._heard(None, message, [])


def press(page, key):
    page.page._heard(None, {"kind": "key", "key": key}, [])


def test_the_empty_page_says_how_to_begin(page):
    assert not hidden(page.picture.empty)
    assert hidden(page.picture.holder)
    assert page.run.run.disabled
    assert page.run.blocker.value == messages.BLOCK_NO_IMAGES
    assert page.state.notices == ()


def test_every_option_has_a_field_with_its_default_label_and_help(page):
    assert set(page.options.fields) == set(places())
    shown = {
        (stage.name, field.name)
        for stage in dataclasses.fields(Settings)
        for field in dataclasses.fields(stage.default)
    } - set(NOT_SHOWN)
    assert set(places()) == shown
    page.state.reset_settings()
    for (stage, name), field in page.options.fields.items():
        assert field.value == getattr(getattr(Settings(), stage), name)
        assert field.description
        assert field.tooltip.endswith((".", "off"))


def test_every_option_is_explained_by_a_picture_with_as_many_parts_as_words():
    sizes = []
    for place in places():
        path = FOLDER / picture_name(*place)
        sizes.append(path.stat().st_size)
        with Image.open(path) as picture:
            width, height = picture.size
        # Parts of 4 : 3 with small gaps between them.
        assert (width + 12) / (height * 4 / 3 + 12) == len(messages.EXPLAIN[place])
    assert sum(sizes) < 300_000
    assert len(list(FOLDER.iterdir())) == len(sizes)


def test_the_menu_of_presets_follows_the_options_and_sets_them(page):
    box = page.options.presets
    assert box.menu.value == ""
    box.menu.value = "Bright particles (dark field, HAADF)"
    assert page.state.settings.segmentation.invert
    assert "brighter" in box.why.value
    page.options.fields["segmentation", "invert"].value = False
    assert box.menu.value == "Default"
    box.name.value = " Au / batch 3 "
    assert box.save.file_name == "Au  batch 3.json"


def test_moving_a_slider_changes_the_settings_and_reset_moves_it_back(page):
    field = page.options.fields["separation", "convexity"]
    field.value = 0.9
    assert page.state.settings.separation.convexity == 0.9
    page.options.reset.click()
    assert page.state.settings == Settings()
    assert field.value == Settings().separation.convexity


def test_click_on_analyse_fills_picture_numbers_and_table(page, discs):
    state = page.state
    state.add_micrograph(discs())
    assert page.run.blocker.value == ""
    page.run.run.click()
    state.done()
    assert state.notices == ()

    figure = page.picture.overlay.widget
    assert page.picture.holder.children == (figure, page.picture.pointer)
    assert [len(centres(page).x), page.table.table.rows] == [5, 5]
    assert "5 particles" in page.result.numbers.value
    assert "touches the image edge" in page.result.left_out.value
    assert sum(page.result.distribution.chart.widget.data[0].y) == 5
    columns = page.table.table.columns
    values = np.frombuffer(page.table.table.data).reshape(len(columns), 5).T
    diameter = [column["label"] for column in columns].index("Diameter")
    np.testing.assert_array_equal(values[:, diameter], state.particles["equivalent_diameter_nm"])


def test_the_figure_widget_is_made_once_and_filled_anew(page, discs):
    state = page.state
    state.add_micrograph(discs("a"))
    made = page.picture.overlay.widget
    before = made.layout.images[0].source
    state.add_micrograph(discs("b", seed=3))
    state.step(1)
    state.run()
    state.done()
    assert page.picture.overlay.widget is made
    assert made.layout.images[0].source != before
    assert len(centres(page).x) == 5


def test_selection_is_one_in_picture_table_and_card(page, discs):
    state = page.state
    state.add_micrograph(discs())
    state.run()
    state.done()
    page.table.table.selected = 2
    assert state.selected == 3
    assert "Particle 3" in page.result.particle.value
    assert len(page.picture.overlay.trace(MARKED).x) > 10
    state.select(None)
    assert page.table.table.selected == -1
    assert len(page.picture.overlay.trace(MARKED).x) == 0


def test_the_view_switches_between_outlines_segmentation_and_picture(page, discs):
    state = page.state
    state.add_micrograph(discs())
    state.run()
    state.done()
    figure = page.picture.overlay.widget
    plain = figure.layout.images[0].source
    press(page, "2")
    assert state.view == "mask"
    assert figure.layout.images[0].source != plain
    assert figure.data[0].visible is False
    press(page, "1")
    assert figure.layout.images[0].source == plain
    assert figure.data[0].visible is True


def test_a_filter_shows_in_the_table(page, discs):
    state = page.state
    state.add_micrograph(discs())
    state.run()
    state.done()
    page.table.low.value = "2,5"
    kept = int((state.analysis.particles["equivalent_diameter_nm"] >= 2.5).sum())
    assert 0 < kept < 5
    assert page.table.table.rows == kept
    assert page.table.count.value == f"{kept} of 5 particles"
    assert len(centres(page).x) == kept
    click(page, centres(page).y[-1], centres(page).x[-1])
    assert state.selected == state.particles["particle"].iloc[-1]
    dropped = state.analysis.particles["particle"].drop(state.particles.index)
    assert (
        state.region_at(*state.analysis.particles.loc[dropped.index[0], ["row_px", "column_px"]])
        is None
    )
    page.table.clear.click()
    assert page.table.low.value == ""
    assert page.table.table.rows == 5


def test_the_scale_bar_has_a_round_length_and_follows_the_zoom(page, discs):
    page.state.add_micrograph(discs())
    figure = page.picture.overlay.widget
    bar = figure.layout.shapes[0]
    assert "5 nm" in figure.layout.annotations[0].text
    assert bar.x1 - bar.x0 == pytest.approx(50)
    page.state.give_scale("0.2 nm")
    assert "10 nm" in figure.layout.annotations[0].text
    page.state.give_scale("0.1 nm")
    figure.update_xaxes(range=[0, 50])
    assert "1 nm" in figure.layout.annotations[0].text
    assert bar.x1 - bar.x0 == pytest.approx(10)


def test_the_scale_bar_appears_once_the_pixel_size_is_given(page, discs):
    page.state.add_micrograph(discs(nm_per_pixel=None))
    figure = page.picture.overlay.widget
    assert not figure.layout.shapes[0].visible
    page.state.give_scale("0.1 nm")
    assert figure.layout.shapes[0].visible
    assert figure.layout.shapes[0].x1 - figure.layout.shapes[0].x0 == pytest.approx(50)


def test_images_show_what_is_missing(page, discs):
    page.state.add_micrograph(discs(nm_per_pixel=None))
    item = page.images.list.items[0]
    assert (item["state"], item["scale"]) == ("noscale", "")
    page.images.list._heard(
        None, {"kind": "scale", "key": item["key"], "text": "0.1 nm", "everywhere": False}, []
    )
    item = page.images.list.items[0]
    assert item["scale"] == "1 px = 0.1 nm"
    assert "25.6 nm" in item["about"]


def test_the_ruler_asks_for_the_length_once_it_lies(page, discs):
    page.state.add_micrograph(discs(nm_per_pixel=None))
    bar, pointer = page.picture.ruler, page.picture.pointer
    assert hidden(bar)
    page.images.list._heard(None, {"kind": "ruler", "key": page.state.chosen}, [])
    assert not hidden(bar)
    assert hidden(bar.length)
    pointer._heard(None, {"kind": "line", "start": [200, 20], "end": [200, 120]}, [])
    assert pointer.line == [[200, 20], [200, 120]]
    assert "100.0 px" in bar.text.value
    assert not hidden(bar.length)
    assert hidden(bar.all)
    bar.length.value = "20 nm"
    bar.use.click()
    assert page.state.image.micrograph.nm_per_pixel == 0.2
    assert hidden(bar)
    assert pointer.tool == ""


def test_names_of_files_are_no_html(page, discs):
    page.state.add_micrograph(
        dataclasses.replace(discs("<b>"), nm_per_pixel=None, scale_source="<i>")
    )
    assert "<b>" not in page.run.blocker.value
    assert "&lt;i&gt;" in page.picture.hint.value


def test_reasons_for_doubt_stand_at_the_image_and_one_notice_names_several(page, discs):
    state = page.state
    for name in "ab":
        # Discs of 2 to 4 px, too small to be measured well.
        shot = discs(name, seed=1)
        state.add_micrograph(dataclasses.replace(shot, pixels=shot.pixels[::6, ::6]))
    state.run()
    state.done()
    first, *_ = doubts = state.image.doubts
    assert doubts
    assert html.escape(first) in page.picture.hint.value
    assert page.images.list.items[0]["doubtful"]
    assert "check" in page.images.list.items[0]["note"]
    assert [notice.text for notice in state.notices] == [messages.DOUBTFUL.format(names="a, b")]
    assert messages.names_text(list("abcde")) == "a, b, c and 2 more"


def test_about_tells_version_citation_and_the_network_in_use(page, tmp_path):
    text = page.header.about.value
    assert f"antema {__version__}" in text
    assert "10.1039/d2na00781a" in text
    assert f"<h1>{DEFAULT_WEIGHTS}</h1>" in text  # the title of its model card
    assert "href='../" not in text
    assert 'href="../' not in text
    shutil.copy(find_weights() / "config.json", tmp_path)
    (tmp_path / "README.md").write_text("# My network", encoding="utf-8")
    page.state.set_option("segmentation", "weights", str(tmp_path))
    assert "<h1>My network</h1>" in page.header.about.value
    page.state.set_option("segmentation", "weights", "none of these")
    assert "none of these" not in page.header.about.value


def test_the_card_of_a_particle_shows_it(analysed):
    page = Dashboard(analysed)
    assert "<img" not in page.result.particle.value
    analysed.select(1)
    region = analysed.analysis.regions[analysed.marked[0]]
    rows, columns = window_around(region, (224, 256))
    assert rows.start < region.origin[0] < rows.stop
    assert columns.stop - columns.start == pytest.approx(1.6 * max(region.image.shape), abs=2)
    assert "data:image/png;base64," in page.result.particle.value
    at_the_corner = Region((0, 250), np.ones((6, 6), dtype=bool), WHOLE, "")
    assert window_around(at_the_corner, (224, 256)) == (slice(0, 15), slice(241, 256))


def test_an_upload_arrives_in_pieces(page, disc_file):
    content = disc_file().read_bytes()
    hear = page.images.drop._heard
    hear(None, {"kind": "begin", "name": "up.png", "size": len(content)}, [])
    half = len(content) // 2
    for piece in (content[:half], content[half:]):
        hear(None, {"kind": "piece"}, [memoryview(piece)])
    hear(None, {"kind": "end", "name": "up.png"}, [])
    page.state.done()
    assert [image.name for image in page.state.images] == ["up.png"]


def test_notices_are_escaped_folded_and_dismissed(page):
    page.state.notices = (Notice("error", "a <b> c", "Traceback <x>"),)
    words = page.notices.children[0].children[0].value
    assert "a &lt;b&gt; c" in words
    assert "<details>" in words
    page.notices.children[0].children[1].click()
    assert page.state.notices == ()
    assert hidden(page.notices)


def test_clicks_in_the_picture_mark_and_corrections_follow(page, discs):
    state, bar = page.state, page.picture.correction
    state.add_micrograph(discs())
    assert hidden(bar)
    state.run()
    state.done()
    assert not hidden(bar)
    assert bar.leave_out.disabled
    click(page, 150, 175)
    assert not bar.leave_out.disabled
    click(page, 150, 203, add=True)
    assert [state.analysis.regions[i].status for i in state.marked] == ["separated", "separated"]
    assert bar.text.value == "2 marked"
    bar.join.click()
    state.done()
    assert len(centres(page).x) == 4
    assert sum("joined by hand" in shown for shown in centres(page).hovertemplate) == 1
    assert bar.undo.disabled is False
    press(page, "Escape")
    assert bar.text.value == "1 correction by hand"

    click(page, 60, 60 + 18)
    assert state.marked == ()
    click(page, 60, 60 + 18, reach=4.0)
    press(page, "Delete")
    state.done()
    assert len(centres(page).x) == 3
    assert "removed by hand" in page.result.left_out.value
    assert bar.text.value == "left out: removed by hand"
    assert not bar.take_back.disabled
    press(page, "Delete")
    state.done()
    assert len(centres(page).x) == 4

    press(page, "c")
    assert page.picture.pointer.tool == "cut"
    page.picture.pointer._heard(None, {"kind": "line", "start": [150, 150], "end": [150, 230]}, [])
    state.done()
    assert page.picture.pointer.tool == ""
    assert len(centres(page).x) == 5
    for count in (4, 3, 4, 5):
        press(page, "u")
        state.done()
        assert len(centres(page).x) == count
    assert bar.undo.disabled
    press(page, "r")
    state.done()
    assert len(centres(page).x) == 4
    assert state.notices == ()


def test_the_keys_plus_and_minus_zoom(page, discs):
    page.state.add_micrograph(discs())
    press(page, "+")
    axis = page.picture.overlay.widget.layout.xaxis
    assert axis.range[1] - axis.range[0] == pytest.approx(256 / 1.5)
    press(page, "-")
    assert axis.range == pytest.approx((-0.5, 255.5))


def test_keys_walk_through_the_images(page, discs):
    for name in "ab":
        page.state.add_micrograph(discs(name))
    press(page, "ArrowRight")
    assert page.state.image.name == "b"
    assert page.picture.position.value == "2 of 2"


def test_several_changes_in_one_turn_of_the_page_are_drawn_once(state):
    drawn = []
    watch(state, ["quantity", "view"], lambda: drawn.append((state.quantity, state.view)))
    state.quantity = "convexity"
    assert len(drawn) == 2

    async def turn():
        state.quantity = "solidity"
        state.view = "mask"
        assert len(drawn) == 2
        await asyncio.sleep(0)

    asyncio.run(turn())
    assert drawn[2:] == [("solidity", "mask")]


def test_a_failing_view_becomes_a_notice(page, discs, monkeypatch):
    monkeypatch.setattr("antema.app.panels.picture.overlay_traces", lambda *_: 1 / 0)
    page.state.add_micrograph(discs())
    assert "ZeroDivisionError" in page.state.notices[0].text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.1437281, "2.14 nm"),
        (21.437, "21.4 nm"),
        (214.37, "214 nm"),
        (0.0214, "0.0214 nm"),
        (0, "0.00 nm"),
        (float("nan"), "–"),
    ],
)
def test_numbers_have_sensible_digits(value, text):
    assert number_text(value, "nm") == text
