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

import collections
import concurrent.futures
import dataclasses
import math
import os
from collections.abc import Iterator

import numpy as np

from . import completion
from .erosion import Tree
from .errors import InvalidOption
from .options import Options, option
from .progress import Progress, part
from .regions import (
    EDGE,
    HOLES,
    LEFT_OUT,
    NON_CONVEX,
    REGROWN,
    SEPARATED,
    SMALL_MARKER,
    UNSEEN,
    WHOLE,
    Region,
)

__all__ = [
    "EDGE",
    "HOLES",
    "LEFT_OUT",
    "NON_CONVEX",
    "REGROWN",
    "SEPARATED",
    "SMALL_MARKER",
    "UNSEEN",
    "WHOLE",
    "Region",
    "SeparationOptions",
    "Separator",
    "separate",
]

_SMALLEST_HOLE_PX = 4
_THREADS = os.cpu_count() or 1
_REPORT_S = 0.1
_SURELY_ONE = 0.985  # solidity from which not even two dents are evidence of two particles


@dataclasses.dataclass(frozen=True)
class SeparationOptions(Options):
    """How touching and overlapping particles are taken apart, and what is left out."""

    method: str = option(
        "uecs",
        "Separation",
        "How touching particles are taken apart: uecs erodes them until the parts are convex and "
        "grows these back, outline restores particles from what is seen of their outlines, "
        "watershed cuts at the necks, none leaves them together.",
        choices=("uecs", "outline", "watershed", "none"),
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
        from . import components

        self.shape: tuple[int, int] = mask.shape
        mask = np.ascontiguousarray(mask, dtype=bool)
        labels, starts, boxes, _ = components.label(mask)
        convexity, solidity = components.judge_all(labels, starts)
        holes = components.count_holes(labels, len(starts))
        self._shapes = (convexity.tolist(), solidity.tolist(), holes.tolist())
        # The labels are as large as four masks; what is kept is hardly more than the particles.
        self._whole = [_cut(labels, i, *box) for i, box in enumerate(boxes.tolist())]
        self._trees: dict[int, Tree] = {}
        self._restored: dict[int, list[Region]] = {}

    def separate(
        self,
        nm_per_pixel: float | None = None,
        options: SeparationOptions = SeparationOptions(),
        progress: Progress | None = None,
    ) -> list[Region]:
        """Divide the mask into particles; see `antema.separate`."""
        smallest = _smallest_area(nm_per_pixel, options)
        if options.method == "none":
            found = list(self._whole)
        else:
            found = self._divide_all(smallest, options, progress)
        if options.exclude_edge:
            found = [self._checked_for_edge(region) for region in found]
        found.sort(key=lambda region: region.origin)
        return found

    def _checked_for_edge(self, region: Region) -> Region:
        (row, column), (height, width) = region.origin, region.image.shape
        if row and column and row + height < self.shape[0] and column + width < self.shape[1]:
            return region
        return dataclasses.replace(region, status=LEFT_OUT, reason=EDGE)

    def _divide_all(
        self, smallest: int, options: SeparationOptions, progress: Progress | None
    ) -> list[Region]:
        """Return what all regions of the mask become, divided by as many threads as cores.

        This thread only reports, and leaves at once when it is told to stop: the others finish the
        regions they are at and keep what they learned of these for the next call.
        """
        sizes = [region.image.size for region in self._whole]
        # The largest first, so that no thread is left alone with it at the end.
        waiting = collections.deque(sorted(range(len(sizes)), key=lambda i: -sizes[i]))
        found: list[list[Region]] = [[] for _ in sizes]
        pixels, message = max(1, sum(sizes)), "separating particles"

        def work() -> None:
            while True:
                try:
                    i = waiting.popleft()
                except IndexError:
                    return
                found[i] = list(self._divide(i, smallest, options))

        report = part(progress, 0, 1)
        report(0, message)
        pool = concurrent.futures.ThreadPoolExecutor(_THREADS)
        try:
            at_work = {pool.submit(work) for _ in range(min(_THREADS, len(sizes)))}
            while at_work:
                done, at_work = concurrent.futures.wait(at_work, _REPORT_S)
                for worker in done:
                    worker.result()
                left = sum(sizes[i] for i in list(waiting))
                report(1 - left / pixels, message)
        finally:
            waiting.clear()
            pool.shutdown(wait=False)
        report(1, message)
        return [region for regions in found for region in regions]

    def _divide(self, i: int, smallest: int, options: SeparationOptions) -> Iterator[Region]:
        """Yield what one region of the mask becomes."""
        convexity, solidity, holes = (numbers[i] for numbers in self._shapes)
        origin, image = self._whole[i].origin, self._whole[i].image
        if convexity < options.min_convexity:
            yield Region(origin, image, LEFT_OUT, NON_CONVEX)
        elif holes >= options.max_holes and _count_gaps(image) >= options.max_holes:
            yield Region(origin, image, LEFT_OUT, HOLES)
        elif convexity >= options.convexity and solidity >= (
            max(options.solidity, _SURELY_ONE) if options.method == "outline" else options.solidity
        ):
            yield self._whole[i]
        else:
            if i not in self._trees:
                self._trees[i] = Tree(origin, image)
            tree = self._trees[i]
            if options.method == "watershed":
                yield from tree.cut_at_necks(smallest)
            elif options.method == "uecs":
                yield from tree.erode(smallest, options.convexity, options.solidity)
            else:
                if i not in self._restored:
                    self._restored[i] = completion.restore(tree)
                yield from completion.complete(
                    tree, self._restored[i], smallest, options.convexity, options.solidity
                )


def _cut(labels: np.ndarray, i: int, top: int, left: int, bottom: int, right: int) -> Region:
    """Return the region of label i + 1 as it is; the labels have a rim of one pixel."""
    window = labels[top + 1 : bottom + 1, left + 1 : right + 1]
    return Region((top, left), window == i + 1, WHOLE, seen=1.0)


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
