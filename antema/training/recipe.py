"""Recipes: the settings of a training, the paper's among them, and what follows from them."""

import dataclasses
import math
from typing import Any

import torch

from .dataset import TILE_PX
from .model import Segmenter


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes
    ----------
    optimizer : {"adamw", "sgd"}
    rate : float
        Greatest learning rate.
    schedule : {"onecycle", "steps"}
        "onecycle" rises for the first 5 % and falls to 0 as a cosine; "steps" multiplies by 0.75
        every eighth of the run, as the paper does every 15 of 120 epochs.
    batch : int
        Tiles per step.
    epochs : int
        Length of the run if neither steps nor minutes are given.
    simulated : float
        Part of each batch that is simulated.
    scales : (float, float)
        Range of magnifications of a tile, drawn log-uniformly.
    whole : float
        Chance of showing the whole image, reduced to a tile.
    mean_of_last : float
        How slowly the running mean of the weights forgets; 0 keeps the last weights.
    tile_px : int
        Side of a tile, a multiple of 32.
    sheets : float
        Chance of laying simulated crumpled sheets over a real tile: transmissions multiply.
    frozen : bool
        Keep the statistics of the batch normalisation, so that the network is trained as it is
        used; for networks that know them already.
    report_every, save_every : int
        Steps between reports, and between checkpoints with a validation.
    patience : int
        Validations without a better one after which the run ends; 0 is never.
    """

    optimizer: str = "adamw"
    rate: float = 1e-3
    schedule: str = "onecycle"
    weight_decay: float = 0.02
    batch: int = 4
    epochs: int = 60
    simulated: float = 0.5
    scales: tuple[float, float] = (0.5, 2.5)
    whole: float = 0.12
    mean_of_last: float = 0.995
    tile_px: int = TILE_PX
    sheets: float = 0.2
    frozen: bool = False
    report_every: int = 10
    save_every: int = 200
    patience: int = 10


PRESETS = {
    "default": Recipe(),
    "fine-tune": Recipe(rate=3e-4, epochs=20, save_every=50, frozen=True),
    "paper": Recipe(
        optimizer="sgd",
        rate=0.01,
        schedule="steps",
        weight_decay=1e-4,
        batch=30,
        epochs=120,
        simulated=0.0,
        scales=(0.5, 2.0),
        whole=1 / 17,
        mean_of_last=0.0,
        tile_px=256,
        sheets=0.0,
        patience=0,
    ),
}


def make_optimizer(model: Segmenter, recipe: Recipe) -> torch.optim.Optimizer:
    """Make the optimizer; the encoder, trained before, learns at half the rate."""
    encoder = list(model.network.encoder.parameters())
    known = {id(parameter) for parameter in encoder}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in known]
    groups: list[dict[str, Any]] = [
        {"params": encoder, "lr": recipe.rate / 2, "initial": recipe.rate / 2},
        {"params": rest, "lr": recipe.rate, "initial": recipe.rate},
    ]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, momentum=0.9, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)


def rate_factor(schedule: str, done: float) -> float:
    """Return the part of the greatest learning rate to use when `done` (0..1) is finished."""
    if schedule == "steps":
        return 0.75 ** int(done * 8)
    warm = 0.05
    if done < warm:
        return 0.05 + 0.95 * done / warm
    return 0.5 * (1 + math.cos(math.pi * (done - warm) / (1 - warm))) + 1e-3
