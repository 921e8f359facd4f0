"""The page: header, notices, and the panels side by side."""

import functools
import html
from collections.abc import Callable

import ipywidgets as widgets

from .. import messages
from ..controls import Download, FileDrop, Page
from ..jobs import deliver_to_this_thread
from ..state import State
from ..state.correcting import CUT
from .about import About
from .base import button, classed, show, watch
from .images import ImagesPanel
from .options import OptionsPanel, RunPanel
from .picture import PicturePanel, preload
from .result import ResultPanel
from .samples import SampleName
from .table import TablePanel

ZOOM = 1.5


class Header(widgets.HBox):
    """Name of the program and what concerns the whole page."""

    def __init__(self, state: State, page: Page) -> None:
        brand = widgets.HTML(
            f"<span class='antema-brand'>{messages.TITLE}</span>"
            f"<span class='antema-subtitle'>{messages.SUBTITLE}</span>"
        )
        self.page = page
        self.theme = button(messages.THEME, messages.THEME_HINT, "antema-theme", self._switch)
        self.session = Download(
            messages.SAVE_SESSION,
            messages.SAVE_SESSION_HINT,
            "session.antema",
            state.pack_session,
        )
        classed(self.session, "antema-save-session")
        self.reopen = FileDrop(
            state.add_content, messages.OPEN_SESSION, messages.OPEN_SESSION_HINT, ".antema"
        )
        classed(self.reopen, "antema-open-session")
        self.about = About(state)
        tools = [self.reopen, self.session, self.theme, self.about]
        self.sample = SampleName(state)
        super().__init__([brand, self.sample, classed(widgets.HBox(tools), "antema-tools")])
        classed(self, "antema-header")

    def _switch(self) -> None:
        self.page.theme = "light" if self.page.theme == "dark" else "dark"


class Notices(widgets.VBox):
    """Sentences for the person at the page, newest last; details folded away."""

    def __init__(self, state: State) -> None:
        self.state = state
        super().__init__([])
        classed(self, "antema-notices")
        watch(state, "notices", self.refresh)

    def refresh(self) -> None:
        """Show the notices of the state."""
        rows = []
        for index, notice in enumerate(self.state.notices):
            text = html.escape(notice.text)
            if notice.detail:
                text += (
                    f"<details><summary>{messages.DETAILS}</summary>"
                    f"<pre>{html.escape(notice.detail)}</pre></details>"
                )
            role = "alert" if notice.kind == "error" else "status"
            words = widgets.HTML(f"<div role='{role}'>{text}</div>")
            dismiss = functools.partial(self.state.dismiss, index)
            close = button("×", messages.DISMISS, "antema-dismiss", dismiss)
            row = widgets.HBox([words, close])
            rows.append(classed(row, "antema-notice", f"antema-{notice.kind}"))
        self.children = tuple(rows)
        show(self, bool(rows))


class Dashboard(widgets.VBox):
    """The whole page.

    Parameters
    ----------
    state : State, optional
        What to show; by default a new state whose worker answers in this thread's event loop.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State(deliver_to_this_thread())
        self.page = Page(self._keys(), self._get_ready)
        self.header = Header(self.state, self.page)
        self.notices = Notices(self.state)
        self.images = ImagesPanel(self.state)
        self.options = OptionsPanel(self.state)
        self.run = RunPanel(self.state)
        # In this order, so that new numbers show before the picture is drawn anew.
        self.result = ResultPanel(self.state)
        self.table = TablePanel(self.state)
        self.picture = PicturePanel(self.state)
        scrolling = classed(widgets.VBox([self.images, self.options]), "antema-scrolling")
        left = classed(widgets.VBox([scrolling, self.run]), "antema-left-column")
        middle = classed(widgets.VBox([self.picture, self.table]), "antema-middle-column")
        body = classed(widgets.HBox([left, middle, self.result]), "antema-body")
        super().__init__([self.page, self.header, self.notices, body])
        classed(self, "antema-root")

    def _get_ready(self) -> None:
        """Load what the first image needs, now that the page is seen."""
        self.state.get_ready()
        preload()

    def _keys(self) -> dict[str, Callable[[], object]]:
        """Return what every key does."""
        state = self.state
        views = enumerate(messages.VIEWS, start=1)
        return {
            "ArrowLeft": lambda: state.step(-1),
            "ArrowRight": lambda: state.step(1),
            "Escape": state.escape,
            "Delete": state.leave_out_or_take_back,
            "Backspace": state.leave_out_or_take_back,
            "j": state.join,
            "c": lambda: state.use_tool(CUT),
            "u": state.undo,
            "r": state.redo,
            "+": lambda: self.picture.overlay.zoom(ZOOM),
            "-": lambda: self.picture.overlay.zoom(1 / ZOOM),
            **{str(k): functools.partial(state.show_view, view) for k, view in views},
        }


def dashboard() -> Dashboard:
    """Return the page, ready to be the last line of a notebook cell."""
    return Dashboard()
