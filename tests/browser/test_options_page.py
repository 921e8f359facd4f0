"""The options, the filter and the table in the browser; a large file, and a run that is stopped."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from antema.export import read_settings

ROWS = ".antema-table tr[data-row]"
BARS = """() => {
    const chart = document.querySelector('.antema-histogram .js-plotly-plot')
        || document.querySelector('.antema-histogram.js-plotly-plot');
    const bars = chart._fullData.find((one) => one.type === 'bar');
    return Array.from(bars.y).reduce((sum, one) => sum + one, 0);
}"""
COUNTS = """count => {
    const shown = document.querySelector('.antema-count');
    return shown && shown.offsetParent && parseInt(shown.textContent) === count;
}"""

# Buttons and columns whose content is wider than they are, or that reach out of their column.
CUT_OFF = """() => [...document.querySelectorAll('.antema-body button, .antema-body > *')]
    .filter((one) => one.offsetParent && !one.closest('.antema-table, .modebar, [popover]'))
    .filter((one) => {
        const column = one.closest('.antema-body > *').getBoundingClientRect();
        const box = one.getBoundingClientRect();
        const outside = box.right > column.right + 1 || column.right > innerWidth + 1;
        return one.scrollWidth > one.clientWidth + 1 || outside;
    })
    .map((one) => one.textContent.slice(0, 40))"""


# Options whose field, label or unit lies over another of them.
OVERLAPPING = """() => [...document.querySelectorAll('.antema-option')].filter((row) => {
    const parts = [...row.querySelectorAll('label, input, select, .widget-readout, .antema-unit')]
        .filter((one) => one.offsetParent && one.type !== 'checkbox' && !one.querySelector('input'))
        .map((one) => one.getBoundingClientRect());
    return parts.some((a, i) => parts.some((b, j) => j > i
        && a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1));
}).map((row) => row.innerText)"""


@pytest.fixture
def analysed(page, disc_file):
    """The page with five discs found in a small image by Otsu's threshold."""
    page.set_input_files(".antema-upload", disc_file("discs.png"))
    page.fill(".antema-scale-input", "0.1 nm")
    page.click(".antema-scale-use")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    page.wait_for_function(COUNTS, arg=5)
    page.wait_for_selector(".antema-progress", state="hidden")
    yield page
    if page.locator(".antema-reset").is_enabled():
        page.click(".antema-reset")


def test_an_option_is_explained_by_keyboard_and_escape_closes_it(page, keep_screenshot):
    opener = page.locator(".antema-option-separation-convexity .antema-explain-open")
    opener.focus()
    page.keyboard.press("Enter")
    shown = page.locator(".antema-explain:popover-open")
    shown.wait_for()
    assert "convex" in shown.inner_text()
    assert "From 0.5 to 1; usually 0.95." in shown.inner_text()
    assert "two particles" in shown.locator("img").get_attribute("alt")
    assert shown.locator("img").evaluate("image => image.naturalWidth") == 652
    box = shown.bounding_box()
    assert box["x"] >= 256
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 800
    keep_screenshot(page, "explain", still=True)
    page.keyboard.press("Escape")
    shown.wait_for(state="hidden")


def test_a_slider_changes_the_count_and_a_preset_is_saved(analysed):
    page = analysed
    page.select_option(".antema-preset select", label="As in the paper")
    page.wait_for_function(COUNTS, arg=4)
    page.fill(".antema-option-separation-convexity .widget-readout", "0.98")
    page.keyboard.press("Enter")
    page.wait_for_function(COUNTS, arg=5)
    page.select_option(".antema-preset select", label="As in the paper")
    page.wait_for_function(COUNTS, arg=4)
    page.click(".antema-presets-open")
    page.fill(".antema-preset-name input", "mine")
    with page.expect_download() as download:
        page.click(".antema-preset-save .antema-download button")
    assert download.value.suggested_filename == "mine.json"
    saved = json.loads(download.value.path().read_text())
    assert read_settings("mine.json", json.dumps(saved).encode()).separation.solidity == 0
    page.click(".antema-presets-open")


@pytest.mark.parametrize("width", [1024, 1280, 1920])
def test_nothing_is_cut_off(analysed, width):
    page = analysed
    page.fill(".antema-filter-low input", "2.5")
    page.keyboard.press("Enter")
    page.wait_for_selector(".antema-filter-clear:visible")
    page.set_viewport_size({"width": width, "height": 800})
    cut = page.evaluate(CUT_OFF)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.click(".antema-filter-clear")
    assert cut == []


def test_labels_fields_and_units_of_the_options_do_not_overlap(page):
    page.get_by_text("More options").click()
    page.wait_for_selector(".antema-option-separation-max-holes input:visible")
    assert page.evaluate(OVERLAPPING) == []
    page.get_by_text("More options").click()


def test_the_filter_acts_on_table_and_histogram_and_columns_fit(analysed):
    page = analysed
    page.locator(ROWS).nth(4).wait_for()  # drawn a moment after the counts
    assert page.locator(ROWS).count() == 5
    scroll = page.locator(".antema-table-scroll")
    assert scroll.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    page.fill(".antema-filter-low input", "2.5")
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length < 5")
    kept = page.locator(ROWS).count()
    assert kept > 0
    page.wait_for_function(f"({BARS})() === {kept}", timeout=20_000)
    page.click(".antema-filter-clear")
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length === 5")


def test_a_file_of_more_than_20_mb_arrives_and_its_analysis_is_stopped(page, keep_screenshot):
    noise = np.random.default_rng(0).integers(0, 255, (4800, 4800), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "TIFF")
    content = stream.getvalue()
    assert len(content) > 20_000_000
    large = {"name": "large.tif", "mimeType": "image/tiff", "buffer": content}
    page.set_input_files(".antema-upload", large)
    page.fill(".antema-scale-input", "0.1 nm")
    page.click(".antema-scale-use")
    assert "4800 × 4800 px" in page.locator(".antema-image-size").inner_text()
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    page.click(".antema-cancel")
    page.wait_for_selector(".antema-cancel", state="hidden")
    assert "Stopped" in page.locator(".antema-notices").inner_text()
    assert "not analysed yet" in page.locator(".antema-image-state").inner_text()
