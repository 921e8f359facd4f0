"""The controls of the distribution, in the browser."""

import pytest

HISTOGRAM = ".antema-histogram"
TITLES = """() => ['.xtitle', '.ytitle'].map(
    name => document.querySelector('.antema-histogram ' + name)?.textContent)"""


@pytest.fixture
def analysed(page, disc_file):
    """The page with two images of discs, analysed."""
    page.set_input_files(".antema-upload", [disc_file("a.png"), disc_file("b.png", seed=1)])
    page.locator(".antema-image").nth(1).wait_for()
    page.fill(".antema-scale-input >> nth=0", "0.1 nm")
    page.click(".antema-scale-all >> nth=0")
    page.click(".antema-run:enabled")
    page.wait_for_selector(f"{HISTOGRAM} .barlayer .point")
    page.wait_for_selector(".antema-progress", state="hidden")
    return page


def test_the_distribution_follows_its_controls_and_a_bar_is_picked(analysed, keep_screenshot):
    page = analysed
    svg = page.locator(f"{HISTOGRAM} svg.main-svg").first
    assert svg.get_attribute("width") == "284"

    page.select_option(".antema-quantity select", label="Area")
    page.select_option(".antema-weighting select", label="by volume")
    page.wait_for_function(f"({TITLES})().join('|') === 'Area in nm²|% of the volume'")

    box = page.locator(HISTOGRAM).bounding_box()
    for shift in (0, 2):  # the pointer must be seen to move before a click finds a bar
        page.mouse.move(box["x"] + 60 + shift, box["y"] + 100)
    page.wait_for_selector(f"{HISTOGRAM} .hovertext")
    page.mouse.click(box["x"] + 62, box["y"] + 100)
    page.wait_for_selector(".antema-filter-note:visible")
    assert " count: area " in page.locator(".antema-filtered").inner_text()
    page.get_by_text("1 of 5 particles").wait_for()
    page.locator(".antema-count", has_text="1 particle").wait_for()
    page.locator(".antema-overlay .legendtext", has_text="whole (1)").wait_for()
    keep_screenshot(page, "bar_picked")
    page.click(".antema-filter-off")
    page.wait_for_selector(".antema-filter-note", state="hidden")
    page.select_option(".antema-quantity select", label="Diameter")
    page.select_option(".antema-weighting select", label="by number")

    page.click(".antema-tabs button >> nth=1")
    page.wait_for_selector(".antema-trying-chart .points path")
    keep_screenshot(page, "effect_of_an_option")
    page.click(".antema-tabs button >> nth=0")


def test_two_samples_are_named_and_shown_side_by_side(analysed, keep_screenshot):
    page = analysed
    # A name is given to all images that have none, so the second one takes its own afterwards.
    for image, name in ((0, "Au batch 1"), (1, "Au batch 2")):
        page.locator(".antema-image-main").nth(image).click()
        page.locator(f".antema-image >> nth={image}").and_(
            page.locator(".antema-chosen")
        ).wait_for()
        page.fill(".antema-sample-name input", name)
        page.keyboard.press("Enter")
        page.locator(".antema-image-state").nth(image).filter(has_text=name).wait_for()
    page.get_by_role("button", name="All samples").click()
    page.wait_for_function(
        "document.querySelectorAll('.antema-samples-chart .scatterlayer .js-line').length === 2"
    )
    page.locator(".antema-samples tr", has_text="Au batch 2").wait_for()  # after the figure
    rows = page.locator(".antema-samples tr").all_inner_texts()
    assert [row.strip().split("\t")[:2] for row in rows[1:]] == [
        ["Au batch 1", "5"],
        ["Au batch 2", "5"],
    ]
    keep_screenshot(page, "samples")
    page.get_by_role("button", name="This image", exact=True).click()
