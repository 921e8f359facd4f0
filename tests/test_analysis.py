import dataclasses

import numpy as np
import pandas as pd
import pytest

from antema import (
    AntemaError,
    Cancelled,
    Micrograph,
    MissingScale,
    SegmentationOptions,
    SeparationOptions,
    Settings,
    analyze,
    analyze_many,
    segmentation,
)
from antema.separation import LEFT_OUT

OTSU = Settings(SegmentationOptions(method="otsu"))


@pytest.mark.parametrize("settings", [OTSU, Settings()], ids=["otsu", "network"])
def test_the_chain_finds_measures_and_counts(discs, settings):
    analysis = analyze(discs(), settings)
    table = analysis.particles.sort_values("row_px")
    assert len(table) == 5
    assert list(table["image"].unique()) == ["discs.png"]
    whole = table[~table["separated"]]
    assert sorted(whole["equivalent_diameter_nm"]) == pytest.approx([2.4, 3.0, 4.0], rel=0.05)
    # What two discs hide of each other, and the neck between them, is an estimate.
    pair = table[table["separated"]]
    assert sorted(pair["equivalent_diameter_nm"]) == pytest.approx([3.4, 3.4], rel=0.08)
    assert analysis.left_out == {"touches the image edge": 1}
    assert (analysis.weights_sha256 is None) == (settings is OTSU)


def test_rows_of_the_table_are_the_regions_not_left_out(discs):
    analysis = analyze(discs(), OTSU)
    kept = [region for region in analysis.regions if region.status != LEFT_OUT]
    assert [region.image.sum() for region in kept] == pytest.approx(
        list(analysis.particles["area_nm2"] / 0.01)
    )


def test_a_scale_is_needed_before_any_work(monkeypatch):
    monkeypatch.setattr("antema.analysis.probability_map", None)
    with pytest.raises(MissingScale, match=r"a\.png: the pixel size is not known"):
        analyze(Micrograph(np.zeros((40, 40)), name="a.png"))


def test_an_image_without_particles_gives_an_empty_table(discs):
    full = analyze(discs(), OTSU).particles
    empty = analyze(Micrograph(np.full((50, 50), 3.0), 1.0), OTSU)
    assert len(empty.particles) == 0
    assert list(empty.particles.dtypes) == list(full.dtypes)
    assert empty.left_out == {}


def test_a_changed_separation_does_not_run_the_network_again(discs, monkeypatch):
    micrograph = discs()
    first = analyze(micrograph, OTSU)
    changed = dataclasses.replace(OTSU, separation=SeparationOptions(method="none"))
    fresh = analyze(micrograph, changed)

    def never(*arguments):
        raise AssertionError

    monkeypatch.setattr("antema.analysis.probability_map", never)
    again = analyze(micrograph, changed, previous=first)
    pd.testing.assert_frame_equal(again.particles, fresh.particles)
    assert len(again.particles) == 4


def test_another_pixel_size_needs_no_network(discs, monkeypatch):
    first = analyze(discs(), OTSU)
    larger = dataclasses.replace(first.micrograph, nm_per_pixel=0.2, scale_source="")
    fresh = analyze(larger, OTSU)
    monkeypatch.setattr("antema.analysis.probability_map", None)
    again = analyze(larger, OTSU, previous=first)
    pd.testing.assert_frame_equal(again.particles, fresh.particles)
    assert again.particles["area_nm2"].sum() > 3.9 * first.particles["area_nm2"].sum()


def test_previous_results_of_another_image_or_network_are_not_used(discs):
    first = analyze(discs(), OTSU)
    other = discs(name="other.png", seed=1)
    again = analyze(other, OTSU, previous=first)
    assert set(again.particles["image"]) == {"other.png"}
    bright = dataclasses.replace(OTSU, segmentation=SegmentationOptions("otsu", invert=True))
    assert analyze(first.micrograph, bright, previous=first).mask.mean() > 0.6


def test_progress_never_decreases_and_may_cancel(discs):
    calls = []
    analyze(discs(), OTSU, progress=lambda fraction, message: calls.append(fraction))
    assert calls == sorted(calls)
    assert (calls[0], calls[-1]) == (0, 1)

    def stop(fraction, message):
        if fraction > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        analyze(discs(), OTSU, progress=stop)


def test_alone_or_in_a_batch_the_numbers_are_the_same(disc_file):
    paths = [disc_file("a.png", 1), disc_file("b.png", 2)]
    batch = list(analyze_many(paths, OTSU, nm_per_pixel=0.1))
    for path, together in zip(paths, batch, strict=True):
        alone = next(analyze_many([path], OTSU, nm_per_pixel=0.1))
        pd.testing.assert_frame_equal(together.particles, alone.particles)


def test_a_batch_goes_on_after_a_file_that_fails(disc_file, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    paths = [disc_file("a.png"), broken, tmp_path / "absent.tif", disc_file("b.png")]
    failed = []
    done = list(
        analyze_many(
            paths, OTSU, nm_per_pixel=0.1, on_error=lambda p, e: failed.append((p.name, e))
        )
    )
    assert [analysis.micrograph.name for analysis in done] == ["a.png", "b.png"]
    assert [name for name, _ in failed] == ["broken.png", "absent.tif"]
    assert all(isinstance(error, AntemaError) and name in str(error) for name, error in failed)
    with pytest.raises(AntemaError):
        list(analyze_many(paths, OTSU, nm_per_pixel=0.1))


def test_progress_of_a_batch_never_decreases(disc_file):
    calls = []
    paths = [disc_file("a.png"), disc_file("b.png")]
    list(analyze_many(paths, OTSU, nm_per_pixel=0.1, progress=lambda f, m: calls.append((f, m))))
    fractions = [fraction for fraction, _ in calls]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert any("b.png" in message for _, message in calls)


def test_bright_particles_on_a_dark_background_are_warned_of():
    rows, columns = np.indices((192, 256))
    bright = 100 + 80 * (np.hypot(rows - 96, columns - 128) < 20)
    (warning,) = analyze(Micrograph(bright, 0.1)).warnings
    assert "brighter than the background" in warning


def test_doubtful_numbers_come_with_a_sentence(discs):
    bright = Micrograph(-discs().pixels, 0.1)
    assert "brighter than the background" in analyze(bright, OTSU).warnings[0]
    rows, columns = np.indices((64, 64))
    dots = (rows % 16 - 8) ** 2 + (columns % 16 - 8) ** 2 <= 2.3**2
    assert "pixels wide" in analyze(Micrograph(100 - 50.0 * dots, 0.5), OTSU).warnings[0]
    assert analyze(discs(), OTSU).warnings == ()


def test_what_a_mask_threw_away_is_counted(discs, monkeypatch):
    probability = np.zeros((224, 256), np.float16)
    probability[50:80, 50:80] = 1
    probability[100, 100] = 1
    monkeypatch.setattr("antema.analysis.probability_map", lambda *arguments: probability)
    assert analyze(discs(), OTSU).left_out == {segmentation.SPECK: 1}
