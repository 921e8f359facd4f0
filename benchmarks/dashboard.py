"""Measure the dashboard: memory of a session, slider to numbers, first paint, click to overlay.

    python benchmarks/dashboard.py [session] [page] [large]

``session`` is one kernel without a browser (State and its views), ``page`` is Voila with Chromium,
``large`` the same with a file of 64 MB and thousands of particles; all by default. Times are wall
time; the time of the processor is told where it says more, because it does not depend on what else
the computer does.
"""

import contextlib
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

REPEATS = 7
IMAGES = 10


def resident_mb():
    """Return the memory of this process in MB."""
    import psutil

    gc.collect()
    return psutil.Process().memory_info().rss / 1e6


def say(what, value, goal):
    print(f"| {what} | {value} | {goal} |", flush=True)


def micrograph(seed):
    from antema.simulation import simulate

    made = simulate(seed=seed, rows_px=2048, columns_px=2048, count=330)
    return made.micrograph


def measure_session():
    """Measure one kernel: idle, ten images, and an option that is changed."""
    from antema.app.panels.dashboard import Dashboard
    from antema.app.state import State

    state = State()
    page = Dashboard(state)
    say("memory of a page without an image", f"{resident_mb():.0f} MB", "350 MB")
    state.get_ready()
    # The network is loaded in a worker of its own.
    time.sleep(15)
    say("the same, ready for the first analysis", f"{resident_mb():.0f} MB", "350 MB")

    state.add_micrograph(micrograph(0))
    state.run()
    state.worker.wait(600)
    count = len(state.particles)
    say(f"memory with one image of 2048 px ({count} particles)", f"{resident_mb():.0f} MB", "")
    value = state.settings.separation.convexity
    walls, processors = [], []
    for repeat in range(REPEATS + 1):
        wall, processor = time.perf_counter(), time.process_time()
        state.set_option("separation", "convexity", round(value - 0.005 * (1 + repeat), 3))
        state.worker.wait(600)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    say(
        f"slider released to new numbers, {count} particles, without the browser",
        f"{statistics.median(walls[1:]):.2f} s "
        f"(processor {statistics.median(processors[1:]):.2f} s)",
        "0.3 s",
    )
    state.reset_settings()
    state.worker.wait(600)

    for seed in range(1, IMAGES):
        state.add_micrograph(micrograph(seed))
    state.run()
    state.worker.wait(3600)
    assert len(state.analyses) == IMAGES
    for _ in range(IMAGES):
        state.step(1)
    say(f"memory with {IMAGES} images of 2048 px, analysed", f"{resident_mb():.0f} MB", "1000 MB")
    assert page.state is state


def measure_page():
    """Measure the page in Chromium, as the browser tests open it."""
    for preheat in (0, 1):
        with opened(preheat) as (page, took):
            kind = "held ready (--preheat 1)" if preheat else "started at the visit"
            say(f"first paint, kernel {kind}", f"{took:.1f} s", "5 s" if preheat else "12 s")
            if not preheat:
                measure_clicks(page)


