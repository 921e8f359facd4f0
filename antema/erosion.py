"""One region that is not convex, taken apart by its distance map: by erosion or at its necks."""

import functools
from collections.abc import Iterator

import numpy as np

from .regions import LEFT_OUT, REGROWN, SEPARATED, SMALL_MARKER, WHOLE, Region

_SADDLE_PX = 0.75
# Status and reason of what `antema.levelsets.erode` tells of.
_FATES = (SEPARATED, ""), (LEFT_OUT, REGROWN), (LEFT_OUT, SMALL_MARKER)
_KEPT_AREAS, _KEPT_RESULTS = 4, 64  # of what was found for other options


class Tree:
    """The level sets of one region that is not convex."""

    def __init__(self, origin: tuple[int, int], image: np.ndarray) -> None:
        self.origin, self.image = origin, image
        self._found: dict[bytes, list[Region]] = {}

    @functools.cached_property
    def squares(self) -> np.ndarray:
        """Squared distances from the background, with a rim."""
        from . import levelsets

        return levelsets.squared_distance(np.pad(self.image, 1))

    @functools.cached_property
    def _levels(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Level of every pixel, nodes, and what is known of these."""
        from . import levelsets

        level, nodes = levelsets.level_sets(self.image)
        return level, nodes, np.full((len(nodes), 5), np.nan)

    def erode(self, smallest: int, convexity: float, solidity: float) -> list[Region]:
        """Return the parts found by ultimate erosion for convex sets, and those lost."""
        from . import levelsets

        level, nodes, verdicts = self._levels
        parts, pixels = levelsets.erode(level, nodes, verdicts, convexity, solidity, smallest)
        if not len(parts):
            return [Region(self.origin, self.image, LEFT_OUT, SMALL_MARKER)]
        # Most options of a grid lead to the same parts, which then are the same regions.
        key = parts.tobytes()
        if key not in self._found:
            regions = self._regions(parts, verdicts[parts[:, 1], 4], pixels.copy())
            kept = (*self._found.values(), regions)
            held = sum(part.image.size for found in kept for part in found)
            if held > _KEPT_AREAS * self.image.size or len(kept) > _KEPT_RESULTS:
                self._found.clear()
            self._found[key] = regions
        return self._found[key]

    def _regions(self, parts: np.ndarray, seen: np.ndarray, pixels: np.ndarray) -> list[Region]:
        """Return the parts as regions."""
        regions = []
        for (kind, _, begin, row, column, height, width), share in zip(
            parts.tolist(), seen.tolist(), strict=True
        ):
            origin = (self.origin[0] + row, self.origin[1] + column)
            image = pixels[begin : begin + height * width].reshape(height, width)
            regions.append(Region(origin, image, *_FATES[kind], share))
        return regions

    def seen(self, padded: np.ndarray, row: int, column: int) -> float:
        """Return which part of a part's outline is outline of the region, too.

        Parameters
        ----------
        padded : ndarray of bool, shape (m, n)
            The part with a rim; the pixel after its first corner lies at this row and column of the
            region.
        """
        from . import levelsets

        part = padded.astype(np.int32)  # the type that is compiled anyway
        rim = levelsets.RIM_PX**2
        return float(levelsets.seen_share(part, self.squares, row, column, rim))

    def cut_at_necks(self, smallest: int) -> Iterator[Region]:
        """Yield the basins of the distance map."""
        from scipy import ndimage

        from . import levelsets

        basins = levelsets.basins(np.sqrt(self.squares), _SADDLE_PX)[1:-1, 1:-1]
        places = ndimage.find_objects(basins)
        if len(places) == 1:
            yield Region(self.origin, self.image, WHOLE, seen=1.0)
            return
        for number, (rows, columns) in enumerate(places, start=1):
            image = basins[rows, columns] == number
            origin = (self.origin[0] + rows.start, self.origin[1] + columns.start)
            if np.count_nonzero(image) >= smallest:
                seen = self.seen(np.pad(image, 1), rows.start, columns.start)
                yield Region(origin, image, SEPARATED, seen=seen)
            else:
                yield Region(origin, image, LEFT_OUT, SMALL_MARKER)
