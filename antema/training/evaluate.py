"""Evaluation: how well particles are found on a labelled folder, through the chain of an analysis.

Pixels are scored on the mask; particles after separation, where the labels tell one from the other.
Those at the edge of the image are left out on both sides, as in an analysis. Nothing here needs
torch.
"""

import dataclasses
import heapq
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..analysis import Settings
from ..appearance import to_grey8
from ..errors import UnreadableImage
from ..network import load_network
from ..preparation import normalise
from ..progress import Progress
from ..reading import read
from ..segmentation import mask_from_probability, probability_map
from ..separation import LEFT_OUT, separate
from .dataset import PARTS, part_of
from .labels import OUTLINE_ENDINGS, find_pairs, is_binary, read_about, read_labels
from .metrics import Confusion
from .objects import connected, counted_objects, score_objects
from .report import Example, ImageScore, Report

KEPT_EXAMPLES = 6


def evaluate(
    folder: Path | str,
    weights: Path | str | None = None,
    *,
    parts: Iterable[str] = PARTS,
    settings: Settings = Settings(),
    progress: Progress | None = None,
) -> Report:
    """Score a weight set on a labelled folder.

    Parameters
    ----------
    folder : path
        With `images/` and `instances/`, `masks/` or `rois/` (see `antema.training.labels`).
    weights : path or name, optional
        Weight set, instead of that of the settings.
    parts : iterable of {"training", "validation", "test"}
        Which images count; ``["test"]`` are those that training on this folder never sees.
    settings : Settings
        How particles are found and taken apart. Labels without single particles are compared as
        connected objects, without separation.
    progress : callable, optional
        Called with (fraction, message) before every image; may raise Cancelled.

    Returns
    -------
    Report
        With the pictures of the worst images as examples.

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
    if weights is not None:
        finding = dataclasses.replace(settings.segmentation, weights=str(weights))
        settings = dataclasses.replace(settings, segmentation=finding)
    if not any(_tells_particles_apart(label) for _, label in pairs):
        alone = dataclasses.replace(settings.separation, method="none")
        settings = dataclasses.replace(settings, separation=alone)
    finding = settings.segmentation
    name = load_network(finding.weights).name if finding.method == "network" else finding.method
    about = read_about(folder)
    scores: list[ImageScore] = []
    worst: list[tuple[float, int, Example]] = []
    for number, (image, label) in enumerate(pairs):
        if progress is not None:
            progress(number / len(pairs), image.name)
        score, example = _score(image, label, settings, about.get(image.stem, {}))
        scores.append(score)
        heapq.heappush(worst, (-example.iou, number, example))
        if len(worst) > KEPT_EXAMPLES:
            heapq.heappop(worst)
    if progress is not None:
        progress(1.0, "done")
    examples = tuple(example for _, _, example in sorted(worst, key=lambda w: -w[0]))
    return Report(
        name, tuple(scores), finding.threshold, settings.separation.method, examples=examples
    )


def _tells_particles_apart(label: Path) -> bool:
    return label.suffix.lower() in OUTLINE_ENDINGS or not is_binary(read_labels(label))


def _score(
    image: Path, label: Path, settings: Settings, about: dict[str, str]
) -> tuple[ImageScore, Example]:
    """Score one image."""
    micrograph = read(image)
    labels = read_labels(label, micrograph.shape)
    truth = labels != 0
    scale, dividing = micrograph.nm_per_pixel, settings.separation
    probability = probability_map(micrograph, settings.segmentation)
    mask, _ = mask_from_probability(probability, settings.segmentation, scale)
    regions = [r for r in separate(mask, scale, dividing) if r.status != LEFT_OUT]
    objects = connected(truth) if is_binary(labels) else labels
    true_diameters = _diameters(counted_objects(objects, not dividing.exclude_edge)[1])
    found_diameters = _diameters(np.array([np.count_nonzero(r.image) for r in regions]))
    score = ImageScore(
        name=image.stem,
        confusion=Confusion.of(mask, truth),
        objects=score_objects(regions, objects, edge_counts=not dividing.exclude_edge),
        true_diameter_px=_mean(true_diameters),
        found_diameter_px=_mean(found_diameters),
        size_px=float(np.median(true_diameters)) if true_diameters.size else np.nan,
        contrast_to_noise=contrast_to_noise(normalise(micrograph.pixels), truth),
        about=about,
    )
    return score, Example(image.stem, score.confusion.iou, to_grey8(micrograph.pixels), truth, mask)


def contrast_to_noise(grey: np.ndarray, mask: np.ndarray) -> float:
    """Return how much darker particles are than the background, in units of its spread.

    Medians, and 1.4826 times the median absolute deviation of the background. NaN if particles or
    background are absent; negative if the particles are brighter.
    """
    particles, background = grey[mask], grey[~mask]
    if not (particles.size and background.size):
        return np.nan
    level = np.median(background)
    spread = 1.4826 * np.median(np.abs(background - level))
    # Eight bits resolve no smaller spread.
    return float((level - np.median(particles)) / max(spread, 1 / 255))


def _diameters(areas: np.ndarray) -> np.ndarray:
    """Return the equivalent diameters of areas in px."""
    return np.sqrt(4 * np.asarray(areas, float) / np.pi)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else np.nan
