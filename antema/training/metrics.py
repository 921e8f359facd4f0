"""Pixel scores of a segmentation: the confusion matrix and what follows from it."""

import dataclasses
from typing import Self

import numpy as np


@dataclasses.dataclass(frozen=True)
class Confusion:
    """Counts of pixels; "positive" is particle. Counts of several images are added."""

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0

    @classmethod
    def of(cls, found: np.ndarray, truth: np.ndarray) -> Self:
        """Compare two bool masks of the same shape."""
        found, truth = np.asarray(found, bool), np.asarray(truth, bool)
        both = int(np.count_nonzero(found & truth))
        positive, wanted = int(np.count_nonzero(found)), int(np.count_nonzero(truth))
        return cls(both, positive - both, wanted - both, truth.size - positive - wanted + both)

    def __add__(self, other: Self) -> Self:
        """Add the counts."""
        pairs = zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True)
        return type(self)(*(a + b for a, b in pairs))

    @property
    def of_background(self) -> Self:
        """The same comparison with background as the positive class."""
        return type(self)(
            self.true_negative, self.false_negative, self.false_positive, self.true_positive
        )

    @property
    def accuracy(self) -> float:
        """Share of all pixels that are right."""
        return _ratio(self.true_positive + self.true_negative, sum(dataclasses.astuple(self)))

    @property
    def class_accuracy(self) -> float:
        """Share of the class's own pixels that were found."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def iou(self) -> float:
        """Intersection over union, TP / (TP + FP + FN)."""
        return _ratio(
            self.true_positive, self.true_positive + self.false_positive + self.false_negative
        )

    @property
    def dice(self) -> float:
        """Dice or F1 score, 2 TP / (2 TP + FP + FN)."""
        return _ratio(
            2 * self.true_positive,
            2 * self.true_positive + self.false_positive + self.false_negative,
        )

    @property
    def normalised(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Confusion matrix with rows (truth: particle, background) that add up to 1."""
        particle, background = self.class_accuracy, self.of_background.class_accuracy
        return (particle, 1 - particle), (1 - background, background)


def _ratio(part: float, whole: float) -> float:
    """Return part / whole; of nothing, everything is right."""
    return part / whole if whole else 1.0
