"""Solids: the thickness that a small body shows to the electron beam.

Every body is chosen in three dimensions, turned at random and projected in closed form: a convex
polyhedron is cut out by half-spaces, an ellipsoid by its quadratic form, a rod by the distance from
its axis. Coordinates are in nm from the centre of the body; a thickness of 0 is outside.
"""

from collections.abc import Callable

import numpy as np

Thickness = Callable[[np.ndarray, np.ndarray], np.ndarray]

_CUBE = np.vstack([np.eye(3), -np.eye(3)])
_OCTAHEDRON = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]) / np.sqrt(3)


def random_rotation(rng: np.random.Generator, tilt: float = 1.0) -> np.ndarray:
    """Return a rotation matrix of shape (3, 3).

    `tilt` 1 turns every way alike; 0 only turns about the beam; between, the body lies nearly flat.
    """
    quaternion = rng.standard_normal(4)
    quaternion[1:3] *= tilt
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def polyhedron(normals: np.ndarray, distances: np.ndarray) -> Thickness:
    """Return the thickness of the convex body {r : normals @ r <= distances}."""
    normals = np.where(np.abs(normals) < 1e-6, 1e-6, normals)

    def thickness(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        top = np.full(np.broadcast(y, x).shape, np.inf, dtype=np.float32)
        bottom = -top
        for (nx, ny, nz), distance in zip(normals, distances, strict=True):
            level = (distance - nx * x - ny * y) / nz
            if nz > 0:
                np.minimum(top, level, out=top)
            else:
                np.maximum(bottom, level, out=bottom)
        return np.maximum(top - bottom, 0).astype(np.float32)

    return thickness


def ellipsoid(semi_axes: np.ndarray, rotation: np.ndarray) -> Thickness:
    """Return the thickness of an ellipsoid with these three semi-axes in nm."""
    form = rotation @ np.diag(np.asarray(semi_axes, float) ** -2.0) @ rotation.T
    (fxx, fxy, fxz), (_, fyy, fyz), (_, _, fzz) = form

    def thickness(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        linear = fxz * x + fyz * y
        rest = fxx * x * x + 2 * fxy * x * y + fyy * y * y - 1
        return (2 * np.sqrt(np.maximum(linear**2 - fzz * rest, 0)) / fzz).astype(np.float32)

    return thickness


def rods(radius: float, ends: np.ndarray) -> Thickness:
    """Return the thickness of round-ended rods from the centre to each of `ends` in nm (K, 2).

    Two opposite ends make one rod, several a star.
    """

    def thickness(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        nearest = np.full(np.broadcast(y, x).shape, np.inf, dtype=np.float32)
        for end_y, end_x in ends:
            length2 = max(end_y**2 + end_x**2, 1e-12)
            along = np.clip((y * end_y + x * end_x) / length2, 0, 1)
            distance2 = (y - along * end_y) ** 2 + (x - along * end_x) ** 2
            np.minimum(nearest, distance2, out=nearest)
        return (2 * np.sqrt(np.maximum(radius**2 - nearest, 0))).astype(np.float32)

    return thickness


def disc(radius: float, height: float) -> Thickness:
    """Return the thickness of a flat disc seen from above: uniform inside the circle."""

    def thickness(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return np.where(y * y + x * x < radius**2, height, 0).astype(np.float32)

    return thickness


def wobbled(body: Thickness, rng: np.random.Generator, strength: float) -> Thickness:
    """Return the body with a smoothly uneven outline; `strength` is its relative deviation."""
    orders = np.arange(2, 7)
    size = strength * rng.standard_normal(5) / orders**0.5
    phases = rng.uniform(0, 2 * np.pi, 5)

    def thickness(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        angle = np.arctan2(y, x)
        stretch = np.ones_like(angle)
        for order, a, phase in zip(orders, size, phases, strict=True):
            stretch += a * np.cos(order * angle + phase)
        stretch = np.maximum(stretch, 0.5)
        return body(y / stretch, x / stretch)

    return thickness


def make_solid(kind: str, diameter: float, rng: np.random.Generator) -> tuple[Thickness, float]:
    """Draw one body of a kind whose size is about `diameter` nm.

    Parameters
    ----------
    kind : str
        One of `KINDS` but "mixed".
    diameter : float
        Diameter in nm; of a body that is not round, that of a round one of about its area.
    rng : numpy.random.Generator

    Returns
    -------
    thickness : callable of two arrays y, x in nm
    reach : float
        Radius in nm of a circle around the centre that holds the whole projection.
    """
    radius = diameter / 2
    if kind == "disc":
        return disc(radius, diameter), radius
    if kind == "sphere":
        return ellipsoid(np.full(3, radius), np.eye(3)), radius
    if kind == "ellipsoid":
        axes = radius * np.exp(rng.normal(0, 0.18, 3))
        return ellipsoid(axes, random_rotation(rng)), float(axes.max())
    if kind == "irregular":
        axes = radius * np.exp(rng.normal(0, 0.15, 3))
        body = wobbled(ellipsoid(axes, random_rotation(rng)), rng, rng.uniform(0.02, 0.12))
        return body, float(axes.max()) * 1.5
    if kind == "rod":
        aspect = rng.uniform(1.5, 6)
        width = radius * np.sqrt(np.pi / (4 * (aspect - 1) + np.pi))
        angle = rng.uniform(0, np.pi)
        end = (aspect - 1) * width * np.array([np.sin(angle), np.cos(angle)])
        if rng.random() < 0.4:
            return _prism(width, aspect * width, angle, rng), aspect * width * 1.5
        return rods(width, np.array([end, -end])), aspect * width
    if kind == "star":
        arms = int(rng.integers(3, 9))
        angles = rng.uniform(0, 2 * np.pi) + np.arange(arms) * 2 * np.pi / arms
        lengths = radius * rng.uniform(0.9, 1.4, arms)
        ends = lengths[:, None] * np.stack([np.sin(angles), np.cos(angles)], axis=1)
        width = radius * rng.uniform(0.25, 0.5)
        return rods(width, ends), float(lengths.max() + width)
    return _facetted(kind, radius, rng)


def _prism(width: float, half: float, angle: float, rng: np.random.Generator) -> Thickness:
    """Return a bar with flat ends that lies along `angle`."""
    turn = rng.uniform(0, np.pi / 2)
    sides = int(rng.choice([4, 5, 6, 8]))
    around = turn + np.arange(sides) * 2 * np.pi / sides
    along = np.array([np.cos(angle), np.sin(angle), 0])
    across = np.array([-np.sin(angle), np.cos(angle), 0])
    normals = np.cos(around)[:, None] * across + np.sin(around)[:, None] * np.array([0, 0, 1])
    distances = np.r_[np.full(sides, width), half, half]
    return polyhedron(np.vstack([normals, along, -along]), distances)


def _facetted(kind: str, radius: float, rng: np.random.Generator) -> tuple[Thickness, float]:
    """Return a polyhedron: cube, plate, or a cube cut by an octahedron."""
    if kind == "cube":
        half = radius * np.sqrt(np.pi) / 2
        tilt = 0.0 if rng.random() < 0.6 else rng.uniform(0.05, 1)
        normals = np.vstack([_CUBE, _OCTAHEDRON])
        distances = np.r_[np.full(6, half), np.full(8, half * rng.uniform(1.35, 1.75))]
    elif kind == "plate":
        sides = int(rng.choice([3, 4, 6, 6, 6]))
        around = np.arange(sides) * 2 * np.pi / sides
        flat = np.stack([np.cos(around), np.sin(around), np.zeros(sides)], axis=1)
        apothem = radius * np.sqrt(np.pi / (sides * np.tan(np.pi / sides)))
        cut = np.stack([np.cos(around + np.pi / sides), np.sin(around + np.pi / sides)], axis=1)
        cut = np.column_stack([cut, np.zeros(sides)])
        corner = apothem / np.cos(np.pi / sides) * rng.uniform(0.75, 1)
        normals = np.vstack([flat, cut, [[0, 0, 1], [0, 0, -1]]])
        height = radius * rng.uniform(0.2, 0.9)
        distances = np.r_[np.full(sides, apothem), np.full(sides, corner), height, height]
        tilt = rng.uniform(0, 0.3)
    else:
        normals = np.vstack([_CUBE, _OCTAHEDRON])
        cube = rng.uniform(0.85, 1.3)
        jitter = np.exp(rng.normal(0, 0.05, 14))
        distances = radius * np.r_[np.full(6, cube), np.full(8, 1.0)] * jitter
        tilt = 1.0
    rotation = random_rotation(rng, tilt)
    return polyhedron(normals @ rotation.T, distances), radius * 2.2
