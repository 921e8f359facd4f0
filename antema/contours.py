# mypy: ignore-errors
"""Outlines of digital regions, in compiled loops (import this module only where it is needed).

The boundary of an 8-connected region is followed along the cracks between its pixels and the
background. Each crack is a door between the centre of the pixel inside and the centre of the pixel
outside; the shortest closed curve that goes through all doors (a taut string, the minimum length
polygon) is the outline without its digitisation steps. For a digital convex set it is exactly the
convex hull of the pixel centres, so that a convex shape of any size and angle has a convexity of 1.
The string hugs the pixels inside; half of the mean gap to the true edge is given back afterwards.

References
----------
J. Sklansky, R. L. Chazin, B. J. Hansen, IEEE Trans. Comput. C-21 (1972) 260-268,
doi 10.1109/TC.1972.5008948. F. Sloboda, B. Zatko, J. Stoer, in "Advances in Digital and
Computational Geometry", Springer 1998.
"""

import math

import numpy as np
from numba import njit

STEP_ROW = (0, 1, 0, -1)
STEP_COLUMN = (1, 0, -1, 0)
SHARPEST = 2.0
_FURTHEST = np.int64(2**31 - 1)
_FINE = 1024  # steps per pixel where polygons leave the lattice
# Typed, for a literal in a call would be compiled a second time for its value.
BY_CORNER, BY_SIDE = np.bool_(True), np.bool_(False)


@njit(cache=True, nogil=True)
def trace(flat, width, start, low, high, by_corner, row, column, heading):
    """Follow the outer boundary clockwise, the region on the right.

    Pixels that meet at a corner are connected if `by_corner` says so. A pixel is inside where
    ``low <= flat <= high``; the array has a rim of background. `start` is the first pixel of the
    region in reading order. Crack i is written as the pixel inside (row, column) and the heading
    (0 east, 1 south, 2 west, 3 north).

    Returns
    -------
    count : int
        Number of cracks; only as many as fit are written.
    """
    ahead = (1, width, -1, -width)
    capacity = len(row)
    inside, direction, count = start, 0, 0
    r, c = start // width, start % width
    while True:
        if count < capacity:
            row[count], column[count], heading[count] = r, c, direction
        count += 1
        left = (direction + 3) % 4
        front = inside + ahead[direction]
        beyond = front + ahead[left]
        goes_on = low <= flat[front] <= high
        if (goes_on or by_corner) and low <= flat[beyond] <= high:
            r, c = r + STEP_ROW[direction], c + STEP_COLUMN[direction]
            r, c, inside = r + STEP_ROW[left], c + STEP_COLUMN[left], beyond
            direction = left
        elif goes_on:
            r, c, inside = r + STEP_ROW[direction], c + STEP_COLUMN[direction], front
        else:
            direction = (direction + 1) % 4
        if inside == start and direction == 0:
            return count


@njit(cache=True, nogil=True)
def follow(flat, width, start, low, high, by_corner):
    """Trace into arrays of the right size; see `trace`."""
    size = 1024
    row, column = np.empty(size, np.int32), np.empty(size, np.int32)
    heading = np.empty(size, np.int8)
    count = trace(flat, width, start, low, high, by_corner, row, column, heading)
    if count > size:
        row, column = np.empty(count, np.int32), np.empty(count, np.int32)
        heading = np.empty(count, np.int8)
        trace(flat, width, start, low, high, by_corner, row, column, heading)
    return row[:count], column[:count], heading[:count]


@njit(cache=True, nogil=True)
def filled_area(column, heading):
    """Pixels enclosed by the traced boundary, holes included."""
    total = 0
    for i in range(len(heading)):
        if heading[i] == 1:
            total += column[i] + 1
        elif heading[i] == 3:
            total -= column[i]
    return total


@njit(cache=True, nogil=True)
def _turn(ar, ac, br, bc, cr, cc):
    """Twice the area of a, b, c: positive where c lies right of the line from a to b."""
    return (bc - ac) * (cr - ar) - (br - ar) * (cc - ac)


