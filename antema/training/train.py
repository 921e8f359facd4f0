"""Training: tiles of real and of simulated images, half and half, until the time or steps are up.

What tile number n of a run shows depends only on the seed and n, so a run that was killed goes on
from its last checkpoint as if nothing had happened. The weights that count are a running mean of
those of the last steps, which are better than any of them; kept are those of the best validation.
"""

import copy
import dataclasses
import json
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from ..errors import InvalidOption
from ..export import make_folder
from ..familiarity import Ranges, joined
from ..progress import Progress, duration_text
from .batches import Batches
from .checkpoint import load_checkpoint, save_checkpoint
from .copies import Copies, bfloat16_is_faster
from .dataset import LabelledImage, doubts, read_divided
from .export import config_of, export_weights, familiar_ranges, load_weights
from .model import ENCODERS, Segmenter, load_imagenet_encoder, to_channels_last
from .pool import make_pool, read_pool
from .recipe import PRESETS, Recipe, make_optimizer, rate_factor
from .validation import Curves, validate

_log = logging.getLogger(__name__)


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
    patience: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train a network on a labelled folder and write a weight set.

    Parameters
    ----------
    folder : path
        With `images/` and `instances/`, `masks/` or `rois/` (see `antema.training.labels`); the
        parts are held out by name.
    out : path
        Folder of the run: `checkpoint.safetensors`, `curves.csv`, `curves.png` and, at the end, the
        weight set. A run that finds its own checkpoint there goes on from it.
    weights : path, optional
        Weight set to start from (fine-tuning).
    encoder : {"timm-tf_efficientnet_lite0", "resnet18"}
        Only without `weights`.
    encoder_weights : path, optional
        State dict of EfficientNet-Lite0 trained on ImageNet, to start the encoder from; without
        `weights` only.
    preset : {"default", "fine-tune", "paper"} or Recipe
        With `weights`, "default" means "fine-tune".
    minutes, steps : optional
        Longest the run may take; without either the preset's number of epochs.
    pool : path, optional
        Simulated images made before by `make_pool`.
    simulated_images : int, optional
        Without a pool, how many to simulate before training (0.3 s each, kept in `out`); by
        default 400 for a network trained anew, none for one that is fine-tuned.
    seed : int
    patience : int, optional
        Stop after so many validations without a better one, 0 never; by default the preset's.
    workers : int, optional
        Copies of the network that share a batch, one thread each; by default one per core, at
        most 4, and 1 on a GPU.
    progress : callable, optional
        Called with the finished fraction and a message; may raise Cancelled.

    Returns
    -------
    Path
        The folder of the weight set, `out`; its weights are those of the best validation.

    Raises
    ------
    InvalidOption
        If there is no such preset or encoder, or the folder holds a run of another kind.
    UnreadableImage
        If the folder has no usable labels.
    """
    if isinstance(preset, str) and preset not in PRESETS:
        msg = f"There is no preset {preset}; choose one of {', '.join(PRESETS)}."
        raise InvalidOption(msg)
    if encoder not in ENCODERS:
        msg = f"There is no encoder {encoder}; choose one of {', '.join(ENCODERS)}."
        raise InvalidOption(msg)
    if preset == "default" and weights is not None:
        preset = "fine-tune"
    recipe = PRESETS[preset] if isinstance(preset, str) else preset
    if patience is not None:
        recipe = dataclasses.replace(recipe, patience=patience)
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
        make_folder(out)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.bfloat16 = bfloat16_is_faster(self.device)
        cores = torch.get_num_threads()
        workers = workers or (1 if self.device == "cuda" else min(cores, 4))
        self.workers = min(workers, recipe.batch)
        self.step, self.seconds = 0, 0.0
        self.best, self.since_best = -1.0, 0
        self.simulated: list[LabelledImage] = []
        self.curves = Curves(out)

    def read(self, folder: Path) -> None:
        """Read the images; a folder too small to hold anything out is validated on itself."""
        self.images, held_out = read_divided(folder)
        self.validation = held_out or self.images[:8]
        for sentence in doubts(self.images, held_out):
            _log.warning("%s: %s", folder, sentence)
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
        # A set trained on from another one is run like that one, and knows what that one knew.
        self.base = config_of(weights) if weights is not None else {}
        self.model.to(self.device)
        to_channels_last(self.model)
        self.mean = copy.deepcopy(self.model).eval()
        self.optimizer = make_optimizer(self.model, self.recipe)
        if self._checkpoint.exists():
            self._go_on()
        self.copies = Copies(self.model, self.workers, self.bfloat16, self.recipe.frozen)

    @property
    def _checkpoint(self) -> Path:
        return self.out / "checkpoint.safetensors"

    def _go_on(self) -> None:
        """Take up the run of this folder where its last checkpoint was written."""
        modules = {"model": self.model, "mean": self.mean}
        try:
            record = load_checkpoint(self._checkpoint, modules, self.optimizer)
        except (RuntimeError, KeyError, ValueError, OSError, SafetensorError) as error:
            msg = (
                f"{self.out} holds a run of another network or recipe, or a damaged one: it cannot "
                "go on. Choose another folder, or delete that one."
            )
            raise InvalidOption(msg) from error
        self.step, self.seconds, self.best = record["step"], record["seconds"], record["best"]
        self.since_best = record.get("since_best", 0)
        self.curves.go_on_from(self.step)

    def go(self, minutes: float | None, steps: int | None, progress: Progress | None) -> None:
        """Train until the time or the steps are up, or nothing gets better any more."""
        batches = Batches(self.recipe, self.images, self.simulated, self.seed, self.workers)
        threads = torch.get_num_threads()
        before, started = self.seconds, time.monotonic()
        if self.workers > 1:
            torch.set_num_threads(1)
        loss = math.nan
        if self.step == 0 and self.base:
            self.validate(loss)  # what fine-tuning begins with is kept if nothing is better
        try:
            with ThreadPoolExecutor(
                self.workers + 1, initializer=_use_threads, initargs=(self.workers,)
            ) as executor:
                batch = executor.submit(batches.make, self.step)
                while (done := self._fraction(minutes, steps)) < 1 and not self._stale:
                    grey, truth = batch.result()
                    batch = executor.submit(batches.make, self.step + 1)
                    loss = self._one_step(executor, grey, truth, done)
                    self.step += 1
                    self.seconds = before + time.monotonic() - started
                    self._report(loss, minutes, steps, progress)
        finally:
            torch.set_num_threads(threads)
        if not self.curves.rows or self.curves.rows[-1]["step"] != self.step:
            self.validate(loss)
            self.save()

    @property
    def _stale(self) -> bool:
        return 0 < self.recipe.patience <= self.since_best

    def _fraction(self, minutes: float | None, steps: int | None) -> float:
        parts = [self.step / steps] if steps else []
        parts += [self.seconds / (60 * minutes)] if minutes else []
        return min(max(parts), 1.0)

    def _one_step(
        self, executor: ThreadPoolExecutor, grey: torch.Tensor, truth: torch.Tensor, done: float
    ) -> float:
        """Do one step of the optimizer and add its result to the running mean."""
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial"] * rate_factor(self.recipe.schedule, done)
        loss = self.copies.backward(executor, grey, truth)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.copies.share_out()
        keep = min(self.recipe.mean_of_last, (1 + self.step) / (10 + self.step))
        new = self.model.state_dict()
        for name, value in self.mean.state_dict().items():
            if value.is_floating_point():
                value.lerp_(new[name], 1 - keep)
            else:
                value.copy_(new[name])
        return loss

    def _report(
        self, loss: float, minutes: float | None, steps: int | None, progress: Progress | None
    ) -> None:
        if self.step % self.recipe.save_every == 0:
            self.validate(loss)
            self.save()
        if self.step % self.recipe.report_every == 0 and progress is not None:
            done = self._fraction(minutes, steps)
            left = self.seconds / max(done, 1e-6) * (1 - done)
            best = f", best validation {self.best:.3f}" if self.best >= 0 else ""
            of = f" of {steps}" if steps else ""
            progress(
                done,
                f"step {self.step}{of}, loss {loss:.3f}{best}, {duration_text(left)} left at most",
            )

    def validate(self, loss: float) -> None:
        """Measure the mean weights on the validation images, note it, and keep the best."""
        found = validate(self.mean, self.validation)
        self.since_best += 1
        if found.score >= self.best:
            self.best, self.since_best = found.score, 0
            save_checkpoint(self._best, {"mean": self.mean}, None, self.record())
        self.curves.add(self.step, self.seconds / 60, loss, found)

    @property
    def _best(self) -> Path:
        return self.out / "best.safetensors"

    def record(self) -> dict[str, Any]:
        """What a checkpoint says about the run."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "best": self.best,
            "since_best": self.since_best,
        }

    def save(self) -> None:
        """Write the checkpoint."""
        modules = {"model": self.model, "mean": self.mean}
        save_checkpoint(self._checkpoint, modules, self.optimizer, self.record())

    def _familiar(self) -> Ranges:
        """Return what real and simulated images, and those of an earlier training, were like."""
        known: Ranges = self.base.get("familiar", {})
        for images in (self.images, self.simulated):
            known = joined(known, familiar_ranges(images) if images else {})
        return known

    def finish(self, folder: Path) -> Path:
        """Write the best weights as a weight set."""
        best = load_checkpoint(self._best, {"mean": self.mean})
        about = {
            "data": folder.name,
            "images": len(self.images),
            "validation_images": len(self.validation),
            "simulated_images": len(self.simulated),
            "steps": self.step,
            "best_step": best["step"],
            "best_score": round(best["best"], 4),
            "minutes": round(self.seconds / 60, 1),
            "device": self.device,
            "seed": self.seed,
            "recipe": dataclasses.asdict(self.recipe),
        }
        export_weights(
            self.mean.cpu().eval(),
            self.out,
            inference=self.base.get("inference"),
            training=json.loads(json.dumps(about)),
            familiar=self._familiar(),
        )
        return self.out


def _use_threads(workers: int) -> None:
    """Keep every worker's kernels on its own core: torch counts threads per calling thread."""
    if workers > 1:
        torch.set_num_threads(1)
