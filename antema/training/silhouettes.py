"""Training of the network that finds overlapping particles in silhouettes.

    python -m antema.training.silhouettes --minutes 60 -o weights/star-convex-silhouettes

It learns from `antema.simulation.silhouettes` alone, drawn anew all the time. What it tells at a
place is described in `antema.silhouettes`.
"""

import argparse
import copy
import math
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from numba import njit
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from ..geometry import moments
from ..silhouettes import DIRECTIONS, GRID_PX, UNIT_PX, directions, fold
from ..simulation.silhouettes import silhouette_scene
from .export import export_onnx, halved, restored, write_config

WIDTHS, BLOCKS = (32, 64, 112, 144), (2, 2, 3, 3)
# Regions are divided over the cores already, so each takes one.
INFERENCE = {
    "tile_px": 1024,
    "margin_px": 192,
    "multiple_px": GRID_PX * 2 ** (len(WIDTHS) - 1),
    "threads": 1,
}
_BATCH, _RATE, _WARM_UP, _DECAY = 16, 2.5e-3, 200, 0.02
_CENTRE_WEIGHT, _AVERAGED, _LARGEST_GRADIENT = 20.0, 0.998, 5.0
_SPREAD, _LEAST_SPREAD_PX = 0.4, 2.2  # of the likelihood, in that of the particle; px
_LEAST_SEEN, _WELL_SEEN = 0.02, 0.3
_TAUGHT, _LEAST_WEIGHT = 0.15, 0.4
_SAVED_EVERY_S, _TOLD_EVERY = 180.0, 50


def _convolution(inner: int, outer: int, stride: int = 1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inner, outer, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outer),
        nn.ReLU(inplace=True),
    )


class _Block(nn.Module):
    """Two convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return functional.relu(values + self.second(self.first(values)))


class StarNetwork(nn.Module):
    """Cells of a silhouette, (N, 17, H, W), to stars, (N, 33, H, W); H and W multiples of 8.

    The first channel is the logit of a centre, the others are the logarithms of the distances to
    the outline in units of 16 px. A residual encoder and decoder on four grids.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = _convolution(GRID_PX**2 + 1, WIDTHS[0])
        self.encoders = nn.ModuleList(
            nn.Sequential(*(_Block(width) for _ in range(count)))
            for width, count in zip(WIDTHS, BLOCKS, strict=True)
        )
        steps = list(zip(WIDTHS[:-1], WIDTHS[1:], strict=True))
        self.downs = nn.ModuleList(_convolution(fine, coarse, 2) for fine, coarse in steps)
        self.laterals = nn.ModuleList(_convolution(coarse, fine, size=1) for fine, coarse in steps)
        self.decoders = nn.ModuleList(_Block(width) for width in WIDTHS[:-1])
        stars = nn.Conv2d(64, 1 + DIRECTIONS, 1)
        nn.init.constant_(stars.bias[0], -3.0)  # type: ignore[index]  # centres are rare
        self.head = nn.Sequential(_convolution(WIDTHS[0], 64), stars)

    def forward(self, cells: torch.Tensor) -> torch.Tensor:
        """Go down the four grids and up again."""
        values = self.stem(cells)
        seen = []
        for level, encoder in enumerate(self.encoders):
            values = encoder(self.downs[level - 1](values) if level else values)
            seen.append(values)
        for level in reversed(range(len(self.decoders))):
            finer = functional.interpolate(self.laterals[level](values), scale_factor=2.0)
            values = self.decoders[level](seen[level] + finer)
        return self.head(values)


