"""Particles restored from what is seen of their outlines.

Erosion finds an overlapping particle only if it comes apart from its neighbours somewhere. The
outline tells more, and a network that has learned what silhouettes of overlapping convex particles
look like (`antema.silhouettes`) proposes all of them, with their hidden parts. Each point of the
outline goes to the proposal on which it lies best, so that the seen part of a particle keeps its
own shape. Of what is hidden, straight edges are prolonged to the corner where they meet, the rest
is mirrored in the centre if opposite sides are seen, or taken from the circle or ellipse through
the seen part, whichever is most like the proposal; else the proposal itself closes the outline.

Where the proposals leave much of the outline unexplained, as with rods that cross in their middles,
convex candidates are also made from arcs, pairs of arcs and basins of the distance map
(`antema.candidates`), and the few that explain the outline best are chosen (`antema.choice`). They
count if they explain all of it and are no more particles. What is hardly seen is told of but left
out. A region whose outline gives no reason to divide it is left to the erosion.

References
----------
Contour evidence and contour estimation: S. Zafari et al., IEEE Trans. Image Process. 24 (2015)
5942-5952, doi 10.1109/TIP.2015.2492828. The choice of few convex hypotheses that explain a
silhouette is a weighted set cover.
"""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from . import silhouettes
from .erosion import Tree
from .regions import LEFT_OUT, SEPARATED, UNSEEN, WHOLE, Region

if TYPE_CHECKING:
    from .arcs import Outline

# How far from a proposal its outline may lie, in radii; then, from what that made of it.
_NEAR_SHARES = 0.28, 0.15
_ALIKE = 0.65  # of a proposal and what the seen part of the outline is completed to
_ALIKE_WELL = 0.03  # difference in what is explained that more particles are worth
_GAP = 1.5  # outlines shorter than this, in radii of the largest disc that fits in, are gaps
_WELL, _WHOLLY = 0.9, 0.985  # parts of the outline that are explained
_LEAST_SEEN = 0.12  # of its outline, below which a particle is a guess
_UNCOVERED = 0.03  # of a nearly convex region that erosion does not divide: too much
_DISTINCT, _COVERED = 0.8, 0.86  # of the smaller of two particles: then they are one
_SADDLES_PX = 0.3, 1.0
_UNIT_PX, _LEAST_SCALE = 28.0, 0.5
_MOST_ARCS, _MOST_CANDIDATES = 1000, 4000


