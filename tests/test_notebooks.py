"""Every notebook runs from top to bottom, without a network, and is stored in a form that diffs."""

import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from antema.app.launch import OwnKernel

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
# Seconds, on two cores that have other work to do as well.
LIMIT_S = {"walkthrough": 360, "train_your_own": 600}
USUAL_LIMIT_S = 240
NEEDED = {"train_your_own": ("torch", "segmentation_models_pytorch", "safetensors", "onnx")}
LONGEST_CELL = 25
# Python runs this before anything else: no connection leaves the computer.
NO_NETWORK = """
import socket

def refuse(self, address, connect=socket.socket.connect):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "localhost", "::1"):
        raise OSError(f"a notebook wants to connect to {address}")
    return connect(self, address)

socket.socket.connect = refuse
"""

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture
def offline(tmp_path):
    """An environment of a process, and of those that it starts, without a network."""
    folder = tmp_path / "no-network"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    known = filter(None, [str(folder), str(ROOT), os.environ.get("PYTHONPATH")])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(known),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }


def test_no_connection_leaves_the_computer(offline):
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    ended = subprocess.run([sys.executable, "-c", code], env=offline, capture_output=True)
    assert b"a notebook wants to connect to ('192.0.2.1', 80)" in ended.stderr


@each_notebook
def test_it_runs_offline_and_without_a_warning(path, offline, tmp_path):
    for module in NEEDED.get(path.stem, ()):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{path.name} needs {module}")
    folder = tmp_path / "here"
    folder.mkdir()
    notebook = nbformat.read(path, as_version=4)
    limit = LIMIT_S.get(path.stem, USUAL_LIMIT_S)
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=OwnKernel())
    started = time.monotonic()
    client = NotebookClient(notebook, km=manager, timeout=limit)
    client.execute(env=offline, cwd=str(folder), cleanup_kc=True)
    assert time.monotonic() - started < limit
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.get("name") != "stderr", f"{cell.id}: {output.text}"
    assert not list(folder.iterdir()), "it wrote files that nobody asked for"


@each_notebook
def test_it_is_stored_clean(path):
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert text == nbformat.writes(notebook) + "\n", "not in the form that Jupyter writes"
    assert set(notebook.metadata) <= {"kernelspec", "language_info", "title"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert dict(notebook.metadata.language_info) == {"name": "python"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags", "jupyter"}, cell.id
        if cell.cell_type == "code":
            assert cell.outputs == [], cell.id
            assert cell.execution_count is None, cell.id
            assert cell.source.count("\n") < LONGEST_CELL, f"{cell.id} is long: logic is antema's"


@each_notebook
def test_every_picture_says_what_it_shows(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert "<img" not in cell.source or re.search(r"<img[^>]*alt=\"[^\"]{10,}", cell.source)
            for words in re.findall(r"!\[(.*?)\]", cell.source):
                assert len(words) >= 10, f"{cell.id}: {words!r}"
