"""What int8 costs and gains: IoU on real and simulated images, discs, time, size of file.

python benchmarks/precision.py [--weights NAME] [--real FOLDER] [--images 24] [--out FOLDER]

Calibrated on images of the training part and as many simulated ones, scored on the test part, on
simulated pictures drawn as in training, and by the diameters of ideal discs of 50 px. Times are
processor times, medians of runs that take turns, so that their ratios hold on a busy machine, too.
`--out` keeps the weight sets.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from antema.network import Network, find_weights
from antema.preparation import normalise
from antema.reading import read
from antema.simulation import ideal_options, sample_options, simulate
from antema.training.dataset import part_of
from antema.training.export import load_weights, write_config, write_onnx
from antema.training.labels import find_pairs, read_labels
from antema.training.metrics import Confusion
from antema.training.quantize import write_int8

ROUNDS = 3


def make_sets(source: Path, out: Path, images: list[np.ndarray]) -> dict[str, Network]:
    """Write the weight set in both precisions, from the weights to train from, and load them."""
    config = Network(source).config
    networks = {}
    for name in ("float32", "int8"):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / "model.safetensors", folder)
        if name == "float32":
            write_onnx(load_weights(source), folder / "model.onnx")
        else:
            write_int8(out / "float32" / "model.onnx", folder / "model.onnx", images)
        write_config(folder, config)
        networks[name] = Network(folder)
    return networks


def score(network: Network, pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Return the IoU of all pixels, the mean of the images, and that of the worst tenth."""
    each = [Confusion.of(network.predict(grey) > 0.5, truth) for grey, truth in pairs]
    ious = np.sort([confusion.iou for confusion in each])
    total = sum(each, start=Confusion())
    worst = ious[: max(round(len(ious) / 10), 1)].mean()
    return f"IoU {total.iou:.4f}  mean {ious.mean():.4f}  worst tenth {worst:.4f}"


def simulated_pairs(count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pictures as varied as those of training, with their true masks."""
    pairs = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        made = simulate(rng, sample_options(rng))
        pairs.append((normalise(made.micrograph.pixels), made.mask))
    return pairs


def disc_error(network: Network) -> str:
    """Return how much too large the area of ideal discs comes out, as their diameter."""
    options = ideal_options(
        rows_px=1024, columns_px=1024, nm_per_pixel=0.1, diameter_nm=5.0, diameter_gsd=1.0, count=12
    )
    made = simulate(3, options)
    found = network.predict(normalise(made.micrograph.pixels)) > 0.5
    return f"discs {np.sqrt(found.sum() / made.mask.sum()) - 1:+.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="deeplabv3plus-efficientnet-lite0")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/emps_bf_train"))
    parser.add_argument("--images", type=int, default=24, help="real images to calibrate on")
    parser.add_argument("--out", type=Path, help="keep the weight sets in this folder")
    called = parser.parse_args()
    if not called.real.is_dir():
        parser.exit(0, f"no real images at {called.real}: nothing to measure\n")
    found = find_pairs(called.real)
    training = [image for image, _ in found if part_of(image.stem) == "training"]
    real = [normalise(read(image).pixels) for image in training[: called.images]]
    made = [grey for grey, _ in simulated_pairs(len(real), 55)]
    calibration = [grey for both in zip(real, made, strict=True) for grey in both]
    held_out = [
        (normalise(read(image).pixels), read_labels(label) > 0)
        for image, label in found
        if part_of(image.stem) == "test"
    ]
    drawn = simulated_pairs(40, 98)
    with tempfile.TemporaryDirectory() as folder:
        out = called.out or Path(folder)
        networks = make_sets(find_weights(called.weights), out, calibration)
        large = normalise(simulate(1, rows_px=2048, columns_px=2048, count=150).micrograph.pixels)
        seconds: dict[str, list[float]] = {name: [] for name in networks}
        for _ in range(ROUNDS):
            for name, network in networks.items():
                start = time.process_time()
                network.predict(large)
                seconds[name].append(time.process_time() - start)
        usual = np.median(seconds["float32"])
        for name, network in networks.items():
            size = (out / name / "model.onnx").stat().st_size / 1e6
            time_text = f"{np.median(seconds[name]) / usual:.2f} of the time of float32"
            print(f"{name:10} {size:5.1f} MB  {time_text}  {disc_error(network)}")
            print(f"  real       {score(network, held_out)}")
            print(f"  simulated  {score(network, drawn)}", flush=True)


if __name__ == "__main__":
    main()
