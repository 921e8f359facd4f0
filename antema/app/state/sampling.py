"""Samples: images of one name belong together and are pooled, and several samples are compared."""

import dataclasses

import pandas as pd
import traitlets

from ... import export
from .core import click
from .looking import Looking


class Sampling(Looking):
    """Which image belongs to which sample."""

    @property
    def sample_names(self) -> list[str]:
        """Names of the samples in the list of images, each once, in their order."""
        return list(dict.fromkeys(image.sample for image in self.images if image.sample))

    @property
    def samples(self) -> dict[str, pd.DataFrame]:
        """Particles of every sample with results that pass the filters, by its name."""
        tables: dict[str, list[pd.DataFrame]] = {}
        for image in self.images:
            if image.analysis is not None:
                tables.setdefault(image.sample, []).append(image.analysis.particles)
        return {name: self.kept(export.pool(found)) for name, found in tables.items()}

    @property
    def side_by_side(self) -> bool:
        """Whether several samples are shown beside each other."""
        return self.span == "all" and len(self.samples) > 1

    @click
    def name_sample(self, name: str) -> None:
        """Say which sample the image shown belongs to, and with it every image without a sample.

        An empty name takes only the image shown out of its sample.
        """
        name = " ".join(name.split())
        if self.image is None or name == self.image.sample:
            return
        self.images = tuple(
            dataclasses.replace(image, sample=name)
            if image.key == self.chosen or (name and not image.sample)
            else image
            for image in self.images
        )

    @traitlets.observe("images")
    def _forget_sample(self, _change: object) -> None:
        """Show all images where there is one sample alone."""
        if self.span == "sample" and len(self.samples) < 2:
            self.span = "all"
