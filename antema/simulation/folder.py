"""Simulated micrographs as files, with the truth about them beside: a labelled folder."""

from pathlib import Path
from typing import Any

import numpy as np

from ..errors import UnwritableResults
from . import SimulationOptions, simulate


def write_folder(
    folder: str | Path,
    images: int,
    seed: int = 0,
    options: SimulationOptions | None = None,
    **changes: Any,
) -> list[Path]:
    """Write simulated micrographs, and a label image for each.

    Parameters
    ----------
    folder : path
        Receives `images/`, tif with the pixel size as ImageJ writes it, and `instances/`, png of
        the same names where 0 is background and every particle has its number; where particles
        overlap, the number of the later one.
    images : int
        How many.
    seed : int
        Image k depends on the seed and k alone.
    options : SimulationOptions, optional
    **changes
        Single options, such as ``diameter_nm=4``.

    Returns
    -------
    list of Path
        The micrographs.

    Raises
    ------
    UnwritableResults
        If the folder cannot be made or written to.
    """
    import tifffile
    from PIL import Image

    folder, written = Path(folder), []
    try:
        for name in ("images", "instances"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(images):
            made = simulate(np.random.default_rng([seed, number]), options, **changes)
            pixels, nm_per_pixel = made.micrograph.pixels, made.micrograph.known_nm_per_pixel
            labels = np.zeros(pixels.shape, np.uint16)
            for index, particle in enumerate(made.particles, start=1):
                row, column = particle.origin
                height, width = particle.image.shape
                labels[row : row + height, column : column + width][particle.image] = index
            stem = f"{folder.name}-{number + 1}"
            written.append(folder / "images" / f"{stem}.tif")
            tifffile.imwrite(
                written[-1],
                pixels,
                imagej=True,
                resolution=(1 / nm_per_pixel, 1 / nm_per_pixel),
                metadata={"unit": "nm"},
            )
            Image.fromarray(labels).save(folder / "instances" / f"{stem}.png")
    except OSError as error:
        msg = f"{folder} cannot be written to: {error.strerror or error}. Choose another folder."
        raise UnwritableResults(msg) from error
    return written
