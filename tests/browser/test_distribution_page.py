"""The controls of the distribution, in the browser."""

HISTOGRAM = ".antema-histogram"
TITLES = """() => ['.xtitle', '.ytitle'].map(
    name => document.querySelector('.antema-histogram ' + name)?.textContent)"""


def test_the_distribution_follows_its_controls_and_a_bar_is_picked(page, disc_file):
    page.set_input_files(".antema-upload", disc_file("discs.png"))
    page.fill(".antema-scale-input", "0.1 nm")
    page.click(".antema-scale-use")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    page.wait_for_selector(f"{HISTOGRAM} .barlayer .point")
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
    page.click(".antema-filter-off")
    page.wait_for_selector(".antema-filter-note", state="hidden")
    page.select_option(".antema-quantity select", label="Diameter")
    page.select_option(".antema-weighting select", label="by number")

    page.click(".antema-tabs button >> nth=1")
    page.wait_for_selector(".antema-trying-chart .points path")
    page.click(".antema-tabs button >> nth=0")
