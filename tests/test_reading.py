import hashlib
import json
import math
import os
import struct
import sys
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image
from written_files import (
    picture,
    write_berkeley,
    write_dm,
    write_dm_images,
    write_mrc,
    write_ser,
    write_velox,
)

from antema.errors import AntemaError, InvalidOption, MissingScale, UnreadableImage
from antema.reading import read, read_bytes, read_frames

GREY = picture()
STACK = np.stack([picture(seed=seed, dtype=np.uint16) for seed in range(3)])
RGB = np.stack([picture(), picture(seed=1), picture(seed=2)], axis=-1)
LUMINANCE = RGB @ np.array([0.299, 0.587, 0.114])

FILES = {
    "a.dm3": lambda path: write_dm(path, GREY.astype(np.int16)),
    "a.dm4": lambda path: write_dm(path, GREY.astype(np.float32)),
    "a.ser": lambda path: write_ser(path, [GREY.astype(np.uint16)]),
    "a.mrc": lambda path: write_mrc(path, GREY.astype(np.int16)),
    "velox.emd": lambda path: write_velox(path, [GREY[..., None]]),
    "berkeley.emd": lambda path: write_berkeley(path, GREY, [(0.2, "[n_m]"), (0.2, "[n_m]")]),
    "a.tif": lambda path: tifffile.imwrite(
        path, GREY, imagej=True, resolution=(5, 5), metadata={"unit": "nm"}
    ),
    "a.png": lambda path: Image.fromarray(GREY).save(path),
    "a.bmp": lambda path: Image.fromarray(GREY).save(path),
    "a.jpg": lambda path: Image.fromarray(GREY).save(path, quality=100),
}
SCALED = [name for name in FILES if name.split(".")[1] not in ("png", "bmp", "jpg")]


def write(folder, name):
    path = folder / name
    FILES[name](path)
    return path


def write_tif(path, data=GREY, **options):
    tifffile.imwrite(path, data, **{"metadata": None, **options})
    return path


# Every format


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_picture_and_its_hash(tmp_path, name):
    path = write(tmp_path, name)
    micrograph = read(path)
    tolerance = 3 if name.endswith("jpg") else 0
    assert micrograph.pixels.dtype == np.float32
    assert np.abs(micrograph.pixels - GREY).max() <= tolerance
    assert micrograph.name == name
    assert micrograph.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    from_bytes = read_bytes(f"C:\\some folder\\{name}", path.read_bytes())
    assert np.array_equal(from_bytes.pixels, micrograph.pixels)
    for field in ("name", "nm_per_pixel", "scale_source", "file_sha256"):
        assert getattr(from_bytes, field) == getattr(micrograph, field)


@pytest.mark.parametrize("name", SCALED)
def test_every_scientific_format_gives_the_scale(tmp_path, name):
    micrograph = read(write(tmp_path, name))
    assert micrograph.nm_per_pixel == pytest.approx(0.2, rel=1e-6)
    assert len(micrograph.scale_source) > 5


@pytest.mark.parametrize("name", FILES)
def test_a_size_given_by_hand_wins_and_the_record_says_so(tmp_path, name):
    micrograph = read(write(tmp_path, name), nm_per_pixel=0.7)
    assert micrograph.nm_per_pixel == 0.7
    said = "given by hand (the file says 0.2 nm)" if name in SCALED else "given by hand"
    assert micrograph.scale_source == said


@pytest.mark.parametrize("size", [0, -1, math.nan, math.inf, "0.1nm", True, [1]])
def test_a_size_given_by_hand_must_be_a_positive_number(tmp_path, size):
    with pytest.raises(InvalidOption, match="positive number of nm"):
        read_frames(tmp_path / "whatever.tif", nm_per_pixel=size)


@pytest.mark.parametrize("name", FILES)
def test_the_content_decides_not_the_name(tmp_path, name):
    path = write(tmp_path, name)
    for wrong in ("x.dm3", "x.tif", "x.emd", "x.png", "x", "X.TIFF", "x.txt"):
        micrograph = read(path.rename(tmp_path / wrong))
        assert micrograph.name == wrong
        assert micrograph.shape == GREY.shape
        (tmp_path / wrong).rename(path)


@pytest.mark.parametrize("name", FILES)
def test_files_are_closed(tmp_path, name):
    path = write(tmp_path, name)
    frames = read_frames(path)
    next(frames)
    frames.close()
    read(path)
    descriptors = "/proc/self/fd"
    if os.path.isdir(descriptors):
        links = (f"{descriptors}/{number}" for number in os.listdir(descriptors))
        assert not [link for link in links if os.path.exists(link) and os.path.samefile(link, path)]


def test_reading_in_a_thread_prints_nothing(tmp_path, capfd):
    paths = [write(tmp_path, name) for name in FILES]
    for path in paths:
        (tmp_path / f"cut {path.name}").write_bytes(path.read_bytes()[:-900])

    def work():
        for path in tmp_path.iterdir():
            try:
                read(path)
            except UnreadableImage:
                continue

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert capfd.readouterr() == ("", "")


