"""Results taken home: tables, pictures, outlines, and whole sessions that are opened again."""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

from ... import export
from ...analysis import Analysis, Settings
from ...errors import AntemaError
from ...rois import roi_sets
from .. import messages, session
from ..jobs import Job
from .core import Image, click
from .distributing import Distributing
from .images import Images
from .sampling import Sampling


class Taking(Images, Sampling, Distributing):
    """Makes files of what there is, beside the page."""

    def results(self) -> list[Analysis]:
        """Return the results to export: every analysed image, without what the filters drop."""
        return [
            dataclasses.replace(
                found,
                particles=self.kept(found.particles),
                warnings=(*found.warnings, *map(filter_text, self.filters.items())),
            )
            for found in self.analyses
        ]

    def _sample_of_each(self) -> list[str]:
        return [image.sample for image in self.images if image.analysis is not None]

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
        """Make the zip with everything, and the distribution as it is drawn on the page."""
        drawn = {"weighting": self.weighting, "fit": self.fit or None, "bins": self.bins}
        samples, quantity = self._sample_of_each(), self.quantity
        self.pack(lambda results: archived(results, samples, quantity, **drawn), done)

    @click
    def pack_table(self, done: Callable[[bytes], None]) -> None:
        """Make the Excel file with the tables of all images."""
        self.pack(functools.partial(workbook, samples=self._sample_of_each()), done)

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
            self.chosen, self.selected, self.marked, self.images = None, None, (), ()
            self.settings = settings
            for saved in images:
                self.add_micrograph(saved.original)
                images_now: list[Image] = list(self.images)
                images_now[-1] = dataclasses.replace(
                    images_now[-1],
                    micrograph=saved.micrograph,
                    analysis=saved.analysis,
                    corrections=saved.corrections,
                    sample=saved.sample,
                )
                self.images = tuple(images_now)
            self.tell("info", messages.SESSION_LOADED.format(name=name))

        self._start("reading", work)


def filter_text(one: tuple[str, tuple[float, float]]) -> str:
    """Say for a record what a filter keeps."""
    column, (low, high) = one
    return messages.FILTER_RECORDED.format(column=column, low=low, high=high)


def archived(*args: Any, **kwargs: Any) -> bytes:
    """Return everything as one zip; matplotlib, which it needs, is loaded only here."""
    from ...archive import archive

    return archive(*args, **kwargs)


def workbook(results: list[Analysis], samples: Sequence[str] = ()) -> bytes:
    """Return the tables of several results as one Excel file."""
    tables = [found.particles for found in results]
    return export.table_bytes(tables, [export.record(found) for found in results], "xlsx", samples)
