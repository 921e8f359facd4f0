"""Smaller numbers in model.onnx: static int8 for faster inference, float16 for a smaller file.

Neither is better by itself: `benchmarks/precision.py` measures what a set loses and gains.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .model import PAD_MULTIPLE

# The last layers decide about the outline; they stay in float32.
_HEAD = "segmentation_head"
_OPERATORS = ("Conv", "Add", "Concat", "Relu", "Clip", "AveragePool", "Resize")


def write_int8(
    source: Path, target: Path, images: Iterable[np.ndarray], *, seven_bits: bool = False
) -> None:
    """Quantize a network to int8, activations by the ranges they take on calibration images.

    Parameters
    ----------
    source, target : Path
        ONNX files; float32 is read, int8 (QDQ, weights per channel) written.
    images : iterable of ndarray of shape (M, N), float32, 0..1
        Normalised images of the training part, some 30 as varied as possible. Their sides are cut
        to multiples of 32.
    seven_bits : bool
        Use half the range of the weights.

    Notes
    -----
    On processors without VNNI ONNX Runtime adds pairs of products of 8 bits in 16, which may
    saturate, so results can differ from one computer to another. With weights of 7 bits they
    cannot: 2 x 255 x 64 < 32768. What both cost and gain is in `benchmarks/README.md`.

    References
    ----------
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    from onnxruntime import quantization as ort

    ort.quantize_static(
        source,
        target,
        _Calibration(images),
        quant_format=ort.QuantFormat.QDQ,
        activation_type=ort.QuantType.QUInt8,
        weight_type=ort.QuantType.QInt8,
        per_channel=True,
        reduce_range=seven_bits,
        op_types_to_quantize=list(_OPERATORS),
        nodes_to_exclude=_kept_exact(source),
        extra_options={"CalibMovingAverage": True},
    )


def write_float16(source: Path, target: Path) -> None:
    """Convert a network to float16 inside; it still takes and gives float32."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


class _Calibration:
    """Feeds images to the calibration one by one (a CalibrationDataReader by its methods)."""

    def __init__(self, images: Iterable[np.ndarray]) -> None:
        self._images: Iterator[np.ndarray] = iter(images)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next input, None after the last."""
        image = next(self._images, None)
        if image is None:
            return None
        rows, columns = (side // PAD_MULTIPLE * PAD_MULTIPLE for side in image.shape)
        return {"grey": np.ascontiguousarray(image[None, None, :rows, :columns], np.float32)}


def _kept_exact(path: Path) -> list[str]:
    """Return the names of the nodes of the head, and of those that compute shapes."""
    import onnx

    graph: Any = onnx.load(path).graph
    constant = {entry.name for entry in graph.initializer}
    shapes: set[str] = set()
    names = []
    for node in graph.node:
        if node.op_type == "Constant":
            constant.update(node.output)
        elif node.op_type == "Shape" or (
            shapes.intersection(node.input) and shapes.union(constant, {""}).issuperset(node.input)
        ):
            shapes.update(node.output)
            names.append(node.name)
        elif _HEAD in node.name:
            names.append(node.name)
    return names