# Series


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: write_dm(folder / "s.dm3", STACK),
        lambda folder: write_dm(folder / "s.dm4", STACK),
        lambda folder: write_ser(folder / "s.ser", list(STACK)),
        lambda folder: write_ser(folder / "s.ser", list(STACK), version=0x0220),
        lambda folder: write_mrc(folder / "s.mrc", STACK),
        lambda folder: write_velox(folder / "s.emd", [np.moveaxis(STACK, 0, -1)]),
        lambda folder: write_velox(folder / "s.emd", [frame[..., None] for frame in STACK]),
        lambda folder: write_berkeley(
            folder / "s.emd", STACK, [(1, "s"), (2e-10, "[m]"), (2e-10, "[m]")]
        ),
        lambda folder: write_berkeley(
            folder / "s.emd",
            np.moveaxis(STACK, 0, -1),
            [(2e-10, "[m]"), (2e-10, "[m]"), (1, "[deg]")],
        ),
        lambda folder: write_tif(folder / "s.tif", STACK, photometric="minisblack"),
        lambda folder: write_tif(
            folder / "s.tif", STACK, bigtiff=True, byteorder=">", photometric=1
        ),
        lambda folder: write_tif(folder / "s.tif", STACK, compression="zlib", photometric=1),
        lambda folder: write_tif(folder / "s.tif", STACK, imagej=True, metadata={"unit": "nm"}),
    ],
)
def test_a_series_gives_its_frames_in_order(tmp_path, make):
    path = make(tmp_path)
    frames = list(read_frames(path))
    assert [frame.name for frame in frames] == [f"{path.name} [{k}]" for k in (1, 2, 3)]
    for frame, expected in zip(frames, STACK, strict=True):
        assert np.array_equal(frame.pixels, expected)
    assert read(path).name == f"{path.name} [1]"


def test_an_imagej_stack_of_one_directory_gives_its_frames(tmp_path):
    # ImageJ stores a large stack as one page and the rest behind it.
    path = tmp_path / "big.tif"
    tags = {"photometric": "minisblack", "byteorder": ">", "metadata": None}
    description = "ImageJ=1.54f\nimages=3\nslices=3\nunit=nm\n"
    tifffile.imwrite(path, STACK[0], description=description, resolution=(5, 5), **tags)
    with path.open("ab") as file:
        file.write(STACK[1:].astype(">u2").tobytes())
    with tifffile.TiffFile(path) as tif:
        end = tif.pages[0].dataoffsets[0] + tif.pages[0].nbytes
    content = path.read_bytes()
    assert len(content) - end == STACK[1:].nbytes
    frames = list(read_frames(path))
    assert len(frames) == 3
    for frame, expected in zip(frames, STACK, strict=True):
        assert np.array_equal(frame.pixels, expected)
        assert frame.nm_per_pixel == pytest.approx(0.2)


def test_a_series_is_not_loaded_as_a_whole(tmp_path):
    path = tmp_path / "long.mrc"
    write_mrc(path, STACK[:1])
    head = bytearray(path.read_bytes())
    struct.pack_into("<i", head, 8, 4000)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(1024 + 4000 * STACK[0].nbytes)  # sparse
    frames = read_frames(path)
    assert next(frames).name == "long.mrc [1]"
    with pytest.raises(UnreadableImage, match="same value"):
        next(frames)


# Kinds of pixels


