"""How well and how fast a weight set segments: real held-out images, simulated ones, and time.

python benchmarks/segmentation.py [--weights NAME] [--real FOLDER] [--part test|validation]

Real images: pixels together, per image and worst tenth, at several magnifications, against Otsu's
threshold. Simulated images (which no training saw: other seeds): high-resolution pictures of gold
of 1-3 nm by contrast-to-noise, metal hardly darker than the carbon below it, and 2048 px pictures
at several reductions. Without the folder of real images that part is skipped.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from skimage.filters import threshold_otsu

from antema.network import Network, load_network
from antema.preparation import normalise
from antema.reading import read
from antema.simulation import SimulationOptions, sample_options, simulate
from antema.training.dataset import part_of
from antema.training.labels import find_pairs, read_labels
from antema.training.metrics import Confusion
from antema.training.objects import ObjectScores, connected, regions_of, score_objects

SCALES = (0.5, 0.75, 1.0, 1.5, 2.0)
CASES = (*((scale,) for scale in SCALES), (1.0, 1.5), (0.75, 1.0, 1.5), (1.0, 2.0))


def at_scale(network: Network, grey: np.ndarray, scale: float) -> np.ndarray:
    """Return the probability found at this magnification."""
    rows, columns = (max(round(side * scale), 32) for side in grey.shape)
    return network.predict_at((rows, columns), grey)


def by_scale(network: Network, images: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Score images (grey, truth) as the network is used, at all magnifications, means of some."""
    truth = [mask for _, mask in images]
    used = [network.predict(grey) > 0.5 for grey, _ in images]
    print(f"  {'as used':24}", scores(list(zip(used, truth, strict=True))), flush=True)
    maps = [{s: at_scale(network, grey, s) for s in SCALES} for grey, _ in images]
    for case in CASES:
        found = [np.mean([by[s] for s in case], axis=0) > 0.5 for by in maps]
        print(f"  scale {case!s:18}", scores(list(zip(found, truth, strict=True))), flush=True)


def otsu(grey: np.ndarray) -> np.ndarray:
    """Return 1 where the smoothed picture is dark."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    return (smooth <= threshold_otsu(smooth)).astype(np.float32)


def scores(pairs: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Return a row of scores of (found, truth) masks."""
    each = [Confusion.of(found, truth) for found, truth in pairs]
    ious = np.sort([confusion.iou for confusion in each])
    total = sum(each, start=Confusion())
    objects = sum(
        (score_objects(regions_of(connected(a)), connected(b)) for a, b in pairs),
        start=ObjectScores(),
    )
    worst = ious[: max(round(len(ious) / 10), 1)].mean()
    return (
        f"IoU {total.iou:.4f}  Dice {total.dice:.4f}  accuracy {total.accuracy:.4f}  "
        f"mean IoU {ious.mean():.4f}  worst tenth {worst:.4f}  object F1 {objects.f1[0]:.3f}"
    )


def real(network: Network, folder: Path, part: str) -> None:
    """Score the held-out real images."""
    pairs = [pair for pair in find_pairs(folder) if part_of(pair[0].stem) == part]
    images = [(normalise(read(image).pixels), read_labels(label) > 0) for image, label in pairs]
    print(f"real images, part {part}: {len(images)}")
    print("  Otsu            ", scores([(otsu(grey) > 0.5, truth) for grey, truth in images]))
    by_scale(network, images)


