"""What the dashboard knows and can do: every click of a person is one method of `State`.

Views only observe the traits and call the methods, so all that happens on the page can be done and
tested without one. Long work goes to the worker of `jobs`; its results come back to the thread that
owns the widgets, which alone changes the traits.
"""

import dataclasses
import functools
import json
import logging
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from .. import analysis as chain
from .. import export, reading
from ..analysis import Analysis, Settings
from ..distribution import Summary, summarize
from ..errors import AntemaError, Cancelled
from ..micrograph import Micrograph
from ..rois import roi_sets
from ..units import parse_length
from . import intake, messages, session
from .jobs import Deliver, Job, Worker

logger = logging.getLogger("antema.app")


@dataclasses.dataclass(frozen=True, eq=False)
class Image:
    """One entry of the list of images."""

    key: int
    original: Micrograph
    micrograph: Micrograph
    analysis: Analysis | None = None

    @property
    def name(self) -> str:
        """Name shown in the list and in the tables."""
        return self.micrograph.name

    @property
    def ready(self) -> bool:
        """Whether it can be analysed: its pixel size is known."""
        return self.micrograph.nm_per_pixel is not None


@dataclasses.dataclass(frozen=True)
class Notice:
    """A sentence for the person at the page: kind is "error", "warning" or "info"."""

    kind: str
    text: str
    detail: str = ""


