"""Object scores: how many of the true particles were found, each by one particle of its own.

A particle that is lost, one that is torn and two that are fused weigh the same here however small
they are; pixel scores hardly see them. Pairs are matched one to one, those that overlap best first,
and count at every limit of the intersection over union (IoU) that they exceed.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from scipy import ndimage

from ..separation import WHOLE, Region

LEAST_IOUS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
MIN_AREA_PX = 10


@dataclasses.dataclass(frozen=True)
class ObjectScores:
    """Counts of true, found and matched objects; counts of several images are added.

    Attributes
    ----------
    true, found : int
    matched : tuple of int
        Pairs whose IoU exceeds each of `LEAST_IOUS`, 0.5 to 0.95.
    """

    true: int = 0
    found: int = 0
    matched: tuple[int, ...] = (0,) * len(LEAST_IOUS)

    def __add__(self, other: Self) -> Self:
        """Add the counts."""
        matched = tuple(a + b for a, b in zip(self.matched, other.matched, strict=True))
        return type(self)(self.true + other.true, self.found + other.found, matched)

    @property
    def precision(self) -> np.ndarray:
        """Share of the found objects that are true ones, at each of `LEAST_IOUS`."""
        return self._share(self.found)

    @property
    def recall(self) -> np.ndarray:
        """Share of the true objects that were found, at each of `LEAST_IOUS`."""
        return self._share(self.true)

    @property
    def f1(self) -> np.ndarray:
        """Harmonic mean of the two, at each of `LEAST_IOUS`."""
        return self._share((self.true + self.found) / 2)

    def _share(self, whole: float) -> np.ndarray:
        """Return the matched ones as a share; of nothing, all were matched."""
        return np.array(self.matched) / whole if whole else np.ones(len(LEAST_IOUS))

    def to_dict(self) -> dict[str, Any]:
        """Return counts and scores as plain values, the scores by IoU."""
        scores = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {
            "true": self.true,
            "found": self.found,
            **{
                name: {f"{least:.2f}": round(float(v), 4) for least, v in zip_ious(values)}
                for name, values in scores.items()
            },
        }


def zip_ious(values: np.ndarray) -> list[tuple[float, float]]:
    """Pair each of `LEAST_IOUS` with its score."""
    return list(zip(LEAST_IOUS, values.tolist(), strict=True))


def score_objects(
    found: Sequence[Region], truth: np.ndarray, *, edge_counts: bool = True
) -> ObjectScores:
    """Match found particles with true ones.

    Parameters
    ----------
    found : sequence of Region
        They may overlap.
    truth : ndarray of int, shape (M, N)
        Label image: 0 is background, any other number one particle.
    edge_counts : bool
        False leaves out true particles that touch the edge of the image, and what was found mostly
        on them, as an analysis leaves out what is cut by the edge.

    Returns
    -------
    ObjectScores
        Objects of fewer than `MIN_AREA_PX` pixels are left out on both sides.
    """
    numbers, true_areas = counted_objects(truth, edge_counts)
    on_edge = set() if edge_counts else edge_objects(truth)
    areas = dict(zip(numbers.tolist(), true_areas.tolist(), strict=True))
    pairs: list[tuple[float, int, int]] = []
    count = 0
    for index, region in enumerate(found):
        area = int(np.count_nonzero(region.image))
        if area < MIN_AREA_PX:
            continue
        below, shared = _true_objects_below(region, truth)
        if not edge_counts and sum(
            s for n, s in zip(below, shared, strict=True) if n in on_edge
        ) > (area / 2):
            continue
        count += 1
        for number, common in zip(below, shared, strict=True):
            if number in areas:
                pairs.append((common / (area + areas[number] - common), index, number))
    return ObjectScores(len(areas), count, _matched(pairs))


def counted_objects(truth: np.ndarray, edge_counts: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers and areas (px) of the true objects that count."""
    numbers, areas = np.unique(truth[truth != 0], return_counts=True)
    keep = areas >= MIN_AREA_PX
    if not edge_counts:
        keep &= ~np.isin(numbers, list(edge_objects(truth)))
    return numbers[keep], areas[keep]


def edge_objects(truth: np.ndarray) -> set[int]:
    """Return the numbers of the true objects that touch the edge of the image."""
    rim = np.concatenate([truth[0], truth[-1], truth[:, 0], truth[:, -1]])
    return set(np.unique(rim[rim != 0]).tolist())


def regions_of(labels: np.ndarray) -> list[Region]:
    """Return the objects of a label image (not negative) as regions."""
    boxes = ndimage.find_objects(labels)
    return [
        Region((box[0].start, box[1].start), labels[box] == number, WHOLE)
        for number, box in enumerate(boxes, start=1)
        if box is not None
    ]


def connected(mask: np.ndarray) -> np.ndarray:
    """Label the connected objects of a mask; corners connect, as everywhere in antema."""
    return ndimage.label(mask, np.ones((3, 3)))[0]


def _true_objects_below(region: Region, truth: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the true objects a region lies on, and the pixels it shares with each."""
    (row, column), (height, width) = region.origin, region.image.shape
    below = truth[row : row + height, column : column + width][region.image]
    numbers, shared = np.unique(below[below != 0], return_counts=True)
    return numbers.tolist(), shared.tolist()


def _matched(pairs: list[tuple[float, int, int]]) -> tuple[int, ...]:
    """Count the one-to-one matches above every limit, the best pairs matched first."""
    taken_found, taken_true, ious = set(), set(), []
    for iou, index, number in sorted(pairs, key=lambda pair: -pair[0]):
        if iou <= LEAST_IOUS[0]:
            break
        if index not in taken_found and number not in taken_true:
            taken_found.add(index)
            taken_true.add(number)
            ious.append(iou)
    return tuple(int(np.count_nonzero(np.array(ious) > least)) for least in LEAST_IOUS)
