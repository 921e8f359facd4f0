import json
import subprocess
import sys

import pandas as pd
import pytest

from antema import SegmentationOptions, Settings, analyze_many
from antema.cli import main, option_flags

COMMON = ["--pixel-size", "0.1nm", "--segmentation", "otsu"]


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_files_give_results_and_one_pooled_table(disc_file, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("analyze", disc_file("a.png"), disc_file("b.png"), "-o", out, *COMMON) == 0
    names = {path.name for path in out.iterdir()}
    for stem in "ab":
        kinds = (".xlsx", ".json", "_micrograph.png", "_segmentation.png", "_outlines.png")
        assert {stem + kind for kind in kinds} <= names
    assert len(names) == 11
    assert len(pd.read_excel(out / "pooled.xlsx")) == 10
    said = capsys.readouterr().out
    assert "a.png: 5 particles in 1 image" in said
    assert "all images: 10 particles in 2 images" in said


def test_the_command_line_gives_the_numbers_of_python(disc_file, tmp_path):
    path = disc_file()
    run("analyze", path, "-o", tmp_path / "out", *COMMON, "--format", "csv")
    settings = Settings(SegmentationOptions(method="otsu"))
    table = next(analyze_many([path], settings, nm_per_pixel=0.1)).particles
    back = pd.read_csv(tmp_path / "out" / "discs.csv")
    pd.testing.assert_frame_equal(back, table, check_dtype=False)


@pytest.mark.parametrize(
    ("pool", "tables"),
    [("each", {"a.csv"}), ("all", {"pooled.csv"}), ("both", {"a.csv", "pooled.csv"})],
)
def test_tables_are_pooled_as_told(disc_file, tmp_path, pool, tables):
    out = tmp_path / "out"
    run("analyze", disc_file("a.png"), "-o", out, *COMMON, "--pool", pool, "--format", "csv")
    assert {path.name for path in out.glob("*.csv")} == tables


def test_the_sample_is_named_in_the_pooled_table(disc_file, tmp_path):
    out = tmp_path / "out"
    call = ["analyze", disc_file("a.png"), disc_file("b.png"), "-o", out, *COMMON]
    run(*call, "--sample", "Au batch 3")
    pooled = pd.read_excel(out / "pooled.xlsx", sheet_name=["Particles", "Summary"])
    assert set(pooled["Particles"]["sample"]) == {"Au batch 3"}
    assert set(pooled["Summary"]["sample"]) == {"Au batch 3"}
    assert "sample" not in pd.read_excel(out / "a.xlsx")


def test_failing_files_are_named_and_the_others_done(disc_file, tmp_path, capsys):
    broken = tmp_path / "broken.dm3"
    broken.write_bytes(b"no picture")
    out = tmp_path / "out"
    assert run("analyze", broken, tmp_path / "absent.tif", disc_file(), "-o", out, *COMMON) == 1
    assert (out / "discs.xlsx").exists()
    complaints = capsys.readouterr().err
    assert "broken.dm3" in complaints
    assert "absent.tif" in complaints
    assert "2 of 3 files failed" in complaints
    assert "Traceback" not in complaints


def test_a_file_without_scale_says_so_and_what_to_do(disc_file, tmp_path, capsys):
    assert run("analyze", disc_file(), "-o", tmp_path / "out", "--segmentation", "otsu") == 1
    assert "discs.png: the pixel size is not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--pixel-size", "0.1"], "0.1"),
        (["--pixel-size=-1nm"], "-1"),
        (["--convexity", "2"], "convexity must lie between"),
        (["--settings", "absent.json"], "absent.json is not a readable record"),
        (["--weights", "nonsense"], "no weight set 'nonsense'"),
    ],
)
def test_a_wrong_value_is_a_wrong_call(disc_file, tmp_path, capsys, flags, sentence):
    assert run("analyze", disc_file(), "-o", tmp_path / "out", *flags) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("call", [[], ["nonsense"], ["analyze"], ["analyze", "a.png"]])
def test_a_wrong_call_ends_with_2(call):
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 2


def test_earlier_results_stay_unless_told(disc_file, tmp_path, capsys):
    out = tmp_path / "out"
    both = ["analyze", disc_file("b.png"), disc_file("a.png"), "-o", out, *COMMON]
    call = [*both[:1], *both[2:]]
    assert run(*call, "--pool", "each") == 0
    before = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(*both, "--pool", "each") == 1
    assert "a.json exists already" in capsys.readouterr().err
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (out / "b.xlsx").exists()
    assert run(*call) == 1
    assert run(*call, "--overwrite") == 0
    assert run(*call) == 2
    assert "pooled.xlsx exists already" in capsys.readouterr().err


def test_a_record_is_replayed_and_flags_win_over_it(disc_file, tmp_path):
    path = disc_file()
    first, second, third = (tmp_path / name for name in ("1", "2", "3"))
    run("analyze", path, "-o", first, *COMMON, "--separation", "none", "--min-marker", "0.7")
    replay = ["analyze", path, "--pixel-size", "0.1nm", "--settings", first / "discs.json"]
    run(*replay, "-o", second)
    run(*replay, "-o", third, "--separation", "uecs")
    settings = [
        json.loads((out / "discs.json").read_text())["settings"] for out in (first, second, third)
    ]
    assert settings[0] == settings[1]
    assert settings[0]["separation"]["min_marker_nm"] == 0.7
    assert settings[2]["separation"]["method"] == "uecs"
    assert settings[2]["separation"]["min_marker_nm"] == 0.7


def test_every_option_has_a_flag_of_its_own():
    flags = option_flags()
    assert {"--separation", "--segmentation", "--convexity", "--min-marker", "--invert"} <= set(
        flags
    )
    assert len(flags) == sum(len(stage) for stage in Settings().to_dict().values())


def test_the_demo_leaves_results(tmp_path, capsys):
    assert run("demo", "-o", tmp_path / "demo") == 0
    assert len(list((tmp_path / "demo").iterdir())) == 5
    assert "drawn were" in capsys.readouterr().out


def test_help_names_units_and_defaults():
    helped = subprocess.run(
        [sys.executable, "-m", "antema", "analyze", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "[nm] (default: 0.5)" in helped.stdout
