"""From a mask to single particles: touching and overlapping particles are taken apart.

The default is the ultimate erosion for convex sets (UECS): a region that is not convex is eroded
step by step until its parts are; each convex part is a marker and grows back by as many steps as it
was eroded, inside the old outline, so that particles may overlap. Every erosion is a level set of
one Euclidean distance map and every part of it is judged once (`antema.levelsets`).

References
----------
N. Gumbiowski, K. Loza, M. Heggen, M. Epple, Nanoscale Adv. 5 (2023) 2318-2326,
doi 10.1039/d2na00781a. C. Park et al., IEEE Trans. Pattern Anal. Mach. Intell. 35 (2013) 669-681,
doi 10.1109/TPAMI.2012.163.
"""

import dataclasses
import functools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from .errors import InvalidOption
from .geometry import Shape, describe, outline
from .options import Options, option
from .progress import Progress

WHOLE, SEPARATED, LEFT_OUT = "whole", "separated", "left out"

EDGE = "touches the image edge"
NON_CONVEX = "too non-convex"
HOLES = "too many holes"
SMALL_MARKER = "marker too small"
REGROWN = "non-convex after regrowing"

_SADDLE_PX = 0.75
_SMALLEST_HOLE_PX = 4
_BATCH = 64
_NECK_SHARE = 0.5


@dataclasses.dataclass(frozen=True)
class SeparationOptions(Options):
    """How touching and overlapping particles are taken apart, and what is left out."""

    method: str = option(
        "uecs",
        "Separation",
        "How touching particles are taken apart: uecs erodes them until the parts are convex and "
        "grows these back, watershed cuts at the necks, none leaves them together.",
        choices=("uecs", "watershed", "none"),
    )
    convexity: float = option(
        0.95,
        "Convexity threshold",
        "An outline less convex than this (perimeter of its convex hull divided by its own "
        "perimeter) is taken for several particles; 1 is a shape without any dent.",
        limits=(0.5, 1.0),
        step=0.005,
    )
    solidity: float = option(
        0.96,
        "Solidity threshold",
        "An outline that fills less than this part of its convex hull is also taken for several "
        "particles, because a short notch hardly shows in the convexity; 0 switches this off.",
        limits=(0.0, 1.0),
        step=0.005,
    )
    min_marker_nm: float = option(
        0.5,
        "Smallest marker",
        "What is left of a particle by the erosion must have at least this equivalent diameter "
        "to count as a particle; needs a known pixel size.",
        unit="nm",
        limits=(0.0, 100.0),
        step=0.1,
    )
    min_marker_px: int = option(
        30,
        "Smallest marker area",
        "What is left of a particle by the erosion must have at least this many pixels.",
        unit="px",
        limits=(1, 10_000),
        step=1,
    )
    min_convexity: float = option(
        0.5,
        "Too overlapped below a convexity of",
        "Agglomerates less convex than this are not taken apart but left out.",
        limits=(0.0, 1.0),
        step=0.01,
    )
    max_holes: int = option(
        10,
        "Too overlapped from so many holes on",
        "Agglomerates with this many holes or more (of 4 pixels or more) are not taken apart but "
        "left out.",
        limits=(1, 1_000_000),
        step=1,
    )
    exclude_edge: bool = option(
        True,
        "Leave out particles at the image edge",
        "Particles that touch the image edge are cut, so their size is not known.",
    )


@dataclasses.dataclass(frozen=True, eq=False)
class Region:
    """A particle, or what was left out, as a small picture and its place.

    Parameters
    ----------
    origin : (int, int)
        Row and column of the first pixel of `image` in the mask.
    image : ndarray of bool, shape (m, n)
        The pixels of the region; every row and column at its rim has one.
    status : str
        ``"whole"``, ``"separated"`` or ``"left out"``.
    reason : str
        Why it was left out, or what was done to it by hand; otherwise empty.
    """

    origin: tuple[int, int]
    image: np.ndarray
    status: str
    reason: str = ""

    @functools.cached_property
    def shape(self) -> Shape:
        """Its shape numbers in pixels, computed once."""
        return describe(self.image)

    @functools.cached_property
    def outlines(self) -> tuple[np.ndarray, ...]:
        """Corners of its outer boundaries in the mask, computed once; see `antema.geometry`."""
        return tuple(corners + self.origin for corners in outline(self.image))


