"""What the lesson looks at: outlines of known shape, and simulated fields of particles."""

import math
from collections.abc import Iterable

import numpy as np

from ..micrograph import Micrograph
from ..simulation import Simulated, simulate

Ellipse = tuple[float, float, float, float, float]  # row, column, semi-axes, angle in degrees

OVERLAPS: dict[str, tuple[tuple[int, int], tuple[Ellipse, ...]]] = {
    "two discs": ((150, 220), ((75, 75, 48, 48, 0), (75, 143, 48, 48, 0))),
    "large and small": ((170, 220), ((85, 85, 62, 62, 0), (85, 164, 34, 34, 0))),
    "chain": (
        (180, 300),
        ((70, 62, 46, 46, 0), (108, 134, 44, 44, 0), (76, 220, 58, 42, 25)),
    ),
    "cluster": (
        (260, 300),
        (
            (70, 70, 44, 44, 0),
            (64, 148, 42, 42, 0),
            (132, 104, 40, 40, 0),
            (150, 180, 52, 36, -35),
            (196, 92, 38, 38, 0),
            (86, 226, 40, 40, 0),
        ),
    ),
    "too much overlap": (
        (190, 250),
        ((84, 84, 54, 54, 0), (84, 124, 54, 54, 0), (104, 166, 52, 52, 0)),
    ),
}


def ellipses(shape: tuple[int, int], bodies: Iterable[Ellipse]) -> np.ndarray:
    """Return the union of filled ellipses: bool array of that shape."""
    rows, columns = np.indices(shape)
    mask = np.zeros(shape, dtype=bool)
    for row, column, first, second, degrees in bodies:
        angle = math.radians(degrees)
        y, x = rows - row, columns - column
        along = x * math.cos(angle) + y * math.sin(angle)
        across = y * math.cos(angle) - x * math.sin(angle)
        mask |= (along / first) ** 2 + (across / second) ** 2 <= 1
    return mask


