"""Training, export and evaluation, with two steps of a small network on small tiles."""

import csv
import dataclasses
import json

import numpy as np
import pytest
import torch

from antema.errors import Cancelled, InvalidOption, WeightsNotFound
from antema.preparation import normalise
from antema.training.evaluate import evaluate
from antema.training.export import export_weights, largest_difference, load_weights
from antema.training.model import (
    ENCODERS,
    LocalPooling,
    MovingAverage,
    Segmenter,
    load_imagenet_encoder,
)
from antema.training.pool import make_pool, read_pool
from antema.training.train import PRESETS, Recipe, segmentation_loss, train

SMALL = Recipe(batch=2, tile_px=64, mean_of_last=0.5, simulated=0.0)


@pytest.fixture(scope="module")
def trained(labelled, tmp_path_factory):
    """A weight set after two steps."""
    out = tmp_path_factory.mktemp("run")
    return train(labelled, out, preset=SMALL, steps=2, workers=1)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_both_encoders_give_one_logit_per_pixel(encoder):
    model = Segmenter(encoder).eval()
    with torch.no_grad():
        assert model(torch.rand(1, 1, 64, 96)).shape == (1, 1, 64, 96)


def test_the_answer_does_not_depend_on_the_size_of_the_input():
    torch.manual_seed(0)
    model = Segmenter().eval()
    # Farther than the kernels reach from where it is cut, nothing changes but rounding.
    grey = torch.rand(1, 1, 64, 1024)
    with torch.no_grad():
        whole = model(grey)[..., :256]
        part = model(grey[..., :896])[..., :256]
    torch.testing.assert_close(part, whole, rtol=0, atol=1e-5 * float(whole.std()))


def test_the_moving_average_ignores_what_lies_outside():
    values = torch.arange(25.0).reshape(1, 1, 5, 5)
    found = MovingAverage(3)(values)[0, 0]
    assert float(found[0, 0]) == pytest.approx(np.mean([0, 1, 5, 6]))
    assert float(found[2, 2]) == pytest.approx(12)


def test_no_part_of_the_network_looks_at_the_whole_image():
    kinds = [type(module) for module in Segmenter("resnet18").network.decoder.modules()]
    assert torch.nn.AdaptiveAvgPool2d not in kinds
    assert LocalPooling in kinds
    for module in Segmenter("resnet18").modules():
        assert not getattr(module, "align_corners", False)


def test_the_loss_of_a_sure_right_answer_is_nothing_and_of_a_wrong_one_large():
    truth = torch.zeros(1, 1, 8, 8)
    truth[..., :4] = 1
    sure = (truth * 2 - 1) * 20
    assert float(segmentation_loss(sure, truth)) == pytest.approx(0, abs=1e-3)
    assert float(segmentation_loss(-sure, truth)) == pytest.approx(21, abs=0.1)


def test_a_trained_set_can_be_used_checked_and_trained_further(trained, labelled, tmp_path):
    config = json.loads((trained / "config.json").read_text())
    assert set(config["files"]) == {"model.onnx", "model.safetensors"}
    assert config["training"]["steps"] == 2
    report = evaluate(labelled, trained, parts=["test"])
    assert 0 <= report.total.iou <= 1
    assert len(report.images) >= 1
    again = train(labelled, tmp_path / "more", weights=trained, preset=SMALL, steps=1, workers=1)
    assert (again / "model.onnx").is_file()


def test_onnx_gives_the_model_s_probabilities_on_any_shape(trained):
    model = load_weights(trained)
    assert largest_difference(model, trained / "model.onnx", (96, 160)) < 1e-4
    assert largest_difference(model, trained / "model.onnx", (256, 48)) < 1e-4


def test_a_changed_file_is_not_loaded(trained, tmp_path):
    export_weights(load_weights(trained), tmp_path)
    content = bytearray((tmp_path / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsNotFound, match="not the file"):
        load_weights(tmp_path)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(labelled, tmp_path):
    straight = train(labelled, tmp_path / "straight", preset=SMALL, steps=4, workers=1)

    def stop_after_two(fraction, message):
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(
            labelled,
            tmp_path / "stopped",
            preset=dataclasses.replace(SMALL, report_every=1, save_every=2),
            steps=4,
            workers=1,
            progress=stop_after_two,
        )
    resumed = train(labelled, tmp_path / "stopped", preset=SMALL, steps=4, workers=1)
    one, other = load_weights(straight).state_dict(), load_weights(resumed).state_dict()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-6)


def test_two_workers_share_a_batch_and_stay_alike(labelled, tmp_path):
    recipe = dataclasses.replace(SMALL, batch=4)
    out = train(labelled, tmp_path, preset=recipe, steps=2, workers=2)
    with (out / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert int(rows[-1]["step"]) == 2


def test_simulated_images_come_from_a_pool_made_once(labelled, tmp_path):
    pool = make_pool(tmp_path / "pool", 2, seed=1, side=128)
    images = read_pool(pool)
    assert [image.grey.shape for image in images] == [(128, 128)] * 2
    again = read_pool(make_pool(tmp_path / "again", 2, seed=1, side=128))
    np.testing.assert_array_equal(images[1].grey, again[1].grey)
    recipe = dataclasses.replace(SMALL, simulated=0.5)
    out = train(labelled, tmp_path / "run", preset=recipe, steps=1, pool=pool, workers=1)
    assert json.loads((out / "config.json").read_text())["training"]["simulated_images"] == 2


def test_the_paper_s_recipe_is_a_preset():
    recipe = PRESETS["paper"]
    assert (recipe.optimizer, recipe.rate, recipe.batch, recipe.epochs) == ("sgd", 0.01, 30, 120)


def test_an_unknown_preset_is_refused(labelled, tmp_path):
    with pytest.raises(InvalidOption, match="no preset quick"):
        train(labelled, tmp_path, preset="quick")


def test_an_encoder_state_dict_is_taken_over_by_order_and_shape(tmp_path):
    model = Segmenter()
    names = [name for name in model.network.encoder.state_dict() if "num_batches" not in name]
    given = {f"other.{name}": model.network.encoder.state_dict()[name] + 1 for name in names}
    first = next(iter(given))
    given[first] = given[first].repeat(1, 3, 1, 1) / 3  # three colours
    torch.save(given, tmp_path / "encoder.pth")
    fresh = Segmenter()
    assert load_imagenet_encoder(fresh, tmp_path / "encoder.pth") == len(names)
    for name in names:
        wanted = model.network.encoder.state_dict()[name] + 1
        torch.testing.assert_close(fresh.network.encoder.state_dict()[name], wanted)


def test_normalising_is_robust_to_outliers_and_constant_images():
    rng = np.random.default_rng(0)
    pixels = rng.normal(1000, 30, (300, 300))
    pixels[5, 5], pixels[6, 6] = 1e6, -1e6
    clean = normalise(pixels)
    assert clean.dtype == np.float32
    assert 0 <= clean.min() < clean.max() <= 1
    assert clean.std() == pytest.approx(0.193, abs=0.01)  # 1 / (2 * 2.576) sd
    np.testing.assert_allclose(normalise(pixels * 40 + 7), clean, atol=1e-5)
    assert (normalise(np.full((40, 40), 7)) == 0.5).all()