@pytest.mark.parametrize(
    "dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", ">u2", ">f4"]
)
def test_tif_of_any_type(tmp_path, dtype):
    values = (picture() // 2).astype(dtype)
    order = ">" if dtype.startswith(">") else "<"
    micrograph = read(write_tif(tmp_path / "a.tif", values, byteorder=order))
    assert np.array_equal(micrograph.pixels, values.astype(np.float32))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_dm_and_ser_of_any_type(tmp_path, dtype):
    values = (picture() // 2).astype(dtype)
    assert np.array_equal(read(write_dm(tmp_path / "a.dm4", values)).pixels, values)
    assert np.array_equal(read(write_ser(tmp_path / "a.ser", [values])).pixels, values)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", ["i1", "i2", "u2", "f2", "f4"])
def test_mrc_of_any_type_and_byte_order(tmp_path, dtype, order):
    values = (picture() // 2).astype(dtype)
    micrograph = read(write_mrc(tmp_path / "a.mrc", values, order=order))
    assert np.array_equal(micrograph.pixels, values)
    assert micrograph.nm_per_pixel == pytest.approx(0.2)


@pytest.mark.parametrize("more", [{"brightest": 201}, {"imod_flags": 0}])
def test_mrc_of_unsigned_bytes(tmp_path, more):
    assert np.array_equal(read(write_mrc(tmp_path / "a.mrc", GREY, **more)).pixels, GREY)


def test_bilevel_pictures(tmp_path):
    values = GREY > 90
    for name, save in {
        "a.png": lambda path: Image.fromarray(values).save(path),
        "a.tif": lambda path: tifffile.imwrite(path, values),
    }.items():
        save(tmp_path / name)
        assert np.array_equal(read(tmp_path / name).pixels > 0, values)


def test_png_of_16_bits(tmp_path):
    values = picture(dtype=np.uint16) * 200
    Image.fromarray(values).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png").pixels, values)


def test_colours_become_luminance(tmp_path):
    rgba = np.dstack([RGB, np.random.default_rng(0).integers(0, 255, GREY.shape, np.uint8)])
    Image.fromarray(RGB).save(tmp_path / "rgb.png")
    Image.fromarray(rgba).save(tmp_path / "rgba.png")
    write_tif(tmp_path / "rgb.tif", RGB, photometric="rgb")
    write_tif(tmp_path / "rgba.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    write_tif(
        tmp_path / "planar.tif", np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate"
    )
    write_tif(tmp_path / "deep.tif", RGB.astype(np.uint16), photometric="rgb")
    for path in sorted(tmp_path.iterdir()):
        assert np.abs(read(path).pixels - LUMINANCE).max() < 1e-3, path.name


def test_grey_with_alpha_and_print_colours(tmp_path):
    alpha = np.random.default_rng(0).integers(0, 255, GREY.shape, np.uint8)
    Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(alpha)]).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png").pixels, GREY)
    Image.fromarray(GREY).convert("CMYK").save(tmp_path / "a.jpg", quality=100)
    assert np.abs(read(tmp_path / "a.jpg").pixels - GREY).max() < 6


def test_grey_stored_as_colour_stays_exact(tmp_path):
    Image.fromarray(np.dstack([GREY] * 3)).save(tmp_path / "a.png")
    assert np.array_equal(read(tmp_path / "a.png").pixels, GREY)


def test_palettes(tmp_path):
    image = Image.fromarray(GREY).convert("P")
    image.putpalette([channel for level in range(256) for channel in (level, level, 255)])
    image.save(tmp_path / "a.png")
    expected = 0.299 * GREY + 0.587 * GREY + 0.114 * 255
    assert np.abs(read(tmp_path / "a.png").pixels - expected).max() < 1e-3
    ramp = np.arange(256, dtype=np.uint16) * 257
    for colormap, values in (([ramp] * 3, GREY), ([ramp, ramp, ramp * 0 + 65535], expected)):
        write_tif(tmp_path / "a.tif", photometric="palette", colormap=np.stack(colormap))
        assert np.abs(read(tmp_path / "a.tif").pixels - values).max() < 1e-3


def test_white_is_zero_is_turned_round(tmp_path):
    write_tif(tmp_path / "a.tif", 255 - GREY, photometric="miniswhite")
    assert np.array_equal(read(tmp_path / "a.tif").pixels, GREY)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_compressed_tif(tmp_path, compression, dtype):
    values = picture(dtype=dtype)
    Image.fromarray(values).save(tmp_path / "a.tif", compression=compression)
    assert np.array_equal(read(tmp_path / "a.tif").pixels, values)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tif_compressed_with_a_predictor(tmp_path, dtype):
    values = picture(dtype=dtype)
    path = write_tif(tmp_path / "a.tif", values, compression="zlib", predictor=True)
    assert np.array_equal(read(path).pixels, values)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_palettes_and_white_is_zero_whoever_decompresses(tmp_path, compression):
    image = Image.fromarray(GREY).convert("P")
    image.putpalette([channel for level in range(256) for channel in (level, level, 255)])
    image.save(tmp_path / "a.tif", compression=compression)
    expected = 0.299 * GREY + 0.587 * GREY + 0.114 * 255
    assert np.abs(read(tmp_path / "a.tif").pixels - expected).max() < 1e-2
    for values in (GREY, GREY.astype(np.uint16)):
        path = tmp_path / "b.tif"
        Image.fromarray(values).save(path, compression=compression, tiffinfo={262: 0})
        content = read(path).pixels
        with tifffile.TiffFile(path) as tif:
            assert tif.pages[0].photometric == 0
        assert np.array_equal(content, values if values.itemsize == 1 else 65535 - GREY.astype(int))


def test_tiled_tif(tmp_path):
    values = picture((70, 90))
    assert np.array_equal(read(write_tif(tmp_path / "a.tif", values, tile=(32, 32))).pixels, values)


def test_thumbnails_and_annotated_copies_are_passed_over(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(GREY[:8, :8], metadata=None, subfiletype=1)
        tif.write(RGB, metadata=None, photometric="rgb")
        tif.write(GREY.astype(np.uint16), metadata=None)
    (frame,) = read_frames(tmp_path / "a.tif")
    assert np.array_equal(frame.pixels, GREY)
    assert frame.name == "a.tif"


# Scales


@pytest.mark.parametrize(
    ("scale", "unit"),
    [
        (2e-10, "m"),
        (2e-7, "mm"),
        (2e-4, "um"),
        (2e-4, "\u00b5m"),
        (2e-4, "\u03bcm"),
        (2e-4, "micron"),
        (0.2, "nm"),
        (2, "A"),
        (2, "\u00c5"),
        (2, "\u212b"),
        (200, "pm"),
    ],
)
@pytest.mark.parametrize("suffix", [".dm3", ".dm4"])
def test_units_of_dm(tmp_path, scale, unit, suffix):
    micrograph = read(write_dm(tmp_path / f"a{suffix}", GREY, scale, unit))
    assert micrograph.nm_per_pixel == pytest.approx(0.2, rel=1e-6)
    assert micrograph.scale_source == "DigitalMicrograph calibration"


@pytest.mark.parametrize(
    ("scale", "unit", "reason"),
    [
        (1, "", "a.dm3 has no calibration"),
        (0.2, "", "a.dm3 has a calibration without a unit"),
        (0.05, "1/nm", "a.dm3 is calibrated in 1/nm, not in a length"),
        (0.05, "nm^-1", "a.dm3 is calibrated in nm^-1, not in a length"),
        (1, "px", "a.dm3 is calibrated in pixels, not in a length"),
        (0.1, "mrad", "a.dm3 is calibrated in mrad, not in a length"),
        (-0.2, "nm", "a.dm3 gives -0.2 nm as the size of a pixel, which cannot be"),
        (math.nan, "nm", "a.dm3 gives nan nm as the size of a pixel, which cannot be"),
        (math.inf, "nm", "a.dm3 gives inf nm as the size of a pixel, which cannot be"),
    ],
)
def test_what_is_no_scale_is_said_with_the_name(tmp_path, scale, unit, reason):
    path = write_dm(tmp_path / "a.dm3", GREY, scale, unit)
    micrograph = read(path)
    assert micrograph.nm_per_pixel is None
    assert micrograph.scale_source == reason
    with pytest.raises(MissingScale, match="pixel size is not known"):
        _ = micrograph.known_nm_per_pixel
    assert read(path, nm_per_pixel=0.3).scale_source == "given by hand"


def test_pixels_that_are_nearly_square_have_the_mean_size(tmp_path):
    path = write_dm(tmp_path / "a.dm3", GREY, 0.2, other=(0.2004, "nm"))
    assert read(path).nm_per_pixel == pytest.approx(0.2002, rel=1e-6)
    path = write_dm(tmp_path / "b.dm3", GREY, 0.2, other=(200.4, "pm"))
    assert read(path).nm_per_pixel == pytest.approx(0.2002, rel=1e-6)


def test_pixels_that_are_not_square_are_refused_unless_given_by_hand(tmp_path):
    makers = [
        lambda: write_dm(tmp_path / "a.dm3", GREY, 0.2, other=(0.202, "nm")),
        lambda: write_dm(tmp_path / "a.dm3", GREY, 0.2, other=(0.2, "um")),
        lambda: write_ser(tmp_path / "a.ser", [GREY], (2e-10, 3e-10)),
        lambda: write_mrc(tmp_path / "a.mrc", GREY.astype("i2"), (2.0, 2.02)),
        lambda: write_velox(tmp_path / "a.emd", [GREY[..., None]], ("2e-10", "3e-10")),
        lambda: write_berkeley(tmp_path / "b.emd", GREY, [(0.2, "nm"), (0.3, "nm")]),
        lambda: write_tif(
            tmp_path / "a.tif", imagej=True, resolution=(5, 4), metadata={"unit": "nm"}
        ),
    ]
    for make in makers:
        path = make()
        with pytest.raises(UnreadableImage, match="not square") as caught:
            read(path)
        assert path.name in str(caught.value)
        micrograph = read(path, nm_per_pixel=0.2)
        assert micrograph.nm_per_pixel == 0.2
        assert "by" in micrograph.scale_source.removeprefix("given by hand")


def test_a_length_along_one_side_only_is_no_scale(tmp_path):
    micrograph = read(write_dm(tmp_path / "a.dm3", GREY, 0.2, "nm", other=(0.1, "1/nm")))
    assert micrograph.nm_per_pixel is None
    assert "1/nm" in micrograph.scale_source


@pytest.mark.parametrize(
    ("unit", "written", "nm"),
    [
        ("nm", "nm", 0.2),
        ("um", "\\u00B5m", 200),
        ("micron", "micron", 200),
        ("A", "\u00c5".encode("latin-1").decode("latin-1"), 0.02),
    ],
)
def test_imagej_units(tmp_path, unit, written, nm):
    description = f"ImageJ=1.54f\nunit={written}\n".encode("latin-1")
    path = write_tif(
        tmp_path / "a.tif", description=description, resolution=(5, 5), resolutionunit=1
    )
    micrograph = read(path)
    assert micrograph.nm_per_pixel == pytest.approx(nm)
    assert micrograph.scale_source == "ImageJ description"


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("pixel", "a.tif is calibrated in pixels, not in a length"),
        ("1/nm", "a.tif is calibrated in 1/nm, not in a length"),
        ("inch", "a.tif has a resolution of 72 dots per inch"),
        (None, "a.tif has a resolution without a unit"),
    ],
)
def test_imagej_without_a_length(tmp_path, unit, reason):
    metadata = {"unit": unit} if unit else {}
    path = write_tif(tmp_path / "a.tif", imagej=True, resolution=(72, 72), metadata=metadata)
    micrograph = read(path)
    assert micrograph.nm_per_pixel is None
    assert micrograph.scale_source.startswith(reason)