def overlap_scene(name: str) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return the mask of one of `OVERLAPS`, and its particles one by one."""
    shape, bodies = OVERLAPS[name]
    return ellipses(shape, bodies), [ellipses(shape, [body]) for body in bodies]


def two_discs(distance: float, ratio: float = 1.0, radius_px: float = 60) -> np.ndarray:
    """Return two discs as one mask.

    Parameters
    ----------
    distance : float
        Between their centres, in units of the larger radius.
    ratio : float
        Smaller radius / larger radius.
    radius_px : float
        The larger radius.
    """
    reach = radius_px * (1 + distance + ratio)
    shape = math.ceil(2 * radius_px) + 8, math.ceil(max(2 * radius_px, reach)) + 8
    row, column = shape[0] / 2 - 0.5, radius_px + 3.5
    small = radius_px * ratio
    second = column + distance * radius_px
    return ellipses(shape, [(row, column, radius_px, radius_px, 0), (row, second, small, small, 0)])


def polygon(corners: np.ndarray, margin_px: int = 4) -> np.ndarray:
    """Return a filled polygon; `corners` are rows and columns in pixels, of any origin."""
    from skimage.draw import polygon2mask

    moved = corners - corners.min(axis=0) + margin_px
    shape = np.ceil(moved.max(axis=0)).astype(int) + margin_px + 1
    return polygon2mask(tuple(shape), moved)


SHAPES = ("disc", "ellipse 2 : 1", "square", "rod 4 : 1", "triangle", "star")


def shape_outline(name: str, degrees: float, size_px: float = 120) -> np.ndarray:
    """Return the corners (row, column) of one of `SHAPES`, turned, of the area of a disc.

    The disc has the diameter `size_px`.
    """
    t = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    if name == "disc":
        corners = np.stack([np.sin(t), np.cos(t)], axis=1)
    elif name.startswith("ellipse"):
        corners = np.stack([np.sin(t), 2 * np.cos(t)], axis=1)
    elif name == "square":
        corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)], dtype=float)
    elif name.startswith("rod"):
        corners = np.array([(-1, -4), (-1, 4), (1, 4), (1, -4)], dtype=float)
    elif name == "triangle":
        corners = np.array([(np.sin(a), np.cos(a)) for a in np.pi * np.array([0.5, 7 / 6, 11 / 6])])
    else:
        radius = np.where(np.arange(10) % 2, 0.5, 1.0)
        a = np.arange(10) * np.pi / 5
        corners = np.stack([radius * np.sin(a), radius * np.cos(a)], axis=1)
    y, x = corners.T
    area = abs(np.dot(y, np.roll(x, -1)) - np.dot(x, np.roll(y, -1))) / 2
    corners = corners * size_px / 2 * math.sqrt(math.pi / area)
    angle = math.radians(degrees)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return corners @ turn.T


BODIES = ("sphere", "platelet", "rod", "two touching spheres")


def projection(body: str, degrees: float, size_px: int = 160) -> np.ndarray:
    """Return the thickness that a body shows to the beam when it is tilted by an angle.

    Parameters
    ----------
    body : str
        One of `BODIES`. At 0 degrees the platelet lies flat, the rod stands on its end and the
        line between the two spheres lies across the beam; at 90 degrees they are turned over.
    degrees : float
        0 to 90.
    size_px : int
        Side of the picture; all bodies show the same circle at one of the ends, of a quarter of it.

    Returns
    -------
    ndarray of float32, shape (size_px, size_px)
        In units of the radius of that circle.
    """
    y, x = ((np.indices((size_px, size_px)) - (size_px - 1) / 2) / (size_px / 8)).astype(np.float32)
    angle = math.radians(degrees)
    if body == "two touching spheres":
        half = math.cos(angle)
        return sum(2 * np.sqrt(np.maximum(1 - y**2 - (x - s * half) ** 2, 0)) for s in (-1, 1))
    height = {"sphere": 1.0, "platelet": 0.25, "rod": 3.0}[body]
    # An ellipsoid of semi-axes 1, 1, height, whose axis is tilted from the beam towards x.
    c, s = math.cos(angle), math.sin(angle)
    xx = c * c + (s / height) ** 2
    zz = s * s + (c / height) ** 2
    xz = c * s * (1 - 1 / height**2)
    inside = (xz * x) ** 2 - zz * (xx * x**2 + y**2 - 1)
    return 2 * np.sqrt(np.maximum(inside, 0)) / np.float32(zz)


def exposure(dose: float, defocus_nm: float, seed: int = 3) -> Simulated:
    """Return gold particles on carbon, seen with a dose (electrons per pixel) and a defocus."""
    return simulate(
        seed,
        rows_px=256,
        columns_px=256,
        nm_per_pixel=0.1,
        count=14,
        diameter_nm=4.0,
        dose=dose,
        defocus_nm=defocus_nm,
        camera_blur_px=0.0,
        gradient=0.0,
        support_waves=0.0,
    )


CONTRASTS = (0.05, 0.08, 0.12, 0.2, 0.35, 0.6)


def contrast_scene(contrast: float, seed: int = 8) -> Simulated:
    """Return particles that take this part of the electrons away, on an uneven background."""
    diameter_nm = 5.0
    depth = -math.log(1 - contrast) / (2 / 3 * diameter_nm)
    return simulate(
        seed,
        rows_px=320,
        columns_px=320,
        nm_per_pixel=0.2,
        kind="sphere",
        count=40,
        diameter_nm=diameter_nm,
        diameter_gsd=1.2,
        attached=0.1,
        overlap=0.0,
        absorption_per_nm=depth,
        phase_rad_per_nm=min(0.17, depth),
        fringe_strength=0.0,
        contrast_spread=0.15,
        bend=0.0,
        support_waves=0.02,
        defocus_nm=-200.0,
        gradient=0.12,
        dose=100.0,
    )


def sample_field(seed: int = 11) -> Simulated:
    """Return a field of many particles of very different sizes, for measuring by eye."""
    return simulate(
        seed,
        rows_px=640,
        columns_px=640,
        nm_per_pixel=0.15,
        kind="polyhedron",
        count=110,
        diameter_nm=5.0,
        diameter_gsd=1.35,
        attached=0.25,
        overlap=0.1,
        contrast_spread=0.35,
        defocus_nm=-100.0,
        dose=200.0,
    )


def binned(micrograph: Micrograph, factor: int) -> Micrograph:
    """Return the micrograph as coarser pixels see it: each counts the electrons of factor².

    Rows and columns that do not fill a coarse pixel are cut off.
    """
    rows, columns = (side // factor for side in micrograph.shape)
    blocks = micrograph.pixels[: rows * factor, : columns * factor]
    pixels = blocks.reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    return Micrograph(pixels, micrograph.known_nm_per_pixel * factor, micrograph.name)