@njit(cache=True, nogil=True)
def tighten(row, column, heading):
    """Pull the string taut through the doors of a traced boundary.

    Returns
    -------
    vertices : ndarray of int64, shape (n, 3)
        Row, column, and side of each vertex: 1 where the string bends round a pixel inside, -1
        where it bends round one outside.
    """
    count = len(row)
    out = np.empty((64, 3), np.int64)
    out[0, 0], out[0, 1], out[0, 2] = row[0], column[0], 1
    size = 1
    ar, ac = np.int64(row[0]), np.int64(column[0])
    lr, lc, rr, rc = ar, ac, ar, ac
    left_index = right_index = 0
    i = 0
    while i <= count:
        k = i if i < count else 0
        nr, nc = np.int64(row[k]), np.int64(column[k])
        mr, mc = nr, nc
        if i < count:
            side = (heading[k] + 3) % 4
            mr, mc = nr + STEP_ROW[side], nc + STEP_COLUMN[side]
        bend = 0
        if _turn(ar, ac, rr, rc, nr, nc) <= 0:
            if (ar == rr and ac == rc) or _turn(ar, ac, lr, lc, nr, nc) > 0:
                rr, rc, right_index = nr, nc, i
            else:
                bend = -1
        if bend == 0 and _turn(ar, ac, lr, lc, mr, mc) >= 0:
            if (ar == lr and ac == lc) or _turn(ar, ac, rr, rc, mr, mc) < 0:
                lr, lc, left_index = mr, mc, i
            else:
                bend = 1
        if bend == 0:
            i += 1
            continue
        if bend < 0:
            ar, ac, i = lr, lc, left_index
        else:
            ar, ac, i = rr, rc, right_index
        lr, lc, rr, rc = ar, ac, ar, ac
        left_index = right_index = i
        i += 1
        if ar != out[size - 1, 0] or ac != out[size - 1, 1]:
            if size == len(out):
                out = _doubled(out)
            out[size, 0], out[size, 1], out[size, 2] = ar, ac, bend
            size += 1
    if size > 1 and out[size - 1, 0] == out[0, 0] and out[size - 1, 1] == out[0, 1]:
        size -= 1
    return _without_straight(out[:size])


@njit(cache=True, nogil=True)
def _doubled(rows):
    """Return a copy with room for as many rows again (assigning to a slice compiles slowly)."""
    grown = np.empty((2 * len(rows), 3), np.int64)
    for i in range(len(rows)):
        _copy_row(rows, i, grown, i)
    return grown


@njit(cache=True, nogil=True)
def _copy_row(source, i, target, j):
    target[j, 0], target[j, 1], target[j, 2] = source[i, 0], source[i, 1], source[i, 2]


@njit(cache=True, nogil=True)
def _without_straight(string):
    """Drop vertices at which the string only touches a pixel and goes straight on."""
    n, size = len(string), 1
    for i in range(1, n):
        j = i + 1 if i + 1 < n else 0
        ar, ac = string[i, 0] - string[size - 1, 0], string[i, 1] - string[size - 1, 1]
        br, bc = string[j, 0] - string[i, 0], string[j, 1] - string[i, 1]
        if ar * bc != ac * br or ar * br + ac * bc < 0:
            _copy_row(string, i, string, size)
            size += 1
    return string[:size]


@njit(cache=True, nogil=True)
def _gcd(a, b):
    while b:
        a, b = b, a % b
    return a


