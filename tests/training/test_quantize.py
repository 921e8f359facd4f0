"""int8 gives nearly the same answer, at any shape, in a smaller file."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from antema.preparation import normalise
from antema.simulation import simulate
from antema.training.export import write_onnx
from antema.training.model import Segmenter
from antema.training.quantize import write_int8


@pytest.fixture(scope="module")
def float32(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("onnx") / "float32.onnx"
    write_onnx(Segmenter().eval(), path)
    return path


def answer(path, grey):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"grey": grey[None, None]})[0][0, 0]


@pytest.fixture(scope="module")
def int8(float32):
    images = [normalise(simulate(n, rows_px=128, columns_px=167).micrograph.pixels) for n in (1, 2)]
    path = float32.parent / "int8.onnx"
    write_int8(float32, path, images)
    return path


def test_the_answer_stays_and_the_file_shrinks(float32, int8):
    assert int8.stat().st_size < 0.4 * float32.stat().st_size
    grey = normalise(simulate(3, rows_px=96, columns_px=224).micrograph.pixels)
    wanted, found = answer(float32, grey), answer(int8, grey)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    # The weights are random, so the spread of the answer is the scale to compare with.
    assert np.abs(found - wanted).mean() < 0.25 * wanted.std()


def test_both_looks_are_quantized_and_their_weights_cannot_saturate(int8):
    graph = onnx.load(int8).graph
    stored = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    maker = {name: node for node in graph.node for name in node.output}
    kernels = [maker.get(node.input[1]) for node in graph.node if node.op_type == "Conv"]
    # The head alone, which both looks go through, is exact.
    assert sum(kernel is None for kernel in kernels) == 2
    for kernel in filter(None, kernels):
        assert stored[kernel.input[0]].dtype == np.int8
        assert np.abs(stored[kernel.input[0]].astype(int)).max() <= 64
