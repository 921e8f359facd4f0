"""Training, export and evaluation, with two steps of a small network on small tiles."""

import copy
import csv
import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch.nn import functional

from antema.cli import main
from antema.errors import Cancelled, InvalidOption, UnreadableImage, WeightsNotFound
from antema.preparation import normalise
from antema.training.batches import Batches
from antema.training.copies import Copies, segmentation_loss
from antema.training.dataset import LabelledImage, doubts
from antema.training.evaluate import evaluate
from antema.training.export import (
    config_of,
    export_weights,
    largest_difference,
    load_weights,
    write_config,
)
from antema.training.model import (
    ENCODERS,
    LocalPooling,
    MovingAverage,
    Segmenter,
    load_imagenet_encoder,
)
from antema.training.pool import make_pool, read_pool
from antema.training.train import PRESETS, Recipe, train
from antema.training.validation import Curves, Validation, validate

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
    grey = torch.rand(1, 1, 64, 2048)
    with torch.no_grad():
        whole = model(grey)[..., :256]
        part = model(grey[..., :1792])[..., :256]
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
    # What fine-tuning begins with is scored as well, so it never ends with something worse.
    assert steps_of(again) == [0, 1]


def test_onnx_gives_the_model_s_probabilities_on_any_shape(trained):
    model = load_weights(trained)
    assert largest_difference(model, trained / "model.onnx", (96, 160)) < 1e-4
    assert largest_difference(model, trained / "model.onnx", (256, 32)) < 1e-4


def test_a_changed_file_is_not_loaded(trained, tmp_path):
    export_weights(load_weights(trained), tmp_path)
    content = bytearray((tmp_path / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsNotFound, match="not the file"):
        load_weights(tmp_path)


def test_a_network_of_another_version_is_not_trained_further(trained, tmp_path):
    export_weights(load_weights(trained), tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    kept = {key: value for key, value in state.items() if not key.startswith("trust")}
    save_file(kept, tmp_path / "model.safetensors")
    write_config(tmp_path, config_of(trained))
    with pytest.raises(WeightsNotFound, match="another network than this version"):
        load_weights(tmp_path)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(labelled, tmp_path):
    often = dataclasses.replace(SMALL, report_every=1, save_every=2)
    straight = train(labelled, tmp_path / "straight", preset=often, steps=4, workers=1)

    def stop_after_two(fraction, message):
        if fraction >= 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        train(
            labelled,
            tmp_path / "stopped",
            preset=often,
            steps=4,
            workers=1,
            progress=stop_after_two,
        )
    resumed = train(labelled, tmp_path / "stopped", preset=often, steps=4, workers=1)
    one, other = load_weights(straight).state_dict(), load_weights(resumed).state_dict()
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-6)
    tables = [steps_of(out) for out in (straight, resumed)]
    assert tables == [[2, 4], [2, 4]]


def steps_of(out):
    with (out / "curves.csv").open() as file:
        return [int(row["step"]) for row in csv.DictReader(file)]


def test_the_best_weights_are_kept_and_the_run_ends_when_nothing_gets_better(
    labelled, tmp_path, monkeypatch
):
    scores = iter([0.3, 0.6, 0.5, 0.4, 0.3])
    monkeypatch.setattr("antema.training.train.validate", lambda *_: Validation(next(scores), 0.5))
    recipe = dataclasses.replace(SMALL, save_every=1)
    out = train(labelled, tmp_path, preset=recipe, steps=99, patience=2, workers=1)
    about = json.loads((out / "config.json").read_text())["training"]
    assert (about["steps"], about["best_step"]) == (4, 2)
    assert about["best_score"] == pytest.approx(0.55)
    assert steps_of(out) == [1, 2, 3, 4]
    with Image.open(out / "curves.png") as picture:
        assert picture.size == (770, 440)


class Threshold(torch.nn.Module):
    """A stand-in for a network that calls everything darker than a half a particle."""

    def __init__(self):
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, grey):
        return (0.5 - grey) * 100


def test_validation_counts_pixels_together_and_images_alone():
    mask = np.zeros((64, 80), bool)
    mask[:32] = True
    half = np.full(mask.shape, 255, np.uint8)
    half[:16] = 0  # half of it found
    large = np.repeat(np.repeat(mask, 4, 0), 4, 1)
    images = [LabelledImage("a", half, mask)]
    images.append(LabelledImage("b", np.where(large, 0, 255).astype(np.uint8), large))
    found = validate(Threshold(), images)
    assert found.mean_iou == pytest.approx(0.75)
    assert found.iou == pytest.approx((16 * 80 + 128 * 320) / (32 * 80 + 128 * 320))
    assert found.score == pytest.approx((found.iou + 0.75) / 2)


def test_curves_go_on_without_what_was_lost(tmp_path):
    curves = Curves(tmp_path)
    for step in (5, 10, 15):
        curves.add(step, step / 60, 0.5, Validation(0.9, 0.8))
    again = Curves(tmp_path)
    again.go_on_from(10)
    assert [row["step"] for row in again.rows] == [5, 10]
    assert again.rows[0]["score"] == pytest.approx(0.85)


def test_a_set_trained_on_is_run_like_the_one_it_came_from(trained, labelled, tmp_path):
    export_weights(load_weights(trained), tmp_path / "base", inference={"most_px": 777})
    out = train(
        labelled, tmp_path / "on", weights=tmp_path / "base", preset=SMALL, steps=1, workers=1
    )
    assert json.loads((out / "config.json").read_text())["inference"]["most_px"] == 777