@njit(cache=True, nogil=True)
def length(vertices):
    """Perimeter of the shape whose taut string is given, in pixels.

    An edge of the string along the lattice direction (p, q) can lie off the true edge by anything
    from 0 to 1 / sqrt(p^2 + q^2), the gap to the next lattice line; it is moved out (or, round
    pixels outside, in) by half of that, or 0.4 of it where only the two ends of the edge are
    lattice points (measured on discs). Moving edges i and j by h_i and h_j lengthens a polygon by
    (h_i + h_j) tan(turn / 2) at their common vertex. A pixel gives 4, a row of n > 2 pixels 2n + 2.
    """
    n = len(vertices)
    if n == 1:
        return 4.0
    total = 0.0
    last = n - 1
    pr, pc = vertices[0, 0] - vertices[last, 0], vertices[0, 1] - vertices[last, 1]
    shift = _shift(pr, pc, vertices[last, 2], vertices[0, 2])
    before = math.hypot(pr, pc)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        nr, nc = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1]
        next_shift = _shift(nr, nc, vertices[i, 2], vertices[j, 2])
        after = math.hypot(nr, nc)
        cosine = (pr * nr + pc * nc) / (before * after)
        bend = math.sqrt(max(0.0, 1.0 - cosine) / max(1e-12, 1.0 + cosine))
        total += after + (shift + next_shift) * min(bend, SHARPEST)
        pr, pc, shift, before = nr, nc, next_shift, after
    return total


@njit(cache=True, nogil=True)
def _shift(rows, columns, side, other):
    if side != other:
        return 0.0
    common = _gcd(abs(rows), abs(columns))
    return (0.4 if common == 1 else 0.5) * common / math.hypot(rows, columns)


@njit(cache=True, nogil=True)
def hull(vertices):
    """Convex hull of the vertices, clockwise as the string (rows downwards), same columns."""
    n = len(vertices)
    if n < 3:
        return vertices.copy()
    keys = np.empty(n, np.int64)
    for i in range(n):
        keys[i] = (vertices[i, 0] << 32) + vertices[i, 1]
    _sort(keys)
    chain = np.empty((2 * n + 2, 2), np.int64)
    size = 0
    for direction in range(2):
        floor = size
        for i in range(n):
            key = keys[i] if direction == 0 else keys[n - 1 - i]
            r, c = key >> 32, key & 0xFFFFFFFF
            while (
                size - floor >= 2
                and _turn(
                    chain[size - 2, 0],
                    chain[size - 2, 1],
                    chain[size - 1, 0],
                    chain[size - 1, 1],
                    r,
                    c,
                )
                <= 0
            ):
                size -= 1
            if size > floor and chain[size - 1, 0] == r and chain[size - 1, 1] == c:
                continue
            chain[size, 0], chain[size, 1] = r, c
            size += 1
        size -= 1
    out = np.ones((size, 3), np.int64)
    for i in range(size):
        out[i, 0], out[i, 1] = chain[i, 0], chain[i, 1]
    return out


@njit(cache=True, nogil=True)
def _sort(keys):
    """Shell sort in place: numba's own takes seconds to compile."""
    gap = len(keys) // 2
    while gap:
        for i in range(gap, len(keys)):
            key, j = keys[i], i
            while j >= gap and keys[j - gap] > key:
                keys[j] = keys[j - gap]
                j -= gap
            keys[j] = key
        gap = 1 if gap == 2 else gap * 5 // 11


@njit(cache=True, nogil=True)
def lattice_points(corners):
    """Number of pixel centres in and on a lattice polygon (Pick's theorem): its digital area."""
    twice, rim = np.int64(0), np.int64(0)
    n = len(corners)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        twice += corners[i, 1] * corners[j, 0] - corners[j, 1] * corners[i, 0]
        rim += _gcd(abs(corners[j, 0] - corners[i, 0]), abs(corners[j, 1] - corners[i, 1]))
    return (abs(twice) + rim) // 2 + 1


@njit(cache=True, nogil=True)
def judge(flat, width, start, low, high, by_corner, least):
    """Return convexity, and filled area over hull area (solidity), of one component.

    The convexity takes longer: it is NaN where the solidity is below `least`.
    """
    row, column, heading = follow(flat, width, start, low, high, by_corner)
    corners = _hull_of_rows(row, column, heading)
    solidity = filled_area(column, heading) / lattice_points(corners)
    if solidity < least:
        return math.nan, solidity
    string = tighten(row, column, heading)
    return min(1.0, length(corners) / length(string)), solidity


