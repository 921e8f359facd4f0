# mypy: ignore-errors
"""Which polygons are particles of a silhouette, and which outline is whose, in compiled loops."""

import math

import numpy as np
from numba import njit

from . import candidates, convex

_OUTSIDE, _OUTSIDE_PX = 0.15, 0.3  # of the area, and per pixel of perimeter
_NEAR_PX = 2.0  # of outline and polygon, at least
_ALIKE = 0.7  # cosine of the angle between their normals
_CHORD = 0.1  # what a chord must have more in common with the proposal than other completions
_PER_TURN = 0.5  # what a turn counts against a distance
_LEAST_PIXELS, _LEAST_POINTS = 9, 6


@njit(cache=True, nogil=True)
def distinct(polygons, filled, most):
    """Choose polygons that lie in the silhouette and do not cover each other.

    Parameters
    ----------
    polygons : ndarray of float64, shape (n, k, 2)
        The first that covers a place wins.
    filled : ndarray of int32, shape (M, N + 1)
        Of the silhouette; pixels of it left of every pixel, row by row.
    most : float
        Part of the smaller of two that may be covered by the other.

    Returns
    -------
    list of ndarray of float64, shape (m, 2)
        Their convex hulls.
    """
    height, width = filled.shape[0], filled.shape[1] - 1
    chosen = [np.empty((0, 2))]
    kept = [(0, np.empty((0, 2), np.int64), 0.0)]
    for i in range(len(polygons)):
        hull = convex.hull(polygons[i])
        if not len(hull):
            continue
        top, columns, cut = convex.spans(hull, height, width)
        area, inside = convex.pixels(top, columns, cut, filled)
        most_outside = _OUTSIDE * area + _OUTSIDE_PX * convex.sides(hull)[:, 3].sum()
        if inside < _LEAST_PIXELS or area - inside > most_outside:
            continue
        alone = True
        for first, rows, size in kept:
            if shared(top, columns, first, rows) > most * min(area, size):
                alone = False
                break
        if alone:
            kept.append((top, columns, float(area)))
            chosen.append(hull)
    return chosen[1:]


@njit(cache=True, nogil=True)
def shared(top, columns, first, rows):
    """Pixels that lie in two convex shapes, given as spans of rows."""
    total = 0
    for r in range(max(top, first), min(top + len(columns), first + len(rows))):
        begin = max(columns[r - top, 0], rows[r - first, 0])
        end = min(columns[r - top, 1], rows[r - first, 1])
        total += max(0, end - begin)
    return total


@njit(cache=True, nogil=True)
def explain(hull, number, share, points, normals, cost, owner):
    """Give a polygon those points of the outline that lie on it and on no other more clearly.

    Parameters
    ----------
    hull : ndarray of float64, shape (m, 2)
    number : int
        Of this polygon.
    share : float
        How far from it a point may lie, as part of its radius.
    points, normals : ndarray of float64, shape (n, 2)
    cost : ndarray of float64, shape (n,)
        How badly the points lie on their owners, inf where they have none; is updated.
    owner : ndarray of int64, shape (n,)
        Is updated.
    """
    planes = convex.sides(hull)
    near = max(_NEAR_PX, share * math.sqrt(convex.area(hull) / math.pi))
    low_row, low_column = hull[:, 0].min() - near, hull[:, 1].min() - near
    high_row, high_column = hull[:, 0].max() + near, hull[:, 1].max() + near
    for i in range(len(points)):
        r, c = points[i, 0], points[i, 1]
        if not (low_row <= r <= high_row and low_column <= c <= high_column):
            continue
        side, distance = convex.nearest(planes, r, c)
        alike = planes[side, 0] * normals[i, 0] + planes[side, 1] * normals[i, 1]
        if abs(distance) > near or alike < _ALIKE:
            continue
        badly = abs(distance) / near + _PER_TURN * (1 - alike)
        if badly < cost[i]:
            cost[i], owner[i] = badly, number


@njit(cache=True, nogil=True)
def restored(hull, picked, points, normals, largest, alike, height, width):
    """Return the shape of a particle: what is seen as it is seen, the rest completed.

    Of all ways to complete what is seen, the one most like the polygon that the network proposes is
    taken, if they have a part of `alike` or more in common; otherwise the polygon itself closes it.
    """
    top, columns, _ = convex.spans(hull, height, width)
    area = (columns[:, 1] - columns[:, 0]).sum()
    best, most = np.empty((0, 2)), 0.0
    if len(picked) >= _LEAST_POINTS:
        chord = _CHORD
        for polygon in candidates.complete(picked, points, normals, largest)[0]:
            if len(polygon):
                first, rows, _ = convex.spans(polygon, height, width)
                both = shared(top, columns, first, rows)
                common = both / (area + (rows[:, 1] - rows[:, 0]).sum() - both)
                if common > alike and common - chord > most:
                    best, most = polygon, common - chord
            chord = 0.0  # only the first of them is closed by a chord
    if len(best):
        return best
    return _closed(hull, picked, points)


@njit(cache=True, nogil=True)
def _closed(hull, picked, points):
    """Convex hull of the picked points and of the corners in directions where there are none."""
    steps = 90
    row, column = hull[:, 0].mean(), hull[:, 1].mean()
    seen = np.zeros(steps, np.bool_)
    every = np.empty((len(picked) + len(hull), 2))
    for k in range(len(picked)):
        every[k] = points[picked[k]]
        towards = math.atan2(every[k, 0] - row, every[k, 1] - column) / (2 * math.pi)
        for near in range(-1, 2):
            seen[(int(round(towards * steps)) + near) % steps] = True
    size = len(picked)
    for k in range(len(hull)):
        towards = math.atan2(hull[k, 0] - row, hull[k, 1] - column) / (2 * math.pi)
        if not seen[int(round(towards * steps)) % steps]:
            every[size] = hull[k]
            size += 1
    return convex.hull(every[:size])
