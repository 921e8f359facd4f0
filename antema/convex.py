# mypy: ignore-errors
"""Convex polygons and what completes them, in compiled loops (import this module lazily).

A polygon is an array of float64, shape (n, 2): row and column of its corners, clockwise (rows run
downwards). A pixel belongs to it if its centre does.

References
----------
R. Halir, J. Flusser, WSCG 1998 (direct least squares fit of an ellipse).
"""

import math

import numpy as np
from numba import njit

from . import contours

DIRECTIONS = 120
_FINE, _MARGIN = 1024, 1 << 14
_LONGEST_ASPECT = 3.5
_ROUND_PX, _ROUND_SHARE = 1.0, 0.06  # misfit up to which a circle or an ellipse completes
_EXACT_PX, _CLEARLY = 0.45, 0.8  # misfit with which a circle will do; gain an ellipse must bring
_SYMMETRIC_PX, _SYMMETRIC_SHARE, _WELL_SPREAD = 0.7, 0.04, 0.06
_STRAIGHT_SHARE, _STRAIGHT_COSINE = 0.3, math.cos(math.radians(7))
_CORNER_COSINES = -0.5, 0.97


@njit(cache=True, nogil=True)
def hull(points):
    """Convex hull of points, to 1/1024 px; empty if they lie on a line."""
    fine = np.ones((len(points), 3), np.int64)
    for i in range(len(points)):
        fine[i, 0] = round((points[i, 0] + _MARGIN) * _FINE)
        fine[i, 1] = round((points[i, 1] + _MARGIN) * _FINE)
    corners = contours.hull(fine)
    if len(corners) < 3:
        return np.empty((0, 2))
    out = np.empty((len(corners), 2))
    for i in range(len(corners)):
        out[i, 0] = corners[i, 0] / _FINE - _MARGIN
        out[i, 1] = corners[i, 1] / _FINE - _MARGIN
    return out


@njit(cache=True, nogil=True)
def area(polygon):
    """Area of a polygon, whichever way it runs."""
    total = 0.0
    for i in range(len(polygon)):
        j = i + 1 if i + 1 < len(polygon) else 0
        total += polygon[i, 1] * polygon[j, 0] - polygon[j, 1] * polygon[i, 0]
    return abs(total) / 2


@njit(cache=True, nogil=True)
def pixels(top, columns, cut, filled):
    """How many pixels a polygon has, and how many of them lie in an image.

    Its rows and what is cut off are those of `spans`; `filled` are the pixels of the image left of
    every pixel, row by row.
    """
    every, inside = cut, 0
    for i in range(len(columns)):
        begin, end = columns[i, 0], columns[i, 1]
        every += end - begin
        inside += filled[top + i, end] - filled[top + i, begin]
    return every, inside


@njit(cache=True, nogil=True)
def sides(polygon):
    """Outward unit normal (row, column) and offset of every side, and its length.

    The signed distance of a point from the line of the side is normal * point + offset.
    """
    n = len(polygon)
    out = np.empty((n, 4))
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        down, right = polygon[j, 0] - polygon[i, 0], polygon[j, 1] - polygon[i, 1]
        size = math.hypot(down, right)
        out[i, 0], out[i, 1], out[i, 3] = -right / size, down / size, size
        out[i, 2] = -(out[i, 0] * polygon[i, 0] + out[i, 1] * polygon[i, 1])
    return out


@njit(cache=True, nogil=True)
def nearest(planes, row, column):
    """Return the side that a point lies beyond most or within least, and its signed distance."""
    best, which = -math.inf, 0
    for i in range(len(planes)):
        distance = planes[i, 0] * row + planes[i, 1] * column + planes[i, 2]
        if distance > best:
            best, which = distance, i
    return which, best


