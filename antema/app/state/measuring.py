"""The ruler: the pixel size from a scale bar that is burned into the picture."""

import math

import traitlets

from ...errors import InvalidOption
from ...units import parse_length
from .. import messages
from .core import click
from .images import Images
from .looking import Looking

RULER = "ruler"
_SHORTEST_PX = 5


class Measuring(Images, Looking):
    """Takes a line along the scale bar and the length that is written at it."""

    ruler: tuple[tuple[float, float], ...] = traitlets.Tuple()  # type: ignore[assignment]

    @click
    def measure_bar(self, key: int | None = None) -> None:
        """Take the ruler into the hand, over the image of that key."""
        if key is not None:
            self.choose(key)
        self.ruler = ()
        self.tool = RULER

    @click
    def lay_ruler(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Lay the ruler from one place to another, each given as row and column."""
        if math.dist(start, end) < _SHORTEST_PX:
            raise InvalidOption(messages.RULER_SHORT)
        self.ruler = (start, end)

    @traitlets.observe("chosen")
    def _put_away(self, _change: object) -> None:
        self.tool, self.ruler = "", ()

    @property
    def ruler_px(self) -> float:
        """How long the line of the ruler is, 0 if there is none yet."""
        return math.dist(*self.ruler) if self.ruler else 0.0

    @click
    def give_bar(self, text: str, *, everywhere: bool = False) -> bool:
        """Set the pixel size from the words at the bar, such as "50 nm".

        Returns
        -------
        bool
            Whether there was a line, and the words were understood.
        """
        if not self.ruler:
            raise InvalidOption(messages.RULER_FIRST)
        length_nm, px = parse_length(text), self.ruler_px
        source = messages.SCALE_BY_RULER.format(text=text.strip(), px=px)
        self.set_scale(length_nm / px, source, everywhere=everywhere)
        self.tool, self.ruler = "", ()
        return True