def test_a_folder_with_the_run_of_another_network_is_refused(labelled, tmp_path):
    train(labelled, tmp_path, preset=SMALL, steps=1, workers=1)
    with pytest.raises(InvalidOption, match="Choose another folder"):
        train(labelled, tmp_path, preset=SMALL, encoder="resnet18", steps=2, workers=1)


def test_labels_that_cannot_be_right_are_told():
    dark = np.full((64, 64), 200, np.uint8)
    dark[:20] = 20
    right = LabelledImage("a", dark, dark < 100)
    wrong = LabelledImage("b", dark, dark > 100)
    assert list(doubts([right], [right])) == []
    assert "brighter than the rest" in next(doubts([wrong, wrong, right], [right]))
    assert "held out" in next(doubts([right], []))
    empty = LabelledImage("c", dark, np.zeros(dark.shape, bool))
    with pytest.raises(UnreadableImage, match="no particle"):
        next(doubts([empty], []))
    with pytest.raises(UnreadableImage, match="no background"):
        next(doubts([LabelledImage("d", dark, ~empty.mask)], []))


def test_every_flag_of_the_command_reaches_the_training(labelled, tmp_path, monkeypatch):
    given = {}

    def record(folder, out, **how):
        given.update(how)
        return tmp_path

    monkeypatch.setattr("antema.training.train.train", record)
    flags = "--steps 3 --patience 4 --simulated 5 --workers 6 --seed 7 --encoder-weights e.pth"
    call = ["train", str(labelled), "-o", str(tmp_path), "--encoder", "resnet18", *flags.split()]
    assert main(call) == 0
    wanted = {"steps": 3, "patience": 4, "simulated_images": 5, "workers": 6, "seed": 7}
    assert {key: given[key] for key in wanted} == wanted
    assert (given["encoder"], given["encoder_weights"].name) == ("resnet18", "e.pth")


def test_two_workers_share_a_batch_and_stay_alike(labelled, tmp_path):
    recipe = dataclasses.replace(SMALL, batch=4)
    out = train(labelled, tmp_path, preset=recipe, steps=2, workers=2)
    assert steps_of(out) == [2]


@pytest.mark.parametrize("bfloat16", [False, True])
def test_frozen_statistics_stay_and_the_others_follow_the_batch(bfloat16):
    grey, truth = torch.rand(2, 1, 64, 64), torch.ones(2, 1, 64, 64)
    for frozen in (True, False):
        model = Segmenter("resnet18")
        before = model.network.encoder.bn1.running_mean.clone()
        with ThreadPoolExecutor(1) as executor:
            Copies(model, 1, bfloat16, frozen).backward(executor, grey, truth)
        assert torch.equal(model.network.encoder.bn1.running_mean, before) == frozen


def test_gradients_in_bfloat16_point_where_those_in_float32_do():
    torch.manual_seed(0)
    model = Segmenter()
    grey, truth = torch.rand(2, 1, 64, 64), (torch.rand(2, 1, 64, 64) > 0.5).float()
    gradients = []
    for bfloat16 in (False, True):
        copies = Copies(copy.deepcopy(model), 1, bfloat16, frozen=True)
        with ThreadPoolExecutor(1) as executor:
            copies.backward(executor, grey, truth)
        parameters = copies.all[0].parameters()
        gradients.append(torch.cat([p.grad.flatten() for p in parameters]))
    assert float(functional.cosine_similarity(*gradients, dim=0)) > 0.98


def test_both_looks_at_an_image_count():
    torch.manual_seed(0)
    model = Segmenter("resnet18").eval()
    grey = torch.rand(1, 1, 64, 96)
    last = model.trust[-1]
    looks = []
    with torch.no_grad():
        for bias in (-99.0, 99.0, 0.0):
            last.weight.zero_()
            last.bias.fill_(bias)
            looks.append(model(grey))
        near, far, both = looks
        # As DeepLabV3+ itself sees the image, and the image at half its size.
        torch.testing.assert_close(near, model.network(grey * 2 - 1), rtol=1e-4, atol=1e-5)
        assert not torch.allclose(near, far, atol=1e-2)
        torch.testing.assert_close(both, (near + far) / 2, rtol=1e-4, atol=1e-5)


def test_sheets_are_laid_over_real_tiles_only(monkeypatch):
    monkeypatch.setattr("antema.training.batches.change_grey", lambda grey, rng: grey)
    flat = LabelledImage("a", np.full((96, 96), 200, np.uint8), np.zeros((96, 96), bool))

    def most_spread(**changes):
        batches = Batches(dataclasses.replace(SMALL, **changes), [flat], [flat], 0, 1)
        return max(float(np.ptp(batches.make(number)[0].numpy())) for number in range(5))

    assert most_spread(sheets=1.0) > 0.01
    assert most_spread(sheets=0.0) == 0
    assert most_spread(sheets=1.0, simulated=1.0) == 0


def test_simulating_a_pool_may_be_cancelled(tmp_path):
    def stop(fraction, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        make_pool(tmp_path, 8, side=64, progress=stop)
    assert not (tmp_path / "pool.json").exists()


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


def test_an_unknown_preset_or_encoder_is_refused(labelled, tmp_path):
    with pytest.raises(InvalidOption, match="no preset quick"):
        train(labelled, tmp_path, preset="quick")
    with pytest.raises(InvalidOption, match="no encoder vgg"):
        train(labelled, tmp_path, encoder="vgg")


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


def test_a_file_that_holds_no_encoder_is_named(tmp_path):
    (tmp_path / "text.pth").write_text("nothing")
    with pytest.raises(InvalidOption, match=r"text\.pth is no readable"):
        load_imagenet_encoder(Segmenter(), tmp_path / "text.pth")


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
