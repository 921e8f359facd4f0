# mypy: ignore-errors
"""Exact distances and the tree of their level sets, in compiled loops (import it lazily).

Eroding a region by a length leaves {distance > length}, so one exact Euclidean distance map holds
every erosion. Lengths are counted in steps of a quarter of a pixel: with whole pixels a component
is up to one pixel too small when it is seen to have come apart, which loses small particles. The
components form a tree (a component splits, shrinks, vanishes), built in one pass over the pixels
by union-find. The regions of a mask are 8-connected, what the erosion leaves of them is
4-connected: parts that still hang together by a corner have come apart. Arrays are
two-dimensional with a rim of one pixel of background, so what lies beyond the edge of the image
counts as background.

References
----------
A. Meijster, J. B. T. M. Roerdink, W. H. Hesselink, in "Mathematical Morphology and its
Applications to Image and Signal Processing", Springer 2000, 331-340. C. Berger et al., ICIP 2007,
IV-41, doi 10.1109/ICIP.2007.4379949.
"""

import numpy as np
from numba import njit

from .components import doubled, find
from .contours import BY_CORNER, BY_SIDE, follow, judge

STEPS_PER_PIXEL = 4
FOUND, NOT_CONVEX, TOO_SMALL = 0, 1, 2
RIM_PX = 2
_LAST_SEEN = 0.5
_NECK_SHARE = 0.5
_FINE_STEPS = 64
_HIGHEST, _INSIDE = np.int64(2**31 - 1), np.int64(1)


@njit(cache=True, nogil=True)
def squared_distance(image):
    """Exact squared Euclidean distance to the nearest background pixel; the image has a rim."""
    height, width = image.shape
    squares = np.zeros((height, width), np.int32)
    for r in range(1, height - 1):
        for c in range(1, width - 1):
            if image[r, c]:
                squares[r, c] = squares[r - 1, c] + 1
    for r in range(height - 2, 0, -1):
        for c in range(1, width - 1):
            squares[r, c] = min(squares[r, c], squares[r + 1, c] + 1)
    vertex, begin = np.empty(width, np.int64), np.empty(width, np.int64)
    column = np.empty(width, np.int64)
    for r in range(1, height - 1):
        c = 1
        while c < width - 1:
            if not image[r, c]:
                c += 1
                continue
            first = c - 1
            while image[r, c]:
                c += 1
            _lower_envelope(squares[r], first, c, vertex, begin, column)
    return squares


@njit(cache=True, nogil=True)
def _lower_envelope(line, first, last, vertex, begin, height):
    """Replace the vertical distances of one run by squared distances (Meijster's second pass)."""
    for c in range(first, last + 1):
        height[c] = line[c] * line[c]
    top = 0
    vertex[0], begin[0] = first, first
    for c in range(first + 1, last + 1):
        while top >= 0:
            v, b = vertex[top], begin[top]
            if (b - v) ** 2 + height[v] <= (b - c) ** 2 + height[c]:
                break
            top -= 1
        if top < 0:
            top = 0
            vertex[0], begin[0] = c, first
            continue
        v = vertex[top]
        cut = (c * c - v * v + height[c] - height[v]) // (2 * (c - v)) + 1
        if cut <= last:
            top += 1
            vertex[top], begin[top] = c, cut
    for c in range(last, first - 1, -1):
        line[c] = (c - vertex[top]) ** 2 + height[vertex[top]]
        if c == begin[top]:
            top -= 1


@njit(cache=True, nogil=True)
def level_sets(image):
    """Return the level of every pixel of a region, and the tree of the components of the levels.

    Parameters
    ----------
    image : ndarray of bool, shape (M, N)

    Returns
    -------
    level : ndarray of int32, shape (M + 2, N + 2)
        The greatest whole k with distance > k / STEPS_PER_PIXEL; -1 in the background and the rim.
    nodes : ndarray of int64, shape (n, 5)
        See `level_tree`.
    """
    height, width = image.shape
    padded = np.zeros((height + 2, width + 2), np.bool_)
    for r in range(height):
        for c in range(width):
            padded[r + 1, c + 1] = image[r, c]
    level = squared_distance(padded)
    flat = level.ravel()
    for i in range(len(flat)):
        square = np.int64(flat[i])
        flat[i] = np.int64(np.sqrt(square * STEPS_PER_PIXEL**2 - 1)) if square else -1
    return level, level_tree(level)


