"""Corrections by hand: leave a particle out, take one back, join parts, cut one in two.

A correction does not name a particle by its number, which changes with the options, but by its
place: where its centroid lies and how many pixels it has. So corrections are made again on the
regions of other options, and one whose particle is not there any more is dropped and says why. They
are plain values: kept in order they are the whole history, and without the last it is undone.
"""

import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from .errors import CannotCorrect, InvalidOption
from .separation import EDGE, LEFT_OUT, SEPARATED, WHOLE, Region

EXCLUDE, RESTORE, MERGE, SPLIT = "exclude", "restore", "merge", "split"
BY_HAND = "removed by hand"
NOTES = {RESTORE: "taken back by hand", MERGE: "joined by hand", SPLIT: "cut by hand"}

# The same particle under other options: its centroid moved by no more than this part of its
# diameter, its area by no more than this factor.
_NEAR = 0.25
_ALIKE = 1.5
# Parts of a cut smaller than this share belong to the rest.
_CRUMB = 0.02

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a region is and how large: centroid in pixels (0 = centre of the first), and area."""

    row_px: float
    column_px: float
    area_px: int

    @classmethod
    def of(cls, region: Region) -> Self:
        """Return the place of a region."""
        rows, columns = (region.image.sum(axis=1 - axis) for axis in (0, 1))
        area = int(rows.sum())
        row = region.origin[0] + float(np.arange(len(rows)) @ rows) / area
        column = region.origin[1] + float(np.arange(len(columns)) @ columns) / area
        return cls(round(row, 3), round(column, 3), area)


@dataclasses.dataclass(frozen=True)
class Correction:
    """One thing that a person changed.

    Parameters
    ----------
    kind : {"exclude", "restore", "merge", "split"}
    places : tuple of Place
        Of the regions it is about: two or more to merge, one to split.
    line : ((float, float), (float, float)), optional
        Row and column of both ends of the cut; only of a split.

    Raises
    ------
    InvalidOption
        If the kind is not known, or the number of places or the line does not go with it.
    """

    kind: str
    places: tuple[Place, ...]
    line: Line | None = None

    def __post_init__(self) -> None:
        least, most = {MERGE: (2, math.inf), SPLIT: (1, 1)}.get(self.kind, (1, math.inf))
        known = self.kind in (EXCLUDE, RESTORE, MERGE, SPLIT)
        if not known or not least <= len(self.places) <= most:
            msg = f"No correction by hand: {self.kind!r} of {len(self.places)} regions."
            raise InvalidOption(msg)
        if (self.line is None) == (self.kind == SPLIT):
            msg = "A cut needs the two ends of its line, other corrections have none."
            raise InvalidOption(msg)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a correction from plain values, as `to_dict` gives them."""
        try:
            places = tuple(
                Place(float(row), float(column), int(area))
                for row, column, area in values["places"]
            )
            line = values.get("line")
            ends = None if line is None else tuple((float(r), float(c)) for r, c in line)
            if ends is not None and len(ends) != 2:
                raise ValueError(line)
            return cls(values["kind"], places, ends)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            msg = f"This is no correction by hand: {values!r}."
            raise InvalidOption(msg) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the correction as plain values that json can hold."""
        about: dict[str, Any] = {
            "kind": self.kind,
            "places": [list(dataclasses.astuple(place)) for place in self.places],
        }
        return about if self.line is None else about | {"line": [list(end) for end in self.line]}


def exclude(*regions: Region) -> Correction:
    """Leave particles out."""
    return Correction(EXCLUDE, tuple(map(Place.of, regions)))


def restore(*regions: Region) -> Correction:
    """Take regions that were left out for particles, as they are."""
    return Correction(RESTORE, tuple(map(Place.of, regions)))


def merge(*regions: Region) -> Correction:
    """Join two or more parts to one particle."""
    return Correction(MERGE, tuple(map(Place.of, regions)))


def split(region: Region, start: tuple[float, float], end: tuple[float, float]) -> Correction:
    """Cut a region along a straight line from `start` to `end`, each given as row and column."""
    ends = tuple((round(float(row), 2), round(float(column), 2)) for row, column in (start, end))
    return Correction(SPLIT, (Place.of(region),), ends)  # type: ignore[arg-type]


def correct(
    regions: Sequence[Region], corrections: Sequence[Correction], mask: np.ndarray
) -> tuple[list[Region], dict[int, str]]:
    """Make corrections, one after the other, on the regions that the separation found.

    Parameters
    ----------
    regions : sequence of Region
    corrections : sequence of Correction
    mask : ndarray of bool, shape (M, N)
        The mask that the regions came from.

    Returns
    -------
    regions : list of Region
        Ordered by row and column of their origin, as `antema.separate` orders them.
    dropped : dict of int to str
        Which of the corrections (the first is 0) could not be made, each with the reason.
    """
    found = _Found(regions)
    dropped = {}
    for number, correction in enumerate(corrections):
        try:
            old, new = _changes(found, correction, mask)
        except CannotCorrect as error:
            dropped[number] = str(error)
        else:
            found.replace(old, new)
    return sorted(found.regions, key=lambda region: region.origin), dropped


def locate(regions: Sequence[Region], place: Place) -> Region | None:
    """Return the region that is at a place, None if there is none of about that size."""
    try:
        return _Found(regions).at(place, None)
    except CannotCorrect:
        return None


class _Found:
    """The regions as they are so far, which can be looked up by place."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self.regions = list(regions)

    @functools.cached_property
    def _places(self) -> dict[int, Place]:
        return {id(region): Place.of(region) for region in self.regions}

    def at(self, place: Place, left_out: bool | None) -> Region:
        """Return the region at a place, of those left out or those not (None: of all)."""
        near = _NEAR * math.sqrt(4 * place.area_px / math.pi)
        best, least = None, math.inf
        for region in self.regions:
            if left_out is not None and (region.status == LEFT_OUT) != left_out:
                continue
            other = self._places[id(region)]
            away = math.hypot(other.row_px - place.row_px, other.column_px - place.column_px)
            growth = abs(math.log(other.area_px / place.area_px))
            # Two regions of one centre (an agglomerate and its middle) differ in their area.
            score = away / near + growth
            if away <= near and growth <= math.log(_ALIKE) and score < least:
                best, least = region, score
        if best is None:
            msg = (
                f"there is no such {'region' if left_out else 'particle'} any more at row "
                f"{place.row_px:.0f}, column {place.column_px:.0f}"
            )
            raise CannotCorrect(msg)
        return best

    def replace(self, old: Sequence[Region], new: Sequence[Region]) -> None:
        """Put new regions in the place of old ones."""
        places = self._places
        gone = {id(region) for region in old}
        self.regions = [region for region in self.regions if id(region) not in gone] + list(new)
        places.update({id(region): Place.of(region) for region in new})


