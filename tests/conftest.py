"""What several test modules draw: micrographs of dark discs whose places and sizes are known."""

import numpy as np
import pytest

from antema import Micrograph

DISCS = ((60, 60, 15), (60, 160, 20), (160, 70, 12), (150, 175, 17), (150, 203, 17), (3, 110, 12))


def _discs(name="discs.png", nm_per_pixel=0.1, seed=0):
    """Four discs of their own, two that overlap, and one cut by the upper edge."""
    rows, columns = np.indices((224, 256))
    truth = np.logical_or.reduce([np.hypot(rows - r, columns - c) <= s for r, c, s in DISCS])
    noise = np.random.default_rng(seed).normal(0, 4, truth.shape)
    return Micrograph(120 - 60 * truth + noise, nm_per_pixel, name)


@pytest.fixture(scope="session")
def discs():
    return _discs


@pytest.fixture
def disc_file(tmp_path):
    """Write the discs to an image file without a scale; return its path."""
    from PIL import Image

    def write(name="discs.png", seed=0):
        path = tmp_path / name
        pixels = _discs(seed=seed).pixels.clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return write
