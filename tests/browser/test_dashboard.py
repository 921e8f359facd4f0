import contextlib
import io
import os
import signal
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import roifile
from PIL import Image

PAGE_MS = 120_000
OUTLINES = ".antema-overlay .scatterlayer .trace path.js-line"
ROWS = ".antema-table tr[data-row]"
FIGURE = "document.querySelector('.antema-overlay.js-plotly-plot, .antema-overlay .js-plotly-plot')"
RANGE = f"{FIGURE}._fullLayout.xaxis.range"
COUNT = "parseInt(document.querySelector('.antema-count').textContent)"
PLACE_OF_A_PARTICLE = f"""() => {{
    const figure = {FIGURE};
    const box = figure.getBoundingClientRect();
    const {{xaxis, yaxis}} = figure._fullLayout;
    const holder = document.querySelector('.antema-overlay');
    const trace = figure._fullData.find((one) => one.meta === 'particles');
    // The numbers come before the outlines, and the figure before it fills its box.
    if (!trace || trace.x.length !== {COUNT}) return null;
    if (Math.abs(figure._fullLayout.width - holder.clientWidth) > 2) return null;
    const {{x, y}} = trace;
    for (let i = 0; i < x.length; i += 1) {{
        const place = [xaxis.l2p(x[i]) + xaxis._offset, yaxis.l2p(y[i]) + yaxis._offset];
        const inside = place[0] > 150 && place[0] < box.width - 150;
        if (inside && place[1] > 80 && place[1] < box.height - 120) {{
            return [box.left + place[0], box.top + place[1], i + 1];
        }}
    }}
    return null;
}}"""


def particles_counted(page):
    return int(page.locator(".antema-count").inner_text().split()[0])


def wait_for_count(page, *, other_than=None):
    page.wait_for_function(
        """before => {
            const found = document.querySelector('.antema-count');
            const count = found && found.offsetParent && parseInt(found.textContent);
            // A count of an earlier image stands until the list of images tells the new one.
            const listed = document.querySelector('.antema-image');
            return count && count !== before && listed.innerText.includes(`${count} particle`);
        }""",
        arg=other_than,
    )
    return particles_counted(page)


def test_the_empty_page_says_how_to_begin(page, keep_screenshot):
    assert page.locator(".antema-run").is_disabled()
    assert page.locator(".antema-blocker").inner_text() == "Add a micrograph first."
    assert page.locator(".antema-sample-large").is_visible()
    keep_screenshot(page, "empty")


def test_sample_from_first_click_to_overlay_table_and_zip(page, tmp_path, keep_screenshot):
    page.click(".antema-sample-large")
    page.wait_for_selector(".antema-overlay .imagelayer image")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    page.wait_for_selector(".antema-cancel:visible")
    keep_screenshot(page, "running")
    page.wait_for_selector(ROWS)
    count = wait_for_count(page)
    assert count > 30
    page.wait_for_function(
        "selector => document.querySelectorAll(selector).length >= 2", arg=OUTLINES
    )
    page.wait_for_selector(".antema-histogram .barlayer .point")
    page.wait_for_selector(".antema-progress", state="hidden")
    box = page.locator(".antema-overlay").bounding_box()
    assert box["width"] >= 600
    keep_screenshot(page, "result")

    with page.expect_download() as download:
        page.click(".antema-download-all button")
    assert download.value.suggested_filename == "antema-results.zip"
    with zipfile.ZipFile(download.value.path()) as files:
        workbook = next(name for name in files.namelist() if name.endswith(".xlsx"))
        table = pd.read_excel(io.BytesIO(files.read(workbook)), sheet_name="Particles")
        pictures = [name for name in files.namelist() if name.endswith(".png")]
    assert len(table) == count
    assert table["equivalent_diameter_nm"].between(0.5, 20).all()
    assert len(pictures) == 4

    with page.expect_download() as download:
        page.click(".antema-download-xlsx button")
    assert len(pd.read_excel(download.value.path(), sheet_name="Particles")) == count
    with page.expect_download() as download:
        page.click(".antema-download-rois button")
    regions = roifile.roiread(download.value.path().rename(tmp_path / "rois.zip"))
    assert len(regions) == count
    assert {region.name for region in regions} >= {"00001", f"{count:05d}"}


def test_an_option_changes_the_numbers_at_once_and_a_row_selects(page, keep_screenshot):
    page.click(".antema-sample-large")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    before = wait_for_count(page)
    page.select_option(".antema-option-separation-method select", label="None")
    after = wait_for_count(page, other_than=before)
    assert after != before

    page.locator(ROWS).nth(2).click()
    page.wait_for_selector(".antema-particle h3")
    assert "Particle 3" in page.locator(".antema-particle").inner_text()
    keep_screenshot(page, "selected")
    page.click(".antema-theme")
    page.wait_for_selector(".antema-root.antema-dark")
    keep_screenshot(page, "dark")
    page.click(".antema-theme")
    page.keyboard.press("Escape")
    page.wait_for_selector(".antema-particle .antema-quiet-text")
    page.click(".antema-reset")
    assert wait_for_count(page, other_than=after) == before