def high_resolution(contrast_to_noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of 1-3 nm particles whose contrast is this multiple of the pixel noise."""
    rng = np.random.default_rng([99, seed])
    depth = 0.25
    # At least so many electrons that contrast / sqrt(variance) comes out, camera blur left out.
    dose = (contrast_to_noise / (1 - np.exp(-depth))) ** 2
    options = SimulationOptions(
        nm_per_pixel=0.05,
        count=25,
        diameter_nm=2.0,
        diameter_gsd=1.3,
        absorption_per_nm=depth / 2.0 / 0.75,
        contrast_spread=0.2,
        support_nm=1.0,
        support_waves=0.0,
        defocus_nm=-30.0,
        dose=dose,
        camera_blur_px=0.0,
    )
    simulated = simulate(rng, options)
    return normalise(simulated.micrograph.pixels), simulated.mask


def without_aperture(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of metal of 2-10 nm whose absorption is weak beside the carbon's grain."""
    rng = np.random.default_rng([77, seed])
    nm_per_pixel = float(np.exp(rng.uniform(np.log(0.02), np.log(0.13))))
    diameter_nm = min(rng.uniform(2, 10), 256 * nm_per_pixel)
    cover = rng.uniform(0.05, 0.4)
    options = SimulationOptions(
        nm_per_pixel=nm_per_pixel,
        kind=str(rng.choice(["polyhedron", "sphere", "ellipsoid", "irregular"])),
        count=max(int(cover * 512**2 / (0.785 * (diameter_nm / nm_per_pixel) ** 2)), 1),
        diameter_nm=diameter_nm,
        diameter_gsd=1.1,
        overlap=0.05,
        phase_rad_per_nm=rng.uniform(0.1, 0.17),
        absorption_per_nm=float(np.exp(rng.uniform(np.log(0.01), np.log(0.06)))),
        contrast_spread=rng.uniform(0.2, 0.8),
        fringe_nm=float(rng.choice([0.235, 0.204, 0.144])),
        fringe_strength=rng.uniform(0.2, 0.8),
        support_nm=float(np.exp(rng.uniform(np.log(1), np.log(8)))),
        support_waves=rng.uniform(0, 0.03),
        cs_mm=float(rng.choice([0.005, 0.6, 1.2])),
        defocus_nm=-float(np.exp(rng.uniform(np.log(5), np.log(90)))),
        gradient=rng.uniform(0, 0.15),
        dose=float(np.exp(rng.uniform(np.log(30), np.log(3000)))),
        camera_blur_px=rng.uniform(0.4, 1.2),
    )
    simulated = simulate(rng, options)
    return normalise(simulated.micrograph.pixels), simulated.mask


def simulated(network: Network) -> None:
    """Score simulated images."""
    print("simulated, 1-3 nm gold at 0.05 nm/px, 512 px, 8 images each")
    for ratio in (0.5, 0.7, 1.0, 2.0, 5.0):
        pictures = [high_resolution(ratio, seed) for seed in range(8)]
        found = [(network.predict(grey) > 0.5, truth) for grey, truth in pictures]
        print(f"  contrast-to-noise {ratio:3.1f}", scores(found))
    print("simulated, metal of 2-10 nm at 0.02-0.13 nm/px, hardly darker than carbon, 40 images")
    by_scale(network, [without_aperture(seed) for seed in range(40)])
    print("simulated, everything drawn as in training, 512 px, 40 images")
    pictures = []
    for seed in range(40):
        rng = np.random.default_rng([98, seed])
        made = simulate(rng, sample_options(rng))
        pictures.append((normalise(made.micrograph.pixels), made.mask))
    by_scale(network, pictures)


def large(network: Network) -> None:
    """Score 2048 px pictures of particles of several sizes at several reductions."""
    rng = np.random.default_rng(5)
    for diameter_px in (12, 25, 50, 100, 200):
        confusions = {scale: Confusion() for scale in (1.0, 0.75, 0.625, 0.5)}
        for seed in range(100, 104):
            nm_per_pixel = 0.05 * 100 / diameter_px if diameter_px > 25 else 0.3
            diameter_nm = diameter_px * nm_per_pixel
            made = simulate(
                seed,
                rows_px=2048,
                columns_px=2048,
                nm_per_pixel=nm_per_pixel,
                diameter_nm=diameter_nm,
                count=int(min(1500, 0.12 * 2048**2 / (0.785 * diameter_px**2))),
                dose=float(rng.choice([40, 150, 600])),
                contrast_spread=float(rng.choice([0.2, 0.5, 0.8])),
                absorption_per_nm=float(rng.choice([0.15, 0.4, 0.75])) / diameter_nm,
            )
            grey = normalise(made.micrograph.pixels)
            for scale in confusions:
                found = at_scale(network, grey, scale) > 0.5
                confusions[scale] += Confusion.of(found, made.mask)
        print(f"simulated, 2048 px, four pictures of particles of {diameter_px} px")
        for scale, confusion in confusions.items():
            print(f"  scale {scale:5.3f}  IoU {confusion.iou:.3f}", flush=True)


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", default="deeplabv3plus-efficientnet-lite0")
    parser.add_argument("--real", type=Path, default=Path("../shared/data/emps_bf_train"))
    parser.add_argument("--part", default="test", choices=["test", "validation", "training"])
    parser.add_argument("--only", choices=["real", "simulated", "large"])
    called = parser.parse_args()
    network = load_network(called.weights)
    print(json.dumps({"weights": network.name, "sha256": network.sha256[:12]}))
    if called.only in (None, "real"):
        if called.real.is_dir():
            real(network, called.real, called.part)
        else:
            print(f"no real images at {called.real}: left out")
    if called.only in (None, "simulated"):
        simulated(network)
    if called.only in (None, "large"):
        large(network)


if __name__ == "__main__":
    main()
