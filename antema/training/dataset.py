"""Labelled images for training: holding images out by a written rule, cutting tiles.

Which part an image belongs to follows from its name alone, so that it stays the same on every
machine and when images are added. Which files belong together is told in `antema.training.labels`.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from ..errors import UnreadableImage
from ..preparation import normalise
from ..reading import read
from .labels import find_pairs, read_labels

TILE_PX = 384
PARTS = ("training", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image and the truth about it: grey values 0..255 (uint8) and a bool mask."""

    name: str
    grey: np.ndarray
    mask: np.ndarray


def part_of(name: str) -> str:
    """Say which part an image belongs to, from its file name without ending.

    With the SHA-256 of the name read as a number n: "test" (20 %) if n mod 5 is 0, "validation"
    (6.7 %) if n mod 15 is 1, else "training". The test part is never trained on nor chosen by.
    """
    number = _number(name)
    if number % 5 == 0:
        return "test"
    return "validation" if number % 15 == 1 else "training"


def _number(name: str) -> int:
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)


def read_divided(folder: Path | str) -> tuple[list[LabelledImage], list[LabelledImage]]:
    """Read the images to train on and those to validate on, which are never the same.

    Where the written rule leaves a small folder without images for validation, an eighth of those
    for training is taken, at least one of four, chosen by name as well. A folder without images for
    training is used whole.
    """
    images = read_folder(folder, ["training"]) or read_folder(folder)
    held_out = read_folder(folder, ["validation"])
    if not held_out and len(images) >= 4:
        images = sorted(images, key=lambda image: _number(image.name))
        count = max(len(images) // 8, 1)
        held_out, images = images[:count], images[count:]
    return images, held_out


def read_pair(image: Path, label: Path) -> LabelledImage:
    """Read one image and its labels."""
    grey = read(image).pixels
    mask = read_labels(label, grey.shape) > 0
    return LabelledImage(image.stem, np.round(normalise(grey) * 255).astype(np.uint8), mask)


def read_folder(folder: Path | str, parts: Iterable[str] = PARTS) -> list[LabelledImage]:
    """Read those images of a labelled folder that belong to the given parts."""
    wanted = set(parts)
    return [
        read_pair(image, label)
        for image, label in find_pairs(folder)
        if part_of(image.stem) in wanted
    ]


def doubts(images: Sequence[LabelledImage], held_out: Sequence[LabelledImage]) -> Iterator[str]:
    """Yield a sentence for each thing that makes a training on these images doubtful.

    Raises
    ------
    UnreadableImage
        If no pixel of any label is a particle, or every one is.
    """
    covers = [float(image.mask.mean()) for image in images]
    if not any(0 < cover < 1 for cover in covers):
        what = "no particle" if max(covers, default=0.0) == 0 else "no background"
        msg = f"The labels of all {len(images)} images show {what}: there is nothing to learn."
        raise UnreadableImage(msg)
    inner = [image for image in images if 0 < image.mask.mean() < 1]
    brighter = sum(
        float(np.median(i.grey[i.mask])) > float(np.median(i.grey[~i.mask])) for i in inner
    )
    if 2 * brighter > len(inner):
        yield (
            f"in {brighter} of {len(images)} images what is labelled is brighter than the rest. In "
            "bright field it should be darker: are the labels the wrong way round?"
        )
    if not held_out:
        yield (
            f"with {len(images)} images to train on none can be held out, so how well the network "
            "does on others is not known. Label more images, or score the network on another "
            "folder with: antema evaluate."
        )


def cut_tile(
    image: LabelledImage,
    rng: np.random.Generator,
    scale: float,
    size: int = TILE_PX,
    turn: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut one tile at a random place, magnified by `scale`, turned and mirrored at random.

    Parameters
    ----------
    image : LabelledImage
    rng : numpy.random.Generator
    scale : float
        Tile pixels per image pixel.
    size : int
        Side of the tile; what lies outside the image is mirrored into it.
    turn : bool
        Turn by any angle (else only by right angles) and mirror.

    Returns
    -------
    grey : ndarray of float32 in 0..1, mask : ndarray of bool; both of shape (size, size)
    """
    rows, columns = image.grey.shape
    half = size / 2 / scale
    centre = np.array(
        [
            rng.uniform(min(half, columns / 2), max(columns - half, columns / 2)),
            rng.uniform(min(half, rows / 2), max(rows - half, rows / 2)),
        ]
    )
    quarter = np.pi / 2 * rng.integers(4)
    angle = quarter + (rng.uniform(-0.8, 0.8) if turn and rng.random() < 0.5 else 0.0)
    mirror = -1.0 if turn and rng.random() < 0.5 else 1.0
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    # From a pixel of the tile to the place in the image that it shows.
    matrix = np.array([[cosine * mirror, -sine], [sine * mirror, cosine]])
    shift = centre - matrix @ np.array([(size - 1) / 2, (size - 1) / 2])
    warp = np.column_stack([matrix, shift])
    grey = image.grey
    if scale < 0.7:
        # Average before shrinking, as `preparation.resize` does.
        grey = cv2.GaussianBlur(grey, (0, 0), 0.35 / scale)
    seen = cv2.warpAffine(
        grey,
        warp,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    mask = cv2.warpAffine(
        image.mask.astype(np.uint8) * 255,
        warp,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return seen.astype(np.float32) / 255, mask > 127
