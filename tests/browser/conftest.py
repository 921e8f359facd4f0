"""The dashboard as a person meets it: served by Voila, opened in Chromium."""

import contextlib
import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from antema.resources import shared_folder

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 120
PAGE_MS = int(os.environ.get("ANTEMA_PAGE_MS", "120000"))


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="package")
def address(tmp_path_factory):
    """Address of a running dashboard, started from a folder that is not antema's."""
    folder = tmp_path_factory.mktemp("server")
    (folder / "shared").mkdir()
    draw_discs(folder / "shared" / "from the server.png")
    with served(folder, "--folder", str(folder / "shared")) as address:
        yield address


@pytest.fixture(scope="package")
def serve():
    """Runs `antema app` in a folder as long as a with-block; gives its address."""
    return served


@contextlib.contextmanager
def served(folder, *options, program=("antema", "app")):
    port, log = free_port(), folder / "log.txt"
    command = [sys.executable, "-m", *program, "--port", str(port), "--no-browser", *options]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + START_S
        while not answers(address + "voila/files/nothing"):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The page was not served:\n{log.read_text()}")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="package")
def lesson_address(tmp_path_factory):
    """Address of the lesson, served by Voila as it comes."""
    notebook = shared_folder("notebooks") / "walkthrough.ipynb"
    with served(tmp_path_factory.mktemp("lesson"), program=("voila", str(notebook))) as address:
        yield address


def draw_discs(path):
    """Write an image, without a scale, of two dark discs."""
    rows, columns = np.indices((128, 128))
    dark = np.logical_or.reduce([np.hypot(rows - 64, columns - c) < 20 for c in (36, 92)])
    noise = np.random.default_rng(0).normal(0, 4, dark.shape)
    Image.fromarray((170 - 90 * dark + noise).astype(np.uint8)).save(path)


def answers(address):
    try:
        urllib.request.urlopen(address, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="package")
def browser():
    if not Path(CHROMIUM).is_file():
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def context(browser):
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, accept_downloads=True, reduced_motion="reduce"
    )
    context.set_default_timeout(PAGE_MS)
    return context


@pytest.fixture(scope="package")
def opened(context, address):
    """The page, opened once, and the addresses that it asked for."""
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(address, timeout=PAGE_MS)
    page.wait_for_selector(".antema-drop-area")
    return page


@pytest.fixture
def page(opened):
    """The page without any image left from another test."""
    yield opened
    for button in (".antema-remove", ".antema-dismiss"):
        opened.wait_for_function(
            """selector => {
                const button = document.querySelector(selector);
                if (button) button.click();
                return !button;
            }""",
            arg=button,
            polling=200,
        )


@pytest.fixture
def keep_screenshot(request):
    """Write a screenshot to the folder named by ANTEMA_SCREENSHOTS, if it is set."""

    def keep(page, name, *, still=False):
        folder = os.environ.get("ANTEMA_SCREENSHOTS")
        if folder:
            if not still:
                page.mouse.move(2, 2)
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.quantize(256).save(Path(folder) / f"{name}.png", optimize=True)

    return keep