def test_imagej_with_another_unit_along_y(tmp_path):
    path = write_tif(
        tmp_path / "a.tif",
        imagej=True,
        resolution=(5, 5000),
        metadata={"unit": "nm", "yunit": "um"},
    )
    assert read(path).nm_per_pixel == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("resolution", "unit", "nm"),
    [
        (1e6, "inch", 25.4),
        (254e6, "inch", 0.1),
        (1e8, "centimeter", 0.1),
        (5081, "inch", 2.54e7 / 5081),
        (5079, "inch", None),
        (72, "inch", None),
        (300, "inch", None),
        (1200, "inch", None),
        (28.3465, "centimeter", None),
        (1e6, "none", None),
    ],
)
def test_resolution_tags(tmp_path, resolution, unit, nm):
    path = write_tif(
        tmp_path / "a.tif", resolution=(resolution, resolution), resolutionunit=unit.upper()
    )
    micrograph = read(path)
    if nm is None:
        assert micrograph.nm_per_pixel is None
        assert "print setting" in micrograph.scale_source or "without a unit" in (
            micrograph.scale_source
        )
    else:
        assert micrograph.nm_per_pixel == pytest.approx(nm, rel=1e-6)
        assert micrograph.scale_source == f"resolution tag ({unit.replace('entimeter', 'm')})"


def test_print_settings_that_differ_are_no_error(tmp_path):
    path = write_tif(tmp_path / "fax.tif", resolution=(204, 196), resolutionunit="INCH")
    assert read(path).nm_per_pixel is None