def test_a_file_without_scale_asks_for_it_and_a_broken_one_is_named(
    page, disc_file, tmp_path, keep_screenshot
):
    broken = tmp_path / "broken.dm3"
    broken.write_bytes(b"this is no micrograph" * 100)
    page.set_input_files(".antema-upload", [disc_file("no-scale.png"), broken])
    page.wait_for_selector(".antema-notice.antema-error")
    assert "broken.dm3" in page.locator(".antema-notice.antema-error").inner_text()
    assert page.locator(".antema-run").is_disabled()
    assert "no-scale.png" in page.locator(".antema-blocker").inner_text()
    keep_screenshot(page, "no_scale")

    page.fill(".antema-scale-input", "lots")
    page.click(".antema-scale-use")
    page.wait_for_function("document.querySelectorAll('.antema-notice').length == 2")
    page.fill(".antema-scale-input", "100 pm")
    page.click(".antema-scale-use")
    page.wait_for_selector(".antema-run:enabled")
    assert page.locator(".antema-scale-edit").inner_text() == "1 px = 0.1 nm"


def test_an_image_without_particles_says_what_to_try(page, tmp_path, keep_screenshot):
    support = np.tile(np.linspace(120, 180, 256), (192, 1)).astype(np.uint8)
    Image.fromarray(support).save(tmp_path / "nothing.png")
    page.set_input_files(".antema-upload", tmp_path / "nothing.png")
    page.fill(".antema-scale-input", "0.1 nm")
    page.click(".antema-scale-use")
    page.click(".antema-run:enabled")
    page.get_by_text("No particles found.").wait_for()
    assert "Bright particles" in page.locator(".antema-numbers").inner_text()
    assert not page.locator(".antema-histogram").is_visible()
    keep_screenshot(page, "nothing_found")


def test_the_ruler_over_the_scale_bar_gives_the_scale(page, disc_file, keep_screenshot):
    page.set_input_files(".antema-upload", disc_file("bar.png"))
    page.click(".antema-ruler-start")
    page.wait_for_selector(".antema-pointer.antema-active")
    # The figure is drawn once at a size of its own before it fills its box.
    page.wait_for_function(
        f"{FIGURE} && {RANGE}[1] === 255.5 && Math.abs({FIGURE}._fullLayout.width"
        " - document.querySelector('.antema-overlay').clientWidth) < 2"
    )
    ends = page.evaluate(
        f"""() => {{
            const figure = {FIGURE};
            const box = figure.getBoundingClientRect();
            const {{xaxis, yaxis}} = figure._fullLayout;
            const y = box.top + yaxis._offset + yaxis.d2p(200);
            return [28, 228].map((x) => [box.left + xaxis._offset + xaxis.d2p(x), y]);
        }}"""
    )
    page.mouse.click(*ends[0])
    page.mouse.move(*ends[1], steps=3)
    page.mouse.click(*ends[1])
    page.fill(".antema-ruler-length input", "50 nm")
    keep_screenshot(page, "ruler")
    page.click(".antema-ruler-use")
    page.wait_for_selector(".antema-scale-edit")
    words = page.locator(".antema-scale-edit").inner_text()
    # The mouse knows whole pixels of the screen alone.
    assert float(words.split()[-2]) == pytest.approx(0.25, rel=0.02)


def test_a_file_is_taken_from_the_folder_of_the_server(page, keep_screenshot):
    page.click(".antema-folder-open")
    page.select_option(".antema-folder-files select", label="from the server.png")
    page.click(".antema-folder-add")
    page.wait_for_selector(".antema-image")
    assert page.locator(".antema-image-name").inner_text() == "from the server.png"
    keep_screenshot(page, "folder")
    page.click(".antema-folder-open")


def test_zoom_stays_and_a_click_in_the_picture_selects_the_row(page):
    page.click(".antema-sample-large")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    before = wait_for_count(page)
    page.wait_for_selector(".antema-progress", state="hidden")
    box = page.locator(".antema-overlay").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 20)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"{RANGE}[1] - {RANGE}[0] < 1000")
    page.wait_for_timeout(300)  # plotly draws once more when the wheel has come to rest
    zoomed = page.evaluate(RANGE)
    assert zoomed[1] - zoomed[0] < 1000
    page.select_option(".antema-option-separation-method select", label="None")
    wait_for_count(page, other_than=before)
    page.wait_for_function(f"{FIGURE}._fullData[0].name.includes('(' + {COUNT} + ')')")
    assert page.evaluate(RANGE) == pytest.approx(zoomed)

    x, y, number = page.wait_for_function(PLACE_OF_A_PARTICLE).json_value()
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.wait_for_selector(".antema-overlay .hoverlayer .hovertext")
    page.mouse.click(x, y)
    page.wait_for_selector(".antema-table tr.antema-selected")
    row = page.locator(".antema-table tr.antema-selected td").first.inner_text()
    assert int(row) == number
    page.click(".antema-reset")


