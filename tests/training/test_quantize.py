"""Smaller numbers give nearly the same answer, at any shape, in a smaller file."""

import numpy as np
import onnxruntime
import pytest
import torch

from antema.preparation import normalise
from antema.simulation import simulate
from antema.training.export import write_onnx
from antema.training.model import Segmenter
from antema.training.quantize import write_float16, write_int8


@pytest.fixture(scope="module")
def float32(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("onnx") / "float32.onnx"
    write_onnx(Segmenter().eval(), path)
    return path


def answer(path, grey):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {"grey": grey[None, None]})[0][0, 0]


@pytest.mark.parametrize(
    ("kind", "most"), [("int8", 0.4), ("int8 of 7 bits", 0.4), ("float16", 0.6)]
)
def test_the_answer_stays_and_the_file_shrinks(float32, tmp_path, kind, most):
    images = [normalise(simulate(n, rows_px=128, columns_px=167).micrograph.pixels) for n in (1, 2)]
    path = tmp_path / f"{kind}.onnx"
    if kind.startswith("int8"):
        write_int8(float32, path, images, seven_bits="7" in kind)
    else:
        write_float16(float32, path)
    assert path.stat().st_size < most * float32.stat().st_size
    grey = normalise(simulate(3, rows_px=96, columns_px=224).micrograph.pixels)
    wanted, found = answer(float32, grey), answer(path, grey)
    assert found.dtype == np.float32
    assert found.shape == wanted.shape
    # The weights are random, so the spread of the answer is the scale to compare with.
    assert np.abs(found - wanted).mean() < 0.25 * wanted.std()