def _changes(
    found: _Found, correction: Correction, mask: np.ndarray
) -> tuple[list[Region], list[Region]]:
    """Return the regions that a correction takes away and those that it puts there."""
    wanted = {EXCLUDE: False, RESTORE: True, MERGE: False, SPLIT: None}[correction.kind]
    old = [found.at(place, wanted) for place in correction.places]
    if correction.line is not None:
        return old, _cut(old[0], correction.line, mask.shape)
    if correction.kind == MERGE:
        return _join(found, old, mask)
    note = NOTES.get(correction.kind, BY_HAND)
    status = WHOLE if correction.kind == RESTORE else LEFT_OUT
    return old, [dataclasses.replace(region, status=status, reason=note) for region in old]


def _join(
    found: _Found, parts: list[Region], mask: np.ndarray
) -> tuple[list[Region], list[Region]]:
    """Join parts to one region, with what the mask holds between them and no other claims.

    What was left out between them, such as a neck, is part of the particle and not left out.
    """
    from skimage.measure import label
    from skimage.morphology import convex_hull_image

    chosen = {id(part) for part in parts}
    (top, left), (bottom, right) = _frame(parts)
    union, others = np.zeros((2, bottom - top, right - left), bool)
    for region in found.regions:
        if id(region) in chosen or region.status != LEFT_OUT:
            _draw(region, union if id(region) in chosen else others, (top, left))
    between = convex_hull_image(union) & mask[top:bottom, left:right] & ~others
    labels = label(union | between, connectivity=2)
    numbers = np.unique(labels[union])
    if len(numbers) > 1 or len(chosen) < len(parts):
        msg = "only particles that touch or overlap can be joined"
        raise CannotCorrect(msg)
    whole = Region((int(top), int(left)), labels == numbers[0], WHOLE, NOTES[MERGE])
    covered = [
        region
        for region in found.regions
        if region.status == LEFT_OUT and _share(region, whole) > 0.5
    ]
    return parts + covered, [whole]