@njit(cache=True, nogil=True)
def spans(polygon, height, width):
    """First row of a polygon, and of each of its rows the first column and that after the last.

    Only what lies in an array of this shape counts; `cut` tells how many pixels do not.
    """
    n = len(polygon)
    low, high = polygon[0, 0], polygon[0, 0]
    for i in range(n):
        low, high = min(low, polygon[i, 0]), max(high, polygon[i, 0])
    first, last = math.ceil(low - 1e-6), math.floor(high + 1e-6)
    top, bottom = max(0, first), min(height - 1, last)
    columns = np.zeros((max(0, bottom - top + 1), 2), np.int64)
    cut = 0
    for r in range(first, last + 1):
        left, right = math.inf, -math.inf
        for i in range(n):
            j = i + 1 if i + 1 < n else 0
            a, b = polygon[i, 0], polygon[j, 0]
            if min(a, b) - 1e-6 <= r <= max(a, b) + 1e-6:
                if abs(b - a) < 1e-9:
                    left = min(left, polygon[i, 1], polygon[j, 1])
                    right = max(right, polygon[i, 1], polygon[j, 1])
                else:
                    c = polygon[i, 1] + (r - a) / (b - a) * (polygon[j, 1] - polygon[i, 1])
                    left, right = min(left, c), max(right, c)
        begin, end = math.ceil(left - 1e-6), math.floor(right + 1e-6) + 1
        inside = max(0, min(width, end) - max(0, begin)) if top <= r <= bottom else 0
        cut += max(0, end - begin) - inside
        if inside:
            columns[r - top, 0], columns[r - top, 1] = max(0, begin), min(width, end)
    return top, columns, cut


@njit(cache=True, nogil=True)
def seen_directions(picked, normals):
    """Which of 120 directions occur as normal along the picked points of an outline."""
    step = 2 * math.pi / DIRECTIONS
    seen = np.zeros(DIRECTIONS, np.bool_)
    for k in range(len(picked)):
        i = picked[k]
        angle = math.atan2(normals[i, 0], normals[i, 1])
        seen[int(round(angle / step)) % DIRECTIONS] = True
        if k + 1 == len(picked) or picked[k + 1] != i + 1:
            continue
        cross = normals[i, 1] * normals[i + 1, 0] - normals[i, 0] * normals[i + 1, 1]
        dot = normals[i, 0] * normals[i + 1, 0] + normals[i, 1] * normals[i + 1, 1]
        turn = math.atan2(cross, dot)
        if 0 < turn < 2.2:
            count = int(turn / step) + 1
            for s in range(count + 1):
                seen[int(round((angle + turn * s / count) / step)) % DIRECTIONS] = True
    return seen


@njit(cache=True, nogil=True)
def with_symmetric(points, shell, seen, radius):
    """Hull of points and their mirror images in the centre; empty where the centre is not known.

    Where outline is seen on opposite sides, the two tangents lie at equal distances from the
    centre: that gives it by least squares.
    """
    half = DIRECTIONS // 2
    none = np.empty((0, 2))
    rows, columns, ends = np.empty(half), np.empty(half), np.empty(half)
    count = 0
    for k in range(half):
        if not (seen[k] and seen[k + half]):
            continue
        angle = 2 * math.pi * k / DIRECTIONS
        down, right = math.sin(angle), math.cos(angle)
        far, near = -math.inf, math.inf
        for i in range(len(shell)):
            reach = shell[i, 0] * down + shell[i, 1] * right
            far, near = max(far, reach), min(near, reach)
        rows[count], columns[count], ends[count] = down, right, (far + near) / 2
        count += 1
    if count < 4:
        return none
    rows, columns, ends = rows[:count], columns[:count], ends[:count]
    a, b, c = (rows * rows).sum(), (rows * columns).sum(), (columns * columns).sum()
    if (a + c) / 2 - math.hypot((a - c) / 2, b) <= _WELL_SPREAD * count:
        return none
    p, q, det = (rows * ends).sum(), (columns * ends).sum(), a * c - b * b
    row, column = (c * p - b * q) / det, (a * q - b * p) / det
    wrong = math.sqrt(((rows * row + columns * column - ends) ** 2).mean())
    if wrong > max(_SYMMETRIC_PX, _SYMMETRIC_SHARE * radius):
        return none
    both = np.empty((2 * len(shell), 2))
    for i in range(len(shell)):
        both[i, 0], both[i, 1] = shell[i, 0], shell[i, 1]
        both[len(shell) + i, 0] = 2 * row - shell[i, 0]
        both[len(shell) + i, 1] = 2 * column - shell[i, 1]
    return hull(both)


