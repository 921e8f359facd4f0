"""The network: finds a weight set, checks it, and predicts the probability of "particle" per pixel.

A weight set is a folder with `model.onnx` and a `config.json` that lists the SHA-256 of every file.
Inference runs on ONNX Runtime; nothing is unpickled and nothing is fetched. Images of any size go
through in overlapping tiles, of which only the middle is kept, so that memory is bounded by a tile
and no seam shows.
"""

import functools
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .errors import WeightsNotFound
from .preparation import resize, working_shape
from .progress import Progress, part
from .resources import shared_folder

DEFAULT_WEIGHTS = "deeplabv3plus-efficientnet-lite0"


class Network:
    """A weight set, loaded for inference.

    Parameters
    ----------
    folder : Path
        Folder of the weight set.

    Raises
    ------
    WeightsNotFound
        If a file is absent, damaged, or not the one that `config.json` lists.
    """

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        self.config: dict[str, Any] = _read_config(folder)
        self.name: str = self.config["name"]
        self.task: str = self.config.get("task", "micrographs")
        self.sha256 = _checked_sha256(folder / "model.onnx", self.config)
        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = 3
        settings.intra_op_num_threads = self.config["inference"].get("threads", 0)
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), settings, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        # ONNX Runtime otherwise keeps the memory of the largest tile for good.
        self._run_options = onnxruntime.RunOptions()
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def predict(self, pixels: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """Return the probability that each pixel belongs to a particle.

        An image above `most_px` of the weight set is reduced to it; one that stays below it when
        magnified is also seen so if its particles are small, and the mean of both counts.

        Parameters
        ----------
        pixels : ndarray of shape (M, N), float32
            Grey values prepared to 0..1 (see `antema.preparation.normalise`), particles dark.
        progress : callable, optional
            Called before every tile with (fraction, message); may raise Cancelled.

        Returns
        -------
        ndarray of shape (M, N), float32, 0..1
        """
        inference = self.config["inference"]
        by, most = inference.get("magnified_by", 1), inference.get("most_px", math.inf)
        larger = (round(by * pixels.shape[0]), round(by * pixels.shape[1]))
        may_magnify = by > 1 and max(larger) <= most
        share = 1 / (1 + by**2) if may_magnify else 1
        report = part(progress, 0, 1)
        found = self.predict_at(self.working_shape(pixels.shape), pixels, part(report, 0, share))
        if may_magnify and typical_width(found > 0.5) < inference["magnified_below_px"]:
            # Narrow gaps and small particles are then seen better, large bodies worse.
            found += self.predict_at(larger, pixels, part(report, share, 1, "magnified"))
            found /= 2
        report(1, "particles found")
        return found

    def working_shape(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the rows and columns at which the network sees an image of this shape."""
        return working_shape(shape, self.config["inference"].get("most_px", math.inf))

    def predict_at(
        self, shape: tuple[int, int], pixels: np.ndarray, progress: Progress | None = None
    ) -> np.ndarray:
        """Return what `predict` does, of an image that the network sees in this shape alone."""
        inference = self.config["inference"]
        found = predict_in_tiles(
            self._predict_tile,
            resize(pixels, shape),
            tile=inference["tile_px"],
            margin=inference["margin_px"],
            multiple=inference["multiple_px"],
            progress=progress,
        )
        return resize(found, pixels.shape)

    @property
    def familiar(self) -> dict[str, tuple[float, float]]:
        """What the training images were like; empty if the weight set does not tell."""
        return {key: (low, high) for key, (low, high) in self.config.get("familiar", {}).items()}

    def run(self, batch: np.ndarray) -> np.ndarray:
        """Return what the network makes of a batch as it is; both have four dimensions."""
        return self._session.run(None, {self._input: batch}, self._run_options)[0]

    def _predict_tile(self, tile: np.ndarray) -> np.ndarray:
        return self.run(tile[np.newaxis, np.newaxis])[0, 0]


def typical_width(mask: np.ndarray) -> float:
    """Return how wide the bodies of a mask are in px, those of a larger area counting more.

    It is six times the mean distance to the edge: the diameter of discs, also where they touch, and
    1.5 times the width of rods. 0 of an empty mask, infinite where all is one body.
    """
    import cv2

    if not mask.any():
        return 0.0
    if mask.all():
        return math.inf
    # The image's own edge is none of the bodies'.
    edged = np.pad(mask, 1, mode="edge").astype(np.uint8)
    distance = cv2.distanceTransform(edged, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return 6 * (float(distance[mask].mean()) - 0.5)  # the edge lies between two pixels


def predict_in_tiles(
    predict: Callable[[np.ndarray], np.ndarray],
    pixels: np.ndarray,
    *,
    tile: int | Sequence[int],
    margin: int,
    multiple: int,
    progress: Progress | None = None,
) -> np.ndarray:
    """Run `predict` over overlapping tiles and put the middles of the results together.

    Parameters
    ----------
    predict : callable
        Maps a float32 array whose sides are multiples of `multiple` to one of the same shape.
    pixels : ndarray of shape (M, N)
    tile : int or two of them
        Most rows and columns of a tile in px, multiples of `multiple`.
    margin : int
        Width in px of the border of a tile that is computed but not kept, where another tile
        follows; like `tile` a multiple of `multiple`, so that a network of this stride sees the
        same grid in every tile.
    multiple : int
        What the sides of a tile must be divisible by.

    Returns
    -------
    ndarray of shape (M, N), float32
    """
    report = part(progress, 0, 1)
    spans = [
        list(tile_spans(side, int(largest), margin, multiple))
        for side, largest in zip(pixels.shape, np.broadcast_to(tile, 2), strict=True)
    ]
    padding = [
        (0, spans_of_axis[-1][1] - side)
        for spans_of_axis, side in zip(spans, pixels.shape, strict=True)
    ]
    padded = np.pad(pixels, padding, mode="symmetric").astype(np.float32, copy=False)
    result = np.empty(padded.shape, np.float32)
    count = len(spans[0]) * len(spans[1])
    for done, (
        (top, bottom, keep_top, keep_bottom),
        (left, right, keep_left, keep_right),
    ) in enumerate((rows, columns) for rows in spans[0] for columns in spans[1]):
        report(done / count, f"finding particles, tile {done + 1} of {count}")
        found = predict(np.ascontiguousarray(padded[top:bottom, left:right]))
        result[keep_top:keep_bottom, keep_left:keep_right] = found[
            keep_top - top : keep_bottom - top, keep_left - left : keep_right - left
        ]
    report(1.0, f"finding particles, tile {count} of {count}")
    return result[: pixels.shape[0], : pixels.shape[1]]


def tile_spans(
    side: int, largest: int, margin: int, multiple: int
) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start, stop, start kept, stop kept) along one axis, multiples of `multiple` all.

    As few tiles as `largest` allows, and those as small as that number allows.
    """
    whole = _up_to_multiple(side, multiple)
    count = max(1, -(-(whole - 2 * margin) // (largest - 2 * margin)))
    tile = _up_to_multiple(-(-(whole + (count - 1) * 2 * margin) // count), multiple)
    for number in range(count):
        start = min(number * (tile - 2 * margin), whole - tile)
        last = number == count - 1
        yield (
            start,
            start + tile,
            start + margin if number else 0,
            whole if last else start + tile - margin,
        )


def _up_to_multiple(length: int, multiple: int) -> int:
    return -(-length // multiple) * multiple


def find_weights(name: str = DEFAULT_WEIGHTS) -> Path:
    """Return the folder of a weight set.

    Parameters
    ----------
    name : str
        A folder with a weight set, or the name of one that came with antema.

    Raises
    ------
    WeightsNotFound
        If there is no such weight set.
    """
    home = shared_folder("weights")
    for folder in (home / name, Path(name)):
        if (folder / "config.json").is_file():
            return folder
    known = ", ".join(sorted(path.parent.name for path in home.glob("*/config.json"))) or "none"
    msg = (
        f"There is no weight set {name!r}: it is neither a folder with a config.json nor one of "
        f"those that came with antema ({known})."
    )
    raise WeightsNotFound(msg)


def model_card(name: str = DEFAULT_WEIGHTS) -> tuple[str, dict[str, Any]]:
    """Return the model card of a weight set, and its scores on real images held out.

    Returns
    -------
    card : str
        In Markdown; empty if there is none.
    scores : dict
        As `config.json` lists them under "real_images_held_out"; empty if it does not.

    Raises
    ------
    WeightsNotFound
        If there is no such weight set.
    """
    folder = find_weights(name)
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    return text, _read_config(folder).get("metrics", {}).get("real_images_held_out", {})


def load_network(name: str = DEFAULT_WEIGHTS, task: str = "micrographs") -> Network:
    """Return the network of a weight set, loaded once per process and file state.

    Raises
    ------
    WeightsNotFound
        If there is none, or it is made for another task than this.
    """
    folder = find_weights(name)
    try:
        changed = (folder / "model.onnx").stat().st_mtime_ns
    except OSError as error:
        msg = f"The weight set {folder.name} has no readable model.onnx: {error}."
        raise WeightsNotFound(msg) from error
    network = _load(folder.resolve(), changed)
    if network.task != task:
        msg = f"The weight set {network.name} is made for {network.task}, not for {task}."
        raise WeightsNotFound(msg)
    return network


@functools.lru_cache(maxsize=3)
def _load(folder: Path, changed: int) -> Network:
    return Network(folder)


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["name"], config["files"]["model.onnx"]
        inference = config["inference"]
        inference["tile_px"], inference["margin_px"], inference["multiple_px"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = (
            f"The config.json of the weight set {folder.name} is missing or incomplete: {error!r}."
        )
        raise WeightsNotFound(msg) from error
    return config


def _checked_sha256(path: Path, config: dict[str, Any]) -> str:
    """Return the file's SHA-256 after comparing it with the one that the weight set lists."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"The weight set {config['name']} has no readable {path.name}: {error}."
        raise WeightsNotFound(msg) from error
    if found != config["files"][path.name]:
        msg = (
            f"{path.name} of the weight set {config['name']} is not the file its config.json lists "
            "(SHA-256 differs). Restore it, for example with git checkout or by installing again."
        )
        raise WeightsNotFound(msg)
    return found
