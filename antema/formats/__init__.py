"""The file formats antema reads.

To add one, write a module beside the others that makes a `Format`, and put it into `FORMATS`.
"""

from .base import Calibration, Contents, Format, Frame, Refused
from .dm import DM
from .emd import EMD
from .mrc import MRC
from .picture import BMP, JPG, PNG
from .ser import SER
from .tif import TIF

FORMATS: tuple[Format, ...] = (DM, TIF, EMD, SER, PNG, JPG, BMP, MRC)
"""All formats, in the order in which they are tried; mrc is last, having the weakest mark."""

SUFFIXES: tuple[str, ...] = tuple(suffix for format in FORMATS for suffix in format.suffixes)
"""Usual endings of the names of readable files."""

HEAD_BYTES = 1024
"""How much of a file is needed to recognise it."""

_KNOWN_BUT_UNREAD = {
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x93NUMPY": "a NumPy array",
    b"RIFF": "a WebP picture or a film",
    b"JL\x01": "the emi half of a TIA series; the images are in the ser files beside it",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 picture",
    b"ZISRAWFILE": "a czi file of Zeiss",
    b"<": "a text file (XML or HTML)",
}


def recognise(head: bytes, suffix: str) -> Format:
    """Find the format of a file by its first bytes.

    Parameters
    ----------
    head : bytes
        The first `HEAD_BYTES` of the file.
    suffix : str
        The end of its name, in small letters with the dot; only old mrc files need it.

    Raises
    ------
    Refused
        If it is in none of the formats.
    """
    for format in FORMATS:
        if format.matches(head, suffix):
            return format
    what = next((said for mark, said in _KNOWN_BUT_UNREAD.items() if head.startswith(mark)), "")
    expected = next((format.name for format in FORMATS if suffix in format.suffixes), "")
    if what:
        msg = f"is {what}"
    elif expected:
        msg = f"does not begin as a {expected} file does: it is damaged, or was given a wrong name"
    else:
        msg = "is in a format antema does not know"
    msg += ". antema reads dm3, dm4, tif, emd, ser, mrc, png, jpg and bmp; save it as one of these."
    raise Refused(msg)


__all__ = [
    "FORMATS",
    "HEAD_BYTES",
    "SUFFIXES",
    "Calibration",
    "Contents",
    "Format",
    "Frame",
    "Refused",
    "recognise",
]