@njit(cache=True, nogil=True)
def level_tree(level):
    """Build the tree of the components of {level >= k} for all k.

    Returns
    -------
    nodes : ndarray of int64, shape (n, 5)
        One row per distinct component, parents before their children, after a first one for the
        region itself: row of the parent (-1: none), the k at which the component comes into being,
        the last k at which it is still the same, its number of pixels, and its first pixel as a
        flat index.
    """
    flat, width = level.ravel(), level.shape[1]
    order = _descending(flat)
    size = len(order)
    parent = np.full(len(flat), -1, np.int32)
    link = np.full(len(flat), -1, np.int32)
    area = np.zeros(len(flat), np.int32)
    first = np.zeros(len(flat), np.int32)
    neighbours = (-width, -1, 1, width)
    for i in range(size):
        p = order[i]
        parent[p], link[p], area[p], first[p] = p, p, 1, p
        for step in neighbours:
            q = p + step
            if link[q] < 0:
                continue
            q = find(link, q)
            if q != p:
                parent[q], link[q] = p, p
                area[p] += area[q]
                first[p] = min(first[p], first[q])
    # link now holds, of the pixel that stands for a component, the row of its node
    link[:] = -1
    nodes = np.empty((64, 5), np.int64)
    nodes[0, 0], nodes[0, 1], nodes[0, 2], nodes[0, 3], nodes[0, 4] = -1, 0, -1, size, order[0]
    count = 1
    for i in range(size - 1, -1, -1):
        p = order[i]
        q = parent[p]
        if flat[parent[q]] == flat[q]:
            q = parent[q]
            parent[p] = q
        if q != p and flat[q] == flat[p]:
            continue
        if count == len(nodes):
            nodes = doubled(nodes.ravel()).reshape(2 * count, 5)
        above = 0 if q == p else link[q]
        nodes[count, 0], nodes[count, 1] = above, nodes[above, 2] + 1
        nodes[count, 2], nodes[count, 3], nodes[count, 4] = flat[p], area[p], first[p]
        link[p] = count
        count += 1
    return nodes[:count].copy()


@njit(cache=True, nogil=True)
def _descending(flat):
    """Flat indices of the pixels with level >= 0, highest level first (counting sort)."""
    top = flat.max()
    begin = np.zeros(top + 2, np.int64)
    for value in flat:
        if value >= 0:
            begin[top - value + 1] += 1
    for k in range(1, top + 2):
        begin[k] += begin[k - 1]
    order = np.empty(begin[top + 1], np.int32)
    for i in range(len(flat)):
        if flat[i] >= 0:
            k = top - flat[i]
            order[begin[k]] = i
            begin[k] += 1
    return order


