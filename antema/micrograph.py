"""The micrograph: pixels, the size of one of them, and where that size came from."""

import dataclasses

import numpy as np

from .errors import MissingScale, UnreadableImage

SMALLEST_SIDE_PX = 32


@dataclasses.dataclass(frozen=True, eq=False)
class Micrograph:
    """One image of one field of view.

    Parameters
    ----------
    pixels : ndarray of shape (M, N), any real type
        Grey values, at least 32 px a side, finite; kept as read-only float32.
    nm_per_pixel : float, optional
        Side of a square pixel in nm, > 0; None when it is not known.
    name : str
        What tables and files call it: the file's name, with the frame's number in a stack.
    scale_source : str
        Where `nm_per_pixel` came from or, if it is None, why it is not known.
    file_sha256 : str, optional
        SHA-256 of the file it was read from.

    Raises
    ------
    UnreadableImage
        If the pixels are not such an array, or the pixel size is not a positive number.
    """

    pixels: np.ndarray
    nm_per_pixel: float | None = None
    name: str = "micrograph"
    scale_source: str = ""
    file_sha256: str | None = None

    def __post_init__(self) -> None:
        try:
            pixels = np.asarray(self.pixels)
        except ValueError as error:
            msg = f"{self.name}: an image needs rows of the same length."
            raise UnreadableImage(msg) from error
        if pixels.ndim != 2 or min(pixels.shape, default=0) < SMALLEST_SIDE_PX:
            msg = (
                f"{self.name}: an image of at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX} pixels "
                f"is needed, but the array has the shape {pixels.shape}."
            )
            raise UnreadableImage(msg)
        if pixels.dtype.kind not in "buif":
            msg = f"{self.name}: grey values must be real numbers, not {pixels.dtype}."
            raise UnreadableImage(msg)
        # Another micrograph's pixels are shared: they are read-only already.
        if pixels.flags.writeable or pixels.dtype != np.float32 or not pixels.flags.c_contiguous:
            with np.errstate(over="ignore"):
                pixels = np.array(pixels, dtype=np.float32, order="C")
        if not np.isfinite(pixels).all():
            msg = f"{self.name}: some grey values are not finite numbers (NaN or infinite)."
            raise UnreadableImage(msg)
        pixels.flags.writeable = False
        object.__setattr__(self, "pixels", pixels)

        size, source = self.nm_per_pixel, self.scale_source
        if size is not None:
            size = _positive(size)
            if size is None:
                given = self.nm_per_pixel
                msg = f"{self.name}: the pixel size must be a positive number of nm, not {given!r}."
                raise UnreadableImage(msg)
        object.__setattr__(self, "nm_per_pixel", size)
        default = "not known" if size is None else "given by hand"
        object.__setattr__(self, "scale_source", source or default)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.pixels.shape

    @property
    def known_nm_per_pixel(self) -> float:
        """The pixel size in nm; raises MissingScale, with the reason, when it is not known."""
        if self.nm_per_pixel is None:
            msg = (
                f"{self.name}: the pixel size is not known ({self.scale_source}). "
                "Give it by hand, for example as 0.1 nm per pixel."
            )
            raise MissingScale(msg)
        return self.nm_per_pixel


def _positive(value: object) -> float | None:
    """Return a number as float, None if it is not positive and finite."""
    if isinstance(value, bool | np.bool_ | str | bytes):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) and number > 0 else None