@njit(cache=True, nogil=True)
def with_corners(picked, points, normals, radius):
    """Hull of the picked points and of the corners where straight ends of their arcs would meet.

    Empty if no two do.
    """
    n = len(picked)
    window = max(6, int(_STRAIGHT_SHARE * radius))
    extra = np.empty((n, 2))
    size = 0
    starts = np.empty(n, np.int64)
    count = 0
    for k in range(n):
        if k == 0 or picked[k] != picked[k - 1] + 1:
            starts[count] = k
            count += 1
    for s in range(count):
        end = starts[s + 1] if s + 1 < count else n
        if end - starts[s] < window:
            continue
        tail = picked[end - 1]
        if _dot(normals, tail - 1, tail - window + 1) < _STRAIGHT_COSINE:
            continue
        best, row, column = 3 * radius, 0.0, 0.0
        for t in range(count):
            stop = starts[t + 1] if t + 1 < count else n
            head = picked[starts[t]]
            if stop - starts[t] < window:
                continue
            if _dot(normals, head + 1, head + window - 1) < _STRAIGHT_COSINE:
                continue
            i, j = tail - window // 2, head + window // 2
            cosine = _dot(normals, i, j)
            turn = normals[i, 1] * normals[j, 0] - normals[i, 0] * normals[j, 1]
            if turn <= 0 or not _CORNER_COSINES[0] < cosine < _CORNER_COSINES[1]:
                continue
            p = normals[i, 0] * points[i, 0] + normals[i, 1] * points[i, 1]
            q = normals[j, 0] * points[j, 0] + normals[j, 1] * points[j, 1]
            det = normals[i, 0] * normals[j, 1] - normals[i, 1] * normals[j, 0]
            r = (p * normals[j, 1] - q * normals[i, 1]) / det
            c = (normals[i, 0] * q - normals[j, 0] * p) / det
            # forward of the tail and backward of the head, along the clockwise outline
            ahead = (r - points[tail, 0]) * normals[i, 1] - (c - points[tail, 1]) * normals[i, 0]
            behind = (points[head, 0] - r) * normals[j, 1] - (points[head, 1] - c) * normals[j, 0]
            if ahead > -1 and behind > -1 and ahead + behind < best:
                best, row, column = ahead + behind, r, c
        if 2 < best < 3 * radius:
            extra[size, 0], extra[size, 1] = row, column
            size += 1
    if size == 0:
        return np.empty((0, 2))
    every = np.empty((n + size, 2))
    for k in range(n):
        every[k, 0], every[k, 1] = points[picked[k], 0], points[picked[k], 1]
    for k in range(size):
        every[n + k, 0], every[n + k, 1] = extra[k, 0], extra[k, 1]
    return hull(every)


@njit(cache=True, nogil=True)
def with_mirrored(shell, seen, misfit):
    """Hull of a convex polygon and its mirror image in the middle of its longest side.

    Two sides of a square give the square. Empty where more than half of the directions are seen, or
    where a circle or an ellipse fits exactly.
    """
    if misfit <= _EXACT_PX or not 0 < seen.sum() <= DIRECTIONS // 2:
        return np.empty((0, 2))
    longest, row, column = 0.0, 0.0, 0.0
    n = len(shell)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        length = math.hypot(shell[j, 0] - shell[i, 0], shell[j, 1] - shell[i, 1])
        if length > longest:
            longest = length
            row, column = shell[i, 0] + shell[j, 0], shell[i, 1] + shell[j, 1]
    both = np.empty((2 * n, 2))
    for i in range(n):
        both[i, 0], both[i, 1] = shell[i, 0], shell[i, 1]
        both[n + i, 0], both[n + i, 1] = row - shell[i, 0], column - shell[i, 1]
    return hull(both)


@njit(cache=True, nogil=True)
def _dot(vectors, i, j):
    return vectors[i, 0] * vectors[j, 0] + vectors[i, 1] * vectors[j, 1]