@njit(cache=True, nogil=True)
def walk(level, nodes, verdicts, convexity, solidity, smallest):
    """Walk from the outside in; return the nodes that are markers and the parts without any.

    The last of a part before it is too small, if it is convex by its perimeter though not by its
    area (a few pixels of roughness are much of so small a part), is a marker if it grows back to a
    convex part. Every inscribed disc does that: so much of its outline must be outline of the
    region, too. A part without marker is given by its outermost node. `verdicts` caches convexity
    and solidity of the nodes, then those of the part grown back and how much of its outline is
    seen, between calls (NaN: not judged yet).
    """
    flat, width = level.ravel(), level.shape[1]
    count = len(nodes)
    state = np.zeros(count, np.int8)  # 0 look at it, 1 a marker is above, 2 marker, 3 given up
    goes_on = np.zeros(count, np.bool_)
    for i in range(1, count):
        above = nodes[i, 0]
        if state[above]:
            state[i] = 3 if state[above] == 3 else 1
            continue
        if nodes[i, 3] < smallest:
            state[i] = 3
            continue
        goes_on[above] = True
        if np.isnan(verdicts[i, 1]) or (np.isnan(verdicts[i, 0]) and verdicts[i, 1] >= solidity):
            verdicts[i, 0], verdicts[i, 1] = judge(
                flat, width, nodes[i, 4], nodes[i, 1], _HIGHEST, BY_SIDE, solidity
            )
        if verdicts[i, 0] >= convexity and verdicts[i, 1] >= solidity:
            state[i] = 2
    for i in range(1, count):
        if state[i] or goes_on[i]:
            continue
        if np.isnan(verdicts[i, 0]):
            verdicts[i, 0], verdicts[i, 1] = judge(
                flat, width, nodes[i, 4], nodes[i, 1], _HIGHEST, BY_SIDE, 0.0
            )
        if verdicts[i, 0] >= convexity:
            if np.isnan(verdicts[i, 2]):
                image, row, column = regrow(level, nodes[i, 4], nodes[i, 1])
                _judge_grown(verdicts, i, image, level, row, column)
            if (
                verdicts[i, 2] >= convexity
                and verdicts[i, 3] >= solidity
                and verdicts[i, 4] >= _LAST_SEEN
            ):
                state[i] = 2
    fruitful = np.zeros(count, np.bool_)
    markers = np.empty(count, np.int64)
    found = 0
    for i in range(1, count):
        if state[i] == 2:
            markers[found] = i
            found += 1
            above = nodes[i, 0]
            while above >= 0 and not fruitful[above]:
                fruitful[above] = True
                above = nodes[above, 0]
    barren = np.empty(count, np.int64)
    lost = 0
    for i in range(1, count):
        if fruitful[nodes[i, 0]] and not fruitful[i] and state[i] in (0, 3):
            barren[lost] = i
            lost += 1
    return markers[:found], barren[:lost]


@njit(cache=True, nogil=True)
def _judge_grown(verdicts, node, image, level, row, column):
    """Write convexity, solidity and seen share of the part of a node, grown back."""
    flat = image.ravel()
    start = 0
    while not flat[start]:
        start += 1
    verdicts[node, 2], verdicts[node, 3] = judge(
        flat, image.shape[1], start, _INSIDE, _INSIDE, BY_CORNER, 0.0
    )
    verdicts[node, 4] = seen_share(image, level, row, column, RIM_PX * STEPS_PER_PIXEL - 1)


@njit(cache=True, nogil=True)
def erode(level, nodes, verdicts, convexity, solidity, smallest):
    """Return the parts that ultimate erosion for convex sets finds, and those that it loses.

    A part that gets too small before it is convex is lost; if it would stay smaller even grown
    back, it is roughness of the outline and no part at all. A lost part that lies mostly in parts
    that were found is a neck between them: it is not listed.

    Parameters
    ----------
    level, nodes
        As `level_sets` returns them.
    verdicts : ndarray of float64, shape (n, 5)
        Kept between calls; NaN at first.
    convexity, solidity : float
        Thresholds.
    smallest : int
        Pixels that a marker must have.

    Returns
    -------
    parts : ndarray of int64, shape (m, 7)
        What it is (FOUND, NOT_CONVEX or TOO_SMALL), node, where its pixels begin in `pixels`, first
        row and column in the region, height and width.
    pixels : ndarray of bool
        The pictures of the parts, one after the other.
    """
    markers, barren = walk(level, nodes, verdicts, convexity, solidity, smallest)
    parts = np.empty((len(markers) + len(barren), 7), np.int64)
    pixels = np.empty(1024, np.bool_)
    covered = np.zeros(level.shape, np.bool_)
    kinds = np.empty(len(markers), np.int64)
    count = end = 0
    # first what is found, for the rest depends on how much of it that covers
    for turn in range(2 * len(markers) + len(barren)):
        if turn < len(markers):
            node, kind = markers[turn], FOUND
        elif turn < 2 * len(markers):
            node, kind = markers[turn - len(markers)], kinds[turn - len(markers)]
            if kind == FOUND:
                continue
        else:
            node, kind = barren[turn - 2 * len(markers)], TOO_SMALL
        image, row, column = regrow(level, nodes[node, 4], nodes[node, 1])
        if np.isnan(verdicts[node, 2]):
            _judge_grown(verdicts, node, image, level, row, column)
        if turn < len(markers):
            convex = verdicts[node, 2] >= convexity and verdicts[node, 3] >= solidity
            kinds[turn] = FOUND if convex else NOT_CONVEX
            if not convex:
                continue
        height, width = image.shape[0] - 2, image.shape[1] - 2
        area = known = 0
        while end + height * width > len(pixels):
            pixels = doubled(pixels)
        at = end
        for r in range(1, height + 1):
            for c in range(1, width + 1):
                inside = image[r, c] == 1
                pixels[at] = inside
                at += 1
                if inside:
                    area += 1
                    known += covered[row + r, column + c]
                    if kind == FOUND:
                        covered[row + r, column + c] = True
        if kind != FOUND and (known > _NECK_SHARE * area or area < smallest):
            continue
        parts[count, 0], parts[count, 1], parts[count, 2] = kind, node, end
        parts[count, 3], parts[count, 4] = row, column
        parts[count, 5], parts[count, 6] = height, width
        count += 1
        end = at
    return parts[:count], pixels[:end]


