"""Pictures of an analysis, as the bytes of png files: micrograph, segmentation, outlines."""

import base64
import dataclasses
import html
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .analysis import Analysis
from .appearance import COLOURS, length_text, look, round_length, shown, to_grey8
from .micrograph import Micrograph
from .separation import Region

SMALLEST_PICTURE_PX = 1000
WINDOW_PX = 480


@dataclasses.dataclass(frozen=True)
class Shown:
    """A png file as a notebook shows it, with words for those who cannot see it."""

    path: Path
    alt: str
    width_px: int = 800

    def _repr_html_(self) -> str:
        url = "data:image/png;base64," + base64.b64encode(self.path.read_bytes()).decode("ascii")
        return f'<img src="{url}" alt="{html.escape(self.alt)}" style="width: {self.width_px}px">'


def micrograph_picture(analysis: Analysis) -> bytes:
    """Return the micrograph with a scale bar of a round length."""
    picture, _ = _enlarged(to_grey8(analysis.micrograph.pixels), Image.Resampling.BICUBIC)
    _draw_scale_bar(picture, analysis.micrograph)
    return _png(picture)


def segmentation_picture(analysis: Analysis) -> bytes:
    """Return the mask, particles white on black, one pixel of it per pixel of the micrograph."""
    return _png(Image.fromarray(analysis.mask))


def outlines_picture(analysis: Analysis) -> bytes:
    """Return the micrograph with outlines, coloured by status; no others than its table lists."""
    grey = to_grey8(analysis.micrograph.pixels)
    picture, factor = _enlarged(grey, Image.Resampling.BICUBIC)
    picture = picture.convert("RGB")
    regions = shown(analysis.regions, analysis.particles["particle"])
    _draw_outlines(picture, regions, (0, 0), factor)
    _draw_scale_bar(picture, analysis.micrograph)
    return _png(picture)


def window_picture(
    grey: np.ndarray, regions: Sequence[Region], window: tuple[slice, slice]
) -> bytes:
    """Return a part of a micrograph, large enough to look at, with the outlines of regions.

    Parameters
    ----------
    grey : ndarray of shape (M, N), uint8
        The whole micrograph, as `antema.appearance.to_grey8` makes it.
    regions : sequence of Region
    window : (slice, slice)
        Rows and columns shown.
    """
    rows, columns = window
    picture = Image.fromarray(np.ascontiguousarray(grey[window])).convert("RGB")
    factor = WINDOW_PX / max(picture.size)
    size = round(picture.width * factor), round(picture.height * factor)
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    _draw_outlines(picture, regions, (rows.start, columns.start), factor)
    return _png(picture)


def _draw_outlines(
    picture: Image.Image, regions: Sequence[Region], origin: tuple[int, int], factor: float
) -> None:
    """Draw the outlines of regions, in pixels of the picture counted from an origin."""
    draw = ImageDraw.Draw(picture)
    width = max(2, round(max(picture.size) / 700))
    # What was left out lies below, so that it never hides a particle.
    for kind, colour in reversed(COLOURS.items()):
        for region in regions:
            if look(region) != kind:
                continue
            for corners in region.outlines:
                places = (corners + 0.5 - origin)[:, ::-1] * factor
                line = [tuple(point) for point in places]
                draw.line([*line, line[0]], fill=colour, width=width, joint="curve")


def _enlarged(grey: np.ndarray, resampling: Image.Resampling) -> tuple[Image.Image, int]:
    """Return the picture and the whole factor by which a small one was enlarged, for fine lines."""
    picture = Image.fromarray(grey)
    factor = math.ceil(SMALLEST_PICTURE_PX / max(picture.size))
    if factor > 1:
        picture = picture.resize((picture.width * factor, picture.height * factor), resampling)
    return picture, max(1, factor)


def _draw_scale_bar(picture: Image.Image, micrograph: Micrograph) -> None:
    """Draw a bar of a round length, with that length above it, in the lower right corner."""
    width, height = picture.size
    nm_per_pixel = micrograph.known_nm_per_pixel * micrograph.shape[1] / width
    length_nm = round_length(width * nm_per_pixel)
    bar = length_nm / nm_per_pixel
    unit = max(6, min(width, height) // 85)
    draw = ImageDraw.Draw(picture, "RGBA" if picture.mode == "RGB" else None)
    font = ImageFont.load_default(size=2.5 * unit)
    text = length_text(length_nm)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    box = max(bar, right - left) + 2 * unit, bottom + 3 * unit
    x, y = width - box[0] - unit, height - box[1] - unit
    white, black = ("white", "black") if picture.mode == "RGB" else (255, 0)
    draw.rectangle((x, y, x + box[0], y + box[1]), fill=white)
    centre = x + box[0] / 2
    draw.text((centre - (right - left) / 2 - left, y + unit / 2), text, fill=black, font=font)
    base = y + box[1] - unit
    draw.rectangle((centre - bar / 2, base - unit * 0.8, centre + bar / 2, base), fill=black)


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=4)
    return stream.getvalue()
