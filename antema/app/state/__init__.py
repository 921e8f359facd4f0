"""What the dashboard knows and can do: every click of a person is one method of `State`.

Views only observe the traits and call the methods, so all that happens on the page can be done and
tested without one. Long work goes to the worker of `jobs`; its results come back to the thread that
owns the widgets, which alone changes the traits. Each part of the page has its part of the state:
`images`, `looking` (selection, filters, what is shown), `distributing` (bins, weights, fit),
`sampling` (which images belong together), `running` (options and analysis), `correcting` (by hand),
`measuring` (the ruler), `trying` (other values of an option) and `taking` (downloads and sessions),
all on the ground of `core`.
"""

import functools
from pathlib import Path

from .. import intake
from .core import Image, Notice, click, duration_text
from .correcting import CUT, Correcting
from .measuring import Measuring
from .taking import Taking
from .trying import Trying

__all__ = ["Image", "Notice", "State", "click", "duration_text"]


class State(Correcting, Measuring, Taking, Trying):
    """The whole state of one visitor's page.

    Parameters
    ----------
    deliver : callable, optional
        Hands a callable to the thread that owns the widgets; by default it is called at once.
    """

    @click
    def add_content(self, name: str, content: bytes) -> None:
        """Take a file that was uploaded: a micrograph, saved options, or a session."""
        kind = Path(name).suffix.lower()
        if kind == ".json":
            self.load_settings(name, content)
        elif kind == ".antema":
            self.open_session(name, content)
        else:
            self._read([(name, functools.partial(intake.frames_in, name, content))])

    @click
    def draw(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Take a line that was drawn in the picture: what it does depends on the tool."""
        (self.cut if self.tool == CUT else self.lay_ruler)(start, end)