@njit(cache=True, nogil=True)
def regrow(level, start, k):
    """Dilate the component of {level >= k} that holds the pixel `start` by k steps, exactly.

    Every pixel of it is more than k steps from the background, so it grows within the region only.

    Returns
    -------
    image : ndarray of int32, shape (h + 2, w + 2)
        1 in the regrown part, else 0, with a rim of background.
    row, column : int
        Where image[1, 1] lies in the region without its rim.
    """
    row, column, marker = component(level, start, k)
    furthest = k // STEPS_PER_PIXEL
    rim = furthest + 1
    height, width = marker.shape[0] + 2 * rim, marker.shape[1] + 2 * rim
    gap = np.full((height, width), rim, np.int32)
    for r in range(marker.shape[0]):
        for c in range(marker.shape[1]):
            if marker[r, c]:
                gap[r + rim, c + rim] = 0
    for r in range(1, height):
        for c in range(width):
            gap[r, c] = min(gap[r, c], gap[r - 1, c] + 1)
    for r in range(height - 2, -1, -1):
        for c in range(width):
            gap[r, c] = min(gap[r, c], gap[r + 1, c] + 1)
    reach = np.empty(rim, np.int64)
    for g in range(rim):
        reach[g] = np.int64(np.sqrt(k * k - (g * STEPS_PER_PIXEL) ** 2)) // STEPS_PER_PIXEL
    image = np.zeros((height, width), np.int32)
    change = np.zeros(width + 1, np.int64)
    for r in range(1, height - 1):
        change[:] = 0
        for c in range(rim, width - rim):
            if gap[r, c] < rim:
                change[c - reach[gap[r, c]]] += 1
                change[c + reach[gap[r, c]] + 1] -= 1
        inside = 0
        for c in range(width):
            inside += change[c]
            image[r, c] = inside > 0
    return image, row - rim, column - rim


@njit(cache=True, nogil=True)
def seen_share(part, depth, row, column, rim):
    """Share of the rim pixels of a part that lie at the rim of its region.

    `part` (int32) has a rim of background; its pixel [1, 1] lies at [row + 1, column + 1] in
    `depth`, the levels or the squared distances, which are up to `rim` at the rim of the region.
    """
    outline = seen = 0
    for r in range(1, part.shape[0] - 1):
        for c in range(1, part.shape[1] - 1):
            if not part[r, c]:
                continue
            if part[r - 1, c] and part[r + 1, c] and part[r, c - 1] and part[r, c + 1]:
                continue
            outline += 1
            seen += depth[row + r, column + c] <= rim
    return seen / max(outline, 1)


