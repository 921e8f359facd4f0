"""What ultimate erosion for convex sets (UECS) does, step by step, as antema itself does it.

Nothing is separated here a second time: the level sets, the tree of their components and the walk
that chooses the markers are those of `antema.levelsets`. This module only asks, depth by depth,
which component is alive and what became of it.
"""

import dataclasses
import math

import numpy as np
from scipy import ndimage

from ..separation import SeparationOptions

ERODING = "not convex yet"
MARKER = "marker"
GIVEN_UP = "too small"
GROWING = "growing back"
PARTICLE = "particle"
DISCARDED = "not convex after regrowing"

EROSION, REGROWTH, RESULT = "erosion", "regrowth", "result"


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """One connected part of the region at one step.

    Parameters
    ----------
    origin : (int, int)
        Row and column of the first pixel of `image` in the region's picture.
    image : ndarray of bool, shape (m, n)
    kind : str
        ``"not convex yet"``, ``"marker"``, ``"too small"``, ``"growing back"``, ``"particle"`` or
        ``"not convex after regrowing"``.
    convexity, solidity : float
        Of its outline; NaN where they decide nothing.
    """

    origin: tuple[int, int]
    image: np.ndarray
    kind: str
    convexity: float = math.nan
    solidity: float = math.nan


@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """The region at one depth of the erosion, or of the growing back.

    Parameters
    ----------
    phase : str
        ``"erosion"``, ``"regrowth"`` or ``"result"``.
    depth_px : float
        By how many pixels the region was eroded, or its markers have grown back so far.
    parts : tuple of Part
    """

    phase: str
    depth_px: float
    parts: tuple[Part, ...]

    def of_kind(self, kind: str) -> list[Part]:
        """Return the parts of one kind."""
        return [part for part in self.parts if part.kind == kind]


def uecs_steps(
    image: np.ndarray, options: SeparationOptions = SeparationOptions(method="uecs")
) -> list[Step]:
    """Return what UECS does to one region, from the untouched region to its particles.

    Parameters
    ----------
    image : ndarray of bool, shape (M, N)
        One 8-connected region that is not convex.
    options : SeparationOptions
        `convexity`, `solidity` and `min_marker_px` are obeyed; lengths in nm are not, as there is
        no scale.

    Returns
    -------
    list of Step
        Erosion pixel by pixel, with a step more wherever a marker appears in between; then the
        growing back pixel by pixel; then the result. The particles of the last step are those that
        `antema.separate` finds.

    Raises
    ------
    ValueError
        If the picture does not hold exactly one region.
    """
    region = _Region(np.ascontiguousarray(image, dtype=bool), options)
    return [*region.erosion(), *region.regrowth(), region.result()]


class _Region:
    """The tree of level sets of a region, and the fate of each of its nodes."""

    def __init__(self, image: np.ndarray, options: SeparationOptions) -> None:
        from .. import components, levelsets

        if len(components.label(image)[1]) != 1:
            msg = "The steps are shown for a picture of exactly one region."
            raise ValueError(msg)
        self._levelsets, self._judge_image = levelsets, components.judge_image
        self._least = options.convexity, options.solidity
        self._level, self._nodes = levelsets.level_sets(image)
        self._verdicts = np.full((len(self._nodes), 5), np.nan)
        smallest = options.min_marker_px
        self._markers, _ = levelsets.walk(
            self._level, self._nodes, self._verdicts, *self._least, smallest
        )
        self._fates = self._fates_of_nodes(set(self._markers.tolist()), smallest)

    def _fates_of_nodes(self, markers: set[int], smallest: int) -> list[str]:
        """Say of every node what it is; empty for what lies inside a marker."""
        fates = [ERODING]
        for node, (above, _, _, area, _) in enumerate(self._nodes[1:].tolist(), start=1):
            if node in markers:
                fates.append(MARKER)
            elif fates[above] in (MARKER, ""):
                fates.append("")
            elif fates[above] == GIVEN_UP or area < smallest:
                fates.append(GIVEN_UP)
            else:
                fates.append(ERODING)
        return fates

    def _births_px(self) -> list[float]:
        return [self._nodes[node, 1] / self._levelsets.STEPS_PER_PIXEL for node in self._markers]

    def erosion(self) -> list[Step]:
        """Return the steps until nothing is left to erode."""
        scale = self._levelsets.STEPS_PER_PIXEL
        alive = [i for i, fate in enumerate(self._fates) if fate in (ERODING, GIVEN_UP)]
        last = max(self._nodes[i, 2] for i in alive)
        depths = set(range(0, last + scale, scale))
        depths |= {int(self._nodes[node, 1]) for node in self._markers}
        return [Step(EROSION, k / scale, self._parts_at(k)) for k in sorted(depths)]

    def _parts_at(self, k: int) -> tuple[Part, ...]:
        parts = []
        for node, (_, birth, last, _, _) in enumerate(self._nodes.tolist()):
            fate = self._fates[node]
            alive = birth <= k <= last
            if (alive and fate in (ERODING, GIVEN_UP)) or (fate == MARKER and birth <= k):
                parts.append(self._part(node, fate))
        return tuple(parts)

    def _part(self, node: int, kind: str) -> Part:
        _, birth, _, _, start = self._nodes[node].tolist()
        row, column, image = self._levelsets.component(self._level, start, birth)
        return Part((row - 1, column - 1), image, kind, *self._verdicts[node, :2].tolist())

    def regrowth(self) -> list[Step]:
        """Return the steps in which each marker grows by as many pixels as it was eroded."""
        markers = [self._part(node, MARKER) for node in self._markers]
        births = self._births_px()
        depths = range(1, math.ceil(max(births, default=0)) + 1)
        return [
            Step(
                REGROWTH,
                float(depth),
                tuple(
                    _dilated(marker, min(depth, birth))
                    for marker, birth in zip(markers, births, strict=True)
                ),
            )
            for depth in depths
        ]

    def result(self) -> Step:
        """Return the particles, and the regrown parts that are not convex."""
        parts = []
        for node in self._markers:
            _, birth, _, _, start = self._nodes[node].tolist()
            image, row, column = self._levelsets.regrow(self._level, start, birth)
            verdict = self._judge_image(image)
            convex = all(v >= least for v, least in zip(verdict, self._least, strict=True))
            kind = PARTICLE if convex else DISCARDED
            parts.append(Part((row, column), image[1:-1, 1:-1] == 1, kind, *verdict))
        return Step(RESULT, max(self._births_px(), default=0.0), tuple(parts))


def _dilated(part: Part, radius_px: float) -> Part:
    """Return the part grown by a distance."""
    rim = math.ceil(radius_px)
    distance = ndimage.distance_transform_edt(~np.pad(part.image, rim))
    grown = distance <= radius_px
    row, column = part.origin
    return Part((row - rim, column - rim), grown, GROWING)
