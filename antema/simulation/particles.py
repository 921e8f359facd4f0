"""Particles: projected one by one into absorption and phase, their outlines kept apart."""

import dataclasses

import numpy as np
from scipy import ndimage

from .noise import smooth_noise
from .options import KINDS, SimulationOptions
from .placement import place_particles
from .solids import Thickness, make_solid

MARGIN_PX = 24


@dataclasses.dataclass(frozen=True, eq=False)
class TrueParticle:
    """The whole outline of one simulated particle, hidden parts included.

    Attributes
    ----------
    origin : (int, int)
        Row and column of the upper left pixel of `image`.
    image : ndarray of bool
        The particle alone, as small as it can be; cut at the edge of the picture.
    row_px, column_px : float
        Where its centre was put; may lie outside.
    diameter_nm : float
        Diameter of the circle with the area of its whole projection.
    """

    origin: tuple[int, int]
    image: np.ndarray
    row_px: float
    column_px: float
    diameter_nm: float


def draw_particles(
    rng: np.random.Generator, options: SimulationOptions
) -> tuple[np.ndarray, np.ndarray, list[TrueParticle]]:
    """Project every particle; return absorption and phase with their margin, and the truth."""
    shape = (options.rows_px + 2 * MARGIN_PX, options.columns_px + 2 * MARGIN_PX)
    absorption, phase = np.zeros((2, *shape), dtype=np.float32)
    spread = np.log(options.diameter_gsd)
    diameters = options.diameter_nm * np.exp(spread * rng.standard_normal(options.count))
    strengths = np.exp(options.contrast_spread * rng.standard_normal(options.count))
    radii = diameters / 2 / options.nm_per_pixel
    centres = place_particles(rng, options, radii)
    texture = _texture(rng, options, shape, float(np.mean(radii)) if len(radii) else 1.0)
    truth = []
    for centre, diameter, strength in zip(centres, diameters, strengths, strict=True):
        kind = options.kind if options.kind != "mixed" else str(rng.choice(KINDS[:8]))
        body, reach = make_solid(kind, diameter, rng)
        if np.isnan(centre[0]):
            continue
        low, y, x = _grid_around(centre, reach, options)
        thickness = body(y, x)
        if (particle := _true_particle(thickness > 0, low, centre, options)) is None:
            continue
        truth.append(particle)
        window, cut = _overlap(low, thickness.shape, shape)
        weight = options.absorption_per_nm * strength * _absorbing(body, thickness, y, x, options)
        absorption[window] += weight[cut] * texture[window]
        shift = options.phase_rad_per_nm * thickness * _fringes(rng, options, y, x)
        phase[window] += shift[cut]
        if options.ligand_nm:
            absorption[window] += _ligand(options, thickness > 0)[cut]
    return absorption, phase, truth


def _grid_around(
    centre: np.ndarray, reach: float, options: SimulationOptions
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first pixel of a square around `centre`, and its pixels' y and x in nm."""
    half = int(np.ceil((reach + options.ligand_nm) / options.nm_per_pixel)) + 1
    low = np.floor(centre).astype(int) - half
    steps = np.arange(2 * half + 2) + 0.5
    y, x = ((low[:, None] + steps - centre[:, None]) * options.nm_per_pixel).astype(np.float32)
    return low, y[:, None], x[None]


def _overlap(
    low: np.ndarray, size: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the part of the canvas (with its margin) that a square covers, and that of the square.

    Both are empty where the square lies outside.
    """
    window, cut = [], []
    for start, length, whole in zip(low + MARGIN_PX, size, shape, strict=True):
        first, last = max(start, 0), max(min(start + length, whole), max(start, 0))
        window.append(slice(first, last))
        cut.append(slice(first - start, last - start))
    return tuple(window), tuple(cut)


def _texture(
    rng: np.random.Generator, options: SimulationOptions, shape: tuple[int, ...], radius: float
) -> np.ndarray:
    """Return a factor of the absorption: bend contours, and the grain of porous particles."""
    factor = np.ones(shape, dtype=np.float32)
    if options.bend:
        contours = smooth_noise(rng, shape, max(radius / 3, 1.0))
        factor *= np.clip(1 + options.bend * contours, 0.2, 3)
    if options.speckle:
        grain = smooth_noise(rng, shape, max(radius * rng.uniform(0.02, 0.15), 0.7))
        factor *= np.clip(1 + options.speckle * grain, 0.05, 4)
    return factor


def _absorbing(
    body: Thickness, thickness: np.ndarray, y: np.ndarray, x: np.ndarray, options: SimulationOptions
) -> np.ndarray:
    """Return the absorbing thickness: more or less than the body's own where the core is."""
    if not options.core:
        return thickness
    inner = options.core * body(y / options.core, x / options.core)
    return np.maximum(thickness + np.float32(options.core_contrast) * inner, 0)


def _true_particle(
    inside: np.ndarray, low: np.ndarray, centre: np.ndarray, options: SimulationOptions
) -> TrueParticle | None:
    """Cut the particle at the picture's edge; None if nothing of it is inside."""
    area_px = np.count_nonzero(inside)
    first = np.maximum(-low, 0)
    last = np.maximum(np.array([options.rows_px, options.columns_px]) - low, 0)
    seen = inside[first[0] : last[0], first[1] : last[1]]
    if not seen.any():
        return None
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    image = seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    row, column = low + first + [rows[0], columns[0]]
    diameter_nm = 2 * options.nm_per_pixel * np.sqrt(area_px / np.pi)
    position = float(centre[0]), float(centre[1])
    return TrueParticle((int(row), int(column)), image, *position, float(diameter_nm))


def _fringes(
    rng: np.random.Generator, options: SimulationOptions, y: np.ndarray, x: np.ndarray
) -> np.ndarray | np.float32:
    """Return 1 plus the modulation by one to three sets of lattice planes, if the pixel is fine."""
    directions = int(rng.integers(0, 4))
    turn, strength = rng.uniform(0, np.pi), options.fringe_strength * rng.uniform(0.2, 1)
    if not options.fringe_strength or options.nm_per_pixel > options.fringe_nm / 2.2:
        return np.float32(1)
    total = np.ones(np.broadcast(y, x).shape, dtype=np.float32)
    for step in range(directions):
        angle = turn + step * np.pi / 3 + rng.normal(0, 0.05)
        across = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        total += np.float32(strength) * np.cos(np.float32(2 * np.pi / options.fringe_nm) * across)
    return total


def _ligand(options: SimulationOptions, inside: np.ndarray) -> np.ndarray:
    """Return the absorption of a faint shell outside the particle."""
    distance = ndimage.distance_transform_edt(~inside) * options.nm_per_pixel
    depth = 0.08 * min(options.absorption_per_nm * options.diameter_nm, 1.0)
    return np.where((distance > 0) & (distance <= options.ligand_nm), depth, 0).astype(np.float32)
