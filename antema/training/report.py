"""The scores of a labelled folder: all pixels together, image by image, and by group.

Pixel scores are those of the paper's Table 1 and Fig. 8; objects, counts and diameters tell what
they cannot: whether every particle was found, alone and at its size.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .metrics import Confusion
from .objects import LEAST_IOUS, ObjectScores

_CONTRAST_EDGES = (1, 2, 5, 10)
_SIZE_EDGES_PX = (8, 16, 32, 64, 128)
_SHOWN_WORST = 5


@dataclasses.dataclass(frozen=True)
class ImageScore:
    """Scores of one image.

    Attributes
    ----------
    name : str
    confusion : Confusion
    objects : ObjectScores
    true_diameter_px, found_diameter_px : float
        Mean equivalent diameter of the true and of the found particles; NaN where there are none.
    size_px : float
        Median equivalent diameter of the true particles, by which images are grouped.
    contrast_to_noise : float
        Grey value of the background minus that of the particles (medians), over the spread of the
        background (1.4826 times its median absolute deviation); NaN if one of the two is absent.
    about : dict
        What is known of the image besides, such as its kind.
    """

    name: str
    confusion: Confusion
    objects: ObjectScores
    true_diameter_px: float = np.nan
    found_diameter_px: float = np.nan
    size_px: float = np.nan
    contrast_to_noise: float = np.nan
    about: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def count_error(self) -> float:
        """Found / true particles - 1; NaN where there are no true ones."""
        return self.objects.found / self.objects.true - 1 if self.objects.true else np.nan

    @property
    def diameter_error(self) -> float:
        """Mean diameter found / mean diameter of the truth - 1; NaN where one of them has none."""
        return self.found_diameter_px / self.true_diameter_px - 1


@dataclasses.dataclass(frozen=True, eq=False)
class Example:
    """One image to look at: grey values (uint8), true and found mask (bool), all of one shape."""

    name: str
    iou: float
    grey: np.ndarray = dataclasses.field(repr=False)
    truth: np.ndarray = dataclasses.field(repr=False)
    found: np.ndarray = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class Report:
    """Scores of a labelled folder.

    Attributes
    ----------
    weights : str
        What found the particles: the name of the weight set, or "otsu".
    images : tuple of ImageScore
    threshold : float
    separation : str
        How touching particles were taken apart; "none" for labels that do not tell them apart.
    examples : tuple of Example
        The worst images, the worst first.
    """

    weights: str
    images: tuple[ImageScore, ...]
    threshold: float
    separation: str = "none"
    examples: tuple[Example, ...] = ()

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

    @property
    def count_error(self) -> float:
        """Found / true particles of all images - 1; NaN if there are no true ones."""
        objects = self.objects
        return objects.found / objects.true - 1 if objects.true else np.nan

    @property
    def mean_count_error(self) -> float:
        """Mean over the images of the absolute count error."""
        return _mean(abs(image.count_error) for image in self.images)

    @property
    def mean_diameter_error(self) -> float:
        """Mean over the images of the absolute error of the mean diameter."""
        return _mean(abs(image.diameter_error) for image in self.images)

    @property
    def diameter_bias(self) -> float:
        """Mean over the images of the error of the mean diameter; positive is too large."""
        return _mean(image.diameter_error for image in self.images)

    def groups(self) -> dict[str, dict[str, "Report"]]:
        """Divide the images by contrast, size and what else is known; return a report of each.

        Properties of `about.csv` that are words make a group each, numbers are cut into thirds.
        """
        by = {
            "contrast-to-noise": _between(
                [i.contrast_to_noise for i in self.images], _CONTRAST_EDGES
            ),
            "median diameter / px": _between([i.size_px for i in self.images], _SIZE_EDGES_PX),
        }
        for key in sorted({key for image in self.images for key in image.about}):
            by[key] = _words_or_thirds([image.about.get(key, "") for image in self.images])
        return {title: dict(self._divided(names)) for title, names in by.items()}

    def _divided(self, names: Sequence[tuple[float, str]]) -> Iterator[tuple[str, "Report"]]:
        for key in sorted(set(names)):
            chosen = tuple(i for i, of in zip(self.images, names, strict=True) if of == key)
            yield key[1], dataclasses.replace(self, images=chosen)

    def table(self) -> pd.DataFrame:
        """Return one row per image, the worst first."""
        rows = [
            {
                "image": image.name,
                "iou": image.confusion.iou,
                "dice": image.confusion.dice,
                "accuracy": image.confusion.accuracy,
                "true_particles": image.objects.true,
                "found_particles": image.objects.found,
                "f1_at_50": float(image.objects.f1[0]),
                "true_diameter_px": image.true_diameter_px,
                "found_diameter_px": image.found_diameter_px,
                "contrast_to_noise": image.contrast_to_noise,
                **image.about,
            }
            for image in self.images
        ]
        return pd.DataFrame(rows).sort_values("iou", ignore_index=True).round(4)

    def to_dict(self) -> dict[str, Any]:
        """Return all scores as plain values that json can hold; None where there is no value."""
        return {
            "weights": self.weights,
            "threshold": self.threshold,
            "separation": self.separation,
            **self._summary(),
            "by_group": {
                title: {name: report._summary() for name, report in groups.items()}
                for title, groups in self.groups().items()
            },
            "by_image": {image.name: round(image.confusion.iou, 4) for image in self.images},
        }

    def _summary(self) -> dict[str, Any]:
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
            "images": len(self.images),
            "accuracy": round(total.accuracy, 4),
            "particle": particle,
            "background": background,
            "normalised_confusion": [[round(v, 4) for v in row] for row in total.normalised],
            "mean_image_iou": round(self.mean_iou, 4),
            "worst_tenth_iou": round(self.worst_tenth_iou, 4),
            "objects": self.objects.to_dict(),
            "count_error": _plain(self.count_error),
            "mean_count_error": _plain(self.mean_count_error),
            "mean_diameter_error": _plain(self.mean_diameter_error),
            "diameter_bias": _plain(self.diameter_bias),
        }

    def to_text(self) -> str:
        """Return the scores as tables to read."""
        return "\n".join([*self._pixel_lines(), *self._object_lines(), *self._group_lines()])

    def _pixel_lines(self) -> Iterator[str]:
        total, back = self.total, self.total.of_background
        (pp, pb), (bp, bb) = total.normalised
        yield f"weights {self.weights}, {len(self.images)} images, threshold {self.threshold:g}"
        yield f"accuracy of all pixels      {total.accuracy:8.2%}"
        yield "                            particle  background"
        yield f"class accuracy              {pp:8.2%}  {bb:8.2%}"
        yield f"IoU                         {total.iou:8.2%}  {back.iou:8.2%}"
        yield f"Dice                        {total.dice:8.2%}  {back.dice:8.2%}"
        yield "normalised confusion        found as particle / background"
        yield f"  truly particle            {pp:8.2%}  {pb:8.2%}"
        yield f"  truly background          {bp:8.2%}  {bb:8.2%}"
        yield f"mean IoU per image          {self.mean_iou:8.2%}"
        yield f"mean IoU of worst tenth     {self.worst_tenth_iou:8.2%}"

    def _object_lines(self) -> Iterator[str]:
        objects = self.objects
        how = f"particles, separation {self.separation}, without those at the edge"
        yield ""
        yield f"{how}: {objects.true} true, {objects.found} found"
        yield "matched at IoU >  " + " ".join(f"{least:6.2f}" for least in LEAST_IOUS)
        for name in ("precision", "recall", "f1"):
            yield f"  {name:<16}" + " ".join(f"{v:6.1%}" for v in getattr(objects, name))
        yield (
            f"count {_signed(self.count_error)}; mean of the images without sign "
            f"{_signed(self.mean_count_error)[1:]}"
        )
        yield (
            f"mean diameter {_signed(self.diameter_bias)} in the mean of the images; without sign "
            f"{_signed(self.mean_diameter_error)[1:]}"
        )

    def _group_lines(self) -> Iterator[str]:
        for title, groups in self.groups().items():
            yield ""
            yield f"{title:<22} images     IoU    Dice  mean IoU  F1@0.5   count  diameter"
            for name, part in groups.items():
                found = part.objects
                yield (
                    f"  {name:<20} {len(part.images):6d} {part.total.iou:7.1%} "
                    f"{part.total.dice:7.1%} {part.mean_iou:9.1%} {found.f1[0]:7.1%} "
                    f"{_signed(part.count_error):>7} {_signed(part.diameter_bias):>9}"
                )
        yield ""
        yield "worst images"
        for image in sorted(self.images, key=lambda i: i.confusion.iou)[:_SHOWN_WORST]:
            yield f"  {image.name:<40} IoU {image.confusion.iou:6.1%}"


def _between(values: Sequence[float], edges: tuple[int, ...]) -> list[tuple[float, str]]:
    """Return for every value its place in order and the name of the bin between the edges."""
    names = [
        f"below {edges[0]}",
        *(f"{low} to {high}" for low, high in zip(edges[:-1], edges[1:], strict=True)),
        f"{edges[-1]} and more",
    ]
    places = np.digitize(values, edges)
    return [
        (len(names), "not known") if np.isnan(value) else (int(place), names[place])
        for value, place in zip(values, places, strict=True)
    ]


def _words_or_thirds(values: Sequence[str]) -> list[tuple[float, str]]:
    """Return groups of words as they are, of many different numbers the lower to upper thirds."""
    number = _all_numbers([value for value in values if value])
    if number is None:
        return [(0 if value else 1, value or "not known") for value in values]
    if len(set(number)) <= 5:
        return [(float(v), v) if v else (np.inf, "not known") for v in values]
    low, high = (f"{cut:.3g}" for cut in np.quantile(number, [1 / 3, 2 / 3]))
    names = [f"below {low}", f"{low} to {high}", f"{high} and more"]
    return [
        (place, names[place]) if value else (3, "not known")
        for value in values
        for place in [int(np.digitize(float(value), [float(low), float(high)])) if value else 3]
    ]


def _all_numbers(words: Sequence[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def _mean(values: Iterator[float]) -> float:
    """Return the mean of those that are numbers, NaN if none is."""
    kept = [value for value in values if np.isfinite(value)]
    return float(np.mean(kept)) if kept else np.nan


def _plain(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _signed(value: float) -> str:
    return f"{value:+.1%}" if np.isfinite(value) else " -"
