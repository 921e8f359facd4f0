"""The list of images: where they come from, their pixel size, and which of them is shown."""

import dataclasses
import functools
from collections.abc import Callable, Iterable
from pathlib import Path

import traitlets

from ... import reading
from ...errors import AntemaError
from ...micrograph import Micrograph
from ...units import parse_length
from .. import intake, messages
from ..jobs import Job
from .core import Core, Image, click


class Images(Core):
    """Adds, removes and chooses images."""

    listing = traitlets.Tuple(allow_none=True, default_value=None)
    _next_key = 1

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
            self.selected, self.marked = None, ()
        self.images = rest

    @click
    def remove_all(self) -> None:
        """Empty the list."""
        self.cancel()
        self.chosen, self.selected, self.marked = None, None, ()
        self.images = ()

    @click
    def choose(self, key: int) -> None:
        """Show an image of the list."""
        if key != self.chosen and any(image.key == key for image in self.images):
            self.selected, self.marked = None, ()
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
        self.set_scale(parse_length(text), messages.SCALE_BY_HAND, key, everywhere=everywhere)
        return True

    def set_scale(
        self, nm: float, source: str, key: int | None = None, *, everywhere: bool = False
    ) -> None:
        """Set the pixel size in nm, and where it came from, as `give_scale` does."""
        chosen = self.chosen if key is None else key

        def with_scale(image: Image) -> Image:
            if image.key != chosen and not (everywhere and not image.ready):
                return image
            was = image.original.nm_per_pixel
            said = messages.SCALE_OVER_FILE.format(source=source, was=was) if was else source
            changed = dataclasses.replace(image.original, nm_per_pixel=nm, scale_source=said)
            return dataclasses.replace(image, micrograph=changed)

        self.images = tuple(with_scale(image) for image in self.images)

    @click
    def choose_by_name(self, name: str) -> None:
        """Show the image of that name."""
        for image in self.images:
            if image.name == name:
                self.choose(image.key)
