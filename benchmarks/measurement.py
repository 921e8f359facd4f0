"""Errors of measured sizes on shapes of known size. Run: python benchmarks/measurement.py

First digital discs with random sub-pixel centres (what measuring alone adds), then simulated
micrographs of discs (what the whole chain adds, with the network and with Otsu's threshold).
"""

import math
import sys

import numpy as np

from antema import SegmentationOptions, Settings, analyze, measure, simulate
from antema.separation import Region
from antema.simulation import ideal_options

DIAMETERS = (20, 30, 50, 80, 120, 200)


def disc(diameter: float, rng: np.random.Generator) -> np.ndarray:
    """Return a digital disc with a random sub-pixel centre."""
    half = math.ceil(diameter / 2) + 2
    rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
    row, column = rng.uniform(-0.5, 0.5, 2)
    image = np.hypot(rows - row, columns - column) <= diameter / 2
    return image[image.any(1)][:, image.any(0)]


def percent(found: np.ndarray, true: float) -> str:
    """Return mean and worst error in percent."""
    errors = 100 * (np.asarray(found) / true - 1)
    return f"{errors.mean():+.2f} ({np.abs(errors).max():.2f})"


def digital_discs() -> None:
    """Print the errors of 100 digital discs of each diameter."""
    rng = np.random.default_rng(0)
    sys.stdout.write(
        "| diameter, px | area % | equivalent diameter % | Feret min px | Feret max px "
        "| circularity |\n"
        "|---|---|---|---|---|---|\n"
    )
    for diameter in DIAMETERS:
        regions = [Region((0, 0), disc(diameter, rng), "whole") for _ in range(100)]
        table = measure(regions, 1.0)
        low, high = table["feret_min_nm"] - diameter, table["feret_max_nm"] - diameter
        circularity = table["circularity"]
        sys.stdout.write(
            f"| {diameter} | {percent(table['area_nm2'], math.pi / 4 * diameter**2)} "
            f"| {percent(table['equivalent_diameter_nm'], diameter)} "
            f"| {low.mean():+.2f} ({low.abs().max():.2f}) "
            f"| {high.mean():+.2f} ({high.abs().max():.2f}) "
            f"| {circularity.min():.3f} to {circularity.max():.3f} |\n"
        )


def simulated_discs() -> None:
    """Print the errors of the whole chain on ideal micrographs of discs."""
    sys.stdout.write(
        "\n| diameter, px | segmentation | discs found / drawn | area % | equivalent diameter % "
        "| circularity |\n"
        "|---|---|---|---|---|---|\n"
    )
    for diameter in DIAMETERS:
        options = ideal_options(
            rows_px=1024,
            columns_px=1024,
            nm_per_pixel=0.1,
            diameter_nm=diameter / 10,
            diameter_gsd=1.0,
            count=12,
        )
        simulated = simulate(3, options)
        rows, columns = simulated.micrograph.shape
        whole = [
            p
            for p in simulated.particles
            if min(p.origin) > 0
            and p.origin[0] + p.image.shape[0] < rows
            and p.origin[1] + p.image.shape[1] < columns
        ]
        for method in ("otsu", "network"):
            settings = Settings(SegmentationOptions(method=method))
            table = analyze(simulated.micrograph, settings).particles
            true = diameter / 10
            circularity = table["circularity"]
            sys.stdout.write(
                f"| {diameter} | {method} | {len(table)} / {len(whole)} "
                f"| {percent(table['area_nm2'], math.pi / 4 * true**2)} "
                f"| {percent(table['equivalent_diameter_nm'], true)} "
                f"| {circularity.min():.3f} to {circularity.max():.3f} |\n"
            )


if __name__ == "__main__":
    digital_discs()
    simulated_discs()
