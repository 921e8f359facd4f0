"""The page on which options are chosen: served by Voila, opened in Chromium, clicked."""

import json
import re

import pytest

MAPS = ".antema-tuning-map .js-plotly-plot"
WORDS = ".antema-tuning-words"

DROP = """([selector, name]) => {
    const data = new DataTransfer();
    data.items.add(new File(['diameter_nm\\n5.1\\n5.9\\n6.3\\n'], name));
    const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
    document.querySelector(selector).dispatchEvent(event);
}"""


@pytest.fixture(scope="module")
def tuning(context, serve, tmp_path_factory):
    """The page with its map of the sample."""
    with serve(tmp_path_factory.mktemp("tuning"), "--notebook", "parameter_tuning") as address:
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address)
        page.wait_for_selector(f"{MAPS} .heatmaplayer image")
        page.wait_for_selector(".antema-download-preset button")
        yield page
        page.close()


def count(page):
    return int(re.search(r"(\d+) particles", page.locator(WORDS).inner_text())[1])


def test_a_click_on_the_map_chooses_and_the_file_holds_what_was_chosen(tuning, keep_screenshot):
    assert tuning.locator(f"{MAPS} .heatmaplayer image").count() == 3
    usual = count(tuning)
    assert usual > 40
    tuning.locator(".antema-tuning-map").scroll_into_view_if_needed()
    keep_screenshot(tuning, "tuning")
    before = tuning.locator(WORDS).inner_text()
    area = tuning.locator(f"{MAPS} .xy .heatmaplayer image").first.bounding_box()
    # Far to the right: a marker that only the largest particles leave.
    tuning.mouse.click(area["x"] + 0.9 * area["width"], area["y"] + 0.5 * area["height"])
    tuning.wait_for_function(
        "([selector, before]) => document.querySelector(selector).innerText !== before",
        arg=[WORDS, before],
    )
    assert count(tuning) < 0.9 * usual
    assert tuning.locator(".antema-gallery figure").count() >= 5
    with tuning.expect_download() as download:
        tuning.click(".antema-download-preset button")
    settings = json.loads(download.value.path().read_text())["settings"]
    assert settings["separation"]["min_marker_nm"] > 2.5
    before = tuning.locator(WORDS).inner_text()
    tuning.click(".antema-propose")
    tuning.wait_for_function(
        "([selector, before]) => document.querySelector(selector).innerText !== before",
        arg=[WORDS, before],
    )
    assert count(tuning) == pytest.approx(usual, rel=0.05)


def test_a_dropped_file_goes_to_the_picker_below_it_alone(tuning):
    images = tuning.locator(".antema-image").count()
    tuning.evaluate(DROP, [".antema-tuning-words", "beside.csv"])
    tuning.evaluate(DROP, [".antema-tuning-reference .antema-drop-title", "by hand.csv"])
    tuning.wait_for_selector(".antema-reference table")
    assert "beside.csv" not in tuning.locator("body").inner_text()
    assert tuning.locator(".antema-image").count() == images
    assert tuning.locator(".antema-notice").count() == 0


def test_formulas_are_typeset_and_nothing_comes_from_elsewhere(tuning):
    assert tuning.locator("mjx-container").count() >= 3
    foreign = [
        url for url in tuning.asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))
    ]
    assert foreign == []
