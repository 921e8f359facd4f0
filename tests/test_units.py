import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antema.errors import InvalidOption
from antema.units import is_energy, is_pixels, parse_length, to_nm

MICRO, MU, A_RING, ANGSTROM = "\u00b5", "\u03bc", "\u00c5", "\u212b"


@pytest.mark.parametrize(
    ("value", "unit", "nm"),
    [
        (2e-10, "m", 0.2),
        (2e-8, "cm", 0.2),
        (2e-7, "mm", 0.2),
        (2e-4, "um", 0.2),
        (2e-4, MICRO + "m", 0.2),
        (2e-4, MU + "m", 0.2),
        (2e-4, "\u00c2\u00b5m", 0.2),  # UTF-8 taken for Latin-1
        (2e-4, "micron", 0.2),
        (2e-4, "Microns", 0.2),
        (2e-4, "micrometer", 0.2),
        (2e-4, "micrometres", 0.2),
        (0.2, "nm", 0.2),
        (0.2, " nm\0", 0.2),
        (0.2, "NM", 0.2),
        (2e-4, "UM", 0.2),
        (0.2, "[n_m]", 0.2),
        (0.2, "nanometers", 0.2),
        (2, "A", 0.2),
        (2, A_RING, 0.2),
        (2, ANGSTROM, 0.2),
        (2, "A\u030a", 0.2),
        (2, "Ang", 0.2),
        (2, "angstrom", 0.2),
        (2, "Angstroms", 0.2),
        (200, "pm", 0.2),
        (200, "PM", 0.2),
        (1e-8, "inch", 0.254),
        (1e-8, "in", 0.254),
    ],
)
def test_lengths_become_nm(value, unit, nm):
    assert to_nm(value, unit) == pytest.approx(nm, rel=1e-12)


@pytest.mark.parametrize(
    "unit",
    [
        "",
        " ",
        "px",
        "pixel",
        "Pixels",
        "1/nm",
        "nm^-1",
        "nm-1",
        "nm\u207b\u00b9",
        "1/\u00c5",
        "mrad",
    ]
    + ["eV", "s", "M", "Mm", "Pm", "Nm", "nM", "a", "\u00b5", "nmm", "n m", "[n_m^-1]", "km", "K"],
)
def test_what_is_no_length_gives_none(unit):
    assert to_nm(0.2, unit) is None


@pytest.mark.parametrize("value", [0, -0.2, math.nan, math.inf, -math.inf])
def test_impossible_sizes_give_none(value):
    assert to_nm(value, "nm") is None


def test_pixels_and_energies_are_told_apart():
    assert is_pixels(" Pixels")
    assert not is_pixels("nm")
    assert is_energy("keV")
    assert not is_energy("m")


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("0.1nm", 0.1),
        ("100 pm", 0.1),
        ("0.0001 um", 0.1),
        ("0.0001\u00b5m", 0.1),
        ("0,1 nm", 0.1),
        ("0,100 nm", 0.1),
        (".1nm", 0.1),
        ("1 A", 0.1),
        ("1.2 \u00c5", 0.12),
        ("1.2 \u212b", 0.12),
        ("1e-10m", 0.1),
        ("  0.1   nm ", 0.1),
        ("0.1 nm/px", 0.1),
        ("0.1 nm per pixel", 0.1),
        ("+0.1 nm", 0.1),
        ("1,5 nm", 1.5),
    ],
)
def test_parse_length(text, nm):
    assert parse_length(text) == pytest.approx(nm, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "not a length"),
        ("nm", "not a length"),
        ("0.1", "no unit"),
        ("0.1 parsec", "not a unit of length"),
        ("5 px", "not a unit of length"),
        ("1/nm", "not a unit of length"),
        ("0.1 1/nm", "not a unit of length"),
        ("0.1 nm-1", "not a unit of length"),
        ("0 nm", "more than zero"),
        ("-0.1 nm", "more than zero"),
        ("1e999 nm", "more than zero"),
        ("1e305 m", "more than zero"),
        ("inf nm", "not a length"),
        ("nan nm", "not a length"),
        ("1,000 nm", "comma"),
        ("1,2,3 nm", "comma"),
        ("1.2.3 nm", "not a number"),
        ("1,000.5 nm", "not a number"),
        ("0.1 M", "not a unit of length"),
    ],
)
def test_parse_length_says_what_is_wrong(text, what):
    with pytest.raises(InvalidOption, match=what) as caught:
        parse_length(text)
    assert str(caught.value).endswith(".")


@given(st.floats(1e-6, 1e6), st.sampled_from(["nm", "pm", "um", "A"]))
def test_parse_length_agrees_with_to_nm(value, unit):
    assert parse_length(f"{value!r} {unit}") == to_nm(value, unit)


@given(st.text(max_size=12))
def test_parse_length_fails_only_with_a_sentence(text):
    said = ""
    try:
        assert parse_length(text) > 0
    except InvalidOption as error:
        said = str(error)
    assert said == "" or said.endswith(".")
