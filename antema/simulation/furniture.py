"""Furniture: the scale bar and the letter that figures of publications carry."""

import numpy as np

from .options import SimulationOptions


def draw_furniture(
    rng: np.random.Generator, options: SimulationOptions, pixels: np.ndarray
) -> None:
    """Draw a scale bar and a panel letter, as figures of publications carry them."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  (only needed here)

    rows, columns = pixels.shape
    low, high = float(pixels.min()), float(pixels.max())
    canvas = Image.new("L", (columns, rows), 128)
    draw = ImageDraw.Draw(canvas)
    length = int(columns * rng.uniform(0.12, 0.35))
    thick = max(2, int(rows * rng.uniform(0.004, 0.02)))
    left = int(columns * rng.uniform(0.03, 0.9 - length / columns))
    if rng.random() < 0.6:
        left = int(columns * rng.choice([0.04, 0.94]) - (length if rng.random() < 0.5 else 0))
        left = min(max(left, 4), columns - length - 4)
    top = int(rows * rng.uniform(0.87, 0.96))
    ink = int(rng.choice([0, 255]))
    font_px = max(8, int(rows * rng.uniform(0.025, 0.07)))
    font = ImageFont.load_default(font_px)
    if rng.random() < 0.4:
        box = [left - 6, top - font_px - 10, left + length + 6, min(top + thick + 6, rows)]
        draw.rectangle(box, fill=254 - ink + 1 if ink == 0 else 1)
    draw.rectangle([left, top, left + length, top + thick], fill=ink)
    label = f"{int(rng.choice([1, 2, 5, 10, 20, 50, 100, 200, 500]))} nm"
    draw.text((left + length / 4, top - font_px - 4), label, fill=ink, font=font)
    if rng.random() < 0.6:
        letter = str(rng.choice(list("abcdefABCD(a)(b)")))
        big = ImageFont.load_default(max(10, int(rows * rng.uniform(0.05, 0.1))))
        draw.text((6, 2), letter, fill=int(rng.choice([0, 255])), font=big)
    drawn = np.asarray(canvas)
    pixels[drawn < 64] = low
    pixels[drawn > 192] = high
