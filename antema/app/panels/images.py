"""Panel 1: the images, where they come from, and how large their pixels are."""

import base64
import io
from pathlib import PurePosixPath

import ipywidgets as widgets

from ...appearance import length_text, to_grey8
from ...micrograph import Micrograph
from .. import messages
from ..controls import FileDrop, ImageList
from ..intake import shared_root
from ..state import Image, State
from .base import HIDDEN, button, classed, heading, show, watch

THUMBNAIL_PX = 96


class ImagesPanel(widgets.VBox):
    """Upload, sample, and the list of images."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.drop = FileDrop(state.add_content)
        self.sample = button(
            messages.SAMPLE, messages.SAMPLE_HINT, "antema-sample", lambda: state.add_sample()
        )
        self.list = ImageList(
            state.choose,
            state.remove,
            state.remove_all,
            lambda text, key, everywhere: state.give_scale(text, key, everywhere=everywhere),
            state.measure_bar,
        )
        self._thumbnails: dict[int, str] = {}
        # Classes that come and go need a box: an anywidget keeps those that it was shown with.
        self.drop_box = classed(widgets.Box([self.drop]), "antema-drop-box")
        self.list_box = classed(widgets.Box([self.list]), "antema-images-box")
        super().__init__(
            [heading(messages.IMAGES), self.drop_box, FolderBox(state), self.sample, self.list_box]
        )
        classed(self, "antema-images-panel")
        watch(state, ["images", "chosen", "settings", "busy"], self.refresh)

    def refresh(self) -> None:
        """Show the list as the state has it."""
        images = self.state.images
        self._thumbnails = {
            image.key: self._thumbnails.get(image.key) or thumbnail(image.original)
            for image in images
        }
        self.list.items = [self._item(image) for image in images]
        show(self.list_box, bool(images))
        (self.drop_box.add_class if images else self.drop_box.remove_class)("antema-small")
        self.sample.disabled = self.state.busy == "reading"

    def _item(self, image: Image) -> dict[str, object]:
        shot = image.micrograph
        rows, columns = shot.shape
        about = f"{columns} × {rows} px"
        scale = ""
        if shot.nm_per_pixel is not None:
            about += f" · {length_text(_rounded(columns * shot.nm_per_pixel))}"
            scale = messages.PIXEL_SIZE.format(size=f"{shot.nm_per_pixel:.4g} nm")
        state, note = self._progress_of(image)
        return {
            "key": image.key,
            "name": image.name,
            "title": image.name,
            "about": about,
            "scale": scale,
            "source": messages.SCALE_SOURCE.format(source=shot.scale_source),
            "thumb": self._thumbnails[image.key],
            "chosen": image.key == self.state.chosen,
            "state": state,
            "doubtful": bool(image.doubts),
            "note": f"{note} · {image.sample}" if image.sample else note,
        }

    def _progress_of(self, image: Image) -> tuple[str, str]:
        if not image.ready:
            return "noscale", messages.NO_SCALE
        if image.analysis is None:
            return "new", messages.NOT_ANALYSED_SHORT
        count = messages.TABLE_COUNT.format(count=len(image.analysis.particles))
        if not self.state.is_current(image):
            return "old", messages.OUTDATED_SHORT.format(count=count)
        return "done", messages.DOUBTS_SHORT.format(count=count) if image.doubts else count


class FolderBox(widgets.VBox):
    """Picks images from the folder that the server was started with; absent without one."""

    def __init__(self, state: State) -> None:
        self.state = state
        root = shared_root()
        title = messages.FOLDER.format(name=root.name if root else "")
        self.opener = button(title, messages.FOLDER_HINT, "antema-folder-open", self._toggle)
        self.files = classed(widgets.SelectMultiple(rows=6), "antema-folder-files")
        self.files.observe(lambda change: self._enter(change["new"]), names="value")
        self.add = button(
            messages.FOLDER_ADD, messages.FOLDER_ADD_HINT, "antema-folder-add", self._add
        )
        self.inside = classed(widgets.VBox([self.files, self.add]), "antema-folder-inside")
        super().__init__([self.opener, self.inside])
        classed(self, "antema-folder")
        show(self, root is not None)
        show(self.inside, False)
        watch(state, "listing", self.refresh)

    def _toggle(self) -> None:
        closed = HIDDEN in self.inside._dom_classes
        show(self.inside, closed)
        if closed:
            self.state.browse(self.state.listing[0] if self.state.listing else "")

    def refresh(self) -> None:
        """Show the folder that is looked into."""
        if self.state.listing is None:
            return
        inside, folders, images = self.state.listing
        up = [(messages.FOLDER_UP, "/..")] if inside else []
        entries = [*up, *((f"{name}/", f"/{name}") for name in folders)]
        entries += [(name, name) for name in images]
        self.files.options = entries or [(messages.FOLDER_EMPTY, "")]
        self.files.value = ()

    def _enter(self, marked: tuple[str, ...]) -> None:
        if len(marked) != 1 or not marked[0].startswith("/"):
            return
        inside = self.state.listing[0]
        there = PurePosixPath(inside, marked[0][1:])
        parent = str(PurePosixPath(inside).parent).removeprefix(".")
        self.state.browse(parent if marked[0] == "/.." else str(there))

    def _add(self) -> None:
        names = [name for name in self.files.value if name and not name.startswith("/")]
        if names:
            self.state.add_from_folder(names)
            self.files.value = ()  # so that a second click does not add them again


def thumbnail(micrograph: Micrograph) -> str:
    """Return a small picture of a micrograph as a data URL."""
    from PIL import Image as Pillow

    step = max(1, min(micrograph.shape) // (4 * THUMBNAIL_PX))
    picture = Pillow.fromarray(to_grey8(micrograph.pixels[::step, ::step]))
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _rounded(length: float) -> float:
    return float(f"{length:.3g}")