@njit(cache=True, nogil=True)
def _hull_of_rows(row, column, heading):
    """Convex hull of the pixels of a traced boundary, as `hull` gives it; needs no sorting."""
    top = bottom = np.int64(row[0])
    for r in row:
        bottom = max(bottom, np.int64(r))
    height = bottom - top + 1
    ends = np.empty((height, 2), np.int64)
    for r in range(height):
        ends[r, 0], ends[r, 1] = _FURTHEST, -1
    for i in range(len(row)):
        r, c = row[i] - top, column[i]
        if heading[i] == 1:
            ends[r, 1] = max(ends[r, 1], c)
        elif heading[i] == 3:
            ends[r, 0] = min(ends[r, 0], c)
    out = np.ones((2 * height + 1, 3), np.int64)
    out[0, 0], out[0, 1] = top, ends[0, 0]
    size, floor = 1, 0
    for i in range(2 * height):  # down along the last pixels of the rows, up along the first
        if i == height:
            floor = size - 1
        r = i if i < height else 2 * height - 1 - i
        c = ends[r, 1] if i < height else ends[r, 0]
        r += top
        while (
            size - floor >= 2
            and _turn(out[size - 2, 0], out[size - 2, 1], out[size - 1, 0], out[size - 1, 1], r, c)
            <= 0
        ):
            size -= 1
        if out[size - 1, 0] != r or out[size - 1, 1] != c:
            out[size, 0], out[size, 1] = r, c
            size += 1
    return out[: max(1, size - 1)]


@njit(cache=True, nogil=True)
def calipers(corners):
    """Smallest and greatest Feret diameter of a hull of pixel centres, by rotating calipers.

    The hull of the pixel squares is too wide (by 1.3 px along the diagonal of a large disc or
    across a turned square), the hull with its edges moved out by half their gap (see `length`) too
    narrow (by up to 1.5 px across a disc). The mean of the two is within 1 px on nearly all shapes,
    and exact on rectangles along rows and columns, where both agree (benchmarks/measurement.py).
    """
    n = len(corners)
    squares = np.ones((4 * n, 3), np.int64)
    moved = np.ones((4 * n, 3), np.int64)
    for i in range(n):
        for j in range(4):
            down, right = j // 2 - 0.5, j % 2 - 0.5
            squares[4 * i + j, 0] = round(_FINE * (corners[i, 0] + down))
            squares[4 * i + j, 1] = round(_FINE * (corners[i, 1] + right))
        before, after = corners[i - 1 if i else n - 1], corners[i + 1 if i + 1 < n else 0]
        down, right = _moved_vertex(before, corners[i], after)
        for j in range(4):
            if math.isnan(down):
                _copy_row(squares, 4 * i + j, moved, 4 * i + j)
            else:
                moved[4 * i + j, 0] = round(_FINE * (corners[i, 0] + down))
                moved[4 * i + j, 1] = round(_FINE * (corners[i, 1] + right))
    outer, inner = _widths(hull(squares)), _widths(hull(moved))
    return (outer[0] + inner[0]) / (2 * _FINE), (outer[1] + inner[1]) / (2 * _FINE)


@njit(cache=True, nogil=True)
def _moved_vertex(before, vertex, after):
    """Return the shift of a vertex whose two edges move out by half their gap to the next lattice
    line, at most to the rim of its pixel; NaN where the turn is too sharp for that.
    """
    ar, ac = vertex[0] - before[0], vertex[1] - before[1]
    br, bc = after[0] - vertex[0], after[1] - vertex[1]
    cross, along = ac * br - ar * bc, ar * br + ac * bc
    if cross == 0 or along < -0.2 * math.hypot(ar, ac) * math.hypot(br, bc):
        return math.nan, math.nan
    # In lattice units an edge (p, q) of g steps moves by g / 2: solve q r - p c = g / 2 for both.
    first, second = _gcd(abs(ar), abs(ac)) / 2, _gcd(abs(br), abs(bc)) / 2
    down, right = (second * ar - first * br) / cross, (second * ac - first * bc) / cross
    furthest = max(abs(down), abs(right), 0.5)
    return down / (2 * furthest), right / (2 * furthest)


