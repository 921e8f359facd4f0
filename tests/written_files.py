"""Writers of small files in every format antema reads, for the tests of reading."""

import json
import struct

import numpy as np


def picture(shape=(40, 48), dtype=np.uint8, seed=0):
    """Grey values that differ in every corner, so that no flip or transposition goes unseen."""
    rows, columns = np.indices(shape)
    values = 3 * rows + 2 * columns + np.random.default_rng(seed).integers(0, 9, shape)
    return values.astype(dtype)


def write_dm(path, data, scale=0.2, unit="nm", *, other=None, metadata=None, spectrum=False):
    """Write a dm3 or dm4; `other` is the (scale, unit) of the rows if it differs."""
    from nion.data import Calibration, DataAndMetadata
    from nionswift_plugin.DM_IO import dm3_image_utils

    if data.dtype == np.uint8:
        data = data.astype(np.int16)  # nionswift-io writes no single bytes
    axes = [Calibration.Calibration(0, *(other or (scale, unit)))]
    axes.append(Calibration.Calibration(0, scale, unit))
    if data.ndim == 3:
        axes.insert(0, Calibration.Calibration(0, 1, "s"))
    if spectrum:
        axes = [*axes[1:], Calibration.Calibration(0, 0.5, "eV")]
        descriptor = DataAndMetadata.DataDescriptor(False, 2, 1)
    else:
        descriptor = DataAndMetadata.DataDescriptor(data.ndim == 3, 0, 2)
    image = DataAndMetadata.new_data_and_metadata(
        data,
        data_descriptor=descriptor,
        dimensional_calibrations=axes,
        metadata=metadata or {},
    )
    with path.open("wb") as file:
        dm3_image_utils.save_image(image, file, 4 if path.suffix == ".dm4" else 3)
    return path


def write_dm_images(path, images, *, thumbnail=None):
    """Write a dm3 of several images, each (pixels, [(scale, unit) of x, of y, ...])."""
    from nionswift_plugin.DM_IO import dm3_image_utils, parse_dm3

    listed = []
    for pixels, axes in images:
        data = dm3_image_utils.ndarray_to_imagedatadict(pixels)
        dimensions = [{"Scale": float(scale), "Units": unit} for scale, unit in axes]
        for dimension in dimensions:
            if dimension["Units"] is None:
                del dimension["Units"]
        data["Calibrations"] = {"Dimension": dimensions}
        listed.append({"ImageData": data})
    tags = {"ImageList": listed}
    if thumbnail is not None:
        tags["Thumbnails"] = [{"ImageIndex": thumbnail}]
    with path.open("wb") as file:
        parse_dm3.dm_write_header(file, 3, tags)
    return path


def write_ser(path, frames, delta=(2e-10, 2e-10), *, kind=0x4122, version=0x0210, count=None):
    """Write a TIA series, images stored from the bottom up."""
    types = {"u1": 1, "u2": 2, "u4": 3, "i1": 4, "i2": 5, "i4": 6, "f4": 7, "f8": 8, "c8": 9}
    integer = "i" if version == 0x0210 else "q"
    count = len(frames) if count is None else count
    head = struct.pack("<HHHiiii", 0x4949, 0x0197, version, kind, 0x4152, count, count)
    start = len(head) + struct.calcsize("<" + integer) + 4
    elements = []
    for frame in frames:
        code = types[frame.dtype.str[1:]]
        elements.append(
            struct.pack("<ddiddihii", 0, delta[0], 0, 0, delta[1], 0, code, *frame.shape[::-1])
            + np.flipud(frame).tobytes()
        )
    offsets, position = [], start + 2 * len(frames) * struct.calcsize("<" + integer)
    for element in elements:
        offsets.append(position)
        position += len(element)
    table = struct.pack(f"<{2 * len(frames)}{integer}", *offsets, *offsets)
    body = struct.pack(f"<{integer}i", start, 0) + table + b"".join(elements)
    path.write_bytes(head + body)
    return path


def write_mrc(
    path, data, angstrom=2.0, *, order="<", stamp=b"MAP ", extended=b"", kind=b"", **more
):
    """Write an mrc file; `data` is 2-D or a stack, `angstrom` one size or (x, y)."""
    data = data if data.ndim == 3 else data[None]
    modes = {"i1": 0, "u1": 0, "i2": 1, "f4": 2, "c8": 4, "u2": 6, "f2": 12}
    x, y = angstrom if isinstance(angstrom, tuple) else (angstrom, angstrom)
    sections, rows, columns = data.shape
    head = bytearray(1024)
    mode = modes[data.dtype.str[1:]]
    struct.pack_into(
        f"{order}10i", head, 0, columns, rows, sections, mode, 0, 0, 0, columns, rows, 1
    )
    struct.pack_into(f"{order}3f", head, 40, columns * x, rows * y, 1)
    struct.pack_into(f"{order}3i", head, 64, 1, 2, 3)
    struct.pack_into(f"{order}3f", head, 76, 0, more.get("brightest", 0), 0)
    struct.pack_into(f"{order}i", head, 92, len(extended))
    head[104 : 104 + len(kind)] = kind
    if "imod_flags" in more:
        struct.pack_into(f"{order}2i", head, 152, 1146047817, more["imod_flags"])
    head[208:212] = stamp.ljust(4, b"\0")
    path.write_bytes(bytes(head) + extended + data.astype(data.dtype.newbyteorder(order)).tobytes())
    return path


def write_velox(path, images, size=("2e-10", "2e-10"), unit=("m", "m"), *, metadata=None):
    """Write a Velox emd; every image is an array (rows, columns, layers)."""
    import h5py

    if metadata is None:
        result = {"PixelSize": {"width": size[0], "height": size[1]}}
        result |= {"PixelUnitX": unit[0], "PixelUnitY": unit[1]}
        metadata = json.dumps({"BinaryResult": result})
    text = np.zeros((6000, 1), np.uint8)
    text[: len(metadata), 0] = np.frombuffer(metadata.encode(), np.uint8)
    with h5py.File(path, "w") as file:
        for number, image in enumerate(images):
            group = file.create_group(f"Data/Image/{number:032x}")
            group["Data"] = image
            group["Metadata"] = text
        if not images:
            file.create_group("Data/SpectrumStream")
    return path


def write_berkeley(path, data, axes):
    """Write a Berkeley emd; `axes` are the (step, unit) of all dimensions."""
    import h5py

    with h5py.File(path, "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = data
        for number, (step, unit) in enumerate(axes):
            dimension = group.create_dataset(
                f"dim{number + 1}", data=7 + step * np.arange(data.shape[number])
            )
            dimension.attrs["name"] = f"axis {number}"
            dimension.attrs["units"] = unit
    return path
