"""Options, and the analysis that follows from them."""

import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from ... import analysis as chain
from ... import export
from ...analysis import Analysis, Settings
from ...correction import Place, locate
from ...errors import AntemaError, Cancelled
from ...micrograph import Micrograph
from ...presets import PRESETS, Preset
from .. import messages
from ..jobs import Job, Worker
from .core import Image, click, logger
from .looking import Looking


class Running(Looking):
    """Changes options, analyses images, and computes anew what an option changes."""

    presets: tuple[Preset, ...] = traitlets.Tuple(  # type: ignore[assignment]
        default_value=PRESETS
    )

    @property
    def blocker(self) -> str:
        """Why Analyse cannot be pressed, as a sentence; empty if it can."""
        if not self.images:
            return messages.BLOCK_NO_IMAGES
        lacking = [image for image in self.images if not image.ready]
        if len(lacking) == len(self.images):
            if len(lacking) == 1:
                return messages.BLOCK_NO_SCALE.format(name=lacking[0].name)
            return messages.BLOCK_NO_SCALES.format(count=len(lacking))
        return ""

    @click
    def set_option(self, stage: str, name: str, value: Any) -> None:
        """Change one option; what can be computed again without the network is, at once."""
        part = dataclasses.replace(getattr(self.settings, stage), **{name: value})
        self.use_settings(dataclasses.replace(self.settings, **{stage: part}))

    @click
    def use_settings(self, settings: Settings) -> None:
        """Change all options at once."""
        if settings == self.settings:
            return
        self.settings = settings
        self._update()

    @click
    def reset_settings(self) -> None:
        """Set every option back to its default."""
        self.use_settings(Settings())

    @click
    def load_settings(self, name: str, content: bytes) -> None:
        """Take the options from a file that `settings_file` or an export wrote.

        For the image that a record was made of, pixel size and corrections by hand are taken too.
        """
        record = export.read_record(name, content)

        def remembered(image: Image) -> Image:
            if not record.is_of(image.original):
                return image
            shot, made = record.prepare(image.original)
            if shot.nm_per_pixel == image.micrograph.nm_per_pixel:
                shot = image.micrograph
            return dataclasses.replace(image, micrograph=shot, corrections=made, undone=())

        self.images = tuple(remembered(image) for image in self.images)
        self.settings = record.settings
        self._keep_preset(Path(name).stem)
        self._update()
        self.tell("info", messages.SETTINGS_LOADED.format(name=name))

    def settings_file(self) -> bytes:
        """Return the options as a file."""
        return export.settings_bytes(self.settings)

    @property
    def preset(self) -> str:
        """Name of the preset that the options are, empty if they are none."""
        return next((one.name for one in self.presets if one.settings == self.settings), "")

    @click
    def use_preset(self, name: str) -> None:
        """Take the options of a preset."""
        self.use_settings(next(one.settings for one in self.presets if one.name == name))

    @click
    def save_preset(self, name: str, done: Callable[[bytes], None]) -> None:
        """Hand over the options as a file, and propose them from now on under their name."""
        self._keep_preset(name)
        done(self.settings_file())

    def _keep_preset(self, name: str) -> None:
        """Propose the options under a name; those of antema keep theirs."""
        if name and name not in {one.name for one in PRESETS}:
            others = tuple(one for one in self.presets if one.name != name)
            self.presets = (*others, Preset(name, "", self.settings))

    @click
    def get_ready(self) -> None:
        """Load, beside the page, what the first analysis needs: the network and compiled code."""
        settings = self.settings

        def work(job: Job) -> None:
            rows, columns = np.indices((96, 96))
            discs = (np.hypot(rows - 48, columns - c) < 16 for c in (34, 60))
            shot = Micrograph(200.0 - 100 * np.logical_or.reduce([*discs]), 0.1, "warm-up")
            chain.analyze(shot, settings, lambda _fraction, message: job.report(0, message))

        def finish(error: BaseException | None) -> None:
            if error is not None:
                logger.info("warming up failed: %s", error)

        # A worker of its own: a file that is dropped meanwhile is read at once.
        Worker(self.worker.deliver).submit(Job("warming", work, finish))

    @click
    def run(self) -> None:
        """Analyse every image that has a pixel size and no current result."""
        if self.blocker or self.busy == "analysing":
            return
        ready = [image for image in self.images if image.ready]
        todo = [image for image in ready if not self.is_current(image)] or ready
        lacking = [image.name for image in self.images if not image.ready]
        if lacking:
            self.tell("warning", messages.SKIPPED.format(names=messages.names_text(lacking)))
        self.worker.cancel("updating")
        work = functools.partial(self._analyse, todo, self.settings)
        keys = {image.key for image in todo}
        self._start("analysing", work, then=functools.partial(self._analysed, keys))

    def _analysed(self, keys: set[int]) -> None:
        """Compute what was changed meanwhile, and say which of several images to look at."""
        self._update()
        doubtful = [one.name for one in self.images if one.key in keys and one.doubts]
        if doubtful and len(self.images) > 1:
            text = messages.DOUBTFUL.format(names=messages.names_text(doubtful))
            self.tell("warning", text)

    def _update(self) -> None:
        """Compute again, without the network, what options or corrections by hand change."""
        if self.busy == "analysing":
            return
        todo = [image for image in self.images if self._is_cheap(image)]
        if not todo:
            self.worker.cancel("updating")
            return
        todo.sort(key=lambda image: image.key != self.chosen)
        work = functools.partial(self._analyse, todo, self.settings)
        self._start("updating", work, replace=True)

    def _is_cheap(self, image: Image) -> bool:
        found = image.analysis
        if found is None or self.is_current(image) or found.micrograph is not image.micrograph:
            return False
        return chain.same_network(found.settings.segmentation, self.settings.segmentation)

    def _analyse(self, todo: list[Image], settings: Settings, job: Job) -> None:
        for done, image in enumerate(todo):

            def report(fraction: float, step: str, k: int = done) -> None:
                text = messages.PROGRESS_IMAGE.format(k=k + 1, n=len(todo), step=step)
                job.report((k + fraction) / len(todo), text if len(todo) > 1 else step.capitalize())

            try:
                found = chain.analyze(
                    image.micrograph, settings, report, image.analysis, image.corrections
                )
            except Cancelled:
                raise
            except AntemaError as error:
                self.worker.deliver(functools.partial(self.tell, "error", str(error)))
            else:
                self.worker.deliver(functools.partial(self._arrived, image.key, found))

    def _arrived(self, key: int, found: Analysis) -> None:
        before = next((image.analysis for image in self.images if image.key == key), None)
        if all(image.key != key for image in self.images):
            return
        marked = self._followed(before, found) if key == self.chosen else None
        with self.hold_trait_notifications():
            self.images = tuple(
                dataclasses.replace(image, analysis=found) if image.key == key else image
                for image in self.images
            )
            if marked is not None:
                self.mark(*marked)
        if found.dropped and not (before and before.dropped):
            why = next(iter(found.dropped.values()))
            text = messages.CORRECTIONS_DROPPED.format(
                name=found.micrograph.name, count=len(found.dropped), why=why
            )
            self.tell("warning", text)

    def _followed(self, before: Analysis | None, found: Analysis) -> list[int]:
        """Return where the marked regions are in another result; those that are gone are not."""
        if before is None or not self.marked:
            return []
        places = [Place.of(before.regions[index]) for index in self.marked]
        there = (locate(found.regions, place) for place in places)
        numbers = {id(region): index for index, region in enumerate(found.regions)}
        return list(dict.fromkeys(numbers[id(region)] for region in there if region is not None))
