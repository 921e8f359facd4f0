"""Export: from a trained model to a weight set that needs no torch to be used.

A weight set is a folder with `model.onnx` for inference, `model.safetensors` from which training
goes on, and `config.json`, which says what goes in and out and lists the SHA-256 of both files.
"""

import hashlib
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from ..errors import WeightsNotFound
from ..familiarity import Ranges, grey_numbers, ranges_of
from ..network import find_weights
from ..preparation import resize, working_shape
from .dataset import TILE_PX, LabelledImage
from .model import ATROUS_RATES, PAD_MULTIPLE, POOLING_WINDOW, Segmenter
from .objects import connected, counted_objects

OPSET = 17
# Tiles of an image at inference: their most rows and columns, the border that is computed but not
# kept, and what the sides must be divisible by. Fewer rows take less memory, in 1.2 times the time
# (benchmarks/README.md). An image whose longer side is above `most_px` is reduced to it first. One
# that stays below it when magnified by `magnified_by` is also seen so where its bodies are narrower
# than `magnified_below_px`: the mean of both probabilities counts.
INFERENCE: dict[str, Any] = {
    "tile_px": [768, 1536],
    "margin_px": 192,
    "multiple_px": PAD_MULTIPLE,
    "most_px": 1536,
    "magnified_by": 1.5,
    "magnified_below_px": 96,
}


class _WithSigmoid(torch.nn.Module):
    """The model as it is exported: probabilities instead of logits."""

    def __init__(self, model: Segmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, grey: torch.Tensor) -> torch.Tensor:
        return self.model(grey).sigmoid()


def export_weights(
    model: Segmenter,
    folder: Path | str,
    *,
    name: str | None = None,
    inference: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    familiar: Ranges | None = None,
) -> Path:
    """Write a weight set.

    Parameters
    ----------
    model : Segmenter
    folder : path
        Is made if it is not there; files of an earlier set are replaced.
    name : str, optional
        By default the folder's name.
    inference : dict, optional
        What differs from `INFERENCE`: how `antema.network` is to run the network.
    training, metrics : dict, optional
        What the set was trained on and how well it does, kept in config.json.
    familiar : dict, optional
        What the training images were like, by `familiar_ranges`: an analysis warns of others.

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = model.eval()
    write_onnx(model, folder / "model.onnx")
    save_file(
        {key: halved(value) for key, value in model.state_dict().items()},
        folder / "model.safetensors",
    )
    config = {
        "name": name or folder.name,
        "architecture": "DeepLabV3+",
        "encoder": model.encoder,
        "atrous_rates": list(ATROUS_RATES),
        "pooling_window": POOLING_WINDOW,
        "output_stride": 16,
        "input": "float32 (N, 1, H, W), grey values 0..1 by antema.preparation.normalise",
        "output": "float32 (N, 1, H, W), probability of particle",
        "training_tile_px": TILE_PX,
        "inference": {**INFERENCE, **(inference or {})},
        "training": training or {},
        "metrics": metrics or {},
        "familiar": dict(familiar or {}),
    }
    write_config(folder, config)
    return folder


def familiar_ranges(images: Sequence[LabelledImage], most: int = 500) -> dict[str, Any]:
    """Return the ranges of what training images are like, real and simulated ones together.

    Of more than `most` images, so many are looked at, evenly chosen.
    """
    rows = []
    for index in np.unique(np.linspace(0, len(images) - 1, min(most, len(images))).astype(int)):
        image = images[index]
        seen = working_shape(image.grey.shape, INFERENCE["most_px"])
        grey = resize(image.grey.astype(np.float32) / 255, seen)
        areas = counted_objects(connected(image.mask))[1]
        diameter = float(np.sqrt(4 * np.median(areas) / np.pi)) if areas.size else np.nan
        scale = seen[0] / image.grey.shape[0]
        rows.append({**grey_numbers(grey), "diameter_px": diameter * scale})
    return ranges_of(rows)


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Write config.json with the SHA-256 of the files beside it."""
    files = ("model.onnx", "model.safetensors")
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    text = json.dumps({**config, "files": digests}, indent=2, ensure_ascii=False)
    (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def write_onnx(model: Segmenter, path: Path) -> None:
    """Write the model, its normalisation and the sigmoid as ONNX with free batch, height, width."""
    export_onnx(_WithSigmoid(model), torch.zeros(1, 1, 64, 96), path, "grey", "probability")


def export_onnx(
    model: torch.nn.Module, example: torch.Tensor, path: Path, given: str, told: str
) -> None:
    """Write a model as ONNX, its input and output with free batch, height and width."""
    with warnings.catch_warnings():
        # The exporter that needs no further package is called legacy by torch; it is exact here.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model.eval(),
            (example,),
            str(path),
            input_names=[given],
            output_names=[told],
            dynamic_axes={key: {0: "batch", 2: "height", 3: "width"} for key in (given, told)},
            opset_version=OPSET,
            dynamo=False,
        )


def load_weights(folder: Path | str) -> Segmenter:
    """Load the model of a weight set (folder or name), to train it further or to run it in torch.

    Raises
    ------
    WeightsNotFound
        If the set is incomplete, a file is not the one its list describes, or it is of another
        network than this version trains.
    """
    folder = find_weights(str(folder))
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        content = (folder / "model.safetensors").read_bytes()
    except OSError as error:
        msg = f"{folder} is no weight set to train from: {error}."
        raise WeightsNotFound(msg) from error
    if hashlib.sha256(content).hexdigest() != config["files"]["model.safetensors"]:
        msg = f"{folder / 'model.safetensors'} is not the file that config.json describes."
        raise WeightsNotFound(msg)
    model = Segmenter(config["encoder"])
    state = load_file(folder / "model.safetensors")
    try:
        model.load_state_dict({key: restored(value) for key, value in state.items()})
    except RuntimeError as error:
        msg = (
            f"{folder} holds another network than this version of antema trains. It can still "
            "analyse images; to train, start from a weight set that came with antema."
        )
        raise WeightsNotFound(msg) from error
    return model.eval()


def config_of(folder: Path | str) -> dict[str, Any]:
    """Return the config.json of a weight set (folder or name)."""
    text = (find_weights(str(folder)) / "config.json").read_text(encoding="utf-8")
    config: dict[str, Any] = json.loads(text)
    return config


def largest_difference(model: Segmenter, path: Path, shape: tuple[int, int] = (96, 160)) -> float:
    """Return the largest difference between the ONNX file and the model on random grey values."""
    import onnxruntime  # noqa: PLC0415  (only needed to check)

    grey = np.random.default_rng(0).random((2, 1, *shape), dtype=np.float32)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {"grey": grey})[0]
    with torch.no_grad():
        wanted = model.eval()(torch.from_numpy(grey)).sigmoid().numpy()
    return float(np.abs(found - wanted).max())


def halved(value: torch.Tensor) -> torch.Tensor:
    """Return kernels as float16, half the size; training goes on from them without harm."""
    small = value.half() if value.is_floating_point() and value.ndim > 1 else value
    return small.contiguous().clone()


def restored(value: torch.Tensor) -> torch.Tensor:
    """Return what was halved as float32."""
    return value.float() if value.is_floating_point() else value