def targets(outlines: list[np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the network should tell of a scene.

    Parameters
    ----------
    outlines : list of ndarray, shape (n, 2)
        Corners of convex particles.
    size : int
        Side of the scene in px.

    Returns
    -------
    likelihood : ndarray of float32, shape (size / 4, size / 4)
        1 at the centre of a particle, falling off as a Gaussian that is drawn out as the particle.
    distances : ndarray of float32, shape (32, size / 4, size / 4)
        Logarithms of those to the outline of the particle whose centre is next, in 16 px.
    weight : ndarray of float32, shape (size / 4, size / 4)
        How much the distances count: little where hardly anything of the particle is seen.
    """
    side = size // GRID_PX
    likelihood, weight = np.zeros((side, side), np.float32), np.zeros((side, side), np.float32)
    distances = np.zeros((DIRECTIONS, side, side), np.float32)
    if not outlines:
        return likelihood, distances, weight
    described = [moments(corners) for corners in outlines]
    centres = np.array([centre for _, centre, _ in described])
    spreads = np.array([spread for _, _, spread in described]) * _SPREAD**2
    spreads += np.eye(2) * _LEAST_SPREAD_PX**2
    reaches = 3 * np.sqrt(np.linalg.eigvalsh(spreads)[:, -1])
    planes = [_planes(corners, centre) for corners, centre in zip(outlines, centres, strict=True)]
    begin = np.cumsum([0, *(len(sides) for sides in planes)])
    every, corners = np.concatenate(planes), np.concatenate(outlines)
    seen = np.array([_seen_share(every, begin, corners, k, size) for k in range(len(outlines))])
    taught = ((centres >= 0) & (centres < size)).all(axis=1) & (seen > _LEAST_SEEN)
    for k in np.flatnonzero(taught):
        _paint(
            every[begin[k] : begin[k + 1]],
            centres[k],
            np.linalg.inv(spreads[k]),
            reaches[k],
            min(1.0, seen[k] / _WELL_SEEN),
            directions(),
            likelihood,
            distances,
            weight,
        )
    return likelihood, distances, weight


def _planes(corners: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return outward unit normal and offset of every side; shape (n, 3)."""
    along = np.roll(corners, -1, axis=0) - corners
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    offsets = (normals * corners).sum(axis=1)
    inwards = offsets < normals @ centre
    normals[inwards] *= -1
    offsets[inwards] *= -1
    return np.concatenate([normals, offsets[:, np.newaxis]], axis=1)


@njit(cache=True, nogil=True)
def _seen_share(planes, begin, corners, k, size):  # type: ignore[no-untyped-def]
    """Part of the outline of particle k that lies in the scene and in no other particle."""
    first, last = begin[k], begin[k + 1]
    total = free = 0.0
    for i in range(first, last):
        j = i + 1 if i + 1 < last else first
        down, right = corners[j, 0] - corners[i, 0], corners[j, 1] - corners[i, 1]
        steps = max(1, int(math.hypot(down, right) / 3))
        for step in range(steps):
            row = corners[i, 0] + (step + 0.5) / steps * down
            column = corners[i, 1] + (step + 0.5) / steps * right
            hidden = not (0 <= row < size and 0 <= column < size)
            for other in range(len(begin) - 1):
                if hidden:
                    break
                hidden = other != k
                for side in range(begin[other], begin[other + 1]):
                    if planes[side, 0] * row + planes[side, 1] * column > planes[side, 2]:
                        hidden = False
                        break
            total += math.hypot(down, right) / steps
            if not hidden:
                free += math.hypot(down, right) / steps
    return free / max(total, 1e-9)


@njit(cache=True, nogil=True)
def _paint(planes, centre, shape, reach, seen, towards, likelihood, distances, weight):  # type: ignore[no-untyped-def]
    """Enter one particle where it is more likely than those entered before."""
    side, middle = len(likelihood), (GRID_PX - 1) / 2
    told = np.empty(len(towards), np.float32)
    first_row = max(0, int((centre[0] - reach) / GRID_PX))
    first_column = max(0, int((centre[1] - reach) / GRID_PX))
    for i in range(first_row, min(side, int((centre[0] + reach) / GRID_PX) + 2)):
        for j in range(first_column, min(side, int((centre[1] + reach) / GRID_PX) + 2)):
            row, column = i * GRID_PX + middle, j * GRID_PX + middle
            v, u = row - centre[0], column - centre[1]
            likely = math.exp(
                -(shape[0, 0] * v * v + 2 * shape[0, 1] * v * u + shape[1, 1] * u * u) / 2
            )
            if likely <= max(0.02, likelihood[i, j]):
                continue
            likelihood[i, j] = likely
            weight[i, j] = 0
            if likely > _TAUGHT and _distances(planes, row, column, towards, told):
                weight[i, j] = max(likely, _LEAST_WEIGHT) * seen
                for k in range(len(towards)):
                    distances[k, i, j] = math.log(told[k] / UNIT_PX)


@njit(cache=True, nogil=True)
def _distances(planes, row, column, towards, told):  # type: ignore[no-untyped-def]
    """Write the distances to a convex outline; False where the place is not well inside."""
    for k in range(len(towards)):
        nearest = math.inf
        for i in range(len(planes)):
            gap = planes[i, 2] - planes[i, 0] * row - planes[i, 1] * column
            if gap < 0.7:
                return False
            along = planes[i, 0] * towards[k, 0] + planes[i, 1] * towards[k, 1]
            if along > 1e-6:
                nearest = min(nearest, gap / along)
        told[k] = nearest
    return True


class _Scenes(torch.utils.data.IterableDataset[tuple[np.ndarray, ...]]):
    """Cells and targets of scenes drawn anew."""

    def __init__(self, seed: int, size: int) -> None:
        self.seed, self.size = seed, size

    def __iter__(self) -> Iterator[tuple[np.ndarray, ...]]:
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            mask, outlines = silhouette_scene(rng, self.size)
            yield fold(mask), *targets(outlines, self.size)


def train(
    folder: Path,
    minutes: float,
    *,
    seed: int = 0,
    start: Path | None = None,
    size: int = 384,
    workers: int = 1,
) -> Path:
    """Train for some minutes and write the weight set.

    Parameters
    ----------
    folder : Path
        Of the weight set; what is learned so far is written to it every three minutes.
    minutes : float
        The rate falls to nothing until then.
    seed : int
        Of the scenes and of the first weights.
    start : Path, optional
        Weight set to go on from.
    size : int
        Side of the scenes in px, a multiple of 32.
    workers : int
        Processes that draw scenes; 0 draws them between the steps.
    """
    torch.manual_seed(seed)
    network = StarNetwork()
    if start:
        learned = load_file(start / "model.safetensors")
        network.load_state_dict({key: restored(value) for key, value in learned.items()})
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    averaged = copy.deepcopy(network).eval()
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    scenes = torch.utils.data.DataLoader(_Scenes(seed, size), _BATCH, num_workers=workers)
    begin = saved = monotonic()
    losses: list[tuple[float, float]] = []
    for step, (cells, *wanted) in enumerate(scenes, start=1):
        now = monotonic()
        done = (now - begin) / 60 / minutes
        if done >= 1:
            break
        if now - saved > _SAVED_EVERY_S:
            write(averaged, folder)
            saved = now
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1, step / _WARM_UP) * (1 + math.cos(math.pi * done)) / 2
        cells = cells.to(memory_format=torch.channels_last)  # noqa: PLW2901
        with torch.autocast("cpu", torch.bfloat16):
            told = network(cells).float()
        centre, reach = _losses(told, *wanted)
        optimiser.zero_grad(set_to_none=True)
        (_CENTRE_WEIGHT * centre + reach).backward()
        nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        _average(averaged, network, min(_AVERAGED, (step + 1) / (step + 10)))
        losses.append((centre.item(), reach.item()))
        if step % _TOLD_EVERY == 0:
            mean = np.mean(losses[-_TOLD_EVERY:], axis=0)
            print(f"{done:4.0%}  step {step}  centres {mean[0]:.4f}  outlines {mean[1]:.4f}")
    return write(averaged, folder)


def _losses(
    told: torch.Tensor, likelihood: torch.Tensor, distances: torch.Tensor, weight: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the cross-entropy of the centres, and the mean error of the log distances."""
    centre = functional.binary_cross_entropy_with_logits(told[:, 0], likelihood)
    errors = (told[:, 1:] - distances).abs() * weight[:, None]
    return centre, errors.sum() / (DIRECTIONS * weight.sum() + 1)


@torch.no_grad()
def _average(averaged: nn.Module, network: nn.Module, kept: float) -> None:
    for mean, value in zip(
        averaged.state_dict().values(), network.state_dict().values(), strict=True
    ):
        if mean.is_floating_point():
            mean.mul_(kept).add_(value, alpha=1 - kept)
        else:
            mean.copy_(value)


def write(network: StarNetwork, folder: Path) -> Path:
    """Write the weight set: model.onnx and model.safetensors, both as float16, and config.json."""
    import onnx

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    export_onnx(network, torch.zeros(1, GRID_PX**2 + 1, 16, 24), path, "cells", "stars")
    onnx.save(_with_half_kernels(onnx.load(path)), path)
    state = {key: halved(value) for key, value in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    config = {
        "name": folder.name,
        "task": "silhouettes",
        "architecture": "residual U-Net, star-convex polygons",
        "input": "float32 (N, 17, H, W), cells of a silhouette by antema.silhouettes.fold",
        "output": "float32 (N, 33, H, W), logit of a centre, logarithms of 32 distances in 16 px",
        "inference": INFERENCE,
    }
    write_config(folder, config)
    return folder


def _with_half_kernels(model):  # type: ignore[no-untyped-def]
    """Store the kernels as float16, half the size; they are cast back when the file is loaded."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > 1000:
            name, values = tensor.name, numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
            casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def main() -> None:
    """Run the command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long to train (60)")
    parser.add_argument("--from", dest="start", type=Path, help="weight set to go on from")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    train(options.output, options.minutes, seed=options.seed, start=options.start)


if __name__ == "__main__":
    main()