@contextlib.contextmanager
def opened(preheat=0):
    """Serve the page and open it in Chromium; give it and how long it took to be seen."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, FLAGS, answers, free_port

    port = free_port()
    command = [sys.executable, "-m", "antema", "app", "--no-browser", "--port", str(port)]
    command += ["--preheat", str(preheat)] if preheat else []
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        while not answers(address + "voila/files/nothing"):
            time.sleep(0.2)
        time.sleep(30 if preheat else 2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.set_default_timeout(300_000)
            begun = time.perf_counter()
            page.goto(address, timeout=300_000)
            page.wait_for_selector(".antema-drop-area")
            yield page, time.perf_counter() - begun
            browser.close()
    finally:
        server.terminate()
        server.wait(30)


def measure_clicks(page):
    """Measure from the click on Analyse, and from an option, to what is drawn."""
    import tempfile

    import numpy as np
    import tifffile

    with tempfile.TemporaryDirectory() as folder:
        files = []
        for seed in range(2):
            path = Path(folder, f"{seed}.tif")
            tifffile.imwrite(path, micrograph(seed).pixels.astype(np.float32))
            files.append(path)
        for number, path in enumerate(files, start=1):
            page.set_input_files(".antema-upload", path)
            page.wait_for_function(
                f"document.querySelectorAll('.antema-image').length === {number}"
            )
            page.locator(".antema-image-main").last.click()
            page.locator(".antema-scale-input").last.fill("0.1 nm")
            page.locator(".antema-scale-use").last.click()
            page.wait_for_function(DONE, arg=number - 1)
            begun = time.perf_counter()
            page.click(".antema-run:enabled")
            page.wait_for_function(DONE, arg=number)
            page.wait_for_function(DRAWN)
            took = time.perf_counter() - begun
            when = "first of the session" if number == 1 else "warm"
            say(
                f"Analyse to overlay, 2048 px, {when}", f"{took:.1f} s", "4 s" if number > 1 else ""
            )
    before = page.locator(".antema-count").inner_text()
    begun = time.perf_counter()
    page.select_option(".antema-option-separation-method select", label="None")
    page.wait_for_function(
        "before => document.querySelector('.antema-count').innerText !== before", arg=before
    )
    say(
        "option changed to new numbers on the page", f"{time.perf_counter() - begun:.2f} s", "0.3 s"
    )
    page.wait_for_function(DRAWN)
    say("and to the new outlines drawn", f"{time.perf_counter() - begun:.2f} s", "1 s")


def measure_large():
    """Measure a file of 64 MB, 4096 x 4096 px, with thousands of particles."""
    import tempfile

    import numpy as np
    import tifffile

    from antema.simulation import simulate

    made = simulate(seed=6, rows_px=4096, columns_px=4096, count=5000, diameter_nm=2.8)
    with tempfile.TemporaryDirectory() as folder, opened() as (page, _):
        path = Path(folder, "large.tif")
        tifffile.imwrite(path, made.micrograph.pixels.astype(np.float32))
        size = f"{path.stat().st_size / 2**20:.0f} MB"

        def timed(what, act, condition, goal="1 s"):
            """Say how long it takes from an act until the browser has drawn what it leads to."""
            begun = time.perf_counter()
            act()
            page.wait_for_function(condition, polling=20)
            page.evaluate(PAINTED)
            say(what, f"{time.perf_counter() - begun:.2f} s", goal)
            page.wait_for_timeout(2000)

        def shown(view):
            page.get_by_role("button", name=view, exact=True).click()

        def remember(value):
            page.evaluate(f"window.before = {value}")

        timed(
            f"file of {size} dropped to its picture",
            lambda: page.set_input_files(".antema-upload", path),
            f"{FIGURE}?.querySelector('.imagelayer image')",
            "",
        )
        page.fill(".antema-scale-input", "0.1 nm")
        page.click(".antema-scale-use")
        timed(
            "Analyse to overlay, 4096 px",
            lambda: page.click(".antema-run:enabled"),
            f"document.querySelector('.antema-is-done') && ({DRAWN})()",
            "",
        )
        page.wait_for_selector(".antema-progress", state="hidden")
        count = page.locator(".antema-count").inner_text()
        say("particles found", count, "")
        remember(f"{FIGURE}._fullLayout.images[0].source")
        timed(
            "Outlines to segmentation",
            lambda: shown("Segmentation"),
            f"{FIGURE}._fullLayout.images[0].source !== before"
            f" && {FIGURE}._fullData[0].visible === false",
        )
        timed(
            "Segmentation to picture only",
            lambda: shown("Picture only"),
            f"{FIGURE}._fullLayout.images[0].source === before",
        )
        timed(
            "Picture only to outlines",
            lambda: shown("Outlines"),
            f"{FIGURE}._fullData[0].visible === true"
            f" && {FIGURE}.querySelectorAll('.scatterlayer .trace path.js-line').length > 1",
        )
        box = page.locator(".antema-overlay").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 20
        page.mouse.move(*middle)
        remember(f"{WIDTH} / 1.05")  # one turn of the wheel is a tenth
        timed("zoom by the wheel", lambda: page.mouse.wheel(0, -300), f"{WIDTH} < before")

        def pan():
            page.mouse.down()
            page.mouse.move(middle[0] + 60, middle[1] + 40, steps=5)
            page.mouse.up()

        remember(f"{FIGURE}._fullLayout.xaxis.range[0]")
        timed("pan", pan, f"{FIGURE}._fullLayout.xaxis.range[0] !== before")
        timed(
            "a row of the table to its particle marked",
            lambda: page.locator(".antema-table tr[data-row]").nth(2).click(),
            f"{FIGURE}._fullData.find((trace) => trace.meta === 'marked').x.length > 3",
        )
        timed(
            "table sorted",
            lambda: page.locator(".antema-table th button").nth(1).click(),
            "document.querySelector('.antema-table th[aria-sort=ascending]')",
        )
        timed(
            "other quantity to its histogram",
            lambda: page.select_option(".antema-quantity select", label="Area"),
            "document.querySelector('.antema-histogram .xtitle').textContent.startsWith('Area')",
        )
        remember("document.querySelector('.antema-count').innerText")
        timed(
            "option changed to new outlines",
            lambda: page.select_option(".antema-option-separation-method select", label="None"),
            f"document.querySelector('.antema-count').innerText !== before && ({DRAWN})()",
        )


FIGURE = "document.querySelector('.antema-overlay .js-plotly-plot')"
WIDTH = f"({FIGURE}._fullLayout.xaxis.range[1] - {FIGURE}._fullLayout.xaxis.range[0])"
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
DONE = "count => document.querySelectorAll('.antema-is-done').length === count"
DRAWN = f"""() => {{
    const figure = {FIGURE};
    const centres = figure && figure._fullData.find((trace) => trace.meta === 'particles');
    const count = document.querySelector('.antema-count');
    return count && centres && centres.x.length === parseInt(count.textContent);
}}"""


def run_as_kernel():
    """Measure the session in a process of its own, with what the launcher gives to kernels."""
    from antema.app.launch import KERNEL_VARIABLES

    environment = os.environ | KERNEL_VARIABLES
    subprocess.run([sys.executable, __file__, "kernel"], env=environment, check=True)


if __name__ == "__main__":
    parts = {"session": run_as_kernel, "page": measure_page, "large": measure_large}
    parts["kernel"] = measure_session
    if sys.argv[1:] != ["kernel"]:
        print("| what | measured | goal |\n|---|---|---|", flush=True)
    for name in sys.argv[1:] or ["session", "page", "large"]:
        parts[name]()