def _share(region: Region, whole: Region) -> float:
    """Return which part of a region lies inside another."""
    inside = np.zeros(region.image.shape, bool)
    _draw(whole, inside, region.origin)
    return np.count_nonzero(inside & region.image) / np.count_nonzero(region.image)


def _frame(parts: Sequence[Region]) -> tuple[np.ndarray, np.ndarray]:
    """Return the first row and column of the regions' common box, and those after the last."""
    origins = np.array([part.origin for part in parts])
    ends = origins + [part.image.shape for part in parts]
    return origins.min(axis=0), ends.max(axis=0)


def _draw(region: Region, picture: np.ndarray, origin: Sequence[int]) -> None:
    """Set a region's pixels in a picture whose first pixel is at `origin`, where they lie in it."""
    top, left = (int(a) - int(b) for a, b in zip(region.origin, origin, strict=True))
    height, width = region.image.shape
    rows = slice(max(0, top), max(0, top + height))
    columns = slice(max(0, left), max(0, left + width))
    window = picture[rows, columns]
    first_row, first_column = max(0, -top), max(0, -left)
    image = region.image[first_row:, first_column:][: window.shape[0], : window.shape[1]]
    window[: image.shape[0], : image.shape[1]] |= image


def _cut(region: Region, ends: Line, shape: tuple[int, ...]) -> list[Region]:
    """Return the parts of a region on the sides of a line, which itself goes to the nearest."""
    from skimage.draw import line
    from skimage.measure import label
    from skimage.segmentation import expand_labels

    image = region.image
    start, end = (np.rint(np.subtract(point, region.origin)).astype(int) for point in ends)
    rows, columns = line(*start, *end)
    inside = (rows >= 0) & (rows < image.shape[0]) & (columns >= 0) & (columns < image.shape[1])
    rest = image.copy()
    rest[rows[inside], columns[inside]] = False
    # A drawn line hangs together by corners, so the parts beside it may only do so by sides.
    labels = label(rest, connectivity=1)
    areas = np.bincount(labels.ravel(), minlength=2)
    areas[0] = 0
    crumbs = areas < max(5, _CRUMB * np.count_nonzero(image))
    if np.count_nonzero(~crumbs) < 2:
        msg = "the line does not cut through a particle: draw it from one side to the other"
        raise CannotCorrect(msg)
    labels[crumbs[labels]] = 0
    labels = expand_labels(labels, distance=math.hypot(*image.shape)) * image
    return [_part(region, labels == number, shape) for number in np.flatnonzero(~crumbs)]


def _part(region: Region, image: np.ndarray, shape: tuple[int, ...]) -> Region:
    """Return a part of a region in a box of its own; cut by the image edge, it stays left out."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    top, left = region.origin[0] + int(rows[0]), region.origin[1] + int(columns[0])
    small = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    at_edge = not (
        top and left and top + len(small) < shape[0] and left + small.shape[1] < shape[1]
    )
    if region.reason == EDGE and at_edge:
        return Region((top, left), small, LEFT_OUT, EDGE)
    return Region((top, left), small, SEPARATED, NOTES[SPLIT])
