import json
import math
import shutil

import numpy as np
import pytest
from scipy import ndimage

from antema import Cancelled, WeightsNotFound, simulate
from antema.network import (
    DEFAULT_WEIGHTS,
    find_weights,
    load_network,
    predict_in_tiles,
    typical_width,
)
from antema.preparation import normalise
from antema.simulation import ideal_options

REACH = 6


def smooth(tile):
    """A stand-in for a network whose output reaches 6 px to each side."""
    return ndimage.uniform_filter(tile, 2 * REACH + 1, mode="constant")


@pytest.mark.parametrize("shape", [(32, 32), (100, 333), (256, 256), (257, 64), (300, 500)])
def test_tiles_give_what_the_whole_gives(shape):
    pixels = np.random.default_rng(0).random(shape, np.float32)
    tiled = predict_in_tiles(smooth, pixels, tile=64, margin=16, multiple=16)
    whole = smooth(pixels)
    assert tiled.shape == shape
    assert tiled.dtype == np.float32
    inner = (slice(REACH, -REACH),) * 2
    np.testing.assert_allclose(tiled[inner], whole[inner], atol=1e-5)


@pytest.mark.parametrize("most", [128, (96, 128)])
def test_no_tile_is_larger_than_allowed_and_its_sides_are_multiples(most):
    seen = []
    predict_in_tiles(
        lambda tile: seen.append(tile.shape) or tile,
        np.zeros((1000, 130), np.float32),
        tile=most,
        margin=16,
        multiple=16,
    )
    assert all((shape <= np.broadcast_to(most, 2)).all() for shape in seen)
    assert all(side % 16 == 0 for shape in seen for side in shape)


def test_progress_rises_to_one_and_can_stop_the_work_between_tiles():
    calls = []
    pixels = np.zeros((300, 300), np.float32)
    predict_in_tiles(
        smooth, pixels, tile=128, margin=16, multiple=16, progress=lambda f, m: calls.append(f)
    )
    assert calls == sorted(calls)
    assert calls[-1] == 1

    def stop(fraction, message):
        if fraction > 0.4:
            raise Cancelled

    done = []
    with pytest.raises(Cancelled):
        predict_in_tiles(
            lambda tile: done.append(1) or tile,
            pixels,
            tile=128,
            margin=16,
            multiple=16,
            progress=stop,
        )
    assert 0 < len(done) < 16


@pytest.fixture(scope="module")
def network():
    return load_network()


def test_the_shipped_network_has_no_seams(network):
    """Small tiles with the margin of the weight set give what one large tile gives."""
    simulated = simulate(1, rows_px=640, columns_px=768, count=60)
    pixels = normalise(simulated.micrograph.pixels)
    margin, multiple = (network.config["inference"][key] for key in ("margin_px", "multiple_px"))
    whole, tiled = (
        predict_in_tiles(network._predict_tile, pixels, tile=tile, margin=margin, multiple=multiple)
        for tile in (768, 2 * margin + 128)
    )
    assert whole.min() >= 0
    assert whole.max() <= 1
    assert np.abs(tiled - whole).mean() < 2e-3
    assert ((tiled > 0.5) != (whole > 0.5)).mean() < 2e-3


@pytest.mark.parametrize(
    ("shape", "diameter_px", "magnified"),
    [
        ((96, 128), 20, (144, 192)),
        ((96, 128), 70, None),  # large bodies
        ((96, 130), 20, None),  # magnified it would be above the most
        ((300, 200), 20, None),
    ],
)
def test_a_small_image_of_small_particles_is_seen_magnified_as_well(
    network, monkeypatch, shape, diameter_px, magnified
):
    inference = network.config["inference"]
    monkeypatch.setitem(inference, "most_px", 192)
    monkeypatch.setitem(inference, "magnified_below_px", 50)
    options = ideal_options(
        rows_px=shape[0], columns_px=shape[1], diameter_nm=diameter_px / 10, count=2, dose=300.0
    )
    pixels = normalise(simulate(2, options).micrograph.pixels)
    steps = []
    found = network.predict(pixels, lambda fraction, message: steps.append((fraction, message)))
    shapes = [network.working_shape(shape), *([magnified] if magnified else [])]
    wanted = np.mean([network.predict_at(each, pixels) for each in shapes], axis=0)
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert steps == sorted(steps, key=lambda step: step[0])
    assert steps[-1] == (1, "particles found")
    assert any("magnified" in message for _, message in steps) == (magnified is not None)


@pytest.mark.parametrize("radius", [6, 20, 45])
def test_the_typical_width_of_discs_is_their_diameter_also_where_they_touch(radius):
    rows, columns = np.indices((200, 300))
    apart, touching = (
        (np.hypot(rows - 100, columns - 100) <= radius)
        | (np.hypot(rows - 100, columns - 100 - between * radius) <= radius)
        for between in (2.3, 1.9)
    )
    assert typical_width(apart) == pytest.approx(2 * radius, rel=0.1)
    assert typical_width(touching) == pytest.approx(2 * radius, rel=0.1)
    assert typical_width(np.zeros((40, 40), bool)) == 0
    assert typical_width(np.ones((40, 40), bool)) == math.inf


def test_the_shipped_network_is_loaded_once(network):
    assert load_network() is network
    assert network.name == DEFAULT_WEIGHTS


def test_an_unknown_weight_set_is_named(tmp_path):
    with pytest.raises(WeightsNotFound, match="no weight set 'nonsense'"):
        find_weights("nonsense")
    with pytest.raises(WeightsNotFound, match="no weight set"):
        find_weights(str(tmp_path))


def test_a_damaged_weight_set_is_refused(tmp_path):
    damaged = shutil.copytree(find_weights(), tmp_path / "damaged")
    model = damaged / "model.onnx"
    content = bytearray(model.read_bytes())
    content[1000] ^= 1
    model.write_bytes(content)
    with pytest.raises(WeightsNotFound, match="SHA-256 differs"):
        load_network(str(damaged))
    model.unlink()
    with pytest.raises(WeightsNotFound, match=r"no readable model\.onnx"):
        load_network(str(damaged))


@pytest.mark.parametrize("config", ["", "[]", "{}", json.dumps({"name": "x", "files": {}})])
def test_an_incomplete_config_is_refused(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "model.onnx").write_bytes(b"")
    with pytest.raises(WeightsNotFound, match="missing or incomplete"):
        load_network(str(tmp_path))
