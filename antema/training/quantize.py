"""Static int8: model.onnx in a third of the size and three fifths of the time.

What a weight set loses and gains by it is measured by `benchmarks/precision.py`.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .model import PAD_MULTIPLE

# The last layers decide about the outline; they stay in float32.
_HEAD = "segmentation_head"
_OPERATORS = ("Conv", "Add", "Concat", "Relu", "Clip", "AveragePool", "Resize")


def write_int8(source: Path, target: Path, images: Iterable[np.ndarray]) -> None:
    """Quantize a network to int8, activations by the ranges they take on calibration images.

    Parameters
    ----------
    source, target : Path
        ONNX files; float32 is read, int8 (QDQ, weights per channel) written.
    images : iterable of ndarray of shape (M, N), float32, 0..1
        Normalised images of the training part, some 30 as varied as possible. Their sides are cut
        to multiples of 32.

    Notes
    -----
    On processors without VNNI ONNX Runtime adds pairs of products of 8 bits in 16, which may
    saturate, so results could differ from one computer to another. Weights of 7 bits, as used here,
    cannot saturate: 2 x 255 x 64 < 32768.

    References
    ----------
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
    """
    from onnxruntime import quantization as ort
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        # Both looks share their weights, which the exporter writes as copies made at run time:
        # only where these are resolved before, the weights of the second look are quantized, too.
        plain = Path(folder) / "plain.onnx"
        quant_pre_process(source, plain, skip_symbolic_shape=True)
        ort.quantize_static(
            plain,
            target,
            _Calibration(images),
            quant_format=ort.QuantFormat.QDQ,
            activation_type=ort.QuantType.QUInt8,
            weight_type=ort.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            op_types_to_quantize=list(_OPERATORS),
            nodes_to_exclude=_kept_exact(plain),
            extra_options={"CalibMovingAverage": True},
        )


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
