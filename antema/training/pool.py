"""A pool of simulated images, made once and read from disk, so that training never waits for it."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..preparation import normalise
from ..progress import Progress, duration_text
from ..simulation import sample_options, simulate
from .dataset import LabelledImage


def make_pool(
    out: Path | str,
    count: int,
    seed: int = 0,
    side: int = 512,
    progress: Progress | None = None,
) -> Path:
    """Simulate `count` images of widely different kinds and keep them in two .npy files.

    Image number k depends only on the seed and k; a pool that is complete is not made again.
    Returns the folder.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    done = {"count": count, "seed": seed, "side": side}
    record = out / "pool.json"
    if record.exists() and json.loads(record.read_text(encoding="utf-8")) == done:
        return out
    shape = (count, side, side)
    images = np.lib.format.open_memmap(out / "images.npy", "w+", np.uint8, shape)
    masks = np.lib.format.open_memmap(out / "masks.npy", "w+", np.uint8, shape)

    def make(index: int) -> None:
        rng = np.random.default_rng([seed, index])
        simulated = simulate(rng, sample_options(rng, side, side))
        images[index] = np.round(normalise(simulated.micrograph.pixels) * 255)
        masks[index] = simulated.mask

    started = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        try:
            for index, _ in enumerate(executor.map(make, range(count))):
                if progress is not None:
                    left = (time.monotonic() - started) / max(index, 1) * (count - index)
                    text = f"simulating image {index + 1} of {count}, {duration_text(left)} left"
                    progress(0.0, text)
        finally:
            executor.shutdown(cancel_futures=True)
    images.flush()
    masks.flush()
    record.write_text(json.dumps(done), encoding="utf-8")
    return out


def read_pool(folder: Path | str) -> list[LabelledImage]:
    """Read a pool; the images stay on disk until they are looked at."""
    folder = Path(folder)
    images = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)
    masks = np.load(folder / "masks.npy", mmap_mode="r", allow_pickle=False)
    return [
        LabelledImage(f"simulated-{index}", grey, mask)
        for index, (grey, mask) in enumerate(zip(images, masks, strict=True))
    ]