@pytest.mark.parametrize("dpi", [72, 300, 1e6])
def test_the_resolution_of_an_ordinary_picture_is_not_believed(tmp_path, dpi):
    for name in ("a.png", "a.jpg", "a.bmp"):
        Image.fromarray(GREY).save(tmp_path / name, dpi=(min(dpi, 60000), min(dpi, 60000)))
        micrograph = read(tmp_path / name)
        assert micrograph.nm_per_pixel is None
        assert micrograph.scale_source == f"{name} carries no pixel size"


def _text(code, text):
    return (code, 2, len(text) + 1, text, True)


@pytest.mark.parametrize(
    ("unit", "scale", "nm"), [("nm", 0.2, 0.2), ("\u00b5m", 2e-4, 0.2), ("1/nm", 0.2, None)]
)
def test_tif_of_digital_micrograph(tmp_path, unit, scale, nm):
    tags = [
        (65003, 2, 0, unit.encode("latin-1"), True),
        (65004, 2, 0, unit.encode("latin-1"), True),
    ]
    tags += [(65009, 12, 1, scale, True), (65010, 12, 1, scale, True)]
    path = write_tif(
        tmp_path / "a.tif", extratags=tags, resolution=(1e6, 1e6), resolutionunit="INCH"
    )
    micrograph = read(path)
    if nm is None:  # the resolution behind it must not be taken instead
        assert micrograph.nm_per_pixel is None
        assert micrograph.scale_source == "a.tif is calibrated in 1/nm, not in a length"
    else:
        assert micrograph.nm_per_pixel == pytest.approx(nm)
        assert micrograph.scale_source == "DigitalMicrograph tags"


@pytest.mark.parametrize("code", [34680, 34682])
def test_tif_of_fei_sem(tmp_path, code):
    text = "[User]\r\nDate=1/1/2020\r\n[Scan]\r\nPixelWidth=2e-010\r\nPixelHeight=2e-010\r\n"
    micrograph = read(write_tif(tmp_path / "a.tif", extratags=[_text(code, text)]))
    assert micrograph.nm_per_pixel == pytest.approx(0.2)
    assert micrograph.scale_source == "FEI tag"


TITAN = (
    '<?xml version="1.0"?><Metadata xmlns:nil="http://schemas.fei.com/Metadata/v1/2013/07">'
    '<BinaryResult><PixelSize><X unit="m" unitPrefixPower="1">2E-10</X>'
    '<Y unit="m" unitPrefixPower="1">2E-10</Y></PixelSize></BinaryResult></Metadata>'
)
VELOX = json.dumps(
    {
        "BinaryResult": {
            "PixelSize": {"width": "2e-10", "height": "2e-10"},
            "PixelUnitX": "m",
            "PixelUnitY": "m",
        }
    }
)


@pytest.mark.parametrize(
    "options",
    [
        {"extratags": [_text(34683, TITAN)]},
        {"extratags": [_text(34683, VELOX)]},
        {"description": TITAN},
        {"description": VELOX},
    ],
)
def test_tif_of_fei_tem_and_velox(tmp_path, options):
    micrograph = read(write_tif(tmp_path / "a.tif", **options))
    assert micrograph.nm_per_pixel == pytest.approx(0.2)


def test_tif_of_velox_in_diffraction(tmp_path):
    text = TITAN.replace('unit="m"', 'unit="1/m"')
    micrograph = read(write_tif(tmp_path / "a.tif", extratags=[_text(34683, text)]))
    assert micrograph.scale_source == "a.tif is calibrated in 1/m, not in a length"


@pytest.mark.parametrize(
    ("lines", "width", "nm"),
    [
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 200.0 pm\r\n", 48, 0.2),
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 1.500 \u00b5m\r\n", 48, 1500),
        ("AP_PIXEL_SIZE\r\nPixel Size = 200.0 pm\r\n", 48, 0.2),
        (
            "AP_PIXEL_SIZE\r\nPixel Size = 400.0 pm\r\n"
            "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 200.0 pm\r\n",
            48,
            0.2,
        ),
        # In full among the unnamed numbers, for a width of 1024.
        (
            "0\r\n0\r\n0\r\n2.0004e-010\r\n"
            "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 200.0 pm\r\n",
            1024,
            0.20004,
        ),
        ("0\r\n0\r\n0\r\n4e-010\r\nAP_PIXEL_SIZE\r\nPixel Size = 400.0 pm\r\n", 2048, 0.2),
    ],
)  # fmt: skip
def test_tif_of_zeiss(tmp_path, lines, width, nm):
    text = (lines.encode("latin-1"), len(lines))
    micrograph = read(
        write_tif(
            tmp_path / "a.tif", picture((40, width)), extratags=[(34118, 2, 0, text[0], True)]
        )
    )
    assert micrograph.nm_per_pixel == pytest.approx(nm)
    assert micrograph.scale_source == "Zeiss tag"


def _sightx(mode, eos="eosTEM"):
    return (
        f"<TemReporter><Eos><EosMode>{eos}</EosMode></Eos><ImageFormingSystem>"
        f"<ModeString>{mode}</ModeString><SelectorValue>100000</SelectorValue>"
        "</ImageFormingSystem></TemReporter>"
    )


