"""Small labelled folders for the tests of training."""

import importlib.util

import numpy as np
import pytest
from PIL import Image

from antema.simulation import ideal_options, simulate

# Who only analyses has no torch, and can run all other tests.
needed = ("torch", "segmentation_models_pytorch", "safetensors")
collect_ignore = (
    [] if all(map(importlib.util.find_spec, needed)) else ["test_train.py", "test_quantize.py"]
)


@pytest.fixture(scope="session")
def labelled(tmp_path_factory):
    """A folder of twelve simulated images of 96 x 128 px with 16-bit label images."""
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "images").mkdir()
    (folder / "instances").mkdir()
    options = ideal_options(rows_px=96, columns_px=128, count=6, diameter_nm=2.0, dose=200.0)
    for number in range(12):
        simulated = simulate(number, options)
        grey = np.clip(simulated.micrograph.pixels / 5, 0, 255).astype(np.uint8)
        labels = np.zeros(grey.shape, np.uint16)
        for index, particle in enumerate(simulated.particles, start=1):
            row, column = particle.origin
            height, width = particle.image.shape
            labels[row : row + height, column : column + width][particle.image] = index
        Image.fromarray(grey).save(folder / "images" / f"picture-{number}.png")
        Image.fromarray(labels).save(folder / "instances" / f"picture-{number}.png")
    return folder
