"""Training: tiles of real and of simulated images, half and half, until the time or steps are up.

What tile number n of a run shows depends only on the seed and n, so a run that was killed goes on
from its last checkpoint as if nothing had happened. The weights that are kept are a running mean of
those of the last steps, which are better than any of them.
"""

import copy
import csv
import dataclasses
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from ..errors import InvalidOption
from ..progress import Progress
from .augmentation import change_grey
from .checkpoint import load_checkpoint, save_checkpoint
from .dataset import LabelledImage, cut_tile, read_folder
from .export import export_weights, load_weights
from .metrics import Confusion
from .model import ENCODERS, Segmenter, load_imagenet_encoder, to_channels_last
from .pool import make_pool, read_pool
from .recipe import PRESETS, Recipe, make_optimizer, rate_factor


def train(
    folder: Path | str,
    out: Path | str,
    *,
    weights: Path | str | None = None,
    encoder: str = ENCODERS[0],
    encoder_weights: Path | str | None = None,
    preset: str | Recipe = "default",
    minutes: float | None = None,
    steps: int | None = None,
    pool: Path | str | None = None,
    simulated_images: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train a network on a labelled folder and write a weight set.

    Parameters
    ----------
    folder : path
        With `images/` and `instances/` or `masks/`; the parts are held out by name.
    out : path
        Folder of the run: `checkpoint.safetensors`, `curves.csv` and, at the end, the weight set.
        A run that finds its own checkpoint there goes on from it.
    weights : path, optional
        Weight set to start from (fine-tuning).
    encoder : {"timm-tf_efficientnet_lite0", "resnet18"}
        Only without `weights`.
    encoder_weights : path, optional
        State dict of EfficientNet-Lite0 trained on ImageNet, to start the encoder from.
    preset : {"default", "fine-tune", "paper"} or Recipe
        With `weights`, "default" means "fine-tune".
    minutes, steps : optional
        Length of the run; without either the preset's number of epochs.
    pool : path, optional
        Simulated images made before by `make_pool`.
    simulated_images : int, optional
        Without a pool, how many to simulate before training (0.3 s each, kept in `out`); by
        default 400 for a network trained anew, none for one that is fine-tuned.
    seed : int
    workers : int, optional
        Copies of the network that share a batch, one thread each; by default one per core, at
        most 4, and 1 on a GPU.
    progress : callable, optional
        Called with the finished fraction and a message; may raise Cancelled.

    Returns
    -------
    Path
        The folder of the weight set, `out`.
    """
    if isinstance(preset, str) and preset not in PRESETS:
        msg = f"There is no preset {preset}; choose one of {', '.join(PRESETS)}."
        raise InvalidOption(msg)
    if preset == "default" and weights is not None:
        preset = "fine-tune"
    recipe = PRESETS[preset] if isinstance(preset, str) else preset
    run = _Run(Path(out), recipe, seed, workers)
    run.read(Path(folder))
    if pool is None and recipe.simulated:
        count = simulated_images if simulated_images is not None else 0 if weights else 400
        pool = make_pool(run.out / "pool", count, seed, progress=progress) if count else None
    if pool is not None:
        run.simulated = read_pool(pool)
    run.start(encoder, weights, encoder_weights)
    if minutes is None and steps is None:
        steps = run.recipe.epochs * run.steps_per_epoch
    run.go(minutes, steps, progress)
    return run.finish(Path(folder))


class _Run:
    """The moving parts of one training."""

    def __init__(self, out: Path, recipe: Recipe, seed: int, workers: int | None) -> None:
        self.out, self.recipe, self.seed = out, recipe, seed
        out.mkdir(parents=True, exist_ok=True)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        cores = torch.get_num_threads()
        self.workers = workers or (1 if self.device == "cuda" else min(cores, 4))
        self.step, self.seconds = 0, 0.0
        self.best = -1.0
        self.simulated: list[LabelledImage] = []

    def read(self, folder: Path) -> None:
        """Read the images; a folder too small to hold anything out is validated on itself."""
        self.images = read_folder(folder, ["training"]) or read_folder(folder)
        self.validation = read_folder(folder, ["validation"]) or self.images[:8]
        tiles = sum(i.grey.size for i in self.images) / self.recipe.tile_px**2 + len(self.images)
        self.steps_per_epoch = max(round(tiles / self.recipe.batch), 1)

    def start(self, encoder: str, weights: Any, encoder_weights: Any) -> None:
        """Make the network and its copies, from a checkpoint if there is one."""
        torch.manual_seed(self.seed)
        if weights is not None:
            self.model = load_weights(weights)
        else:
            self.model = Segmenter(encoder)
            if encoder_weights is not None:
                load_imagenet_encoder(self.model, encoder_weights)
        self.model.to(self.device)
        to_channels_last(self.model)
        self.mean = copy.deepcopy(self.model).eval()
        self.optimizer = make_optimizer(self.model, self.recipe)
        if (self.out / "checkpoint.safetensors").exists():
            record = load_checkpoint(
                self.out / "checkpoint.safetensors",
                {"model": self.model, "mean": self.mean},
                self.optimizer,
            )
            self.step, self.seconds, self.best = record["step"], record["seconds"], record["best"]
        self.copies = [self.model] + [copy.deepcopy(self.model) for _ in range(self.workers - 1)]

    def go(self, minutes: float | None, steps: int | None, progress: Progress | None) -> None:
        """Train until the time or the steps are up."""
        threads = torch.get_num_threads()
        before, started = self.seconds, time.monotonic()
        if self.workers > 1:
            torch.set_num_threads(1)
        try:
            with ThreadPoolExecutor(
                self.workers + 1, initializer=_use_threads, initargs=(self.workers,)
            ) as executor:
                batch = executor.submit(self._batch, self.step)
                while (done := self._fraction(minutes, steps)) < 1:
                    grey, truth = batch.result()
                    batch = executor.submit(self._batch, self.step + 1)
                    loss = self._one_step(executor, grey, truth, done)
                    self.step += 1
                    self.seconds = before + time.monotonic() - started
                    self._report(loss, minutes, steps, progress)
        finally:
            torch.set_num_threads(threads)
        self.validate(float("nan"))
        self.save()

    def _fraction(self, minutes: float | None, steps: int | None) -> float:
        parts = [self.step / steps] if steps else []
        parts += [self.seconds / (60 * minutes)] if minutes else []
        return min(max(parts), 1.0)

    def _batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Make batch number `step`: simulated tiles first, then real ones."""
        rng = np.random.default_rng([self.seed, step])
        made = round(self.recipe.batch * self.recipe.simulated) if self.simulated else 0
        tiles = [self._tile(rng, self.simulated, 0.05, (0.6, 2.0)) for _ in range(made)]
        for _ in range(self.recipe.batch - made):
            tiles.append(self._tile(rng, self.images, self.recipe.whole, self.recipe.scales))
        # Alternate, so that every copy of the network gets both kinds.
        order = rng.permutation(len(tiles)) if self.workers == 1 else np.arange(len(tiles))
        order = np.concatenate([order[i :: self.workers] for i in range(self.workers)])
        grey = torch.from_numpy(np.stack([tiles[i][0] for i in order])[:, None])
        truth = torch.from_numpy(np.stack([tiles[i][1] for i in order])[:, None].astype(np.float32))
        return grey, truth

    def _tile(
        self,
        rng: np.random.Generator,
        images: list[LabelledImage],
        whole: float,
        scales: tuple[float, float],
    ) -> tuple[np.ndarray, np.ndarray]:
        image = images[rng.integers(len(images))]
        scale = float(np.exp(rng.uniform(*np.log(scales))))
        if rng.random() < whole:
            scale = self.recipe.tile_px / max(image.grey.shape)
        grey, mask = cut_tile(image, rng, scale, self.recipe.tile_px)
        return change_grey(grey, rng), mask

    def _one_step(
        self, executor: ThreadPoolExecutor, grey: torch.Tensor, truth: torch.Tensor, done: float
    ) -> float:
        """Do one step of the optimizer; every copy of the network works on its share."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial"] * rate_factor(self.recipe.schedule, done)
        shares = zip(grey.chunk(self.workers), truth.chunk(self.workers), strict=True)
        jobs = [
            executor.submit(self._gradient, model, *share)
            for model, share in zip(self.copies, shares, strict=True)
        ]
        losses = [job.result() for job in jobs]
        with torch.no_grad():
            for parameters in zip(*(c.parameters() for c in self.copies), strict=True):
                if parameters[0].grad is None:
                    continue
                for other in parameters[1:]:
                    parameters[0].grad += other.grad
                parameters[0].grad /= self.workers
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
            self.optimizer.step()
            self._share_out()
        return float(np.mean(losses))

    def _gradient(self, model: Segmenter, grey: torch.Tensor, truth: torch.Tensor) -> float:
        model.train()
        model.zero_grad(set_to_none=True)
        grey = grey.to(self.device, memory_format=torch.channels_last)
        loss = segmentation_loss(model(grey), truth.to(self.device))
        loss.backward()
        return float(loss.detach())

    def _share_out(self) -> None:
        """Give every copy the new parameters, and add them to the running mean."""
        # Batch statistics differ between the copies: their mean is what the whole batch had.
        for buffers in zip(*(c.buffers() for c in self.copies), strict=True):
            if buffers[0].is_floating_point():
                mean = sum(buffers) / len(buffers)
                for buffer in buffers:
                    buffer.copy_(mean)
        for parameters in zip(*(c.parameters() for c in self.copies), strict=True):
            for other in parameters[1:]:
                other.copy_(parameters[0])
        keep = min(self.recipe.mean_of_last, (1 + self.step) / (10 + self.step))
        new, old = self.model.state_dict(), self.mean.state_dict()
        for name, value in old.items():
            if value.is_floating_point():
                value.lerp_(new[name], 1 - keep)
            else:
                value.copy_(new[name])

    def _report(
        self, loss: float, minutes: float | None, steps: int | None, progress: Progress | None
    ) -> None:
        if self.step % self.recipe.save_every == 0:
            self.validate(loss)
            self.save()
        if self.step % self.recipe.report_every == 0 and progress is not None:
            done = self._fraction(minutes, steps)
            left = self.seconds / max(done, 1e-6) * (1 - done) / 60
            progress(done, f"step {self.step}, loss {loss:.3f}, {left:.0f} min left")

    def validate(self, loss: float) -> None:
        """Measure the mean weights on the validation images, note it, and keep the best."""
        confusion = Confusion()
        for image in self.validation:
            confusion += Confusion.of(predict(self.mean, image.grey) > 0.5, image.mask)
        if confusion.iou >= self.best:
            self.best = confusion.iou
            save_checkpoint(
                self.out / "best.safetensors", {"mean": self.mean}, self.optimizer, self.record()
            )
        path = self.out / "curves.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(
                    ["step", "minutes", "loss", "validation_iou", "validation_accuracy"]
                )
            values = [loss, confusion.iou, confusion.accuracy]
            loss_text, iou, accuracy = (f"{value:.4f}" for value in values)
            writer.writerow([self.step, f"{self.seconds / 60:.1f}", loss_text, iou, accuracy])

    def record(self) -> dict[str, Any]:
        """What a checkpoint says about the run."""
        return {"step": self.step, "seconds": self.seconds, "best": self.best}

    def save(self) -> None:
        """Write the checkpoint."""
        modules = {"model": self.model, "mean": self.mean}
        save_checkpoint(self.out / "checkpoint.safetensors", modules, self.optimizer, self.record())

    def finish(self, folder: Path) -> Path:
        """Write the weight set."""
        about = {
            "data": folder.name,
            "images": len(self.images),
            "simulated_images": len(self.simulated),
            "steps": self.step,
            "minutes": round(self.seconds / 60, 1),
            "seed": self.seed,
            "recipe": dataclasses.asdict(self.recipe),
        }
        export_weights(self.mean.cpu().eval(), self.out, training=json.loads(json.dumps(about)))
        return self.out


def segmentation_loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return binary cross-entropy plus 1 - Dice of the batch."""
    entropy = functional.binary_cross_entropy_with_logits(logits, truth)
    probability = logits.sigmoid()
    dice = (2 * (probability * truth).sum() + 1) / (probability.sum() + truth.sum() + 1)
    return entropy + 1 - dice


def predict(model: Segmenter, grey: np.ndarray) -> np.ndarray:
    """Return the probability map of one image given as grey values 0..255 (uint8)."""
    rows, columns = grey.shape
    pad = [(0, -rows % 16), (0, -columns % 16)]
    padded = np.pad(grey.astype(np.float32) / 255, pad, mode="symmetric")
    device = next(model.parameters()).device
    with torch.no_grad():
        logits = model(torch.from_numpy(padded)[None, None].to(device))
    return logits.sigmoid()[0, 0, :rows, :columns].cpu().numpy()


def _use_threads(workers: int) -> None:
    """Keep every worker's kernels on its own core: torch counts threads per calling thread."""
    if workers > 1:
        torch.set_num_threads(1)