@pytest.mark.parametrize(
    ("description", "nm"),
    [
        (_sightx("MAG"), 2.54e7 / 1270 / 1e5),
        (_sightx("DIFF"), None),
        (_sightx("MAG", "modeASID"), None),
        (
            '<TemReporter2 xmlns:a="x"><a:MeasurementUnitType>UnitType_Length'
            "</a:MeasurementUnitType><a:LengthPerPixel>0.2</a:LengthPerPixel></TemReporter2>",
            0.2,
        ),
        (
            '<TemReporter2 xmlns:a="x"><a:MeasurementUnitType>UnitType_Diffraction'
            "</a:MeasurementUnitType><a:LengthPerPixel>0.2</a:LengthPerPixel></TemReporter2>",
            None,
        ),
    ],
)
def test_tif_of_jeol(tmp_path, description, nm):
    # The resolution is the camera's: the magnification belongs to it.
    path = write_tif(
        tmp_path / "a.tif", description=description, resolution=(1270, 1270), resolutionunit="INCH"
    )
    micrograph = read(path)
    if nm is None:
        assert micrograph.nm_per_pixel is None
        assert micrograph.scale_source.startswith("a.tif ")
    else:
        assert micrograph.nm_per_pixel == pytest.approx(nm, rel=1e-6)
        assert micrograph.scale_source == "JEOL tag"


def _sis(offset, nm):
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 0, 1, 1, 120, b"", 1)
    head += struct.pack("<hhI", 1, 1, offset + len(head) + 8)
    return head + struct.pack("<10xhdd8xd2x34s32s", -9, nm, nm, 1e5, b"", b"")


def test_tif_of_olympus(tmp_path):
    path = tmp_path / "a.tif"
    size = len(_sis(0, 0.2))
    # The tag holds offsets into the file: write once, look where it stands, write again.
    for offset in (0, None):
        if offset is None:
            with tifffile.TiffFile(path) as tif:
                offset = tif.pages[0].tags[33560].valueoffset
        write_tif(path, extratags=[(33560, 7, size, _sis(offset, 0.2), True)])
    micrograph = read(path)
    assert micrograph.nm_per_pixel == pytest.approx(0.2)
    assert micrograph.scale_source == "Olympus tag"


def test_ome_tif(tmp_path):
    metadata = {"axes": "YX", "PhysicalSizeX": 2e-4, "PhysicalSizeY": 2e-4}
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, GREY, ome=True, metadata=metadata)
    assert read(path).nm_per_pixel == pytest.approx(0.2)


NM = [(0.2, "nm"), (0.2, "nm")]
WORDS = GREY.astype(np.int16)


@pytest.mark.parametrize("thumbnail", [0, None])
def test_dm_passes_over_its_thumbnail(tmp_path, thumbnail):
    colours = np.dstack([RGB, GREY])
    images = [(colours, [(1, ""), (1, "")]), (WORDS, NM)]
    (frame,) = read_frames(write_dm_images(tmp_path / "a.dm3", images, thumbnail=thumbnail))
    assert np.array_equal(frame.pixels, GREY)
    assert frame.nm_per_pixel == pytest.approx(0.2)


def test_dm_finds_the_calibration_of_each_image(tmp_path):
    # Without units and thumbnail, counting images and units would give another one's scale.
    images = [(WORDS, [(1, None), (1, None)]), (WORDS + 1, [(5, "nm"), (5, "nm")]), (WORDS, NM)]
    frames = list(read_frames(write_dm_images(tmp_path / "a.dm3", images)))
    assert [frame.nm_per_pixel for frame in frames] == [None, 5, pytest.approx(0.2)]
    assert np.array_equal(frames[1].pixels, GREY + 1.0)


def test_dm_in_colour(tmp_path):
    stored = np.dstack([RGB[..., ::-1], GREY])  # blue, green, red, alpha
    micrograph = read(write_dm_images(tmp_path / "a.dm3", [(stored, NM)]))
    assert np.abs(micrograph.pixels - LUMINANCE).max() < 1e-3


def test_dm_with_a_damaged_number_of_frames(tmp_path):
    path = write_dm(tmp_path / "a.dm3", STACK)
    content = path.read_bytes()
    dimensions = struct.pack("<i", 3)
    start = content.index(b"Dimensions")
    where = content.index(dimensions, start)
    path.write_bytes(content[:where] + struct.pack("<i", 2**31 - 1) + content[where + 4 :])
    refuse(path, "cut short")


def test_ser_of_a_diffraction_pattern(tmp_path):
    micrograph = read(write_ser(tmp_path / "a.ser", [GREY], (2.5e7, 2.5e7)))
    assert micrograph.nm_per_pixel is None
    assert "diffraction" in micrograph.scale_source


def test_mrc_without_a_pixel_size(tmp_path):
    micrograph = read(write_mrc(tmp_path / "a.mrc", GREY.astype("i2"), 0.0))
    assert micrograph.nm_per_pixel is None
    assert micrograph.scale_source == "a.mrc has no pixel size in its MRC header"


