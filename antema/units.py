"""Lengths: the units that microscopes write, and the pixel size a person types.

A unit is understood only when it can mean nothing else. Letters keep their case, since ``m`` and
``M`` or ``pm`` and ``Pm`` are different things; words and two-letter units in capitals throughout
(``NM``, as some programs write) are accepted. Reciprocal lengths, angles, energies and pixels are
no lengths: they give None, never a number.
"""

import math
import re
import unicodedata

from .errors import InvalidOption

_NM_PER_SYMBOL = {
    "m": 1e9,
    "cm": 1e7,
    "mm": 1e6,
    "μm": 1e3,
    "um": 1e3,
    "nm": 1.0,
    "A": 0.1,
    "Å": 0.1,
    "å": 0.1,
    "pm": 1e-3,
    "in": 2.54e7,
    '"': 2.54e7,
}
_NM_PER_WORD = {
    "meter": 1e9,
    "metre": 1e9,
    "centimeter": 1e7,
    "centimetre": 1e7,
    "millimeter": 1e6,
    "millimetre": 1e6,
    "micrometer": 1e3,
    "micrometre": 1e3,
    "micron": 1e3,
    "nanometer": 1.0,
    "nanometre": 1.0,
    "angstrom": 0.1,
    "angström": 0.1,
    "ångström": 0.1,
    "ang": 0.1,
    "picometer": 1e-3,
    "picometre": 1e-3,
    "inch": 2.54e7,
    "inches": 2.54e7,
}
_PIXELS = {"px", "pix", "pixel", "pixels"}
_LENGTH = re.compile(r"(?P<number>[+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?)\s*(?P<unit>.*)")
_PER_PIXEL = re.compile(r"\s*(?:/|\bper\b)\s*(?:px|pix|pixel)s?$", re.IGNORECASE)


def normalize_unit(unit: str) -> str:
    r"""Return a unit in one spelling: one micro sign, one angstrom sign, no brackets or blanks.

    Parameters
    ----------
    unit : str
        As it stands in a file: ``"\N{MICRO SIGN}m"``, ``"[n_m]"``, ``"nm\0"``.
    """
    text = unit.partition("\0")[0].replace("Â\N{MICRO SIGN}", "\N{MICRO SIGN}")
    # NFKC makes one of the two micro signs, and of the two angstrom signs.
    text = unicodedata.normalize("NFKC", text).strip().strip("[]()<>").strip()
    return text.replace("_", "")


def is_pixels(unit: str) -> bool:
    """Tell whether a unit says "pixels", which is no length."""
    return normalize_unit(unit).lower() in _PIXELS


def is_energy(unit: str) -> bool:
    """Tell whether a unit is that of an energy axis, as spectra have."""
    return normalize_unit(unit).lower() in {"ev", "kev", "mev"}


def to_nm(value: float, unit: str) -> float | None:
    """Convert a length to nm.

    Parameters
    ----------
    value : float
        A positive, finite length; anything else gives None.
    unit : str
        m, cm, mm, um, nm, A, pm or inch, in any usual spelling.

    Returns
    -------
    float or None
        The length in nm, or None if this is no length: an unknown, reciprocal or missing unit.
    """
    symbol = normalize_unit(unit)
    factor = _NM_PER_SYMBOL.get(symbol)
    if factor is None and len(symbol) == 2 and symbol.isupper():
        factor = _NM_PER_SYMBOL.get(symbol.lower())
    if factor is None:
        word = symbol.lower()
        factor = _NM_PER_WORD.get(word) or _NM_PER_WORD.get(word.removesuffix("s"))
    if factor is None:
        return None
    length = float(value) * factor
    return length if math.isfinite(length) and length > 0 else None


def parse_length(text: str) -> float:
    """Read a length as a person types it.

    Parameters
    ----------
    text : str
        A number and a unit, such as ``"0.1nm"``, ``"100 pm"``, ``"0.0001 um"``, ``"0,1 nm"``
        (decimal comma), ``"1.2 Å"`` or ``"0.1 nm/px"``.

    Returns
    -------
    float
        The length in nm, > 0.

    Raises
    ------
    InvalidOption
        If the text is not a positive length with a unit, or its comma is ambiguous.
    """
    example = "Write a number and a unit, for example 0.1nm, 100pm or 1.2A."
    found = _LENGTH.fullmatch(_PER_PIXEL.sub("", unicodedata.normalize("NFKC", str(text)).strip()))
    if found is None:
        msg = f"{text!r} is not a length. {example}"
        raise InvalidOption(msg)
    number, unit = found["number"], found["unit"]
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", number) or number.count(",") > 1:
        msg = f"The comma in {text!r} can mean two things. Write the number with a decimal point."
        raise InvalidOption(msg)
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        msg = f"{text!r} is not a length: {number!r} is not a number. {example}"
        raise InvalidOption(msg) from None
    if not unit:
        msg = f"{text!r} has no unit. {example}"
        raise InvalidOption(msg)
    if to_nm(1.0, unit) is None:
        msg = f"{text!r} is not a length: {unit!r} is not a unit of length. {example}"
        raise InvalidOption(msg)
    length = to_nm(value, unit)
    if length is None:
        msg = f"{text!r} cannot be a length: it must be more than zero, and finite."
        raise InvalidOption(msg)
    return length
