"""How often an analysis warns of an image, and whether rightly: on held-out real images.

python benchmarks/familiarity.py [--weights NAME] [--real FOLDER] [--part test|validation]

Every image is looked at as it is and with its grey values inverted, as a dark-field image would be.
A warning is right where the particle IoU is poor.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from antema import Micrograph, SegmentationOptions
from antema.familiarity import doubts
from antema.network import load_network
from antema.reading import read
from antema.segmentation import input_numbers, probability_map
from antema.training.dataset import part_of
from antema.training.labels import find_pairs, read_labels
from antema.training.metrics import Confusion
from antema.training.objects import connected, counted_objects


def look(pixels: np.ndarray, truth: np.ndarray, weights: str) -> tuple[float, float, list[str]]:
    """Return IoU, unsure share and the first words of each warning."""
    micrograph, options = Micrograph(pixels), SegmentationOptions(weights=weights)
    probability = probability_map(micrograph, options)
    mask = probability > 0.5
    numbers = input_numbers(micrograph, probability, options)
    areas = counted_objects(connected(mask))[1]
    diameter = float(np.sqrt(4 * np.median(areas) / np.pi)) if areas.size else np.nan
    familiar = load_network(weights).familiar
    said = [" ".join(s.split()[:5]) for s in doubts(numbers, familiar, diameter * numbers["scale"])]
    return Confusion.of(mask, truth).iou, numbers["unsure"], said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="deeplabv3plus-efficientnet-lite0")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/emps_bf_train"))
    parser.add_argument("--part", default="test", choices=["test", "validation", "training"])
    called = parser.parse_args()
    if not called.real.is_dir():
        parser.exit(0, f"no real images at {called.real}: nothing to measure\n")
    pairs = [pair for pair in find_pairs(called.real) if part_of(pair[0].stem) == called.part]
    for kind, sign in (("as they are", 1), ("inverted", -1)):
        ious, unsure, warned = [], [], []
        for image, label in pairs:
            truth = read_labels(label) > 0
            iou, share, said = look(sign * read(image).pixels, truth, called.weights)
            ious.append(iou)
            unsure.append(share)
            warned.append(bool(said))
            if said:
                print(f"  {image.stem:12} IoU {iou:.3f}  unsure {share:.2f}  {'; '.join(said)}")
        iou, flag = np.array(ious), np.array(warned)
        poor = iou < 0.75
        print(
            f"{kind}: warned of {flag.sum()} of {len(pairs)}; of {poor.sum()} with an IoU below "
            f"0.75 warned of {(flag & poor).sum()}, of the others {(flag & ~poor).sum()}; rank "
            f"correlation of unsure share and IoU {spearmanr(unsure, iou)[0]:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