def click(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn an exception of a method into a notice: Voila would show it nowhere."""

    @functools.wraps(method)
    def guarded(self: "State", *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - anything else would vanish without a trace
            self.report_failure(error)
            return None

    return guarded


class State(traitlets.HasTraits):
    """The whole state of one visitor's page.

    Parameters
    ----------
    deliver : callable, optional
        Hands a callable to the thread that owns the widgets; by default it is called at once.
    """

    images: tuple[Image, ...] = traitlets.Tuple()  # type: ignore[assignment]
    chosen = traitlets.Int(allow_none=True, default_value=None)
    settings = traitlets.Instance(Settings, args=())
    busy = traitlets.Unicode("")
    progress = traitlets.Float(0.0)
    progress_text = traitlets.Unicode("")
    notices: tuple[Notice, ...] = traitlets.Tuple()  # type: ignore[assignment]
    selected = traitlets.Int(allow_none=True, default_value=None)
    view = traitlets.Unicode("outlines")
    quantity = traitlets.Unicode("equivalent_diameter_nm")
    pooled = traitlets.Bool(False)
    listing = traitlets.Tuple(allow_none=True, default_value=None)
    filters: dict[str, tuple[float, float]] = traitlets.Dict()  # type: ignore[assignment]

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__()
        self.worker = Worker(deliver or (lambda function: function()))
        self._next_key = 1

    # ---- what follows from the traits

    @property
    def image(self) -> Image | None:
        """The image that is shown."""
        return next((image for image in self.images if image.key == self.chosen), None)

    @property
    def analysis(self) -> Analysis | None:
        """The result that is shown, as it was computed."""
        return self.image.analysis if self.image else None

    @property
    def analyses(self) -> list[Analysis]:
        """The results of all images, in the order of the list."""
        return [image.analysis for image in self.images if image.analysis is not None]

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

    def is_current(self, image: Image) -> bool:
        """Whether the image's result was made with the present options and pixel size."""
        found = image.analysis
        return (
            found is not None
            and found.settings == self.settings
            and found.micrograph is image.micrograph
        )

    @property
    def outdated(self) -> bool:
        """Whether the result shown was made with other options than the present ones."""
        return (
            self.image is not None and self.analysis is not None and not self.is_current(self.image)
        )

    def kept(self, particles: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table that pass the filters."""
        keep = np.ones(len(particles), dtype=bool)
        for column, (low, high) in self.filters.items():
            keep &= particles[column].between(low, high).to_numpy()
        return particles[keep]

    @property
    def particles(self) -> pd.DataFrame:
        """Particles in scope (the image shown, or all images) that pass the filters."""
        return self.kept(export.pool([found.particles for found in self.scope()]))

    @property
    def left_out(self) -> dict[str, int]:
        """How many were left out in scope, by reason."""
        counts: dict[str, int] = {}
        for found in self.scope():
            for reason, count in found.left_out.items():
                counts[reason] = counts.get(reason, 0) + count
        return counts

    @property
    def summary(self) -> Summary:
        """Statistics of the particles in scope."""
        return summarize(self.particles)

    def scope(self) -> list[Analysis]:
        """Return the results whose numbers are shown: of the image shown, or of all."""
        return self.analyses if self.pooled else ([self.analysis] if self.analysis else [])

    # ---- images

    @click
    def add_content(self, name: str, content: bytes) -> None:
        """Take a file that was uploaded: a micrograph, saved options, or a session."""
        kind = Path(name).suffix.lower()
        if kind == ".json":
            self.load_settings(name, content)
        elif kind == ".antema":
            self.open_session(name, content)
        else:
            self._read([(name, functools.partial(intake.frames_in, name, content))])

    @click
    def add_paths(self, paths: Iterable[str | Path]) -> None:
        """Take files that lie on the computer antema runs on."""
        self._read([(Path(p).name, functools.partial(reading.read_frames, p)) for p in paths])

    @click
    def browse(self, folder: str) -> None:
        """Look into a folder below the one that the server was given."""
        if (root := intake.shared_root()) is not None:
            self.listing = (folder, *intake.list_folder(root, folder))

    @click
    def add_from_folder(self, names: Iterable[str]) -> None:
        """Take images of the folder that is looked into."""
        root = intake.shared_root()
        if root is not None and self.listing is not None:
            folder = self.listing[0]
            self.add_paths([intake.path_below(root, str(Path(folder, name))) for name in names])

    @click
    def add_sample(self) -> None:
        """Take a simulated micrograph."""
        self._read([(messages.SAMPLE_NAME, lambda: [intake.simulated_sample()])])

    @click
    def add_micrograph(self, micrograph: Micrograph) -> None:
        """Put a micrograph on the list and show it if it is the first."""
        names = {image.name for image in self.images}
        name, number = micrograph.name, 2
        while name in names:
            name = messages.DUPLICATE_NAME.format(name=micrograph.name, number=number)
            number += 1
        if name != micrograph.name:
            micrograph = dataclasses.replace(micrograph, name=name)
        image = Image(self._next_key, micrograph, micrograph)
        self._next_key += 1
        self.images = (*self.images, image)
        if self.chosen is None:
            self.choose(image.key)

    def _read(self, sources: list[tuple[str, Callable[[], Iterable[Micrograph]]]]) -> None:
        def work(job: Job) -> None:
            for done, (name, read) in enumerate(sources):
                job.report(done / len(sources), messages.READING.format(name=name))
                try:
                    for micrograph in read():
                        self.worker.deliver(functools.partial(self.add_micrograph, micrograph))
                except AntemaError as error:
                    self.worker.deliver(functools.partial(self.tell, "error", str(error)))

        self._start("reading", work)

    @click
    def remove(self, key: int) -> None:
        """Take an image off the list."""
        keys = [image.key for image in self.images]
        if key not in keys:
            return
        at = keys.index(key)
        rest = tuple(image for image in self.images if image.key != key)
        if self.chosen == key:
            self.chosen = rest[min(at, len(rest) - 1)].key if rest else None
            self.selected = None
        self.images = rest

    @click
    def remove_all(self) -> None:
        """Empty the list."""
        self.cancel()
        self.chosen, self.selected = None, None
        self.images = ()

    @click
    def choose(self, key: int) -> None:
        """Show an image of the list."""
        if key != self.chosen and any(image.key == key for image in self.images):
            self.selected = None
            self.chosen = key

    @click
    def step(self, by: int) -> None:
        """Show the next (+1) or previous (-1) image of the list."""
        keys = [image.key for image in self.images]
        if self.chosen in keys:
            self.choose(keys[(keys.index(self.chosen) + by) % len(keys)])

    @click
    def give_scale(self, text: str, key: int | None = None, *, everywhere: bool = False) -> bool:
        """Set the pixel size of an image, or of every image that lacks one, from words.

        Returns
        -------
        bool
            Whether the words were understood.
        """
        nm = parse_length(text)
        chosen = self.chosen if key is None else key

        def with_scale(image: Image) -> Image:
            if image.key != chosen and not (everywhere and not image.ready):
                return image
            was = image.original.nm_per_pixel
            said = messages.SCALE_BY_HAND_FILE.format(was=was) if was else messages.SCALE_BY_HAND
            changed = dataclasses.replace(image.original, nm_per_pixel=nm, scale_source=said)
            return dataclasses.replace(image, micrograph=changed)

        self.images = tuple(with_scale(image) for image in self.images)
        return True

    # ---- options

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
        if self.busy != "analysing":
            self._update()

    @click
    def reset_settings(self) -> None:
        """Set every option back to its default."""
        self.use_settings(Settings())

    @click
    def load_settings(self, name: str, content: bytes) -> None:
        """Take the options from a file that `settings_file` or an export wrote."""
        self.use_settings(export.read_settings(name, content))
        self.tell("info", messages.SETTINGS_LOADED.format(name=name))

    def settings_file(self) -> bytes:
        """Return the options as a file."""
        return json.dumps({"settings": self.settings.to_dict()}, indent=2).encode()

    # ---- analysis

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
            self.tell("warning", messages.SKIPPED.format(names=", ".join(lacking)))
        self.worker.cancel("updating")
        self._start("analysing", functools.partial(self._analyse, todo, self.settings))

    @click
    def cancel(self) -> None:
        """Stop what is running."""
        self.worker.cancel()

    def _update(self) -> None:
        """Compute again, without the network, what the new options change."""
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
                found = chain.analyze(image.micrograph, settings, report, image.analysis)
            except Cancelled:
                raise
            except AntemaError as error:
                self.worker.deliver(functools.partial(self.tell, "error", str(error)))
            else:
                self.worker.deliver(functools.partial(self._arrived, image.key, found))

    def _arrived(self, key: int, found: Analysis) -> None:
        if any(image.key == key for image in self.images):
            keep_selection = key != self.chosen or (self.selected or 0) <= len(found.particles)
            if not keep_selection:
                self.selected = None
            self.images = tuple(
                dataclasses.replace(image, analysis=found) if image.key == key else image
                for image in self.images
            )
            for sentence in found.warnings:
                self.tell("warning", f"{found.micrograph.name}: {sentence}")

    # ---- looking

    @click
    def select(self, particle: int | None) -> None:
        """Select a particle of the image shown by its number; None selects nothing."""
        found = self.analysis
        known = found is not None and particle is not None and 1 <= particle <= len(found.particles)
        self.selected = particle if known else None

    @click
    def show_quantity(self, column: str) -> None:
        """Show the distribution of another quantity."""
        self.quantity = column

    @click
    def show_pooled(self, pooled: bool) -> None:
        """Show the numbers of all images together, or of the image shown."""
        self.pooled = pooled

    @click
    def show_view(self, view: str) -> None:
        """Draw outlines, the segmentation, or nothing over the micrograph."""
        if view in messages.VIEWS:
            self.view = view

    @click
    def set_filter(self, column: str, low: float | None, high: float | None) -> None:
        """Keep only particles whose quantity lies in a range; None and None removes the filter."""
        filters = {name: limits for name, limits in self.filters.items() if name != column}
        if low is not None or high is not None:
            filters[column] = (
                -np.inf if low is None else float(low),
                np.inf if high is None else float(high),
            )
        self.filters = filters

    @click
    def filter_text(self, column: str, low: str, high: str) -> None:
        """Set a filter from what a person typed; an empty text means no limit."""
        self.set_filter(column, intake.number_or_none(low), intake.number_or_none(high))

    @click
    def choose_by_name(self, name: str) -> None:
        """Show the image of that name."""
        for image in self.images:
            if image.name == name:
                self.choose(image.key)

    # ---- taking away

    def results(self) -> list[Analysis]:
        """Return the results to export: every analysed image, without what the filters drop."""
        return [
            dataclasses.replace(found, particles=self.kept(found.particles))
            if self.filters
            else found
            for found in self.analyses
        ]

    @click
    def pack(self, make: Callable[[list[Analysis]], bytes], done: Callable[[bytes], None]) -> None:
        """Make a file of the results beside the page and hand it over."""
        results = self.results()
        if not results:
            raise AntemaError(messages.NOTHING_TO_DOWNLOAD)

        def work(job: Job) -> None:
            job.report(0, messages.PACKING)
            content = make(results)
            self.worker.deliver(functools.partial(done, content))

        self._start("packing", work)

    @click
    def pack_all(self, done: Callable[[bytes], None]) -> None:
        """Make the zip with everything."""
        self.pack(export.archive, done)

    @click
    def pack_table(self, done: Callable[[bytes], None]) -> None:
        """Make the Excel file with the tables of all images."""
        self.pack(workbook, done)

    @click
    def pack_rois(self, done: Callable[[bytes], None]) -> None:
        """Make the zip of outlines for ImageJ."""
        self.pack(roi_sets, done)

    @click
    def pack_session(self, done: Callable[[bytes], None]) -> None:
        """Make the file that holds images, options and results."""
        images, settings = self.images, self.settings

        def work(job: Job) -> None:
            content = session.save(images, settings, job.report)
            self.worker.deliver(functools.partial(done, content))

        self._start("packing", work)

    @click
    def open_session(self, name: str, content: bytes) -> None:
        """Go on with a session that was saved; its images replace those of the list."""

        def work(job: Job) -> None:
            images, settings = session.load(name, content, job.report)
            self.worker.deliver(functools.partial(take, images, settings))

        def take(images: list[session.Saved], settings: Settings) -> None:
            self.chosen, self.selected, self.images = None, None, ()
            self.settings = settings
            for saved in images:
                self.add_micrograph(saved.original)
                images_now: list[Image] = list(self.images)
                images_now[-1] = dataclasses.replace(
                    images_now[-1], micrograph=saved.micrograph, analysis=saved.analysis
                )
                self.images = tuple(images_now)
            self.tell("info", messages.SESSION_LOADED.format(name=name))

        self._start("reading", work)

    # ---- telling

    @click
    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Show a sentence on the page; the same sentence is not shown twice."""
        notice = Notice(kind, text, detail)
        if notice not in self.notices:
            self.notices = (*self.notices[-4:], notice)

    @click
    def dismiss(self, index: int) -> None:
        """Take a notice off the page."""
        self.notices = (*self.notices[:index], *self.notices[index + 1 :])

    def report_failure(self, error: BaseException) -> None:
        """Show a failure: an expected one as its sentence, another with its traceback folded."""
        if isinstance(error, Cancelled):
            self.tell("info", messages.CANCELLED)
        elif isinstance(error, AntemaError):
            self.tell("error", str(error))
        else:
            logger.error("unexpected failure", exc_info=error)
            detail = "".join(traceback.format_exception(error))
            text = f"{type(error).__name__}: {error}"
            self.tell("error", messages.UNEXPECTED.format(error=text), detail)

    def _start(self, kind: str, work: Callable[[Job], None], *, replace: bool = False) -> None:
        def finish(error: BaseException | None) -> None:
            quiet = kind == "updating" and isinstance(error, Cancelled)
            if error is not None and not quiet:
                self.report_failure(error)
            if not self.worker.has(kind) and self.busy == kind:
                self.set_trait("busy", "")
                self.progress, self.progress_text = 0.0, ""

        job = Job(kind, work, finish, functools.partial(self._show_progress, kind))
        self.progress, self.progress_text, self.busy = 0.0, messages.STARTING, kind
        self.worker.submit(job, replace=replace)

    def _show_progress(self, kind: str, fraction: float, message: str, elapsed: float) -> None:
        left = ""
        if fraction > 0.15 and elapsed > 3:
            seconds = elapsed * (1 - fraction) / fraction
            left = " · " + messages.PROGRESS_LEFT.format(left=duration_text(seconds))
        self.busy, self.progress, self.progress_text = kind, fraction, message + left


def workbook(results: list[Analysis]) -> bytes:
    """Return the tables of several results as one Excel file."""
    tables = [found.particles for found in results]
    return export.table_bytes(tables, [export.record(found) for found in results], "xlsx")


def duration_text(seconds: float) -> str:
    """Write a duration as a person says it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
