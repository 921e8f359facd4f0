# mypy: ignore-errors
"""The outline of a region as points with normals, cut into arcs at its dents, in compiled loops.

Points lie on the taut string (`antema.contours`) a pixel apart, moved out by half of its usual gap
to the true edge. Where two convex particles overlap, the outline of their union has a sharp dent:
between two dents it belongs to one particle.
"""

import dataclasses
import math

import numpy as np
from numba import njit

from . import components, contours

_DENT_DEGREES = 18.0  # turn of the outline that separates two arcs
_DENT_REACH_PX = 4.0  # within this length
_TO_EDGE_PX = 0.25
_SMALLEST_HOLE_PX = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Outline:
    """All boundaries of one region, outer and of holes.

    Parameters
    ----------
    points, normals : ndarray of float64, shape (n, 2)
        Row and column; the normals have length 1 and point out of the region.
    following : ndarray of int64, shape (n,)
        The point after each, clockwise round the region (anticlockwise in holes).
    arcs : list of ndarray of int64
        Points between two dents, in order.
    neighbours : set of (int, int)
        Arcs, the lower first, that meet at a dent.
    """

    points: np.ndarray
    normals: np.ndarray
    following: np.ndarray
    arcs: list[np.ndarray]
    neighbours: set[tuple[int, int]]


def outline_of(padded: np.ndarray, scale: float = 1.0) -> Outline:
    """Follow the boundaries of an 8-connected image with a rim of background.

    `scale` is the size of its particles in units of about 20 px radius: on larger ones a dent may
    be as much blunter.
    """
    reach = _DENT_REACH_PX * max(1.0, scale)
    pieces, following, arcs, neighbours = [], [], [], set()
    size = 0
    for points, normals, cuts in _boundaries(padded, reach):
        count, first_arc = len(points), len(arcs)
        for i, cut in enumerate(cuts):
            other = (i + 1) % len(cuts)
            end = cuts[other] if cuts[other] > cut else cuts[other] + count
            arcs.append(size + np.arange(cut, end) % count)
            if len(cuts) > 1:
                neighbours.add(tuple(sorted((first_arc + i, first_arc + other))))
        if not len(cuts):
            arcs.append(size + np.arange(count))
        following.append(size + (np.arange(count) + 1) % count)
        pieces.append((points, normals))
        size += count
    return Outline(
        np.concatenate([points for points, _ in pieces]),
        np.concatenate([normals for _, normals in pieces]),
        np.concatenate(following),
        arcs,
        neighbours,
    )


def radius_of_bends(outline: Outline, step: int, least: float) -> float:
    """Return about the radius at which an outline bends outwards: that of the particles in it.

    However large a cluster is, its outline consists of arcs of single particles; the length divided
    by the sum of all turns to the outside is their radius.

    Parameters
    ----------
    outline : Outline
    step : int
        Points to the next one that is looked at, so that roughness does not count.
    least : float
        Length in px that a boundary must have to count.
    """
    length = turned = 0.0
    ends = np.flatnonzero(outline.following != np.arange(1, len(outline.following) + 1)) + 1
    for loop in np.split(outline.points, ends[:-1]):
        corners = loop[::step]
        if len(corners) < 4 or len(loop) < least:
            continue
        down, right = (np.roll(corners, -1, axis=0) - corners).T
        heading = np.arctan2(down, right)
        turns = (np.roll(heading, -1) - heading + math.pi) % (2 * math.pi) - math.pi
        length += np.hypot(down, right).sum()
        turned += turns[turns > 0].sum()
    return length / turned if turned else math.inf


def _boundaries(padded, reach):
    """Yield points, normals and the numbers of the points at dents, of every boundary."""
    labels, starts, _, _ = components.label(padded[1:-1, 1:-1])
    yield _sampled(labels.ravel(), labels.shape[1], starts[0], 1, 1.0, reach)
    holes, starts, areas = components.label_holes(padded)
    for number in np.flatnonzero(areas >= _SMALLEST_HOLE_PX):
        points, normals, cuts = _sampled(
            holes.ravel(), holes.shape[1], starts[number], number + 1, -1.0, reach
        )
        if len(points):
            yield points, normals, cuts


@njit(cache=True, nogil=True)
def _sampled(flat, width, start, number, side, reach):
    """Points, normals and dents of a boundary; `side` is 1 for a region, -1 for a hole of one."""
    row, column, heading = contours.follow(flat, width, start, number, number, side > 0)
    string = contours.tighten(row, column, heading)
    dents = _dents(string, side, reach)
    n, total = len(string), 0
    if n < 3:
        return np.empty((0, 2)), np.empty((0, 2)), dents[:0]
    for i in range(n):
        total += _steps(string, i)
    points, normals = np.empty((total, 2)), np.empty((total, 2))
    out = _TO_EDGE_PX if side > 0 else _TO_EDGE_PX - 1
    size = dent = 0
    for i in range(n):
        if dent < len(dents) and dents[dent] == i:
            dents[dent] = size
            dent += 1
        j = i + 1 if i + 1 < n else 0
        down, right = string[j, 0] - string[i, 0], string[j, 1] - string[i, 1]
        length, count = math.hypot(down, right), _steps(string, i)
        for k in range(count):
            share = (k + 0.5) / count
            normals[size, 0], normals[size, 1] = -right / length * side, down / length * side
            points[size, 0] = string[i, 0] + share * down + out * normals[size, 0]
            points[size, 1] = string[i, 1] + share * right + out * normals[size, 1]
            size += 1
    return points, normals, dents


@njit(cache=True, nogil=True)
def _steps(string, i):
    j = i + 1 if i + 1 < len(string) else 0
    length = math.hypot(string[j, 0] - string[i, 0], string[j, 1] - string[i, 1])
    return max(1, int(round(length)))


@njit(cache=True, nogil=True)
def _dents(string, side, within):
    """Corners at which the string turns inwards sharply within some pixels, in order."""
    n = len(string)
    depth = np.zeros(n)
    for i in range(n):
        h, j = i - 1 if i else n - 1, i + 1 if i + 1 < n else 0
        ar, ac = string[i, 0] - string[h, 0], string[i, 1] - string[h, 1]
        br, bc = string[j, 0] - string[i, 0], string[j, 1] - string[i, 1]
        depth[i] = -side * math.degrees(math.atan2(ac * br - ar * bc, ar * br + ac * bc))
    found = np.zeros(n, np.bool_)
    i = 0
    while i < n:
        if depth[i] <= 0:
            i += 1
            continue
        total, deepest, j = 0.0, i, i
        while j < i + n and depth[j % n] > 0:
            k = j % n
            reach = math.hypot(string[k, 0] - string[i, 0], string[k, 1] - string[i, 1])
            if reach >= within:
                break
            total += depth[k]
            if depth[k] > depth[deepest]:
                deepest = k
            j += 1
        if total >= _DENT_DEGREES:
            found[deepest] = True
            i = j
        else:
            i += 1
    return np.flatnonzero(found)
