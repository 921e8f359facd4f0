"""Pictures as SVG text: masks, micrographs, the steps of UECS; each says in words what it shows."""

import html
from collections.abc import Iterable

import numpy as np

from ..appearance import COLOURS, length_text, round_length
from ..figures import picture_url
from ..micrograph import Micrograph
from ..separation import LEFT_OUT, SEPARATED, WHOLE
from . import steps

BLUE, ORANGE, PURPLE = COLOURS[WHOLE], COLOURS[SEPARATED], COLOURS[LEFT_OUT]
SHADOW, GREY, INK = "#dde2e8", "#8b95a3", "#1c2127"
STYLES = {
    steps.ERODING: f'fill="{GREY}"',
    steps.MARKER: f'fill="{ORANGE}"',
    steps.GIVEN_UP: f'fill="{PURPLE}"',
    steps.GROWING: f'fill="{ORANGE}" fill-opacity="0.45" stroke="{ORANGE}" stroke-width="1.5"',
    steps.PARTICLE: f'fill="{ORANGE}" fill-opacity="0.3" stroke="{ORANGE}" stroke-width="2.5"',
    steps.DISCARDED: f'fill="none" stroke="{PURPLE}" stroke-width="2" stroke-dasharray="5 4"',
}


def drawing(shape: tuple[int, int], body: str, words: str) -> str:
    """Return an SVG picture; its coordinates are columns and rows, pixel centres at whole numbers.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    body : str
        What is drawn.
    words : str
        Alternative text.
    """
    rows, columns = shape
    return (
        f'<svg class="lesson-drawing" role="img" aria-label="{html.escape(words)}" '
        f'viewBox="-0.5 -0.5 {columns} {rows}" xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def path(image: np.ndarray, origin: tuple[float, float] = (0, 0)) -> str:
    """Return the outline of a mask as the ``d`` of an SVG path, holes included."""
    from skimage.measure import find_contours

    pieces = []
    for line in find_contours(np.pad(image, 1).astype(np.float32), 0.5):
        points = line[:-1] + origin - 1
        pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for y, x in points) + "Z")
    return "".join(pieces)


def shape_path(image: np.ndarray, style: str, origin: tuple[float, float] = (0, 0)) -> str:
    """Return a mask as an SVG path with a style."""
    return f'<path d="{path(image, origin)}" fill-rule="evenodd" {style}/>'


def raster(grey: np.ndarray) -> str:
    """Return grey values (uint8) or colours (uint8, last axis 3) as an SVG image."""
    rows, columns = grey.shape[:2]
    return (
        f'<image href="{picture_url(grey)}" x="-0.5" y="-0.5" width="{columns}" height="{rows}" '
        'preserveAspectRatio="none" style="image-rendering: pixelated"/>'
    )


def scale_bar(shape: tuple[int, int], nm_per_pixel: float) -> str:
    """Return a scale bar of a round length for the lower right corner."""
    rows, columns = shape
    length_nm = round_length(columns * nm_per_pixel)
    text = length_text(length_nm)
    bar, unit = length_nm / nm_per_pixel, columns / 60
    left, base = columns - bar - 3 * unit, rows - 2.2 * unit
    return (
        f'<rect x="{left - unit}" y="{base - 4.6 * unit}" width="{bar + 2 * unit}" '
        f'height="{5.8 * unit}" fill="white" fill-opacity="0.85" rx="{unit / 2}"/>'
        f'<rect x="{left}" y="{base - 0.7 * unit}" width="{bar}" height="{0.9 * unit}" '
        f'fill="{INK}"/><text x="{left + bar / 2}" y="{base - 1.5 * unit}" '
        f'font-size="{2.8 * unit}" text-anchor="middle" fill="{INK}">{text}</text>'
    )


def micrograph_drawing(
    micrograph: Micrograph, words: str, grey: np.ndarray | None = None, over: str = ""
) -> str:
    """Return a micrograph with its scale bar.

    Parameters
    ----------
    micrograph : Micrograph
    words : str
        Alternative text.
    grey : ndarray of uint8, shape (M, N) or (M, N, 3), optional
        What to show of it; by default its grey values, twice the mean being white.
    over : str
        SVG that is drawn over the picture.
    """
    if grey is None:
        pixels = micrograph.pixels
        grey = np.clip(pixels * (128 / pixels.mean()), 0, 255).astype(np.uint8)
    bar = scale_bar(micrograph.shape, micrograph.known_nm_per_pixel)
    return drawing(micrograph.shape, raster(grey) + over + bar, words)


def comparison(mask: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return a picture of right (blue), too many (orange) and missed (purple) pixels on white."""
    picture = np.full((*mask.shape, 3), 250, np.uint8)
    for where, colour in (
        (mask & truth, BLUE),
        (mask & ~truth, ORANGE),
        (~mask & truth, PURPLE),
    ):
        picture[where] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return picture


def step_drawing(mask: np.ndarray, step: steps.Step) -> str:
    """Return one step of UECS over the region it began with."""
    body = shape_path(mask, f'fill="{SHADOW}"')
    body += "".join(shape_path(part.image, STYLES[part.kind], part.origin) for part in step.parts)
    return drawing(mask.shape, body, step_words(step))


def step_words(step: steps.Step) -> str:
    """Say in a sentence what a step shows."""
    counts = {kind: len(step.of_kind(kind)) for kind in STYLES}
    if step.phase == steps.EROSION:
        begin = f"Eroded by {step.depth_px:g} px" if step.depth_px else "The untouched region"
        parts = [
            f"{_counted(counts[steps.ERODING], 'part')} not convex yet",
            _counted(counts[steps.MARKER], "marker"),
        ]
        if counts[steps.GIVEN_UP]:
            parts.append(f"{counts[steps.GIVEN_UP]} too small")
        return f"{begin}: {', '.join(parts)}."
    if step.phase == steps.REGROWTH:
        return f"Grown back by {step.depth_px:g} px at most; particles may overlap."
    lost = counts[steps.DISCARDED]
    tail = f", {lost} discarded, because not convex after regrowing" if lost else ""
    return f"The result: {_counted(counts[steps.PARTICLE], 'particle')}{tail}."


def watershed_drawing(mask: np.ndarray, parts: Iterable[tuple[tuple[int, int], np.ndarray]]) -> str:
    """Return the parts that a watershed cuts a region into."""
    style = f'fill="{BLUE}" fill-opacity="0.3" stroke="{BLUE}" stroke-width="2.5"'
    parts = list(parts)
    body = shape_path(mask, f'fill="{SHADOW}"')
    body += "".join(shape_path(image, style, origin) for origin, image in parts)
    return drawing(mask.shape, body, f"The watershed cuts the region into {len(parts)} parts.")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
