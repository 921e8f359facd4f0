"""Particles restored from what is seen of their outlines.

Erosion finds an overlapping particle only if it comes apart from its neighbours somewhere. The
outline tells more: between two dents it belongs to one particle, and a convex shape seen from
several sides can be completed behind its neighbours. Many convex candidates are made from arcs,
pairs of arcs, basins of the distance map and the parts that erosion finds (`antema.candidates`);
the few that explain the outline best are kept (`antema.choice`). The seen part of a particle keeps
its own shape. Of what is hidden, straight edges are prolonged to the corner where they meet, the
rest is mirrored in the centre if opposite sides are seen, or taken from the circle or ellipse
through the seen part; else a chord closes it. A region whose outline gives no reason to divide it
is left to the erosion.

References
----------
Contour evidence and contour estimation: S. Zafari et al., IEEE Trans. Image Process. 24 (2015)
5942-5952, doi 10.1109/TIP.2015.2492828. The choice of few convex hypotheses that explain a
silhouette is a weighted set cover.
"""

import math
from collections.abc import Iterator

import numpy as np

from .erosion import Tree
from .regions import LEFT_OUT, SEPARATED, UNSEEN, WHOLE, Region

_SADDLES_PX = 0.3, 1.0
_UNIT_PX, _LEAST_SCALE = 28.0, 0.5
_LEAST_SEEN = 0.12
_UNCOVERED = 0.03  # of a nearly convex region that erosion does not divide: too much
_COVERED = 0.86  # of the smaller of two particles: then they are one
_MOST_ARCS, _MOST_CANDIDATES = 1000, 4000


def complete(tree: Tree, smallest: int, convexity: float, solidity: float) -> list[Region]:
    """Divide a region into convex particles.

    Parameters
    ----------
    tree : Tree
        Of a region that is not convex.
    smallest : int
        Pixels that a particle must have.
    convexity, solidity : float
        Thresholds for the parts that erosion finds.

    Returns
    -------
    list of Region
        Particles, which may overlap, and what they leave over of the region.
    """
    from . import components

    eroded = list(tree.erode(smallest, convexity, solidity))
    parts = sum(region.status == SEPARATED for region in eroded)
    found = _restored(tree, eroded, smallest)
    rest = _rest(tree, found)
    if parts < 2:  # a bay of the outline is no evidence
        shallow = components.judge_image(np.pad(tree.image, 1))[0] >= convexity
        uncovered = np.count_nonzero(rest) / np.count_nonzero(tree.image)
        if shallow and (len(found) < 2 or uncovered > _UNCOVERED):
            return [Region(tree.origin, tree.image, WHOLE, seen=1.0)]
    if len(found) > 1:
        return [*found, *_left_over(tree, rest, smallest)]
    return eroded if parts else [Region(tree.origin, tree.image, WHOLE, seen=1.0)]


def _restored(tree: Tree, eroded: list[Region], smallest: int) -> list[Region]:
    """Return the chosen candidates."""
    from . import arcs, candidates, choice, levelsets

    padded = np.pad(tree.image, 1)
    scale = max(_LEAST_SCALE, math.sqrt(tree.squares.max()) / _UNIT_PX)
    outline = arcs.outline_of(padded, scale)
    if not 1 < len(outline.arcs) <= _MOST_ARCS:
        return []
    distance = np.sqrt(tree.squares)
    basins = [levelsets.basins(distance, saddle * max(1.0, scale)) for saddle in _SADDLES_PX]
    found = candidates.candidates(padded, outline, scale, basins, _places(tree, eroded))
    if not found:
        return []
    if len(found) > _MOST_CANDIDATES:
        found = sorted(found, key=lambda candidate: -candidate.value(scale))[:_MOST_CANDIDATES]
    points = len(outline.points)
    weight = np.full(points + padded.size, candidates.PER_CELL / scale)
    weight[:points] = 1
    items = [np.concatenate([c.explained, points + c.cells]) for c in found]
    begin = np.cumsum([0] + [len(item) for item in items])
    price = np.array([candidate.price for candidate in found])
    chosen = choice.choose(
        begin, np.concatenate(items), weight, price, _clashes([c.cells for c in found])
    )
    kept = [found[i] for i in np.flatnonzero(chosen) if found[i].seen >= _LEAST_SEEN]
    regions = [_cut_out(tree, padded, candidate.polygon) for candidate in kept]
    return [region for region in regions if region.image.sum() >= smallest]


def _cut_out(tree: Tree, padded: np.ndarray, polygon: np.ndarray) -> Region:
    """Return what lies in a polygon as a region."""
    from . import convex, levelsets

    top, columns, _ = convex.spans(polygon, *padded.shape)
    image, row, column = levelsets.largest_part(padded, top, columns)
    origin = (tree.origin[0] + row, tree.origin[1] + column)
    seen = tree.seen(image, row, column)
    return Region(origin, image[1:-1, 1:-1].copy(), SEPARATED, seen=seen)


def _places(tree: Tree, regions: list[Region]) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield rows, columns in the region with its rim, and images."""
    for region in regions:
        row, column = region.origin[0] - tree.origin[0] + 1, region.origin[1] - tree.origin[1] + 1
        yield row, column, region.image


def _clashes(cells: list[np.ndarray]) -> np.ndarray:
    """Which candidates cover each other so far that they are one particle; shape (n, n)."""
    from scipy import sparse

    sizes = np.array([len(c) for c in cells])
    begin = np.append(0, np.cumsum(sizes))
    _, places = np.unique(np.concatenate(cells), return_inverse=True)
    shape = (len(cells), int(places.max(initial=-1)) + 1)
    held = sparse.csr_matrix((np.ones(len(places), np.int32), places, begin), shape=shape)
    clash = (held @ held.T).toarray() > _COVERED * np.minimum.outer(sizes, sizes)
    np.fill_diagonal(clash, val=False)
    return clash


def _rest(tree: Tree, found: list[Region]) -> np.ndarray:
    """Return the pixels of the region that no particle covers."""
    rest = tree.image.copy()
    for region in found:
        row, column = region.origin[0] - tree.origin[0], region.origin[1] - tree.origin[1]
        height, width = region.image.shape
        rest[row : row + height, column : column + width] &= ~region.image
    return rest


def _left_over(tree: Tree, rest: np.ndarray, smallest: int) -> Iterator[Region]:
    """Yield the pieces into which a disc of the smallest area fits."""
    from . import components, levelsets

    squares = levelsets.squared_distance(np.pad(rest, 1))[1:-1, 1:-1]
    labels, _, boxes, areas = components.label(rest)
    for number in np.flatnonzero(areas >= smallest):
        top, left, bottom, right = boxes[number].tolist()
        image = labels[top + 1 : bottom + 1, left + 1 : right + 1] == number + 1
        if math.pi * squares[top:bottom, left:right][image].max() >= smallest:
            origin = (tree.origin[0] + top, tree.origin[1] + left)
            yield Region(origin, image, LEFT_OUT, UNSEEN)