def separate(
    mask: np.ndarray,
    nm_per_pixel: float | None = None,
    options: SeparationOptions = SeparationOptions(),
    progress: Progress | None = None,
) -> list[Region]:
    """Divide a mask into particles.

    Pixels belong together when they share a side or a corner (8-connected). Separation comes
    first; then every particle that touches the image edge is left out, so that an agglomerate is
    not lost because one of its particles is cut. What lies beyond the edge counts as background.

    Parameters
    ----------
    mask : ndarray of bool, shape (M, N)
        True in particles.
    nm_per_pixel : float, optional
        Without it the limits in nm do not hold, those in pixels do.
    options : SeparationOptions
    progress : callable (fraction, message), optional
        May raise `antema.errors.Cancelled`.

    Returns
    -------
    list of Region
        Particles and left-out regions, ordered by row and column of their origin. Those of status
        ``"separated"`` may overlap. With method ``"none"`` only the image edge leaves regions out.

    Raises
    ------
    InvalidOption
        If the mask is not two-dimensional or the pixel size not positive.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((64, 64), bool)
    >>> mask[10:30, 20:40] = True
    >>> [(region.origin, region.status) for region in separate(mask)]
    [((10, 20), 'whole')]
    """
    return Separator(mask).separate(nm_per_pixel, options, progress)


class Separator:
    """A mask made ready: separating it again with other options reuses all that still holds.

    Parameters
    ----------
    mask : ndarray of bool, shape (M, N)
        True in particles; it is not kept, so later changes to it have no effect.
    """

    def __init__(self, mask: np.ndarray) -> None:
        mask = np.asarray(mask)
        if mask.ndim != 2:
            msg = f"A mask has two dimensions, but this one has the shape {mask.shape}."
            raise InvalidOption(msg)
        from . import levelsets

        self.shape: tuple[int, int] = mask.shape
        mask = np.ascontiguousarray(mask, dtype=bool)
        labels, starts, boxes, _ = levelsets.label(mask)
        convexity, solidity = levelsets.judge_all(labels, starts)
        holes = levelsets.count_holes(labels, len(starts))
        self._shapes = (convexity.tolist(), solidity.tolist(), holes.tolist())
        # The labels are as large as four masks; what is kept is hardly more than the particles.
        self._whole = [_cut(labels, i, *box) for i, box in enumerate(boxes.tolist())]
        self._trees: dict[int, _Tree] = {}

    def separate(
        self,
        nm_per_pixel: float | None = None,
        options: SeparationOptions = SeparationOptions(),
        progress: Progress | None = None,
    ) -> list[Region]:
        """Divide the mask into particles; see `antema.separate`."""
        smallest = _smallest_area(nm_per_pixel, options)
        found: list[Region] = []
        if options.method == "none":
            found.extend(self._whole)
        else:
            for i in _reported(range(len(self._whole)), progress):
                found.extend(self._divide(i, smallest, options))
        if options.exclude_edge:
            found = [self._checked_for_edge(region) for region in found]
        found.sort(key=lambda region: region.origin)
        return found

    def _checked_for_edge(self, region: Region) -> Region:
        (row, column), (height, width) = region.origin, region.image.shape
        if row and column and row + height < self.shape[0] and column + width < self.shape[1]:
            return region
        return Region(region.origin, region.image, LEFT_OUT, EDGE)

    def _divide(self, i: int, smallest: int, options: SeparationOptions) -> Iterator[Region]:
        """Yield what one region of the mask becomes."""
        convexity, solidity, holes = (numbers[i] for numbers in self._shapes)
        origin, image = self._whole[i].origin, self._whole[i].image
        if convexity < options.min_convexity:
            yield Region(origin, image, LEFT_OUT, NON_CONVEX)
        elif holes >= options.max_holes and _count_gaps(image) >= options.max_holes:
            yield Region(origin, image, LEFT_OUT, HOLES)
        elif convexity >= options.convexity and solidity >= options.solidity:
            yield self._whole[i]
        else:
            if i not in self._trees:
                self._trees[i] = _Tree(origin, image)
            tree = self._trees[i]
            yield from (
                tree.cut_at_necks(smallest)
                if options.method == "watershed"
                else tree.erode(smallest, options)
            )


def _cut(labels: np.ndarray, i: int, top: int, left: int, bottom: int, right: int) -> Region:
    """Return the region of label i + 1 as it is; the labels have a rim of one pixel."""
    window = labels[top + 1 : bottom + 1, left + 1 : right + 1]
    return Region((top, left), window == i + 1, WHOLE)


class _Grown(NamedTuple):
    """A part grown back, as a region that is left out, and what decides about it."""

    region: Region
    area: int
    convexity: float
    solidity: float


