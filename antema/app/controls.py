"""The few controls that ipywidgets lacks, each a small script in ``static``.

They know nothing of particles: each turns messages of the browser into calls of a function that it
was given.
"""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from . import messages

STATIC = Path(__file__).parent / "static"
PIECE_BYTES = 4 * 1024 * 1024
LARGEST_UPLOAD_BYTES = 2 * 1024**3


class Page(anywidget.AnyWidget):
    """Keys, light or dark, the style sheet, and the watch over the connection to this kernel."""

    _esm = STATIC / "page.js"
    _css = STATIC / "style.css"
    lost = traitlets.Unicode(messages.LOST).tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)
    known_keys: list[str] = traitlets.List().tag(sync=True)  # type: ignore[assignment]

    def __init__(
        self, keys: Mapping[str, Callable[[], object]], on_open: Callable[[], None]
    ) -> None:
        super().__init__(known_keys=list(keys))
        self._on_key = dict(keys)
        self._on_open = on_open
        self._open = False
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if content.get("kind") == "ping":
            self.send({"kind": "pong"})
            if not self._open:
                self._open = True
                self._on_open()
        elif content.get("kind") == "key":
            self._on_key.get(content["key"], lambda: None)()


class FileDrop(anywidget.AnyWidget):
    """Takes files from the visitor's computer, of any size, and hands over name and content.

    Parameters
    ----------
    on_file : callable
        Called with the name and the content of every file.
    title, hint : str
        What stands there.
    accept : str
        Endings of the files, such as ``".json"``: there is then a mere button, to drop nothing on.
    """

    _esm = STATIC / "drop.js"
    texts = traitlets.Dict().tag(sync=True)
    accept = traitlets.Unicode("").tag(sync=True)

    def __init__(
        self,
        on_file: Callable[[str, bytes], None],
        title: str = messages.DROP,
        hint: str = messages.DROP_HINT,
        accept: str = "",
    ) -> None:
        super().__init__(
            texts={
                "title": title,
                "or": messages.DROP_OR,
                "hint": hint,
                "uploading": messages.UPLOADING,
            },
            accept=accept,
        )
        self._on_file = on_file
        self._content = bytearray()
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        kind = content.get("kind")
        if kind == "begin":
            self._content = bytearray()
        elif kind == "piece":
            if len(self._content) < LARGEST_UPLOAD_BYTES:
                self._content += buffers[0]
            self.send({"kind": "ack"})
        elif kind == "end":
            received, self._content = bytes(self._content), bytearray()
            self._on_file(content["name"], received)


class ImageList(anywidget.AnyWidget):
    """The images, with a field for the pixel size where it is missing."""

    _esm = STATIC / "images.js"
    items: list[dict[str, Any]] = traitlets.List().tag(sync=True)  # type: ignore[assignment]
    texts = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        on_choose: Callable[[int], None],
        on_remove: Callable[[int], None],
        on_remove_all: Callable[[], None],
        on_scale: Callable[[str, int, bool], None],
        on_ruler: Callable[[int], None],
    ) -> None:
        super().__init__(
            texts={
                "remove": messages.REMOVE,
                "remove_all": messages.REMOVE_ALL,
                "sure": messages.REMOVE_ALL_SURE,
                "scale_title": messages.SCALE_LABEL,
                "scale_placeholder": messages.SCALE_PLACEHOLDER,
                "scale_hint": messages.SCALE_HINT,
                "scale_apply": messages.SCALE_APPLY,
                "scale_apply_all": messages.SCALE_APPLY_ALL,
                "ruler": messages.RULER,
                "ruler_hint": messages.RULER_HINT,
            }
        )
        self._do = {
            "choose": lambda content: on_choose(content["key"]),
            "remove": lambda content: on_remove(content["key"]),
            "remove_all": lambda _content: on_remove_all(),
            "ruler": lambda content: on_ruler(content["key"]),
            "scale": lambda content: on_scale(
                content["text"], content["key"], content["everywhere"]
            ),
        }
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if content.get("kind") in self._do:
            self._do[content["kind"]](content)


class Pointer(anywidget.AnyWidget):
    """Tells where in the picture somebody clicks and, with a tool, what line is drawn there."""

    _esm = STATIC / "pointer.js"
    tool = traitlets.Unicode("").tag(sync=True)
    hint = traitlets.Unicode("").tag(sync=True)
    line: list[list[float]] = traitlets.List().tag(sync=True)  # type: ignore[assignment]

    def __init__(
        self,
        on_point: Callable[[float, float, float, bool], None],
        on_line: Callable[[tuple[float, float], tuple[float, float]], None],
    ) -> None:
        super().__init__()
        self._do = {
            "point": lambda content: on_point(
                content["place"][0], content["place"][1], content["reach"], content["add"]
            ),
            "line": lambda content: on_line(tuple(content["start"]), tuple(content["end"])),
        }
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if content.get("kind") in self._do:
            self._do[content["kind"]](content)


class Table(anywidget.AnyWidget):
    """A sortable table of numbers that shows only the rows in sight."""

    _esm = STATIC / "table.js"
    columns: list[dict[str, Any]] = traitlets.List().tag(sync=True)  # type: ignore[assignment]
    names: list[str] = traitlets.List().tag(sync=True)  # type: ignore[assignment]
    data = traitlets.Bytes(b"").tag(sync=True)
    rows = traitlets.Int(0).tag(sync=True)
    selected = traitlets.Int(-1).tag(sync=True)

    def show(self, columns: list[dict[str, Any]], values: np.ndarray, names: list[str]) -> None:
        """Show the rows of `values`, ndarray of shape (rows, columns).

        Each column says its ``label``, ``unit``, ``meaning``, ``digits`` and ``kind``: "number",
        "bool", or "image", whose values are places in `names`.
        """
        with self.hold_sync() if hasattr(self, "comm") else contextlib.nullcontext():
            self.columns, self.names, self.rows = columns, names, len(values)
            self.data = np.asarray(values, dtype="<f8").T.tobytes()


class Download(anywidget.AnyWidget):
    """A button that saves a file made on demand."""

    _esm = STATIC / "download.js"
    label = traitlets.Unicode().tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    primary = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        label: str,
        hint: str,
        file_name: str,
        make: Callable[[Callable[[bytes], None]], None],
        *,
        primary: bool = False,
    ) -> None:
        super().__init__(label=label, hint=hint, primary=primary)
        self.file_name = file_name
        self._make = make
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: list[memoryview]) -> None:
        if content.get("kind") == "make":
            self._make(self.save)

    def save(self, content: bytes) -> None:
        """Send the file to the browser, which saves it."""
        count = max(1, -(-len(content) // PIECE_BYTES))
        for index in range(count):
            piece = content[index * PIECE_BYTES : (index + 1) * PIECE_BYTES]
            about = {"kind": "piece", "index": index, "count": count, "name": self.file_name}
            self.send(about | {"type": "application/octet-stream"}, [piece])