@njit(cache=True, nogil=True)
def _widths(points):
    """Smallest and greatest distance between parallel tangents of a convex polygon."""
    n = len(points)
    smallest, greatest = math.inf, 0.0
    k = 1
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        ar, ac, br, bc = points[i, 0], points[i, 1], points[j, 0], points[j, 1]
        edge = math.hypot(br - ar, bc - ac)
        while True:
            m = k + 1 if k + 1 < n else 0
            here = _turn(ar, ac, br, bc, points[k, 0], points[k, 1])
            there = _turn(ar, ac, br, bc, points[m, 0], points[m, 1])
            if there < here:
                break
            k = m
            if there == here:
                break
        width = _turn(ar, ac, br, bc, points[k, 0], points[k, 1]) / edge
        smallest = min(smallest, width)
        for a in (i, j):
            for b in (k, k - 1 if k else n - 1, k + 1 if k + 1 < n else 0):
                reach = math.hypot(points[a, 0] - points[b, 0], points[a, 1] - points[b, 1])
                greatest = max(greatest, reach)
    return smallest, greatest


@njit(cache=True, nogil=True)
def measure(flat, width, starts):
    """Return perimeter, hull perimeter, hull area, smallest and greatest Feret diameter.

    `flat` holds the numbers 1, 2 ... of the components, which begin at `starts`. Perimeters add up;
    the hull is the common one.
    """
    perimeter, size = 0.0, 0
    vertices = np.empty((64, 3), np.int64)
    for i in range(len(starts)):
        row, column, heading = follow(flat, width, starts[i], i + 1, i + 1, BY_CORNER)
        string = tighten(row, column, heading)
        perimeter += length(string)
        while size + len(string) > len(vertices):
            vertices = _doubled(vertices)
        for j in range(len(string)):
            _copy_row(string, j, vertices, size)
            size += 1
    corners = hull(vertices[:size])
    smallest, greatest = calipers(corners)
    return perimeter, length(corners), lattice_points(corners), smallest, greatest


@njit(cache=True, nogil=True)
def bends(x, y, away):
    """Which points suffice to draw lines that stay near all the points.

    Parameters
    ----------
    x, y : ndarray of float, shape (n,)
        Of all the lines, one after the other, with NaN between them.
    away : float
        How far from what is drawn a point may lie that is left away.

    Returns
    -------
    ndarray of bool, shape (n,)
        The ends of every line and what lies between them stay.

    References
    ----------
    D. H. Douglas, T. K. Peucker, Cartographica 10 (1973) 112, doi:10.3138/FM57-6770-U75U-7727
    """
    count = len(x)
    keep = np.ones(count, np.bool_)
    waiting = np.empty((count, 2), np.int64)
    start = 0
    for end in range(count + 1):
        if end < count and not np.isnan(x[end]):
            continue
        keep[start + 1 : end - 1] = False
        waiting[0, 0], waiting[0, 1] = start, end - 1
        size = 1 if end - start > 2 else 0
        start = end + 1
        while size:
            size -= 1
            first, last = waiting[size]
            along_x, along_y = x[last] - x[first], y[last] - y[first]
            square = along_x * along_x + along_y * along_y
            farthest, most = first, away * away
            for i in range(first + 1, last):
                to_x, to_y = x[i] - x[first], y[i] - y[first]
                part = (to_x * along_x + to_y * along_y) / square if square else 0.0
                part = min(1.0, max(0.0, part))
                distance = (to_x - part * along_x) ** 2 + (to_y - part * along_y) ** 2
                if distance > most:
                    farthest, most = i, distance
            if farthest > first:
                keep[farthest] = True
                waiting[size, 0], waiting[size, 1] = first, farthest
                waiting[size + 1, 0], waiting[size + 1, 1] = farthest, last
                size += 2
    return keep
