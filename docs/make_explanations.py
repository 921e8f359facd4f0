"""Draw what every option does, for the "?" beside it. Run: python docs/make_explanations.py

Each picture is a small scene analysed by antema with several values of one option; what is said
below the parts stands in `antema.app.messages.EXPLAIN`, in the same order.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageDraw

from antema import Analysis, Micrograph, Settings, analyze
from antema.app.explain import FOLDER, picture_name
from antema.app.messages import EXPLAIN
from antema.appearance import COLOURS, look, to_grey8
from antema.separation import LEFT_OUT

SHAPE = (120, 160)
PART_PX = (320, 240)
GAP_PX = 12
NM_PER_PIXEL = 0.1
OTSU = dataclasses.replace(Settings().segmentation, method="otsu")
PLAIN = dataclasses.replace(Settings(), segmentation=OTSU)
NETWORK = Settings()

Disc = tuple[float, float, float]  # row, column, radius in pixels


def micrograph(
    discs: Sequence[Disc],
    pores: Sequence[Disc] = (),
    *,
    contrast: float = 0.5,
    slope: float = 0.0,
    soft: float = 1.5,
) -> Micrograph:
    """Return spheres that absorb, with pores in them, on a support that may be uneven."""
    rows, columns = np.indices(SHAPE)
    path = np.zeros(SHAPE)
    for row, column, radius in discs:
        inside = 1 - (np.hypot(rows - row, columns - column) / radius) ** 2
        path += np.clip(inside, 0, None) ** (0.3 / soft) * (inside > 0)
    for row, column, radius in pores:
        path[np.hypot(rows - row, columns - column) < radius] = 0
    light = np.exp(-contrast * path) * (1 + slope * (columns / SHAPE[1] - 0.5))
    light += np.random.default_rng(1).normal(0, 0.012, SHAPE)
    return Micrograph(100 * light, NM_PER_PIXEL, "scene")


TRIPLE = ((50, 36, 27), (68, 78, 25), (50, 118, 24))
PEANUT = ((60, 55, 30), (60, 105, 30))
LARGE_SMALL = ((62, 66, 38), (50, 112, 14))
CHAIN = ((28, 30, 19), (42, 62, 19), (76, 66, 19), (44, 94, 19), (30, 126, 19), (96, 92, 17))
RING = tuple(
    (60 + 34 * np.sin(angle), 80 + 46 * np.cos(angle), 21)
    for angle in np.linspace(0, 2 * np.pi, 7, endpoint=False)
)
EDGE = ((50, 6, 26), (64, 80, 24), (20, 142, 30))
SPECKS = ((60, 74, 30), (24, 24, 6), (96, 130, 8), (30, 128, 5), (98, 26, 4))
ALONE = ((60, 80, 36),)
PORES = ((52, 70, 7), (70, 92, 4))
FAINT = ((40, 36, 20), (76, 76, 24), (40, 122, 22), (92, 128, 16))

# For every option the scene, the other options, and the values that are shown.
SCENES: dict[tuple[str, str], tuple[Micrograph, Settings, tuple[object, ...]]] = {}


def scene(
    stage: str, name: str, shot: Micrograph, values: tuple[object, ...], **others: Any
) -> None:
    """Add the picture of an option."""
    base = others.pop("base", PLAIN)
    changed = dataclasses.replace(base.separation, **others)
    SCENES[stage, name] = shot, dataclasses.replace(base, separation=changed), values


scene("separation", "method", micrograph(TRIPLE), ("uecs", "outline", "watershed", "none"))
scene("separation", "convexity", micrograph(PEANUT), (0.9, 0.98), solidity=0)
scene("separation", "solidity", micrograph(PEANUT), (0.0, 0.96), convexity=0.9)
scene("separation", "min_marker_nm", micrograph(LARGE_SMALL), (0.5, 3.0))
scene("separation", "min_marker_px", micrograph(LARGE_SMALL), (30, 800), min_marker_nm=0)
scene("separation", "min_convexity", micrograph(CHAIN), (0.5, 0.9))
scene("separation", "max_holes", micrograph(RING), (10, 1))
scene("separation", "exclude_edge", micrograph(EDGE), (True, False))
scene(
    "segmentation",
    "method",
    micrograph(FAINT, contrast=0.22, slope=0.5),
    ("network", "otsu"),
    base=NETWORK,
)
scene(
    "segmentation",
    "threshold",
    micrograph(FAINT, contrast=0.25, soft=0.3),
    (0.1, 0.9),
    base=NETWORK,
)
scene("segmentation", "invert", micrograph(FAINT, contrast=-0.4), (False, True))
scene("segmentation", "min_diameter_nm", micrograph(SPECKS), (0.5, 2.0))
scene("segmentation", "min_diameter_px", micrograph(SPECKS), (3, 20))
scene("segmentation", "max_hole_nm", micrograph(ALONE, PORES), (0.5, 1.0, 2.0))
scene("segmentation", "max_hole_px", micrograph(ALONE, PORES), (3, 10, 20))


def parts(stage: str, name: str) -> list[Image.Image]:
    """Return the scene of an option analysed with every value shown, with the outlines."""
    shot, base, values = SCENES[stage, name]
    made = []
    for value in values:
        options = dataclasses.replace(getattr(base, stage), **{name: value})
        analysis = analyze(shot, dataclasses.replace(base, **{stage: options}))
        print(f"  {value}: {len(analysis.particles)} particles, left out {analysis.left_out}")
        made.append(outlined(analysis))
    return made


def outlined(analysis: Analysis) -> Image.Image:
    """Return the scene with the regions tinted and outlined in the colours of the page."""
    grey = 60 + 0.75 * to_grey8(analysis.micrograph.pixels)
    colours = np.repeat(grey[..., None], 3, axis=2)
    for region in analysis.regions:
        row, column = region.origin
        height, width = region.image.shape
        inside = colours[row : row + height, column : column + width]
        tint = np.array(ImageColor.getrgb(COLOURS[look(region)]))
        inside[region.image] = 0.7 * inside[region.image] + 0.3 * tint
    factor = 2 * PART_PX[0] // SHAPE[1]
    picture = Image.fromarray(colours.round().clip(0, 255).astype(np.uint8))
    picture = picture.resize((2 * PART_PX[0], 2 * PART_PX[1]), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for region in sorted(analysis.regions, key=lambda region: region.status != LEFT_OUT):
        for corners in region.outlines:
            line = [tuple(place) for place in (corners + 0.5)[:, ::-1] * factor]
            draw.line([*line, line[0]], fill=COLOURS[look(region)], width=6, joint="curve")
    return picture.resize(PART_PX, Image.Resampling.LANCZOS)


def main() -> None:
    """Write all pictures."""
    total = 0
    for (stage, name), captions in EXPLAIN.items():
        print(stage, name)
        shown = parts(stage, name)
        assert len(shown) == len(captions), (stage, name)
        width, height = PART_PX
        picture = Image.new("RGBA", ((width + GAP_PX) * len(shown) - GAP_PX, height))
        for place, part in enumerate(shown):
            picture.paste(part, ((width + GAP_PX) * place, 0))
        path = FOLDER / picture_name(stage, name)
        picture.save(path, quality=70, method=6)
        total += path.stat().st_size
    print(f"{total / 1000:.0f} kB")


if __name__ == "__main__":
    main()
