"""Object scores: how many of the connected objects of a mask were found, and found alone.

A particle that is lost, one that is torn and two that are fused weigh the same here however small
they are; pixel scores hardly see them.
"""

import dataclasses
from typing import Any, Self

import numpy as np
from scipy import ndimage

MIN_AREA_PX = 10


@dataclasses.dataclass(frozen=True)
class ObjectScores:
    """Counts of true, found and matched objects; counts of several images are added."""

    true: int = 0
    found: int = 0
    matched: int = 0

    def __add__(self, other: Self) -> Self:
        """Add the counts."""
        return type(self)(
            self.true + other.true, self.found + other.found, self.matched + other.matched
        )

    @property
    def precision(self) -> float:
        """Share of the found objects that are true ones."""
        return self.matched / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true objects that were found."""
        return self.matched / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return 2 * self.matched / (self.true + self.found) if self.true + self.found else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return counts and scores as plain values."""
        return {
            **dataclasses.asdict(self),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
        }


def score_objects(found: np.ndarray, truth: np.ndarray, least_iou: float = 0.5) -> ObjectScores:
    """Match connected objects one to one at IoU > `least_iou` (>= 0.5, so matches are unique).

    Objects of fewer than 10 px are left out on both sides.
    """
    found_labels, found_areas = _components(found)
    true_labels, true_areas = _components(truth)
    both = (found_labels > 0) & (true_labels > 0)
    pairs = true_labels[both].astype(np.int64) * len(found_areas) + found_labels[both]
    keys, shared = np.unique(pairs, return_counts=True)
    true_index, found_index = np.divmod(keys, len(found_areas))
    union = true_areas[true_index] + found_areas[found_index] - shared
    matched = int(np.count_nonzero(shared / np.maximum(union, 1) > least_iou))
    return ObjectScores(
        int(np.count_nonzero(true_areas[1:])), int(np.count_nonzero(found_areas[1:])), matched
    )


def _components(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and areas of the connected objects; small ones become background."""
    labels, count = ndimage.label(mask)
    areas = np.bincount(labels.ravel(), minlength=count + 1)
    small = areas < MIN_AREA_PX
    labels[small[labels]] = 0
    areas[small] = 0
    return labels, areas