def test_mrc_of_fei(tmp_path):
    data = GREY.astype("i2")
    extended = bytearray(768)
    struct.pack_into("<2d", extended, 156, 3e-10, 3e-10)
    path = write_mrc(tmp_path / "a.mrc", data, 1.0, extended=bytes(extended), kind=b"FEI1")
    assert read(path).nm_per_pixel == pytest.approx(0.3)
    assert np.array_equal(read(path).pixels, GREY)
    empty = write_mrc(tmp_path / "b.mrc", data, 2.0, extended=bytes(768), kind=b"FEI1")
    assert read(empty).nm_per_pixel == pytest.approx(0.2)
    records = bytearray(1024 * 128)
    struct.pack_into("<f", records, 44, 3e-10)
    path = write_mrc(tmp_path / "a.mrc", data, 1.0, extended=bytes(records))
    assert read(path).nm_per_pixel == pytest.approx(0.3)
    # Another program's extended header says nothing of this kind.
    path = write_mrc(tmp_path / "a.mrc", data, 2.0, extended=bytes(records), kind=b"SERI")
    assert read(path).nm_per_pixel == pytest.approx(0.2)


def test_mrc_of_older_programs_is_known_by_its_name(tmp_path):
    path = write_mrc(tmp_path / "a.mrc", GREY.astype("i2"), stamp=b"")
    assert read(path).nm_per_pixel == pytest.approx(0.2)
    with pytest.raises(UnreadableImage):
        read(path.rename(tmp_path / "a.dat"))


def test_velox_with_a_fourier_transform_beside_the_image(tmp_path):
    both = [GREY[..., None].astype(np.complex64), GREY[..., None]]
    (frame,) = read_frames(write_velox(tmp_path / "a.emd", both))
    assert np.array_equal(frame.pixels, GREY)


def test_velox_without_metadata_has_no_scale(tmp_path):
    for text in ("", "{}", "not json", '{"BinaryResult": null}'):
        micrograph = read(write_velox(tmp_path / "a.emd", [GREY[..., None]], metadata=text))
        assert micrograph.scale_source == "a.emd has Velox metadata without a pixel size"


def test_berkeley_with_uneven_steps_has_no_scale(tmp_path):
    import h5py

    path = write_berkeley(tmp_path / "a.emd", GREY, [(0.2, "nm"), (0.2, "nm")])
    with h5py.File(path, "r+") as file:
        file["data/image/dim1"][...] = np.arange(GREY.shape[0]) ** 2
    assert read(path).nm_per_pixel is None


# What is not a micrograph


def refuse(path, match, **options):
    with pytest.raises(UnreadableImage, match=match) as caught:
        list(read_frames(path, **options))
    text = str(caught.value)
    assert path.name in text
    assert text.endswith(".")
    assert "Traceback" not in text
    return text


def test_what_cannot_be_opened(tmp_path):
    refuse(tmp_path / "missing.tif", "There is no file")
    refuse(tmp_path, "is a folder")
    (tmp_path / "empty.tif").touch()
    refuse(tmp_path / "empty.tif", "is empty")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.tif")
        refuse(tmp_path / "pipe.tif", "not an ordinary file")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = write(tmp_path, "a.png")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything
        monkeypatch.setattr("pathlib.Path.open", _forbid)
    refuse(path, "cannot be opened")


def _forbid(self, *arguments, **options):
    raise PermissionError(13, "Permission denied", str(self))


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("notes.tif", b"Sample 3, 200 kV, very nice\n" * 9, "does not begin as a TIFF file does"),
        ("notes.txt", b"Sample 3, 200 kV, very nice\n" * 9, "format antema does not know"),
        ("a.dm3", b"\0" * 2000, "does not begin as a DigitalMicrograph file does"),
        ("a.gif", b"GIF89a" + b"\0" * 99, "is a GIF picture"),
        ("a.npy", b"\x93NUMPY\x01\0" + b"\0" * 99, "is a NumPy array"),
        ("a.emi", b"JL\x01\0" + b"\0" * 99, "ser files beside it"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 99, "Office document"),
        ("a.mrc", b"\1", "does not begin as a MRC file does"),
    ],
)
def test_files_of_other_kinds(tmp_path, name, content, match):
    path = tmp_path / name
    path.write_bytes(content)
    assert "dm3, dm4, tif" in refuse(path, match)


def test_old_macintosh_dm3(tmp_path):
    path = write_dm(tmp_path / "a.dm3", GREY)
    content = bytearray(path.read_bytes())
    content[8:12] = b"\0\0\0\0"
    path.write_bytes(content)
    refuse(path, "big-endian")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers(tmp_path, value):
    data = GREY.astype(np.float32)
    data[3, 4] = value
    refuse(write_tif(tmp_path / "a.tif", data), "not finite")
    refuse(write_dm(tmp_path / "a.dm4", data), "not finite")
    refuse(write_mrc(tmp_path / "a.mrc", data), "not finite")


def test_values_beyond_float32(tmp_path):
    data = GREY.astype(np.float64)
    data[3, 4] = 1e300
    refuse(write_tif(tmp_path / "a.tif", data), "not finite")


def test_constant_images(tmp_path):
    refuse(write_tif(tmp_path / "a.tif", np.full((40, 48), 7, np.uint8)), r"same value \(7\)")


def test_small_images(tmp_path):
    refuse(write_tif(tmp_path / "a.tif", GREY[:31]), "at least 32 x 32")
    refuse(write_dm(tmp_path / "a.dm3", GREY[:4, :4]), "at least 32 x 32")


