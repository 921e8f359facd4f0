# mypy: ignore-errors
"""Convex particles that a silhouette may consist of, and what speaks against each.

A candidate is completed from a set of points of the outline: of single arcs, of pairs of arcs that
may belong to one convex shape and of the basins of the distance map. It then explains every point
of the outline that lies on its own outline and faces the same way. Its price, in pixels of outline,
sums up what is unlikely for a true particle.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator

import numpy as np
from numba import njit

from . import convex
from .arcs import Outline

NOISE_PX, NOISE_SHARE = 1.2, 0.04  # distance of outline and candidate: px, or share of the radius
_ALIKE = 0.82  # cosine of the angle between their normals
_AHEAD_PX = 3.0
_LEAST_POINTS, _LEAST_PIXELS = 7, 9
_OUTSIDE, _OUTSIDE_PX = 0.04, 0.25  # of the area, and per pixel of perimeter
_PAIR_OUTSIDE, _PAIR_EXPLAINED, _PAIR_PX, _PAIR_SHARE = 0.08, 0.92, 1.5, 0.05
_PAIR_REACH, _MOST_PAIRS = 4.0, 4000
CELL_PX = 3

# Prices, in pixels of outline for particles of about 20 px radius. Chosen on simulated overlaps of
# discs, ellipses, hexagons, squares and rods and on real silhouettes (benchmarks/separation.md).
_EACH = 21.0  # a particle
_PER_PX = 0.065  # of its perimeter
_PER_OUTSIDE, _PER_OUTSIDE_SHARE = 0.1, 10.0  # a pixel outside; one such pixel per px of perimeter
_PER_INSIDE = 6.0  # a point of the outline that lies deep inside it
_PER_KINK = 0.8  # a kink of 30 degrees where its seen part ends; grows with the square
_PER_MISFIT = 6.0  # a pixel between the seen part and the circle or ellipse through it
_PER_ELONGATION = 19.0  # P^2 / (4 pi A) - 1
PER_CELL = 0.025 * CELL_PX**2  # gained by a cell of the region that is covered


@dataclasses.dataclass(frozen=True, eq=False)
class Candidate:
    """A convex polygon that may be a particle.

    Parameters
    ----------
    polygon : ndarray of float64, shape (n, 2)
    explained : ndarray of int64
        Points of the outline that lie on it.
    cells : ndarray of int64
        Every third pixel in every third row of the region that it covers, as flat index.
    price : float
        What speaks against it.
    """

    polygon: np.ndarray
    explained: np.ndarray
    cells: np.ndarray
    price: float

    def value(self, scale: float) -> float:
        """What it is worth alone."""
        return len(self.explained) + PER_CELL / scale * len(self.cells) - self.price


def candidates(
    padded: np.ndarray,
    filled: np.ndarray,
    outline: Outline,
    scale: float,
    basins: Iterable[np.ndarray],
) -> list[Candidate]:
    """Collect the candidates of one region.

    Parameters
    ----------
    padded : ndarray of bool, shape (M, N)
        The region with a rim.
    filled : ndarray of int32, shape (M, N + 1)
        Pixels of it left of every pixel, row by row.
    outline : Outline
    scale : float
        Size of its particles in units of about 20 px radius.
    basins : iterable of ndarray of int, shape (M, N)
        Divisions of the region; 0 is background.
    """
    found: list[Candidate] = []
    known: set[bytes] = set()
    queue = list(_sources(padded, filled, outline, basins))
    direct = len(queue)
    for turn, picked in enumerate(queue):  # grows: what a candidate explains is a source, too
        key = picked.tobytes()
        if len(picked) < _LEAST_POINTS or key in known:
            continue
        known.add(key)
        made = list(_made(filled, outline, picked, scale))
        made.sort(key=lambda candidate: -candidate.value(scale))
        found.extend(made[:2])
        if turn < direct:
            queue.extend(candidate.explained for candidate in made[:2])
    return found


def _sources(padded, filled, outline: Outline, basins) -> Iterator[np.ndarray]:
    """Yield sets of outline points, ascending, that may belong to one particle."""
    yield from (np.sort(arc) for arc in outline.arcs)
    yield from _pairs(filled, outline)
    inside = np.rint(outline.points - 0.8 * outline.normals).astype(int)
    inside = np.clip(inside, 0, np.array(padded.shape) - 1)
    for labels in basins:
        numbers = labels[inside[:, 0], inside[:, 1]]
        order = np.argsort(numbers, kind="stable")
        yield from np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _pairs(filled: np.ndarray, outline: Outline) -> Iterator[np.ndarray]:
    from scipy.spatial import cKDTree

    arcs = [i for i, arc in enumerate(outline.arcs) if len(arc) >= _LEAST_POINTS]
    if len(arcs) < 2:
        return
    middles = np.array([outline.points[outline.arcs[i][len(outline.arcs[i]) // 2]] for i in arcs])
    tree = cKDTree(middles)
    most = min(len(arcs), 25)
    distances, others = tree.query(middles, k=most)
    pairs = {
        (min(i, j), max(i, j), distance)
        for i in range(len(arcs))
        for j, distance in zip(others[i].tolist(), distances[i].tolist(), strict=True)
        if i != j
    }
    for i, j, _ in sorted(pairs, key=lambda pair: (pair[2], pair[:2]))[:_MOST_PAIRS]:
        one, two = arcs[i], arcs[j]
        if (min(one, two), max(one, two)) in outline.neighbours:
            continue
        both = np.sort(np.concatenate([outline.arcs[one], outline.arcs[two]]))
        if _may_be_one(outline.points[both], outline.normals[both], filled):
            yield both


def _made(filled, outline: Outline, picked: np.ndarray, scale: float) -> Iterator[Candidate]:
    """Yield what the picked points can be completed to."""
    largest = 4.0 * filled[:, -1].sum()
    polygons, misfits = complete(picked, outline.points, outline.normals, largest)
    for polygon, misfit in zip(polygons, misfits, strict=True):
        if not len(polygon):
            continue
        explained, cells, price = examine(
            polygon, misfit, outline.points, outline.normals, outline.following, filled, scale
        )
        if len(explained) >= _LEAST_POINTS - 1:
            yield Candidate(polygon, explained, cells, price)


@njit(cache=True, nogil=True)
def complete(picked, points, normals, largest):
    """Return the ways to complete points (empty where impossible), and the misfit of each."""
    chosen = np.empty((len(picked), 2))
    for i in range(len(picked)):
        chosen[i, 0], chosen[i, 1] = points[picked[i], 0], points[picked[i], 1]
    shell = convex.hull(chosen)
    none = np.empty((0, 2))
    if not len(shell):
        return (none, none, none, none, none), (0.0, 0.0, 0.0, 0.0, 0.0)
    radius = math.sqrt(convex.area(shell) / math.pi)
    seen = convex.seen_directions(picked, normals)
    curve, misfit = convex.fit_round(chosen, largest)
    return (
        shell,
        convex.with_round(chosen, curve, misfit, seen),
        convex.with_symmetric(chosen, shell, seen, radius),
        convex.with_corners(picked, points, normals, radius),
        convex.with_mirrored(shell, seen, misfit),
    ), (misfit, misfit, 0.0, 0.0, 0.0)


@njit(cache=True, nogil=True)
def examine(polygon, misfit, points, normals, following, filled, scale):
    """Return the points of the outline a polygon explains, cells it covers, and its price."""
    height, width = filled.shape[0], filled.shape[1] - 1
    top, columns, outside = convex.spans(polygon, height, width)
    area = outside
    cells = np.empty(
        ((columns[:, 1] - columns[:, 0]).sum() // CELL_PX + len(columns) + 1), np.int64
    )
    size = 0
    for i in range(len(columns)):
        r, begin, end = top + i, columns[i, 0], columns[i, 1]
        area += end - begin
        outside += end - begin - (filled[r, end] - filled[r, begin])
        if r % CELL_PX == 0:
            for c in range((begin + CELL_PX - 1) // CELL_PX * CELL_PX, end, CELL_PX):
                if filled[r, c + 1] > filled[r, c]:
                    cells[size] = r * width + c
                    size += 1
    planes = convex.sides(polygon)
    perimeter = planes[:, 3].sum()
    none = np.empty(0, np.int64)
    if area < _LEAST_PIXELS or outside > _OUTSIDE * area + _OUTSIDE_PX * perimeter:
        return none, none, 0.0
    noise = max(NOISE_PX, NOISE_SHARE * math.sqrt(area / math.pi))
    low_row, low_column = polygon[:, 0].min() - noise, polygon[:, 1].min() - noise
    high_row, high_column = polygon[:, 0].max() + noise, polygon[:, 1].max() + noise
    on = np.zeros(len(points), np.bool_)
    explained, inside = 0, 0.0
    for i in range(len(points)):
        r, c = points[i, 0], points[i, 1]
        if not (low_row <= r <= high_row and low_column <= c <= high_column):
            continue
        side, distance = convex.nearest(planes, r, c)
        if distance < -noise:
            inside += min(1.0, -distance / noise - 1)
        elif distance <= noise:
            alike = planes[side, 0] * normals[i, 0] + planes[side, 1] * normals[i, 1]
            on[i] = alike >= _ALIKE
            explained += on[i]
    out = np.empty(explained, np.int64)
    explained = 0
    for i in range(len(points)):
        if on[i]:
            out[explained] = i
            explained += 1
    price = (
        _EACH * scale
        + _PER_PX * perimeter
        + _PER_OUTSIDE / scale * outside
        + _PER_OUTSIDE_SHARE * min(scale, outside / perimeter)
        + _PER_INSIDE * inside
        + _PER_KINK * scale * _kinks(on, planes, points, normals, following)
        + _PER_MISFIT * min(misfit, 3 * scale)
        + _PER_ELONGATION * scale * max(0.0, perimeter**2 / (4 * math.pi * area) - 1)
    )
    return out, cells[:size].copy(), price


@njit(cache=True, nogil=True)
def _kinks(on, planes, points, normals, following):
    """Number of ends of the seen part, times the square of their mean kink in 30 degrees.

    The outline of a true particle goes on smoothly behind its neighbour, as a rule; where it was
    only cut off by a chord, there is a kink.
    """
    total, count = 0.0, 0
    for i in range(len(points)):
        j = following[i]
        if on[i] == on[j]:
            continue
        k, ahead = (i, _AHEAD_PX) if on[i] else (j, -_AHEAD_PX)
        r, c = points[k, 0] + ahead * normals[k, 1], points[k, 1] - ahead * normals[k, 0]
        side, _ = convex.nearest(planes, r, c)
        cosine = planes[side, 0] * normals[k, 0] + planes[side, 1] * normals[k, 1]
        total += math.degrees(math.acos(min(1.0, max(-1.0, cosine))))
        count += 1
    return count * (total / max(count, 1) / 30) ** 2


@njit(cache=True, nogil=True)
def _may_be_one(points, normals, filled):
    """Whether points may all lie on the outline of one convex particle."""
    shell = convex.hull(points)
    if not len(shell):
        return False
    top, columns, cut = convex.spans(shell, filled.shape[0], filled.shape[1] - 1)
    area, inside = convex.pixels(top, columns, cut, filled)
    if area - inside > _PAIR_OUTSIDE * area:
        return False
    planes = convex.sides(shell)
    limit = max(_PAIR_PX, _PAIR_SHARE * math.sqrt(area / math.pi))
    count = 0
    for i in range(len(points)):
        side, distance = convex.nearest(planes, points[i, 0], points[i, 1])
        alike = planes[side, 0] * normals[i, 0] + planes[side, 1] * normals[i, 1]
        count += abs(distance) <= limit and alike >= 0.8
    return count >= _PAIR_EXPLAINED * len(points)