def test_a_particle_is_left_out_by_hand_cut_and_both_undone(page, keep_screenshot):
    page.click(".antema-sample-large")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    before = wait_for_count(page)
    page.wait_for_selector(".antema-progress", state="hidden")
    x, y, number = page.wait_for_function(PLACE_OF_A_PARTICLE).json_value()
    page.mouse.click(x, y)
    page.wait_for_selector(".antema-leave-out:enabled")
    page.keyboard.press("Delete")
    assert wait_for_count(page, other_than=before) == before - 1
    assert "removed by hand" in page.locator(".antema-left-out").inner_text()
    page.keyboard.press("Delete")
    assert wait_for_count(page, other_than=before - 1) == before

    page.locator(ROWS).first.click()
    page.wait_for_selector(".antema-leave-out:enabled")
    page.keyboard.press("Delete")
    assert wait_for_count(page, other_than=before) == before - 1
    page.keyboard.press("Delete")
    assert wait_for_count(page, other_than=before - 1) == before

    page.click(".antema-cut")
    page.wait_for_selector(".antema-pointer.antema-active")
    page.mouse.click(x - 40, y)
    page.mouse.move(x + 30, y, steps=3)
    keep_screenshot(page, "cut", still=True)
    page.mouse.click(x + 40, y)
    assert wait_for_count(page, other_than=before) == before + 1
    for count in (before, before - 1, before, before - 1, before):
        page.keyboard.press("u")
        page.wait_for_function(f"() => {COUNT} === {count}")
    assert page.locator(".antema-undo").is_disabled()


def test_a_session_is_saved_and_opened_again(page, disc_file):
    page.set_input_files(".antema-upload", disc_file("mine.png"))
    page.fill(".antema-scale-input", "0.2 nm")
    page.click(".antema-scale-use")
    page.wait_for_selector(".antema-run:enabled")
    page.click(".antema-run")
    before = wait_for_count(page)
    with page.expect_download() as download:
        page.click(".antema-save-session button")
    page.click(".antema-remove")
    page.wait_for_selector(".antema-image", state="detached")
    content = download.value.path().read_bytes()
    session = {"name": "mine.antema", "mimeType": "application/zip", "buffer": content}
    page.set_input_files(".antema-open-session .antema-picked", session)
    assert wait_for_count(page) == before
    assert page.locator(".antema-scale-edit").inner_text() == "1 px = 0.2 nm"


def test_all_images_are_removed_once_that_is_confirmed(page, disc_file):
    page.set_input_files(".antema-upload", [disc_file("a.png"), disc_file("b.png")])
    page.locator(".antema-image").nth(1).wait_for()
    page.click(".antema-remove-all")  # playwright answers no where nobody listens
    assert page.locator(".antema-image").count() == 2
    page.once("dialog", lambda dialog: dialog.accept())
    page.click(".antema-remove-all")
    page.wait_for_selector(".antema-image", state="detached")


def test_a_browser_that_prefers_dark_begins_dark_and_one_click_makes_it_light(browser, address):
    context = browser.new_context(color_scheme="dark")
    context.set_default_timeout(PAGE_MS)
    page = context.new_page()
    page.goto(address, timeout=PAGE_MS)
    page.wait_for_selector(".antema-root.antema-dark")
    page.click(".antema-theme")
    page.wait_for_selector(".antema-root:not(.antema-dark)")
    page.click(".antema-help")
    page.wait_for_selector(".antema-about:popover-open")
    assert "10.1039/d2na00781a" in page.locator(".antema-about").inner_text()
    page.keyboard.press("Escape")
    page.wait_for_selector(".antema-about:popover-open", state="hidden")
    context.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="kernels are found in /proc")
def test_two_visitors_do_not_see_each_other_and_a_dead_kernel_is_announced(
    browser, address, page, keep_screenshot
):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PAGE_MS)
    other = context.new_page()
    kernels = []
    other.on("websocket", lambda socket: kernels.append(socket.url.split("/kernels/")[1][:36]))
    other.goto(address, timeout=PAGE_MS)
    other.wait_for_selector(".antema-drop-area")
    other.click(".antema-sample-large")
    other.wait_for_selector(".antema-overlay .imagelayer image")
    assert page.locator(".antema-image").count() == 0

    end_process_of(kernels[0])
    other.wait_for_selector(".antema-lost:visible")
    assert "was lost" in other.locator(".antema-lost").inner_text()
    keep_screenshot(other, "lost")
    context.close()


def end_process_of(kernel):
    """Kill the one process that serves a kernel, as a lack of memory would."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if kernel in (entry / "cmdline").read_text():
                os.kill(int(entry.name), signal.SIGKILL)


def test_nothing_is_fetched_from_elsewhere(page, address):
    outside = [url for url in page.asked if not url.startswith((address, "data:", "blob:", "ws:"))]
    assert outside == []


@pytest.mark.parametrize("name", ["dashboard.ipynb", "secret.png", "../pyproject.toml"])
def test_no_file_beside_the_notebook_is_served(address, name):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{address}voila/files/{name}", timeout=30)
    refused.value.close()
    assert refused.value.code in (403, 404)