@njit(cache=True, nogil=True)
def fit_round(points, largest):
    """Fit a circle, or an ellipse where this is clearly better.

    Returns
    -------
    curve : ndarray of float64, shape (5,)
        Row and column of the centre, and a, b, c of a u^2 + b u v + c v^2 = 1 for column u and row
        v from there.
    misfit : float
        Root mean square distance of the points from it, along the radius; inf if there is none of
        an area up to `largest` and an aspect ratio up to 3.5.
    """
    circle, ellipse = fit_circle(points), fit_ellipse(points)
    one, two = _misfit(circle, points, largest), _misfit(ellipse, points, largest)
    if one <= max(_EXACT_PX, two / _CLEARLY):
        return circle, one
    return ellipse, two


@njit(cache=True, nogil=True)
def fit_circle(points):
    """Least squares circle; see `fit_round`. Not a number if there is none."""
    n = len(points)
    row, column = points[:, 0].mean(), points[:, 1].mean()
    uu = uv = vv = pu = pv = 0.0
    for i in range(n):
        v, u = points[i, 0] - row, points[i, 1] - column
        uu, uv, vv = uu + u * u, uv + u * v, vv + v * v
        pu, pv = pu + u * (u * u + v * v) / 2, pv + v * (u * u + v * v) / 2
    det = uu * vv - uv * uv
    if det <= 1e-9:
        return np.full(5, np.nan)
    a, b = (pu * vv - pv * uv) / det, (pv * uu - pu * uv) / det
    square = a * a + b * b + (uu + vv) / n
    return np.array([row + b, column + a, 1 / square, 0.0, 1 / square])


@njit(cache=True, nogil=True)
def fit_ellipse(points):
    """Least squares ellipse after Halir and Flusser; see `fit_round`."""
    n = len(points)
    none = np.full(5, np.nan)
    row, column = points[:, 0].mean(), points[:, 1].mean()
    scale = max(points[:, 0].std(), points[:, 1].std())
    if n < 10 or scale <= 0:
        return none
    scatter = np.zeros((6, 6))
    terms = np.ones(6)
    for i in range(n):
        v, u = (points[i, 0] - row) / scale, (points[i, 1] - column) / scale
        terms[0], terms[1], terms[2], terms[3], terms[4] = u * u, u * v, v * v, u, v
        for j in range(6):
            for k in range(6):
                scatter[j, k] += terms[j] * terms[k]
    flat = _inverse(scatter[3:, 3:])
    if math.isnan(flat[0, 0]):
        return none
    back = np.zeros((3, 3))
    for j in range(3):
        for k in range(3):
            for m in range(3):
                back[j, k] -= flat[j, m] * scatter[k, 3 + m]
    reduced = np.zeros((3, 3))
    for j in range(3):
        for k in range(3):
            value = scatter[j, k]
            for m in range(3):
                value += scatter[j, 3 + m] * back[m, k]
            if j == 1:
                reduced[1, k] = -value
            else:
                reduced[2 - j, k] = value / 2
    a, b, c = _elliptic_vector(reduced)
    det = 4 * a * c - b * b
    if not det > 1e-12:
        return none
    d = back[0, 0] * a + back[0, 1] * b + back[0, 2] * c
    e = back[1, 0] * a + back[1, 1] * b + back[1, 2] * c
    f = back[2, 0] * a + back[2, 1] * b + back[2, 2] * c
    u, v = (b * e - 2 * c * d) / det, (b * d - 2 * a * e) / det
    level = (a * u * u + b * u * v + c * v * v - f) * scale**2
    if not level > 0:
        return none
    return np.array([row + v * scale, column + u * scale, a / level, b / level, c / level])


@njit(cache=True, nogil=True)
def _inverse(m):
    out = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            a, b, c, d = (j + 1) % 3, (j + 2) % 3, (i + 1) % 3, (i + 2) % 3
            out[i, j] = m[a, c] * m[b, d] - m[a, d] * m[b, c]
    det = m[0, 0] * out[0, 0] + m[0, 1] * out[1, 0] + m[0, 2] * out[2, 0]
    if abs(det) < 1e-12:
        return np.full((3, 3), np.nan)
    return out / det