@njit(cache=True, nogil=True)
def component(level, start, k):
    """Cut out the component of {level >= k} that holds `start`, its first pixel; without a rim."""
    flat, width = level.ravel(), level.shape[1]
    rows, columns, _ = follow(flat, width, start, k, _HIGHEST, BY_SIDE)
    top, left = rows.min(), columns.min()
    image = np.zeros((rows.max() - top + 1, columns.max() - left + 1), np.bool_)
    neighbours = (-width, -1, 1, width)
    stack = np.empty(64, np.int64)
    stack[0], size = start, 1
    image[start // width - top, start % width - left] = True
    while size:
        size -= 1
        p = stack[size]
        for step in neighbours:
            q = p + step
            if flat[q] < k or image[q // width - top, q % width - left]:
                continue
            image[q // width - top, q % width - left] = True
            if size == len(stack):
                stack = doubled(stack)
            stack[size] = q
            size += 1
    return np.int64(top), np.int64(left), image


@njit(cache=True, nogil=True)
def largest_part(padded, top, columns):
    """Cut a polygon, given as spans of rows, out of a region; its largest 4-connected part.

    Returns
    -------
    image : ndarray of bool, shape (h + 2, w + 2)
        The part, with a rim of background.
    row, column : int
        Where image[1, 1] lies in the region without its rim.
    """
    left, right = columns[0, 0], columns[0, 1]
    for i in range(len(columns)):
        left, right = min(left, columns[i, 0]), max(right, columns[i, 1])
    width = right - left + 2
    cut = np.full((len(columns) + 2, width), -1, np.int32)
    for i in range(len(columns)):
        for c in range(columns[i, 0], columns[i, 1]):
            if padded[top + i, c]:
                cut[i + 1, c - left + 1] = 0
    flat = cut.ravel()
    best, most, number = 0, 0, 0
    stack = np.empty(len(flat), np.int64)
    for p in range(len(flat)):
        if flat[p] != 0:
            continue
        number += 1
        flat[p], stack[0], size, area = number, p, 1, 0
        while size:
            size -= 1
            area += 1
            here = stack[size]
            for step in (-width, -1, 1, width):
                if flat[here + step] == 0:
                    flat[here + step] = number
                    stack[size] = here + step
                    size += 1
        if area > most:
            best, most = number, area
    rows, across = np.nonzero(cut == best)
    first, begin = rows.min(), across.min()
    image = np.zeros((rows.max() - first + 3, across.max() - begin + 3), np.bool_)
    for i in range(len(rows)):
        image[rows[i] - first + 1, across[i] - begin + 1] = True
    return image, np.int64(top + first - 2), np.int64(left + begin - 2)


@njit(cache=True, nogil=True)
def basins(distance, height):
    """Watershed of the distance map, started from its maxima that stand out by `height` or more.

    Parameters
    ----------
    distance : ndarray of float64, shape (M, N)
        Distances, with a rim; 0 in the background.
    height : float
        Smallest depth, in pixels of distance, of the saddle between two particles.

    Returns
    -------
    labels : ndarray of int32, shape (M, N)
        Every pixel of the region in one 4-connected basin, numbered from 1.
    """
    flat, width = distance.ravel(), distance.shape[1]
    rank = np.empty(len(flat), np.int32)
    for i in range(len(flat)):
        rank[i] = np.int64(flat[i] * _FINE_STEPS) if flat[i] > 0 else -1
    order = _descending(rank)
    peak = np.zeros(len(flat))  # of the components of the level set, kept at their root
    link = np.full(len(flat), -1, np.int32)
    summit = np.zeros(len(flat), np.int32)
    basin = np.full(len(flat), -1, np.int32)
    neighbours = (-width, -1, 1, width)
    for p in order:
        here = flat[p]
        steepest = -1
        for step in neighbours:
            q = p + step
            if link[q] >= 0 and (steepest < 0 or flat[q] > flat[steepest]):
                steepest = q
        if steepest < 0:
            link[p], basin[p], peak[p], summit[p] = p, p, here, p
            continue
        link[p], basin[p] = find(link, steepest), basin[steepest]
        for step in neighbours:
            q = p + step
            if link[q] < 0:
                continue
            low, high, across = find(link, q), find(link, p), p
            if low == high:
                continue
            if peak[low] > peak[high]:
                low, high, across = high, low, q
            if peak[low] - here < height:
                basin[find(basin, summit[low])] = find(basin, across)
            link[low] = high
    labels = np.zeros(distance.shape, np.int32)
    out = labels.ravel()
    number = np.zeros(len(flat), np.int32)
    count = 0
    for p in range(len(flat)):
        if rank[p] < 0:
            continue
        root = find(basin, p)
        if not number[root]:
            count += 1
            number[root] = count
        out[p] = number[root]
    return labels
