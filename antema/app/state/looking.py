"""What of the results is shown: which quantity, which particles, drawn how."""

import numpy as np
import pandas as pd
import traitlets

from ... import export
from ...analysis import Analysis
from ...distribution import Summary, summarize
from .. import intake, messages
from .core import Core, click


class Looking(Core):
    """Selection, filters, scope, and the numbers that follow from them."""

    view = traitlets.Unicode("outlines")
    quantity = traitlets.Unicode("equivalent_diameter_nm")
    pooled = traitlets.Bool(False)
    filters: dict[str, tuple[float, float]] = traitlets.Dict()  # type: ignore[assignment]

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
