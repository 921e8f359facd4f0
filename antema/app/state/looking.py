"""What of the results is shown: which quantity, which particles, drawn how."""

import numpy as np
import pandas as pd
import traitlets

from ... import export
from ...analysis import Analysis
from ...distribution import Summary, summarize
from ...separation import LEFT_OUT, Region
from .. import intake, messages
from .core import Core, click


class Looking(Core):
    """Selection, filters, scope, and the numbers that follow from them."""

    view = traitlets.Unicode("outlines")
    tool = traitlets.Unicode("")
    quantity = traitlets.Unicode("equivalent_diameter_nm")
    span = traitlets.Enum(("image", "sample", "all"), default_value="image")
    filters: dict[str, tuple[float, float]] = traitlets.Dict()  # type: ignore[assignment]

    @property
    def pooled(self) -> bool:
        """Whether the numbers of several images are shown together."""
        return self.span != "image"

    def passing(self, particles: pd.DataFrame) -> np.ndarray:
        """Return which rows of a table pass the filters."""
        keep = np.ones(len(particles), dtype=bool)
        for column, (low, high) in self.filters.items():
            keep &= particles[column].between(low, high).to_numpy()
        return keep

    def kept(self, particles: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table that pass the filters."""
        return particles[self.passing(particles)]

    @property
    def particles(self) -> pd.DataFrame:
        """Particles in scope (of the image shown, its sample, or all) that pass the filters."""
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
        """Return the results whose numbers are shown: of the image shown, its sample, or all."""
        shown = self.image
        chosen = [
            image
            for image in self.images
            if self.span == "all"
            or image is shown
            or (self.span == "sample" and shown and image.sample == shown.sample)
        ]
        return [image.analysis for image in chosen if image.analysis is not None]

    @click
    def select(self, particle: int | None) -> None:
        """Select a particle of the image shown by its number; None selects nothing."""
        known = self._numbered()
        there = particle is not None and 1 <= particle <= len(known)
        self.mark(*([known[particle - 1]] if there else []))  # type: ignore[operator]

    @click
    def mark(self, *indices: int) -> None:
        """Mark regions of the image shown; the last that is a particle is the selected one."""
        known = self._numbered()
        numbers = [known.index(index) + 1 for index in indices if index in known]
        with self.hold_trait_notifications():
            self.marked = indices
            self.selected = numbers[-1] if numbers else None

    @click
    def pick(self, row: float, column: float, reach: float = 0.0, *, add: bool = False) -> None:
        """Mark what lies at a place of the picture, or no more if it was marked already.

        Parameters
        ----------
        row, column : float
            In pixels, 0 = centre of the first.
        reach : float
            How far beside a region still means it, in pixels.
        add : bool
            Whether to keep what is marked.
        """
        index = self.region_at(row, column, reach)
        rest = tuple(other for other in self.marked if other != index) if add else ()
        if index is None or index in self.marked and (add or len(self.marked) == 1):
            self.mark(*rest)
        else:
            self.mark(*rest, index)

    @click
    def use_tool(self, tool: str) -> None:
        """Take a tool into the hand, or put it away if it is there."""
        self.tool = "" if tool == self.tool else tool

    @click
    def escape(self) -> None:
        """Put the tool away or, without one, mark nothing."""
        if self.tool:
            self.tool = ""
        else:
            self.select(None)

    def region_at(self, row: float, column: float, reach: float = 0.0) -> int | None:
        """Return which of the regions that are shown lies at a place, the smallest if several."""
        found = self.analysis
        if found is None:
            return None
        shown = set(self.kept(found.particles)["particle"] - 1)
        hidden = {index for i, index in enumerate(self._numbered()) if i not in shown}
        best, least = None, (reach + 1e-9, np.inf)
        for index, region in enumerate(found.regions):
            away = distance(region, row, column, least[0])
            if index not in hidden and (away, region.image.size) < least:
                best, least = index, (away, region.image.size)
        return best

    def _numbered(self) -> list[int]:
        """Return the places, in the regions, of particle 1, 2, ... of the image shown."""
        regions = self.analysis.regions if self.analysis else ()
        return [index for index, region in enumerate(regions) if region.status != LEFT_OUT]

    @click
    def show_quantity(self, column: str) -> None:
        """Show the distribution of another quantity."""
        self.quantity = column

    @click
    def show_span(self, span: str) -> None:
        """Show the numbers of the image shown ("image"), of its sample, or of all images."""
        self.span = span

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


def distance(region: Region, row: float, column: float, least: float = 0.0) -> float:
    """Return how far a place is from a region's pixels, infinity if farther than `least`."""
    height, width = region.image.shape
    down, right = row - region.origin[0], column - region.origin[1]
    if not (-least - 0.5 <= down <= height + least and -least - 0.5 <= right <= width + least):
        return np.inf
    i, j = round(down), round(right)
    if 0 <= i < height and 0 <= j < width and region.image[i, j]:
        return 0.0
    rows, columns = np.nonzero(region.image)
    away = float(np.hypot(rows - down, columns - right).min())
    return away if away <= least else np.inf
