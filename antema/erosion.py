"""One region that is not convex, taken apart by its distance map: by erosion or at its necks."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .regions import LEFT_OUT, REGROWN, SEPARATED, SMALL_MARKER, WHOLE, Region

_SADDLE_PX = 0.75
_NECK_SHARE = 0.5
_KEPT_AREAS, _KEPT_RESULTS = 4, 64  # of what was found for other options


class _Grown(NamedTuple):
    """A part grown back, as a region that is left out, and what decides about it."""

    region: Region
    area: int
    convexity: float
    solidity: float


class Tree:
    """The level sets of one region that is not convex."""

    def __init__(self, origin: tuple[int, int], image: np.ndarray) -> None:
        from . import levelsets

        self.origin, self.image = origin, image
        self.squares = levelsets.squared_distance(np.pad(image, 1))
        self._level = levelsets.levels(self.squares, levelsets.STEPS_PER_PIXEL)
        self._nodes = levelsets.level_tree(self._level)
        self._verdicts = np.full((len(self._nodes), 2), np.nan)
        self._grown: dict[int, _Grown] = {}
        self._found: dict[tuple[object, ...], list[Region]] = {}

    def erode(self, smallest: int, convexity: float, solidity: float) -> Iterator[Region]:
        """Yield the parts found by ultimate erosion for convex sets.

        A part that gets smaller than the limit before it is convex is left out; if it would stay
        smaller even grown back, it is roughness of the outline and not a region at all. A part
        left out that lies mostly in particles that were found is a neck between them and not a
        particle that was lost: it is not listed.
        """
        from . import levelsets

        least = (convexity, solidity)
        markers, barren = levelsets.walk(self._level, self._nodes, self._verdicts, *least, smallest)
        if not len(markers):
            yield Region(self.origin, self.image, LEFT_OUT, SMALL_MARKER)
            return
        # Most options of a grid lead to the same parts, which then are not grown back again.
        lost = [node for node in barren.tolist() if self._regrow(node).area >= smallest]
        parts = (*least, tuple(markers.tolist()), tuple(lost))
        if parts not in self._found:
            self._found[parts] = list(self._judge(*parts))
        found = self._found[parts]
        self._forget({*markers.tolist(), *barren.tolist()})
        yield from found

    def _forget(self, used: set[int]) -> None:
        """Keep what was just used only, if all together takes too much memory."""
        held = sum(grown.region.image.size for grown in self._grown.values())
        if held > _KEPT_AREAS * self.image.size or len(self._found) > _KEPT_RESULTS:
            self._grown = {node: self._grown[node] for node in used if node in self._grown}
            self._found.clear()

    def _judge(
        self, convexity: float, solidity: float, markers: Sequence[int], barren: Sequence[int]
    ) -> Iterator[Region]:
        """Yield what becomes of the parts, grown back."""
        lost = []
        found = np.zeros(self.image.shape, bool)
        for node in markers:
            part = self._regrow(node)
            if part.convexity >= convexity and part.solidity >= solidity:
                self._window(found, part.region)[part.region.image] = True
                yield dataclasses.replace(part.region, status=SEPARATED, reason="")
            else:
                lost.append(dataclasses.replace(part.region, reason=REGROWN))
        lost += [self._regrow(node).region for node in barren]
        for region in lost:
            if self._window(found, region)[region.image].mean() <= _NECK_SHARE:
                yield region

    def seen(self, padded: np.ndarray, row: int, column: int) -> float:
        """Return which part of a part's outline is outline of the region, too.

        Parameters
        ----------
        padded : ndarray of bool, shape (m, n)
            The part with a rim; the pixel after its first corner lies at this row and column of the
            region.
        """
        from . import levelsets

        return float(levelsets.seen_share(padded, self.squares, row, column))

    def _window(self, whole: np.ndarray, part: Region) -> np.ndarray:
        """Return the part's place in an array of the region's shape."""
        row, column = part.origin[0] - self.origin[0], part.origin[1] - self.origin[1]
        height, width = part.image.shape
        return whole[row : row + height, column : column + width]

    def _regrow(self, node: int) -> _Grown:
        """Return the part grown back, computed once."""
        from . import components, levelsets

        if node not in self._grown:
            _, birth, _, _, start = self._nodes[node].tolist()
            image, row, column = levelsets.regrow(self._level, start, birth)
            origin = (self.origin[0] + row - 1, self.origin[1] + column - 1)
            seen = self.seen(image, row, column)
            part = image[1:-1, 1:-1].copy()
            region = Region(origin, part, LEFT_OUT, SMALL_MARKER, seen)
            area = int(np.count_nonzero(image))
            self._grown[node] = _Grown(region, area, *components.judge_image(image))
        return self._grown[node]

    def cut_at_necks(self, smallest: int) -> Iterator[Region]:
        """Yield the basins of the distance map."""
        from . import levelsets

        basins = levelsets.basins(np.sqrt(self.squares), _SADDLE_PX)[1:-1, 1:-1]
        count = int(basins.max())
        if count == 1:
            yield Region(self.origin, self.image, WHOLE, seen=1.0)
            return
        for number in range(1, count + 1):
            rows = np.flatnonzero((basins == number).any(axis=1))
            columns = np.flatnonzero((basins == number).any(axis=0))
            top, left = int(rows[0]), int(columns[0])
            image = basins[top : rows[-1] + 1, left : columns[-1] + 1] == number
            origin = (self.origin[0] + top, self.origin[1] + left)
            if np.count_nonzero(image) >= smallest:
                seen = self.seen(np.pad(image, 1), top, left)
                yield Region(origin, image, SEPARATED, seen=seen)
            else:
                yield Region(origin, image, LEFT_OUT, SMALL_MARKER)
