"""The state of the page on which options are chosen: a map of many options, and a point on it."""

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import traitlets

from ... import analysis as chain
from ... import reading
from ...analysis import Analysis, Settings
from ...errors import AntemaError
from ...micrograph import Micrograph
from ...reference import read_diameters
from ...sensitivity import sensitivity, sensitivity_grid, with_options
from ...separation import LEFT_OUT, Region
from ...tuning import (
    TOLERANCE,
    nearest_row,
    options_of,
    plateau,
    settings_at,
    steadiest,
    usual_values,
    values_in,
)
from .. import intake, messages
from ..jobs import Job
from . import State
from .core import click

THRESHOLDS = np.round(np.arange(0.1, 0.91, 0.05), 2)


class TuningState(State):
    """Images, the map of what options would give for them, and the point that is chosen.

    The options of that point are `settings`, so all that follows from these follows the point.
    """

    grid: pd.DataFrame | None = traitlets.Any(None)
    profile: pd.DataFrame | None = traitlets.Any(None)
    row = traitlets.Int(0)
    tolerance = traitlets.Float(TOLERANCE)
    steps = traitlets.Int(20)
    reference: np.ndarray | None = traitlets.Any(None)  # type: ignore[assignment]
    reference_name = traitlets.Unicode("")

    def start(self, files: Iterable[str | Path] = ()) -> None:
        """Take the images of files, or the sample if there are none, and make the map, at once.

        Raises
        ------
        AntemaError
            If a file cannot be read or has no pixel size.
        """
        shots = [shot for path in files for shot in reading.read_frames(path)]
        for shot in shots or [intake.simulated_sample()]:
            self.add_micrograph(shot)
        found = [chain.analyze(image.micrograph, self.settings) for image in self.images]
        for image, analysis in zip(self.images, found, strict=True):
            self._arrived(image.key, analysis)
        self._mapped(*_map(found, self.steps))

    @property
    def inside(self) -> np.ndarray:
        """Which rows of the grid belong to the plateau around the chosen point."""
        if self.grid is None:
            return np.zeros(0, dtype=bool)
        return plateau(self.grid, self.row, self.tolerance)

    @click
    def make_map(self) -> None:
        """Analyse the images as far as needed, and try all the options, beside the page."""
        if self.blocker:
            raise AntemaError(self.blocker)
        images, settings, steps = self.images, self.settings, self.steps

        def work(job: Job) -> None:
            found: list[Analysis] = []
            ready = [image for image in images if image.ready]
            for done, image in enumerate(ready):

                def report(fraction: float, message: str, done: int = done) -> None:
                    job.report((done + fraction) / len(ready) / 2, message)

                analysis = chain.analyze(image.micrograph, settings, report, image.analysis)
                found.append(analysis)
                self.worker.deliver(functools.partial(self._arrived, image.key, analysis))
            made = _map(found, steps, lambda part, text: job.report(0.5 + part / 2, text))
            self.worker.deliver(functools.partial(self._mapped, *made))

        self._start("analysing", work)

    def _mapped(self, grid: pd.DataFrame, profile: pd.DataFrame) -> None:
        self.profile = profile
        self.set_trait("row", nearest_row(grid, values_in(self.settings, options_of(grid))))
        self.grid = grid

    @click
    def pick(self, row: int) -> None:
        """Choose the point of one row of the grid."""
        if self.grid is not None and 0 <= row < len(self.grid):
            self.row = row
            self.use_settings(settings_at(self.settings, self.grid, row))

    @click
    def propose(self) -> None:
        """Choose the point around which the result is steadiest."""
        if self.grid is not None:
            self.pick(steadiest(self.grid, self.tolerance))

    @click
    def set_tolerance(self, tolerance: float) -> None:
        """Say by which part count and mean diameter may differ on a plateau."""
        self.tolerance = tolerance

    @click
    def set_threshold(self, threshold: float) -> None:
        """Choose the segmentation threshold; the map is made anew for it."""
        if threshold != self.settings.segmentation.threshold:
            self.use_settings(with_options(self.settings, {"threshold": threshold}))
            self.make_map()

    @click
    def add_reference(self, name: str, content: bytes) -> None:
        """Take the sizes that a person measured in the image that is shown."""
        shot = self.image.micrograph if self.image else None
        nm_per_pixel = shot.nm_per_pixel if shot else None
        found = read_diameters(name, content, nm_per_pixel)
        self.reference_name = name
        self.reference = found

    def trials(self) -> list[tuple[str, Settings, list[Region]]]:
        """Return what some options make of the image shown.

        Returns
        -------
        list of (str, Settings, list of Region)
            A title, perhaps empty, the options, and what became of the mask: the chosen point
            first, then the steadiest one, then the corners of the map; empty without a map.
        """
        found = self.analysis
        if found is None or self.grid is None:
            return []
        places = self.grid[options_of(self.grid)].to_numpy(float)
        corners = ((places == places.min(0)) | (places == places.max(0))).all(1)
        titles = {int(row): "" for row in np.flatnonzero(corners)}
        titles = {steadiest(self.grid, self.tolerance): messages.PICTURE_STEADIEST} | titles
        titles = {self.row: messages.PICTURE_CHOSEN} | titles | {self.row: messages.PICTURE_CHOSEN}
        nm_per_pixel = found.micrograph.known_nm_per_pixel
        made = []
        for row, title in titles.items():
            settings = settings_at(self.settings, self.grid, row)
            regions = found.separator.separate(nm_per_pixel, settings.separation)
            made.append((title, settings, regions))
        return made


def _map(
    found: list[Analysis], steps: int, progress: chain.Progress | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the grid over the two options of the separation, and the profile of the threshold."""
    grid = sensitivity_grid(found, usual_values(found, steps), progress)
    return grid, sensitivity(found, "threshold", THRESHOLDS)


def diameters(regions: Iterable[Region], shot: Micrograph) -> np.ndarray:
    """Return the equivalent diameters in nm of the regions that are particles."""
    areas = [np.count_nonzero(region.image) for region in regions if region.status != LEFT_OUT]
    return np.sqrt(4 / np.pi * np.array(areas, float)) * shot.known_nm_per_pixel