@njit(cache=True, nogil=True)
def _elliptic_vector(m):
    """Eigenvector (a, b, c) of a 3 x 3 matrix for which 4 a c - b^2 is positive, a positive.

    The eigenvalues are the roots of a cubic, all real; each is polished by Newton steps.
    """
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    minors = (
        m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
        + m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]
        + m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    )  # fmt: skip
    det = (
        m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )
    p = max((trace * trace - 3 * minors) / 9, 0.0)
    q = (2 * trace**3 - 9 * trace * minors + 27 * det) / 54
    angle = math.acos(min(1.0, max(-1.0, q / max(p**1.5, 1e-300)))) / 3
    best, a, b, c = 0.0, 0.0, 0.0, 0.0
    for k in range(3):
        x = trace / 3 + 2 * math.sqrt(p) * math.cos(angle - 2 * math.pi * k / 3)
        for _ in range(3):
            slope = 3 * x * x - 2 * trace * x + minors
            if slope != 0:
                x -= (((x - trace) * x + minors) * x - det) / slope
        for i in range(3):
            j = (i + 1) % 3
            r0, r1, r2 = m[i, 0] - x * (i == 0), m[i, 1] - x * (i == 1), m[i, 2] - x * (i == 2)
            s0, s1, s2 = m[j, 0] - x * (j == 0), m[j, 1] - x * (j == 1), m[j, 2] - x * (j == 2)
            u, v, w = r1 * s2 - r2 * s1, r2 * s0 - r0 * s2, r0 * s1 - r1 * s0
            size = math.sqrt(u * u + v * v + w * w)
            # of the three cross products of a root the longest is the exact one
            gain = size * (4 * u * w - v * v) / max(size * size, 1e-300)
            if gain > best:
                sign = 1.0 if u > 0 else -1.0
                best, a, b, c = gain, sign * u / size, sign * v / size, sign * w / size
    return a, b, c


@njit(cache=True, nogil=True)
def _misfit(curve, points, largest):
    a, b, c = curve[2], curve[3], curve[4]
    if not 4 * a * c - b * b > 0:
        return math.inf
    mean, spread = (a + c) / 2, math.hypot((a - c) / 2, b / 2)
    short, long = 1 / math.sqrt(mean + spread), 1 / math.sqrt(max(mean - spread, 1e-12))
    if long > _LONGEST_ASPECT * short or math.pi * short * long > largest:
        return math.inf
    total = 0.0
    for i in range(len(points)):
        v, u = points[i, 0] - curve[0], points[i, 1] - curve[1]
        level = math.sqrt(max(a * u * u + b * u * v + c * v * v, 1e-12))
        total += (u * u + v * v) * (1 - 1 / level) ** 2
    return math.sqrt(total / len(points))


@njit(cache=True, nogil=True)
def with_round(points, curve, misfit, seen):
    """Hull of points and of the sectors of a fitted ellipse that are not seen; empty if it misfits.

    What is seen keeps its own shape, so that a hexagon does not become an ellipse.
    """
    a, b, c = curve[2], curve[3], curve[4]
    if not misfit < math.inf:
        return np.empty((0, 2))
    mean = math.sqrt(2 / math.sqrt(4 * a * c - b * b))
    if misfit > max(_ROUND_PX, _ROUND_SHARE * mean):
        return np.empty((0, 2))
    n = len(points)
    every = np.empty((n + DIRECTIONS, 2))
    for i in range(n):
        every[i, 0], every[i, 1] = points[i, 0], points[i, 1]
    size = n
    for k in range(DIRECTIONS):
        angle = 2 * math.pi * k / DIRECTIONS
        v, u = math.sin(angle), math.cos(angle)
        reach = 1 / math.sqrt(a * u * u + b * u * v + c * v * v)
        down, right = 2 * c * v + b * u, 2 * a * u + b * v
        if not seen[int(round(math.atan2(down, right) / (2 * math.pi) * DIRECTIONS)) % DIRECTIONS]:
            every[size, 0], every[size, 1] = curve[0] + reach * v, curve[1] + reach * u
            size += 1
    return hull(every[:size])
