"""Simulated bright-field micrographs whose particles are known: for demonstration, tests, training.

The picture is built as in the microscope: bodies are projected, their thicknesses add where they
overlap and give a phase and an absorption, an amorphous support adds its own random phase, the exit
wave goes through the contrast transfer function, and dose and camera add their noise. Parameters
are in physical units; one seeded generator makes a picture reproducible.
"""

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np

from ..micrograph import Micrograph
from .furniture import draw_furniture
from .microscope import record, transfer
from .options import KINDS, SimulationOptions, ideal_options, sample_options
from .particles import TrueParticle, draw_particles
from .support import add_support

__all__ = [
    "KINDS",
    "Simulated",
    "SimulationOptions",
    "TrueParticle",
    "ideal_options",
    "sample_options",
    "simulate",
]


@dataclasses.dataclass(frozen=True, eq=False)
class Simulated:
    """A simulated micrograph and the truth about it."""

    micrograph: Micrograph
    particles: tuple[TrueParticle, ...]
    options: SimulationOptions

    @cached_property
    def mask(self) -> np.ndarray:
        """Bool array of the picture's shape: True on every particle."""
        mask = np.zeros(self.micrograph.shape, dtype=bool)
        for particle in self.particles:
            row, column = particle.origin
            height, width = particle.image.shape
            mask[row : row + height, column : column + width] |= particle.image
        return mask


def simulate(
    seed: int | np.random.Generator = 0,
    options: SimulationOptions | None = None,
    **changes: Any,
) -> Simulated:
    """Simulate one bright-field micrograph.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        The same seed and options give the same picture, bit for bit, on the same machine.
    options : SimulationOptions, optional
        By default gold particles of 5 nm on 5 nm of carbon, seen at high resolution.
    **changes
        Single options, such as ``count=40``, that replace those of `options`.

    Returns
    -------
    Simulated
        With `micrograph`, `mask` and `particles`.

    References
    ----------
    E. J. Kirkland, Advanced Computing in Electron Microscopy, doi:10.1007/978-3-030-33260-0.
    """
    rng = np.random.default_rng(seed)
    options = _changed(options or SimulationOptions(), changes)
    absorption, phase, particles = draw_particles(rng, options)
    add_support(rng, options, absorption, phase, particles)
    intensity = transfer(options, absorption, phase)
    pixels = record(rng, options, intensity)
    if options.furniture:
        draw_furniture(rng, options, pixels)
    name = f"simulated-{seed}" if isinstance(seed, int) else "simulated"
    micrograph = Micrograph(pixels, options.nm_per_pixel, name, "simulated")
    return Simulated(micrograph, tuple(particles), options)


def _changed(options: SimulationOptions, changes: dict[str, Any]) -> SimulationOptions:
    """Return the options with some replaced; those that do not exist are refused."""
    return SimulationOptions.from_dict({**options.to_dict(), **changes})
