"""Scores and times of the separation; prints the tables of benchmarks/separation.md.

    python benchmarks/separation.py --scenes ../shared/tools --plate docs/separation.png

Parts whose folder does not exist are skipped.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.draw import polygon

from antema.separation import LEFT_OUT, Region, SeparationOptions, Separator, separate

METHODS = ("uecs", "outline", "watershed", "none")
LEVELS = ("low", "medium", "high")


def pixels(regions: list[Region]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and columns of every particle."""
    places = []
    for region in regions:
        if region.status != LEFT_OUT:
            rows, columns = np.nonzero(region.image)
            places.append((rows + region.origin[0], columns + region.origin[1]))
    return places


def best_ms(function, repeats: int = 5) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return 1e3 * min(times)


def pixels_of_rod(rng, size, kind, radius, row, column):
    """Rod of aspect 3 with the area of a disc of this radius, for the scenes' tool."""
    turn, half = rng.uniform(0, np.pi), radius * np.sqrt(np.pi / 3) / 2
    along, across = np.array([3, 3, -3, -3]) * half, np.array([1, -1, -1, 1]) * half
    rows = row + along * np.sin(turn) + across * np.cos(turn)
    columns = column + along * np.cos(turn) - across * np.sin(turn)
    return polygon(rows, columns, shape=(size, size))


def score_scenes(tool, seeds: range, shapes: str) -> None:
    print(f"\n| {shapes} ({len(seeds)} seeds) | method | F1@0.5 | F1@0.8 | abs. diameter error |")
    print("|---|---|---|---|---|")
    kinds = tool.KINDS if shapes == "mixed" else ("square",)
    drawn = tool._pixels
    for level in LEVELS:
        if shapes == "rods":
            tool._pixels = pixels_of_rod
        scenes = [tool.scene(seed, level, kinds=kinds) for seed in seeds]
        tool._pixels = drawn
        for method in METHODS:
            rows = []
            for mask, truth in scenes:
                found = pixels(separate(mask, options=SeparationOptions(method=method)))
                half = tool.score(truth, found, mask.shape)
                strict = tool.score(truth, found, mask.shape, 0.8)
                rows.append((half["f1"], strict["f1"], half["diameter_abs_error_percent"]))
            a, b, c = np.mean(rows, axis=0)
            print(f"| {level} | {method} | {a:.3f} | {b:.3f} | {c:.1f} % |", flush=True)


def outlines(shape: tuple[int, int], places) -> np.ndarray:
    """Where the outlines of particles lie, 2 px wide; shape (M, N)."""
    drawn = np.zeros(shape, bool)
    for rows, columns in places:
        image = np.zeros(shape, bool)
        image[rows, columns] = True
        drawn |= image & ~ndimage.binary_erosion(image, iterations=2)
    return drawn


def draw_plate(tool, seed: int, path: Path, size: int = 420) -> None:
    """Truth, uecs, watershed and outline side by side, at medium and high overlap."""
    rows = []
    for level in LEVELS[1:]:
        mask, truth = tool.scene(seed, level)
        methods = ("uecs", "watershed", "outline")
        found = [pixels(separate(mask, options=SeparationOptions(method=m))) for m in methods]
        half = size // 2
        filled = ndimage.uniform_filter(mask.astype(float), size)[half:-half, half:-half]
        top, left = np.unravel_index(np.argmax(filled), filled.shape)
        panels = []
        for places in (truth, *found):
            panel = np.full((*mask.shape, 3), 255, np.uint8)
            panel[mask] = (198, 205, 212)
            panel[outlines(mask.shape, places)] = (0, 158, 115) if places is truth else (213, 94, 0)
            cut = panel[top : top + size, left : left + size]
            panels.append(np.pad(cut, ((4, 4), (4, 4), (0, 0)), constant_values=255))
        rows.append(np.concatenate(panels, axis=1))
    Image.fromarray(np.concatenate(rows)).quantize(64).save(path, optimize=True)


def score_instances(tool, folder: Path, step: int) -> None:
    counts = {(method, limit): [0, 0, 0] for method in METHODS for limit in (0.5, 0.8)}
    for path in sorted((folder / "instances").iterdir())[::step]:
        labels = np.array(Image.open(path))
        truth = [np.nonzero(labels == i) for i in np.unique(labels)[1:]]
        for method in METHODS:
            options = SeparationOptions(
                method=method, exclude_edge=False, min_convexity=0, max_holes=1_000_000
            )
            found = pixels(separate(labels > 0, options=options))
            for limit in (0.5, 0.8):
                got = tool.score(truth, found, labels.shape, limit)
                count = counts[method, limit]
                count[0] += round(got["recall"] * len(truth))
                count[1] += len(truth)
                count[2] += len(found)
    print("| method | F1@0.5 | F1@0.8 | particles found of", counts[METHODS[0], 0.5][1], "|")
    print("|---|---|---|---|")
    for method in METHODS:
        half, strict = (
            2 * c[0] / (c[1] + c[2]) for c in (counts[method, 0.5], counts[method, 0.8])
        )
        print(f"| {method} | {half:.3f} | {strict:.3f} | {counts[method, 0.5][2]} |")


def measure_times(tool) -> None:
    print("| what | time | scipy distance transform of the same mask |")
    print("|---|---|---|")
    big = np.zeros((4096, 4096), bool)
    parts = [tool.scene(seed, "medium")[0] for seed in (100, 101)]
    for row in range(4):
        for column in range(4):
            big[1024 * row :, 1024 * column :][:1024, :1024] = parts[(row + column) % 2]
    masks = {f"1024 px, {level}": tool.scene(100, level)[0] for level in LEVELS}
    masks["4096 px, medium (1920 particles)"] = big
    for name, mask in masks.items():
        repeats = 5 if mask.size < 1e7 else 2
        ours = best_ms(lambda mask=mask: separate(mask), repeats)
        edt = best_ms(lambda mask=mask: ndimage.distance_transform_edt(mask), repeats)
        kept = Separator(mask)
        kept.separate()
        options = SeparationOptions(convexity=0.94, min_marker_px=40)
        again = best_ms(lambda kept=kept, options=options: kept.separate(None, options), repeats)
        print(f"| {name} | {ours:.0f} ms | {edt:.0f} ms |")
        print(f"| {name}, again with other options | {again:.0f} ms | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=Path, default=Path("../shared/tools"))
    parser.add_argument("--instances", type=Path, default=Path("../shared/data/emps_bf_train"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=500, help="first seed")
    parser.add_argument("--plate", type=Path, help="draw a plate of pictures into this file")
    parser.add_argument("--step", type=int, default=1, help="every how many-th real image")
    arguments = parser.parse_args()
    if not (arguments.scenes / "overlap_scenes.py").exists():
        print("No overlap_scenes.py here: nothing to measure.")
        return
    sys.path.insert(0, str(arguments.scenes))
    import overlap_scenes

    measure_times(overlap_scenes)
    for shapes in ("mixed", "squares", "rods"):
        seeds = range(arguments.first, arguments.first + arguments.seeds)
        score_scenes(overlap_scenes, seeds, shapes)
    if arguments.plate:
        draw_plate(overlap_scenes, arguments.first, arguments.plate)
    if arguments.instances.exists():
        score_instances(overlap_scenes, arguments.instances, arguments.step)


if __name__ == "__main__":
    main()
