"""Corrections by hand: what is marked in the picture is left out, taken back, joined or cut."""

import dataclasses

from ...analysis import Analysis
from ...correction import Correction, correct, exclude, merge, restore, split
from ...errors import CannotCorrect
from ...separation import LEFT_OUT, Region
from .. import messages
from .core import Image, click
from .looking import Looking, distance
from .running import Running

CUT = "cut"


class Correcting(Running, Looking):
    """Corrects the result of the image shown; every correction can be undone."""

    @click
    def leave_out(self) -> None:
        """Leave the marked particles out."""
        self._correct(exclude(*self._marked(left_out=False)))

    @click
    def take_back(self) -> None:
        """Take what is marked of the left out for particles."""
        self._correct(restore(*self._marked(left_out=True)))

    @click
    def leave_out_or_take_back(self) -> None:
        """Leave the marked particles out; if none is among them, take the marked ones back."""
        if self.can_leave_out:
            self.leave_out()
        elif self.can_take_back:
            self.take_back()

    @click
    def join(self) -> None:
        """Make one particle of the marked parts."""
        self._correct(merge(*self._marked(left_out=False)))

    @click
    def cut(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Cut a particle along a line, given by the row and column of both its ends.

        That is what the middle of the line lies in; where particles overlap, the marked one.
        """
        self.tool = ""
        found = self._correctable()
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        there = (i for i in self.marked if distance(found.regions[i], *middle) == 0)
        index = next(there, None)
        if index is None:
            index = self.region_at(*middle)
        if index is None:
            raise CannotCorrect(messages.CUT_NOWHERE)
        self._correct(split(found.regions[index], start, end))

    @property
    def can_leave_out(self) -> bool:
        """Whether a particle is marked."""
        return bool(self._marked(left_out=False))

    @property
    def can_take_back(self) -> bool:
        """Whether something left out is marked."""
        return bool(self._marked(left_out=True))

    @property
    def can_join(self) -> bool:
        """Whether several particles are marked."""
        return len(self._marked(left_out=False)) > 1

    @click
    def undo(self) -> None:
        """Take the last correction of the image shown back."""
        if (image := self.image) is not None and image.corrections:
            *rest, last = image.corrections
            self._change(image, tuple(rest), (*image.undone, last))

    @click
    def redo(self) -> None:
        """Make the correction again that was undone last."""
        if (image := self.image) is not None and image.undone:
            *rest, last = image.undone
            self._change(image, (*image.corrections, last), tuple(rest))

    def _marked(self, *, left_out: bool) -> list[Region]:
        found = self.analysis
        chosen = [found.regions[index] for index in self.marked] if found else []
        return [region for region in chosen if (region.status == LEFT_OUT) == left_out]

    def _correctable(self) -> Analysis:
        if self.image is None or self.analysis is None:
            raise CannotCorrect(messages.NOT_ANALYSED)
        if not (self.is_current(self.image) or self._is_cheap(self.image)):
            raise CannotCorrect(messages.OUTDATED)
        return self.analysis

    def _correct(self, correction: Correction) -> None:
        found, image = self._correctable(), self.image
        _, dropped = correct(found.regions, [correction], found.mask)
        if dropped:
            raise CannotCorrect(messages.CANNOT_CORRECT.format(why=dropped[0]))
        if image is not None:
            self._change(image, (*image.corrections, correction), ())

    def _change(
        self, image: Image, made: tuple[Correction, ...], undone: tuple[Correction, ...]
    ) -> None:
        changed = dataclasses.replace(image, corrections=made, undone=undone)
        self.images = tuple(changed if one is image else one for one in self.images)
        self._update()
