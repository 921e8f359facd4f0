"""Evaluation: how well a weight set does on a labelled folder, as the paper's Table 1 and Fig. 8.

The images go the same way as in an analysis: `normalise`, then `Network.predict`, then a threshold.
"""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UnreadableImage
from ..network import load_network
from ..preparation import normalise
from ..progress import Progress
from ..reading import read
from .dataset import PARTS, find_pairs, part_of, read_labels
from .metrics import Confusion
from .objects import ObjectScores, score_objects


@dataclasses.dataclass(frozen=True)
class ImageScore:
    """Scores of one image."""

    name: str
    confusion: Confusion
    objects: ObjectScores


@dataclasses.dataclass(frozen=True)
class Report:
    """Scores of a labelled folder.

    Attributes
    ----------
    weights : str
        Name of the weight set.
    images : tuple of ImageScore
    threshold : float
    """

    weights: str
    images: tuple[ImageScore, ...]
    threshold: float

    @property
    def total(self) -> Confusion:
        """All pixels of all images together."""
        return sum((image.confusion for image in self.images), start=Confusion())

    @property
    def ious(self) -> np.ndarray:
        """Particle IoU of every image, ascending."""
        return np.sort([image.confusion.iou for image in self.images])

    @property
    def mean_iou(self) -> float:
        """Mean of the images' particle IoU."""
        return float(self.ious.mean())

    @property
    def worst_tenth_iou(self) -> float:
        """Mean particle IoU of the worst tenth of the images (at least one)."""
        return float(self.ious[: max(round(len(self.ious) / 10), 1)].mean())

    @property
    def objects(self) -> ObjectScores:
        """Matched particles of all images together."""
        return sum((image.objects for image in self.images), start=ObjectScores())

    def to_dict(self) -> dict[str, Any]:
        """Return all scores as plain values that json can hold."""
        total = self.total
        particle, background = (
            {
                "class_accuracy": round(confusion.class_accuracy, 4),
                "iou": round(confusion.iou, 4),
                "dice": round(confusion.dice, 4),
            }
            for confusion in (total, total.of_background)
        )
        return {
            "weights": self.weights,
            "threshold": self.threshold,
            "images": len(self.images),
            "accuracy": round(total.accuracy, 4),
            "particle": particle,
            "background": background,
            "normalised_confusion": [[round(v, 4) for v in row] for row in total.normalised],
            "mean_image_iou": round(self.mean_iou, 4),
            "worst_tenth_iou": round(self.worst_tenth_iou, 4),
            "objects": self.objects.to_dict(),
            "by_image": {image.name: round(image.confusion.iou, 4) for image in self.images},
        }

    def to_text(self) -> str:
        """Return the scores as a table to read."""
        total, objects = self.total, self.objects
        back = total.of_background
        (pp, pb), (bp, bb) = total.normalised
        return "\n".join(
            [
                f"weights {self.weights}, {len(self.images)} images, threshold {self.threshold:g}",
                f"accuracy of all pixels      {total.accuracy:8.2%}",
                "                            particle  background",
                f"class accuracy              {pp:8.2%}  {bb:8.2%}",
                f"IoU                         {total.iou:8.2%}  {back.iou:8.2%}",
                f"Dice                        {total.dice:8.2%}  {back.dice:8.2%}",
                "normalised confusion        found as particle / background",
                f"  truly particle            {pp:8.2%}  {pb:8.2%}",
                f"  truly background          {bp:8.2%}  {bb:8.2%}",
                f"mean IoU per image          {self.mean_iou:8.2%}",
                f"mean IoU of worst tenth     {self.worst_tenth_iou:8.2%}",
                f"connected objects, IoU>0.5  precision {objects.precision:.2%}, "
                f"recall {objects.recall:.2%}, F1 {objects.f1:.2%}",
            ]
        )


def evaluate(
    folder: Path | str,
    weights: Path | str,
    *,
    parts: Iterable[str] = PARTS,
    threshold: float = 0.5,
    progress: Progress | None = None,
) -> Report:
    """Score a weight set on a labelled folder.

    Parameters
    ----------
    folder : path
        With `images/` and `instances/` or `masks/` (see `antema.training.dataset`).
    weights : path or name
        Weight set.
    parts : iterable of {"training", "validation", "test"}
        Which images count; ``["test"]`` are those that training on this folder never sees.
    threshold : float
        Probability from which a pixel is particle.
    progress : callable, optional
        Called with (fraction, message) before every image; may raise Cancelled.

    Raises
    ------
    UnreadableImage
        If the folder has no labelled images of these parts.
    """
    wanted = set(parts)
    pairs = [pair for pair in find_pairs(folder) if part_of(pair[0].stem) in wanted]
    if not pairs:
        msg = f"{folder} has no image of the part {' or '.join(sorted(wanted))}."
        raise UnreadableImage(msg)
    network = load_network(str(weights))
    scores = []
    for number, (image, label) in enumerate(pairs):
        if progress is not None:
            progress(number / len(pairs), image.name)
        truth = read_labels(label) > 0
        found = network.predict(normalise(read(image).pixels)) > threshold
        scores.append(
            ImageScore(image.stem, Confusion.of(found, truth), score_objects(found, truth))
        )
    if progress is not None:
        progress(1.0, "done")
    return Report(network.name, tuple(scores), threshold)