def test_spectra(tmp_path):
    refuse(write_dm(tmp_path / "a.dm3", GREY[:1].astype("f4")), "spectrum or a line profile")
    refuse(write_dm(tmp_path / "b.dm3", STACK.astype("f4"), spectrum=True), "spectrum")
    refuse(write_dm(tmp_path / "c.dm3", GREY, other=(0.5, "eV")), "spectrum")
    refuse(write_ser(tmp_path / "a.ser", [GREY], kind=0x4120), "spectra")
    refuse(write_ser(tmp_path / "b.ser", [], count=0), "no image")
    refuse(write_velox(tmp_path / "a.emd", []), "only spectra")
    refuse(write_tif(tmp_path / "a.tif", GREY[:1]), "spectrum or a line profile")
    axes = [(0.2, "nm"), (0.2, "nm"), (0.5, "eV")]
    refuse(write_berkeley(tmp_path / "b.emd", STACK, axes), "spectrum image")
    axes = [(0.2, "nm"), (0.2, "nm"), (0.5, "1/nm"), (0.5, "1/nm")]
    refuse(write_berkeley(tmp_path / "c.emd", STACK[None], axes), "4 dimensions")


def test_a_size_given_by_hand_makes_no_image_of_a_spectrum(tmp_path):
    path = write_dm(tmp_path / "b.dm3", STACK.astype("f4"), spectrum=True)
    refuse(path, "spectrum", nm_per_pixel=0.1)


def test_complex_images(tmp_path):
    data = GREY.astype(np.complex64)
    refuse(write_dm(tmp_path / "a.dm3", data), "complex")
    refuse(write_tif(tmp_path / "a.tif", data), "complex")
    refuse(write_mrc(tmp_path / "a.mrc", data), "complex")
    refuse(write_ser(tmp_path / "a.ser", [data]), "complex")
    refuse(write_velox(tmp_path / "a.emd", [data[..., None]]), "complex")


def test_hdf5_of_another_kind(tmp_path):
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["measurement/counts"] = GREY
    refuse(tmp_path / "a.h5", "neither|no image in the Velox or the Berkeley")


def test_hdf5_that_points_to_another_file(tmp_path):
    import h5py

    (tmp_path / "secret").write_bytes(GREY.tobytes())
    with h5py.File(tmp_path / "a.emd", "w") as file:
        file.create_dataset(
            "Data/Image/0/Data",
            GREY.shape,
            np.uint8,
            external=[(str(tmp_path / "secret"), 0, GREY.nbytes)],
        )
    refuse(tmp_path / "a.emd", "another file")


def test_tif_with_many_channels(tmp_path):
    path = write_tif(tmp_path / "a.tif", np.dstack([GREY] * 5), photometric="minisblack",
                     planarconfig="contig")  # fmt: skip
    refuse(path, "5 channels")


# Damaged files


def test_announced_sizes_are_not_believed(tmp_path):
    huge = 2**31 - 1
    path = write_mrc(tmp_path / "a.mrc", GREY.astype("i2"))
    content = bytearray(path.read_bytes())
    struct.pack_into("<2i", content, 0, 2**19, 2**19)
    path.write_bytes(content)
    refuse(path, "more than can be read")
    path = write_ser(tmp_path / "a.ser", [GREY])
    content = bytearray(path.read_bytes())
    struct.pack_into("<i", content, 18, huge)
    path.write_bytes(content)
    refuse(path, "cut short")
    path = write_tif(tmp_path / "a.tif")
    content = path.read_bytes()
    for tag in (256, 257):
        start = content.index(struct.pack("<HH", tag, 4)) if struct.pack(
            "<HH", tag, 4
        ) in content else content.index(struct.pack("<HH", tag, 3))  # fmt: skip
        entry = struct.pack("<HHII", tag, 4, 1, 2**15 - 1)
        content = content[:start] + entry + content[start + 12 :]
    path.write_bytes(content)
    refuse(path, "cut short|more than can be read")


def outcomes(path, contents):
    """Read damaged contents; return how many were read and how many refused."""
    read_, sentences = 0, []
    for content in contents:
        path.write_bytes(content)
        try:
            for micrograph in read_frames(path):
                assert np.isfinite(micrograph.pixels).all()
            read_ += 1
        except AntemaError as error:
            sentences.append(str(error))
    assert all(path.name in sentence for sentence in sentences)
    return read_, len(sentences)


@pytest.mark.parametrize("name", FILES)
def test_files_cut_short_are_refused(tmp_path, name):
    path = write(tmp_path, name)
    whole = path.read_bytes()
    with_pixels = {"a.mrc", "a.ser", "a.tif", "a.bmp"}  # pixels come last, every byte counts
    lengths = sorted({*np.linspace(1, len(whole) * 0.97, 12).astype(int), 4, 8, 12, 100, 1024})
    read_, refused = outcomes(path, [whole[:length] for length in lengths if length < len(whole)])
    assert refused > 8
    assert read_ == 0 or name not in with_pixels


@pytest.mark.parametrize("name", FILES)
def test_flipped_bytes_give_sentences(tmp_path, name):
    path = write(tmp_path, name)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    contents = []
    for _ in range(25):
        content = np.frombuffer(whole, np.uint8).copy()
        where = random.integers(0, min(len(whole), 1500), random.integers(1, 6))
        content[where] = random.integers(0, 256, where.size)
        contents.append(content.tobytes())
    outcomes(path, contents)


def test_a_damaged_lzw_tif_is_refused_in_silence(tmp_path, capfd):
    path = tmp_path / "a.tif"
    Image.fromarray(GREY).save(path, compression="tiff_lzw")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        start, length = tif.pages[0].dataoffsets[0], tif.pages[0].databytecounts[0]
    content[start + 9 : start + length] = b"\xff" * (length - 9)
    path.write_bytes(content)
    refuse(path, "damaged")
    assert capfd.readouterr() == ("", "")
