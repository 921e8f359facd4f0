"""Validation: how well a model does on images that are held out, and the curves of a run.

Images go through at the scale and in the tiles of an analysis. The curves are a csv that grows by a
row per validation, and a png of it.
"""

import csv
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from ..network import predict_in_tiles
from ..preparation import resize, working_shape
from .dataset import LabelledImage
from .export import INFERENCE
from .metrics import Confusion
from .model import PAD_MULTIPLE, Segmenter

_TILE_PX = 1024
COLUMNS = ("step", "minutes", "loss", "validation_iou", "validation_mean_iou", "score")


@dataclasses.dataclass(frozen=True)
class Validation:
    """Particle IoU of all pixels together, and the mean of the images' own."""

    iou: float
    mean_iou: float

    @property
    def score(self) -> float:
        """Mean of the two: neither the largest particles nor the hardest image decide alone."""
        return (self.iou + self.mean_iou) / 2


def validate(model: Segmenter, images: Sequence[LabelledImage]) -> Validation:
    """Score a model on labelled images at threshold 0.5."""
    each = [Confusion.of(predict(model, image.grey) > 0.5, image.mask) for image in images]
    together = sum(each, start=Confusion())
    return Validation(together.iou, float(np.mean([confusion.iou for confusion in each])))


def predict(model: Segmenter, grey: np.ndarray) -> np.ndarray:
    """Return the probability map of one image given as grey values 0..255 (uint8)."""
    device = next(model.parameters()).device

    def of_tile(tile: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            logits = model(torch.from_numpy(tile)[None, None].to(device))
        return logits.sigmoid()[0, 0].float().cpu().numpy()

    pixels = grey.astype(np.float32) / 255
    seen = resize(pixels, working_shape(grey.shape, INFERENCE["most_px"]))
    probability = predict_in_tiles(
        of_tile, seen, tile=_TILE_PX, margin=INFERENCE["margin_px"], multiple=PAD_MULTIPLE
    )
    return resize(probability, grey.shape)


class Curves:
    """The table `curves.csv` of a run and its picture `curves.png`.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.table, self.picture = folder / "curves.csv", folder / "curves.png"
        self.rows: list[dict[str, float]] = []

    def go_on_from(self, step: int) -> None:
        """Read the rows of an earlier run up to its last checkpoint; a kill loses later ones."""
        if not self.table.exists():
            return
        with self.table.open(newline="", encoding="utf-8") as file:
            read = csv.DictReader(file)
            if tuple(read.fieldnames or ()) == COLUMNS:
                rows = [{key: float(row[key]) for key in COLUMNS} for row in read]
                self.rows = [row for row in rows if row["step"] <= step]

    def add(self, step: int, minutes: float, loss: float, found: Validation) -> None:
        """Add one validation and write both files."""
        values = (step, minutes, loss, found.iou, found.mean_iou, found.score)
        self.rows.append(dict(zip(COLUMNS, values, strict=True)))
        with self.table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for row in self.rows:
                numbers = (f"{row[key]:.4f}" for key in COLUMNS[2:])
                writer.writerow([int(row["step"]), f"{row['minutes']:.1f}", *numbers])
        self.draw()

    def draw(self) -> None:
        """Draw the loss and the scores over the steps, with the best one marked."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4), layout="constrained")
        score, loss = figure.subplots(1, 2)
        steps = [row["step"] for row in self.rows]
        for key, name, style in (
            ("validation_iou", "all pixels together", "--s"),
            ("validation_mean_iou", "mean of the images", ":^"),
            ("score", "mean of the two (decides)", "-o"),
        ):
            values = [row[key] for row in self.rows]
            score.plot(steps, values, style, label=name, color="#0072B2", markersize=3)
        best = max(self.rows, key=lambda row: row["score"])
        score.plot(best["step"], best["score"], "o", color="#D55E00", label="kept")
        score.set_title("particle IoU of the held-out images", fontsize=10)
        score.legend(fontsize=8)
        loss.plot(steps, [row["loss"] for row in self.rows], "-o", color="#0072B2", markersize=3)
        loss.set_title("loss in training", fontsize=10)
        for axis in (score, loss):
            axis.set_xlabel("step")
            axis.grid(alpha=0.3)
        figure.savefig(self.picture, dpi=110)
