"""Draw plates to look at: simulated pictures, and outlines on the held-out real ones.

python benchmarks/segmentation_plate.py simulated OUT.jpg
python benchmarks/segmentation_plate.py real OUT.jpg [--real FOLDER] [--weights NAME]

The second shows the best, the median and the five worst images: truth green, found red.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from antema.network import load_network
from antema.preparation import normalise
from antema.reading import read
from antema.simulation import sample_options, simulate
from antema.training.dataset import part_of
from antema.training.labels import find_pairs, read_labels
from antema.training.metrics import Confusion


def plate(pictures: list[np.ndarray], columns: int, side: int) -> Image.Image:
    """Put pictures (M, N) or (M, N, 3), uint8, side by side."""
    rows = -(-len(pictures) // columns)
    canvas = Image.new("RGB", (columns * side, rows * side), "white")
    for index, pixels in enumerate(pictures):
        picture = Image.fromarray(pixels)
        picture.thumbnail((side - 4, side - 4), Image.Resampling.LANCZOS)
        row, column = divmod(index, columns)
        canvas.paste(picture, (column * side + 2, row * side + 2))
    return canvas


def simulated(columns: int = 6, rows: int = 4) -> Image.Image:
    """Draw pictures as training sees them."""
    pictures = []
    for seed in range(columns * rows):
        rng = np.random.default_rng([96, seed])
        made = simulate(rng, sample_options(rng, 384, 384))
        pictures.append((normalise(made.micrograph.pixels) * 255).astype(np.uint8))
    return plate(pictures, columns, 240)


def outlined(grey: np.ndarray, found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the picture with both outlines."""
    colours = np.stack([grey * 255] * 3, axis=2).astype(np.uint8)
    for mask, colour in ((truth, (0, 200, 0)), (found, (255, 0, 0))):
        colours[mask ^ ndimage.binary_erosion(mask)] = colour
    return colours


def real(folder: Path, weights: str) -> Image.Image:
    """Draw the best, the median and the five worst held-out images."""
    network = load_network(weights)
    scored = []
    for image, label in find_pairs(folder):
        if part_of(image.stem) != "test":
            continue
        grey, truth = normalise(read(image).pixels), read_labels(label) > 0
        found = network.predict(grey) > 0.5
        scored.append((Confusion.of(found, truth).iou, image.stem, outlined(grey, found, truth)))
    scored.sort(key=lambda entry: entry[0])
    chosen = [scored[-1], scored[len(scored) // 2], *scored[:5]]
    print(*(f"{name} {iou:.3f}" for iou, name, _ in chosen), sep="\n")
    return plate([picture for _, _, picture in chosen], 4, 360)


def main() -> None:
    """Draw the plate that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["simulated", "real"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--real", type=Path, default=Path("../shared/data/emps_bf_train"))
    parser.add_argument("--weights", default="deeplabv3plus-efficientnet-lite0")
    called = parser.parse_args()
    drawn = simulated() if called.kind == "simulated" else real(called.real, called.weights)
    drawn.save(called.out, quality=80)


if __name__ == "__main__":
    main()
