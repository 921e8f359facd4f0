"""Training of the network of silhouettes: targets of known shapes, and a few steps."""

import itertools
import math

import numpy as np
import pytest
import torch

from antema.network import Network
from antema.silhouettes import directions
from antema.training.silhouettes import StarNetwork, targets, train, write


def disc(row, column, radius, sides=256):
    turns = np.arange(sides) * 2 * math.pi / sides
    return np.stack([row + radius * np.sin(turns), column + radius * np.cos(turns)], axis=1)


def test_targets_of_a_disc():
    likelihood, distances, weight = targets([disc(65.5, 97.5, 24)], 160)
    assert likelihood.shape == weight.shape == (40, 40)
    assert np.unravel_index(likelihood.argmax(), likelihood.shape) == (16, 24)
    assert likelihood.max() == pytest.approx(1)
    spread = math.sqrt((0.4 * 24 / 2) ** 2 + 2.2**2)
    assert likelihood[16, 26] == pytest.approx(math.exp(-(8**2) / 2 / spread**2), rel=1e-3)
    assert np.exp(distances[:, 16, 24]) * 16 == pytest.approx(24, rel=1e-3)
    # from a place 8 px beside the centre, by the law of cosines
    along = directions()[:, 1]
    expected = -8 * along + np.sqrt(24**2 - 64 * (1 - along**2))
    assert np.exp(distances[:, 16, 26]) * 16 == pytest.approx(expected, rel=2e-3)
    assert (weight > 0).sum() == (likelihood > 0.15).sum()


def test_hidden_particles_count_little_and_those_never_seen_not_at_all():
    half = targets([disc(65.5, 65.5, 24), disc(65.5, 85.5, 24)], 128)[2]
    assert half.max() == pytest.approx(1)  # two thirds of each are seen
    # half angle of the arc of the smaller one that lies outside of the larger
    little = targets([disc(65.5, 65.5, 30), disc(65.5, 45.5, 12)], 128)[2]
    seen = math.acos((900 - 400 - 144) / (2 * 20 * 12)) / math.pi
    assert seen < 0.3
    assert little[16, 11] == pytest.approx(seen / 0.3, rel=0.1)
    never = targets([disc(65.5, 65.5, 30), disc(65.5, 49.5, 12)], 128)
    assert never[0][16, 12] < 0.1
    assert never[2][16, 12] == 0
    assert targets([], 64)[0].max() == 0


def test_the_file_for_inference_gives_what_the_model_gives(tmp_path):
    torch.manual_seed(0)
    model = StarNetwork().eval()
    network = Network(write(model, tmp_path / "stars"))
    assert network.task == "silhouettes"
    cells = np.random.default_rng(0).random((1, 17, 24, 40), dtype=np.float32)
    with torch.no_grad():
        wanted = model(torch.from_numpy(cells)).numpy()
    assert network.run(cells) == pytest.approx(wanted, abs=0.02)


def test_a_few_steps_go_on_from_what_was_learned(tmp_path, capsys, monkeypatch):
    clock = itertools.count()  # a second a step
    monkeypatch.setattr("antema.training.silhouettes.monotonic", lambda: next(clock))
    monkeypatch.setattr("antema.training.silhouettes._TOLD_EVERY", 1)
    monkeypatch.setattr("antema.training.silhouettes._WARM_UP", 5)
    monkeypatch.setattr("antema.training.silhouettes._BATCH", 4)

    def losses():
        lines = capsys.readouterr().out.splitlines()
        return [float(line.split()[6]) for line in lines]

    first = train(tmp_path / "one", 0.5, size=64, workers=0)
    told = losses()
    assert len(told) == 29
    assert told[-1] < told[0] / 1.4
    train(tmp_path / "two", 0.05, size=64, workers=0, start=first)
    assert losses()[0] < told[0] / 1.2
