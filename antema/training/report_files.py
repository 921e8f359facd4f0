"""A report as files: json with all scores, csv with a row per image, and a png to look at."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..export import check_absent, make_folder
from .objects import LEAST_IOUS
from .report import Example, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

JSON, CSV, PNG = "evaluation.json", "evaluation.csv", "evaluation.png"
# As in `antema.appearance`: colours that colour-blind people tell apart.
_TRUE, _FOUND = "#009E73", "#D55E00"


def absent_report(folder: Path) -> None:
    """Raise ResultsExist if the folder holds a report already."""
    check_absent(folder / name for name in (JSON, CSV, PNG))


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write the report into a folder, which is made if absent; return the files."""
    make_folder(folder)
    text = json.dumps(report.to_dict(), indent=2, ensure_ascii=False)
    (folder / JSON).write_text(text + "\n", encoding="utf-8")
    report.table().to_csv(folder / CSV, index=False)
    draw_report(report, folder / PNG)
    return [folder / name for name in (JSON, CSV, PNG)]


def draw_report(report: Report, path: Path) -> None:
    """Draw the confusion matrix, F1 over IoU, the IoU of every image, and the worst images."""
    from matplotlib.figure import Figure

    rows = 2 if report.examples else 1
    figure = Figure(figsize=(12, 4.2 if rows == 1 else 9), layout="constrained")
    heads = figure.subfigures(rows, 1, height_ratios=[4, 5][:rows], squeeze=False)
    upper = heads[0, 0].subplots(1, 3)
    _draw_confusion(upper[0], report)
    _draw_objects(upper[1], report)
    _draw_images(upper[2], report)
    if report.examples:
        axes = heads[1, 0].subplots(2, 3).ravel()
        for axis, example in zip(axes, report.examples, strict=False):
            _draw_example(axis, example)
        for axis in axes[len(report.examples) :]:
            axis.axis("off")
        heads[1, 0].suptitle("worst images: truth green, found orange", fontsize=10)
    figure.savefig(path, dpi=110)


def _draw_confusion(axis: "Axes", report: Report) -> None:
    shares = np.array(report.total.normalised)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.5 else "black"
        axis.text(column, row, f"{share:.2%}", ha="center", va="center", color=colour)
    words = ["particle", "background"]
    axis.set_xticks([0, 1], words)
    axis.set_yticks([0, 1], words, rotation=90, va="center")
    axis.set_xlabel("found")
    axis.set_ylabel("truth")
    total = report.total
    axis.set_title(
        f"accuracy {total.accuracy:.2%}, IoU {total.iou:.2%}, Dice {total.dice:.2%}", fontsize=10
    )


def _draw_objects(axis: "Axes", report: Report) -> None:
    objects = report.objects
    for name, values, style in (
        ("F1", objects.f1, "-o"),
        ("precision", objects.precision, "--"),
        ("recall", objects.recall, ":"),
    ):
        axis.plot(LEAST_IOUS, values, style, label=name, color="#0072B2", markersize=4)
    axis.set_ylim(0, 1)
    axis.set_xlabel("particles matched at an IoU above")
    axis.grid(alpha=0.3)
    axis.legend()
    axis.set_title(f"{objects.true} true particles, {objects.found} found", fontsize=10)


def _draw_images(axis: "Axes", report: Report) -> None:
    axis.bar(range(len(report.ious)), report.ious, width=1.0, color="#56B4E9", edgecolor="white")
    axis.axhline(report.mean_iou, color="#0072B2", linewidth=1)
    axis.set_ylim(0, 1)
    axis.set_xlabel("images, the worst first")
    axis.set_ylabel("particle IoU")
    axis.set_title(
        f"mean {report.mean_iou:.2%}, worst tenth {report.worst_tenth_iou:.2%}", fontsize=10
    )


def _draw_example(axis: "Axes", example: Example) -> None:
    axis.imshow(example.grey, cmap="gray", vmin=0, vmax=255)
    for mask, colour in ((example.truth, _TRUE), (example.found, _FOUND)):
        if mask.any() and not mask.all():
            axis.contour(mask, [0.5], colors=[colour], linewidths=1)
    axis.set_title(f"{example.name[:32]}: {example.iou:.1%}", fontsize=9)
    axis.axis("off")