class _Tree:
    """The level sets of one region that is not convex."""

    def __init__(self, origin: tuple[int, int], image: np.ndarray) -> None:
        from . import levelsets

        self.origin, self.image = origin, image
        self._squares = levelsets.squared_distance(np.pad(image, 1))
        self._level = levelsets.levels(self._squares, levelsets.STEPS_PER_PIXEL)
        self._nodes = levelsets.level_tree(self._level)
        self._verdicts = np.full((len(self._nodes), 2), np.nan)
        self._grown: dict[int, _Grown] = {}
        self._found: dict[tuple[object, ...], list[Region]] = {}

    def erode(self, smallest: int, options: SeparationOptions) -> Iterator[Region]:
        """Yield the parts found by ultimate erosion for convex sets.

        A part that gets smaller than the limit before it is convex is left out; if it would stay
        smaller even grown back, it is roughness of the outline and not a region at all. A part
        left out that lies mostly in particles that were found is a neck between them and not a
        particle that was lost: it is not listed.
        """
        from . import levelsets

        least = (options.convexity, options.solidity)
        markers, barren = levelsets.walk(self._level, self._nodes, self._verdicts, *least, smallest)
        if not len(markers):
            yield Region(self.origin, self.image, LEFT_OUT, SMALL_MARKER)
            return
        # Most options of a grid lead to the same parts, which then are not grown back again.
        lost = [node for node in barren.tolist() if self._regrow(node).area >= smallest]
        parts = (*least, tuple(markers.tolist()), tuple(lost))
        if parts not in self._found:
            self._found[parts] = list(self._judge(*parts))
        yield from self._found[parts]

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

    def _window(self, whole: np.ndarray, part: Region) -> np.ndarray:
        """Return the part's place in an array of the region's shape."""
        row, column = part.origin[0] - self.origin[0], part.origin[1] - self.origin[1]
        height, width = part.image.shape
        return whole[row : row + height, column : column + width]

    def _regrow(self, node: int) -> "_Grown":
        """Return the part grown back, computed once."""
        from . import levelsets

        if node not in self._grown:
            _, birth, _, _, start = self._nodes[node].tolist()
            image, row, column = levelsets.regrow(self._level, start, birth)
            origin = (self.origin[0] + row - 1, self.origin[1] + column - 1)
            region = Region(origin, image[1:-1, 1:-1].copy(), LEFT_OUT, SMALL_MARKER)
            area = int(np.count_nonzero(image))
            self._grown[node] = _Grown(region, area, *levelsets.judge_image(image))
        return self._grown[node]

    def cut_at_necks(self, smallest: int) -> Iterator[Region]:
        """Yield the basins of the distance map."""
        from . import levelsets

        basins = levelsets.basins(np.sqrt(self._squares), _SADDLE_PX)[1:-1, 1:-1]
        count = int(basins.max())
        if count == 1:
            yield Region(self.origin, self.image, WHOLE)
            return
        for number in range(1, count + 1):
            rows = np.flatnonzero((basins == number).any(axis=1))
            columns = np.flatnonzero((basins == number).any(axis=0))
            top, left = int(rows[0]), int(columns[0])
            image = basins[top : rows[-1] + 1, left : columns[-1] + 1] == number
            origin = (self.origin[0] + top, self.origin[1] + left)
            if np.count_nonzero(image) >= smallest:
                yield Region(origin, image, SEPARATED)
            else:
                yield Region(origin, image, LEFT_OUT, SMALL_MARKER)


def _count_gaps(image: np.ndarray) -> int:
    """Count the holes that are more than chance gaps of some pixels between touching particles."""
    from scipy import ndimage

    labels, _ = ndimage.label(np.pad(~image, 1, constant_values=True))
    areas = np.bincount(labels.ravel())[1:]
    return int(np.count_nonzero(areas >= _SMALLEST_HOLE_PX)) - 1


def _smallest_area(nm_per_pixel: float | None, options: SeparationOptions) -> int:
    """Pixels that a marker must have to reach both limits."""
    if nm_per_pixel is None:
        return options.min_marker_px
    if not (math.isfinite(nm_per_pixel) and nm_per_pixel > 0):
        msg = f"The pixel size must be a positive number of nm, not {nm_per_pixel}."
        raise InvalidOption(msg)
    area = math.pi / 4 * (options.min_marker_nm / nm_per_pixel) ** 2
    return max(options.min_marker_px, math.ceil(area * (1 - 1e-12)))


def _reported(numbers: range, progress: Progress | None) -> Iterator[int]:
    """Pass the numbers on, and tell now and then how many are done."""
    total = max(1, len(numbers))
    for i in numbers:
        if progress is not None and i % _BATCH == 0:
            progress(i / total, "separating particles")
        yield i
    if progress is not None:
        progress(1.0, "separating particles")