def complete(
    tree: Tree, restored: list[Region], smallest: int, convexity: float, solidity: float
) -> list[Region]:
    """Divide a region into convex particles.

    Parameters
    ----------
    tree : Tree
        Of a region that is not convex.
    restored : list of Region
        What `restore` found in it.
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

    eroded = tree.erode(smallest, convexity, solidity)
    parts = sum(region.status == SEPARATED for region in eroded)
    found = [region for region in restored if np.count_nonzero(region.image) >= smallest]
    rest = _rest(tree, found)
    if parts < 2:  # a bay of the outline is no evidence
        shallow = components.judge_image(np.pad(tree.image, 1))[0] >= convexity
        uncovered = np.count_nonzero(rest) / np.count_nonzero(tree.image)
        if shallow and (len(found) < 2 or uncovered > _UNCOVERED):
            return [Region(tree.origin, tree.image, WHOLE, seen=1.0)]
    if sum(region.status == SEPARATED for region in found) > 1:
        return [*found, *_left_over(tree, rest, smallest)]
    return eroded if parts else [Region(tree.origin, tree.image, WHOLE, seen=1.0)]


def restore(tree: Tree) -> list[Region]:
    """Return the particles of a region that is not convex, as its outline shows them."""
    from . import arcs

    padded = np.pad(tree.image, 1)
    scale = max(_LEAST_SCALE, math.sqrt(tree.squares.max()) / _UNIT_PX)
    outline = arcs.outline_of(padded, scale)
    filled = np.zeros((padded.shape[0], padded.shape[1] + 1), np.int32)
    np.cumsum(padded, axis=1, out=filled[:, 1:])
    shapes: list[np.ndarray] = []
    explained = 0.0
    for magnified in _scales(tree, outline):
        others = _proposed(tree, outline, filled, magnified)
        share = _explained(others, outline, filled, scale)
        fewer = 0 < len(others) < len(shapes)
        if share > explained + (-_ALIKE_WELL if fewer else _ALIKE_WELL):
            shapes, explained = others, share
    if explained < _WELL:
        others = _combined(tree, padded, outline, filled, scale)
        wholly = _explained(others, outline, filled, scale) > _WHOLLY
        if wholly and len(others) <= max(2, len(shapes)):
            shapes = others
    return [region for shape in shapes for region in _cut_out(tree, padded, shape)]


def _scales(tree: Tree, outline: "Outline") -> list[float]:
    """Return at which scales the particles of a region may be what the network knows.

    In a heap the radius of the bends is that of the particles; in a dense layer, where only gaps
    are seen, that of the largest disc that fits in; rods bend at their ends alone.
    """
    from . import arcs

    depth = math.sqrt(tree.squares.max())
    bends = arcs.radius_of_bends(outline, max(2, round(depth / 6)), _GAP * depth)
    bends = min(bends, 2 * depth)
    scales = [silhouettes.scale_for(radius) for radius in (bends, max(bends, depth))]
    if max(scales) > 1:
        scales.append(1.0)
    return sorted(set(scales), key=scales.index)


def _proposed(
    tree: Tree, outline: "Outline", filled: np.ndarray, magnified: float
) -> list[np.ndarray]:
    """Return what the network proposes, shaped by the outline."""
    from . import proposals

    height, width = filled.shape[0], filled.shape[1] - 1
    found = proposals.distinct(silhouettes.find(tree.image, magnified) + 1.0, filled, _DISTINCT)
    points, normals = outline.points, outline.normals
    largest = 4.0 * np.count_nonzero(tree.image)
    shapes = found
    for share in _NEAR_SHARES:
        cost, owner = np.full(len(points), np.inf), np.full(len(points), -1)
        for number, shape in enumerate(shapes):
            if len(shape):
                proposals.explain(shape, number, share, points, normals, cost, owner)
        shapes = []
        for number, proposal in enumerate(found):
            picked = np.flatnonzero(owner == number)
            shape = proposals.restored(
                proposal, picked, points, normals, largest, _ALIKE, height, width
            )
            shapes.append(shape)
    return [shape for shape in shapes if len(shape)]


def _explained(
    shapes: list[np.ndarray], outline: "Outline", filled: np.ndarray, scale: float
) -> float:
    """Return the part of the outline that lies on the shapes."""
    from . import candidates

    points, normals, following = outline.points, outline.normals, outline.following
    on = np.zeros(len(points), bool)
    for shape in shapes:
        on[candidates.examine(shape, 0.0, points, normals, following, filled, scale)[0]] = True
    return float(on.mean())


def _combined(
    tree: Tree, padded: np.ndarray, outline: "Outline", filled: np.ndarray, scale: float
) -> list[np.ndarray]:
    """Return the chosen candidates."""
    from . import candidates, choice, levelsets

    if not 1 < len(outline.arcs) <= _MOST_ARCS:
        return []
    distance = np.sqrt(tree.squares)
    basins = [levelsets.basins(distance, saddle * max(1.0, scale)) for saddle in _SADDLES_PX]
    found = candidates.candidates(padded, filled, outline, scale, basins)
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
    return [found[i].polygon for i in np.flatnonzero(chosen)]


def _cut_out(tree: Tree, padded: np.ndarray, polygon: np.ndarray) -> Iterator[Region]:
    """Yield what lies in a polygon as a region, if anything does."""
    from . import convex, levelsets

    top, columns, _ = convex.spans(polygon, *padded.shape)
    if not any(padded[top + row, begin:end].any() for row, (begin, end) in enumerate(columns)):
        return
    image, row, column = levelsets.largest_part(padded, top, columns)
    origin = (tree.origin[0] + row, tree.origin[1] + column)
    seen = tree.seen(image, row, column)
    status, reason = (SEPARATED, "") if seen >= _LEAST_SEEN else (LEFT_OUT, UNSEEN)
    yield Region(origin, image[1:-1, 1:-1].copy(), status, reason, seen)


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
