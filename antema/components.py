# mypy: ignore-errors
"""Connected components of a mask and their holes, in compiled loops (import this module lazily).

Components are 8-connected and holes 4-connected. Labels have a rim of one pixel of background, so
what lies beyond the edge of the image counts as background.
"""

import numpy as np
from numba import njit

from .contours import BY_CORNER, judge


@njit(cache=True, nogil=True)
def find(parent, i):
    """Root of i in a forest (union-find)."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def doubled(values):
    """Return a copy with as much room again (assigning to a slice compiles slowly)."""
    grown = np.zeros(2 * len(values), values.dtype)
    for i in range(len(values)):
        grown[i] = values[i]
    return grown


@njit(cache=True, nogil=True)
def label(mask):
    """Number the 8-connected components in reading order of their first pixel.

    Parameters
    ----------
    mask : ndarray of bool, shape (M, N)
        Without a rim.

    Returns
    -------
    labels : ndarray of int32, shape (M + 2, N + 2)
        0 is background; with the rim.
    starts : ndarray of int64, shape (n,)
        First pixel of each, as an index into the flattened labels.
    boxes : ndarray of int64, shape (n, 4)
        First row and column, row and column after the last, in the mask.
    areas : ndarray of int64, shape (n,)
    """
    height, width = mask.shape
    labels = np.zeros((height + 2, width + 2), np.int32)
    parent = np.zeros(1024, np.int64)
    count = 0
    for r in range(height):
        for c in range(width):
            if not mask[r, c]:
                continue
            # of the four neighbours before it, only left and above right can be strangers
            here = max(labels[r, c], labels[r, c + 1], labels[r + 1, c])
            right = labels[r, c + 2]
            if right and not labels[r, c + 1]:
                if here:
                    a, b = find(parent, here), find(parent, right)
                    parent[max(a, b)] = min(a, b)
                here = max(here, right)
            if here:
                labels[r + 1, c + 1] = here
            else:
                count += 1
                if count == len(parent):
                    parent = doubled(parent)
                parent[count] = count
                labels[r + 1, c + 1] = count
    total = 0
    for i in range(1, count + 1):
        if parent[i] == i:
            total += 1
            parent[i] = total
        else:
            parent[i] = parent[parent[i]]
    starts = np.zeros(total, np.int64)
    boxes = np.zeros((total, 4), np.int64)
    areas = np.zeros(total, np.int64)
    for r in range(height):
        for c in range(width):
            i = parent[labels[r + 1, c + 1]]
            if not i:
                continue
            labels[r + 1, c + 1] = i
            i -= 1
            if areas[i] == 0:
                starts[i] = (r + 1) * (width + 2) + c + 1
                boxes[i, 0], boxes[i, 1], boxes[i, 3] = r, c, c + 1
            areas[i] += 1
            boxes[i, 1] = min(boxes[i, 1], c)
            boxes[i, 2] = r + 1
            boxes[i, 3] = max(boxes[i, 3], c + 1)
    return labels, starts, boxes, areas


@njit(cache=True, nogil=True)
def count_holes(labels, count):
    """Holes of each 8-connected component, from its Euler number (holes are 4-connected)."""
    corners = np.zeros(count + 1, np.int64)
    height, width = labels.shape
    for r in range(height - 1):
        for c in range(width - 1):
            a, b = labels[r, c], labels[r, c + 1]
            d, e = labels[r + 1, c], labels[r + 1, c + 1]
            if a == b and a == d and a == e:
                continue
            corners[a] += _corner(a == b, a == d, a == e)
            corners[b] += _corner(b == a, b == e, b == d)
            corners[d] += _corner(d == e, d == a, d == b)
            corners[e] += _corner(e == d, e == b, e == a)
    return 1 - corners[1:] // 12


@njit(cache=True, nogil=True)
def _corner(beside, below, opposite):
    """Share of one pixel in the corners of its 2 x 2 square: 1 convex, -1 concave; times 3."""
    if beside and below:
        return -1
    if not beside and not below:
        return -3 if opposite else 3
    return -1 if opposite else 0


@njit(cache=True, nogil=True)
def judge_all(labels, starts):
    """Convexity and solidity of the outline of every component; see `contours.judge`."""
    count = len(starts)
    convexity, solidity = np.empty(count), np.empty(count)
    flat, width = labels.ravel(), labels.shape[1]
    for i in range(count):
        convexity[i], solidity[i] = judge(flat, width, starts[i], i + 1, i + 1, BY_CORNER, 0.0)
    return convexity, solidity


@njit(cache=True, nogil=True)
def first_pixels(labels, count):
    """First pixel of each label from 1 on, as an index into the flattened labels, and its area."""
    starts, areas = np.zeros(count, np.int64), np.zeros(count, np.int64)
    flat = labels.ravel()
    for p in range(len(flat)):
        i = flat[p] - 1
        if i >= 0:
            if areas[i] == 0:
                starts[i] = p
            areas[i] += 1
    return starts, areas


def label_holes(padded):
    """Number the 4-connected parts of the background of an image with a rim.

    Returns
    -------
    labels : ndarray of int32, shape (M, N)
        1 is the part outside, 0 the image itself.
    starts, areas : ndarray of int64, shape (n,)
        First pixel and number of pixels of each; the part outside is given the area 0.
    """
    from scipy import ndimage

    labels, count = ndimage.label(~padded)
    starts, areas = first_pixels(labels, count)
    areas[0] = 0
    return labels, starts, areas


def judge_image(image):
    """Convexity and solidity of the outline of an 8-connected image with a rim."""
    flat = image.ravel().astype(np.int32)  # the type that is compiled anyway
    return judge(flat, image.shape[1], int(flat.argmax()), 1, 1, BY_CORNER, 0.0)
