"""How the distribution is shown: its bins, weights and fit, and the choice of one of its bars."""

import numpy as np
import pandas as pd
import traitlets

from ... import export
from ...distribution import Distribution, bin_edges, distribute
from .core import click
from .looking import Looking


class Distributing(Looking):
    """The distribution of the chosen quantity over the particles in scope."""

    bins = traitlets.Int(allow_none=True, default_value=None)
    weighting = traitlets.Unicode("number")
    cumulative = traitlets.Bool(False)
    fit = traitlets.Unicode("log-normal")

    @property
    def candidates(self) -> pd.DataFrame:
        """Particles in scope, also those that the filters drop."""
        return export.pool([found.particles for found in self.scope()])

    @property
    def distribution(self) -> Distribution:
        """How the particles that pass the filters spread over the chosen quantity."""
        return distribute(self.particles, self.quantity, self.weighting)

    @property
    def edges(self) -> np.ndarray:
        """Edges of the histogram's bins: those of all candidates, so that no filter moves them."""
        return bin_edges(self.candidates[self.quantity].to_numpy(), self.bins)

    @click
    def show_bins(self, bins: int | None) -> None:
        """Draw so many bins; None chooses their number from the data."""
        self.bins = bins

    @click
    def show_weighting(self, weighting: str) -> None:
        """Count every particle the same, or by its volume."""
        self.weighting = weighting

    @click
    def show_cumulative(self, cumulative: bool) -> None:
        """Draw the cumulative curve, or not."""
        self.cumulative = cumulative

    @click
    def show_fit(self, kind: str) -> None:
        """Draw a fit of that kind; an empty text draws none."""
        self.fit = kind

    @click
    def pick_bar(self, number: int) -> None:
        """Keep only the particles of one bar, from 0; all of them if it was picked already."""
        low, high = self.edges[number : number + 2].tolist()
        if number < len(self.edges) - 2:
            high = float(np.nextafter(high, -np.inf))  # the upper edge belongs to the next bar
        picked = self.filters.get(self.quantity) == (low, high)
        self.set_filter(self.quantity, *((None, None) if picked else (low, high)))

    @click
    def clear_filters(self) -> None:
        """Count all particles again."""
        self.filters = {}
