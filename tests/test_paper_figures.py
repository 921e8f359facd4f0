import base64
import io
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from antema import InvalidOption, ResultsExist, SegmentationOptions, Settings, analyze
from antema.comparison import compare
from antema.paper_figures import (
    DOUBLE_CM,
    draw_means,
    draw_micrograph,
    draw_sizes,
    paper_figure,
    quantity_label,
)


@pytest.fixture(scope="module")
def samples():
    rng = np.random.default_rng(0)
    made = {}
    for name, median in (("fresh", 5.0), ("aged", 6.0)):
        tables = [
            pd.DataFrame(
                {"image": f"{k}", "equivalent_diameter_nm": rng.lognormal(np.log(median), 0.2, 40)}
            )
            for k in range(4)
        ]
        made[name] = pd.concat(tables, ignore_index=True)
    return made


@pytest.fixture
def figure(samples, discs):
    made = paper_figure(DOUBLE_CM, 6, panels=3, alt="Particles, their sizes & means")
    settings = Settings(segmentation=SegmentationOptions(method="otsu"))
    draw_micrograph(made.axes[0], analyze(discs(), settings))
    draw_sizes(made.axes[1], samples)
    draw_means(made.axes[2], compare(samples), samples)
    return made


def test_a_figure_has_the_journal_s_width_and_its_resolution(figure, tmp_path):
    with Image.open(figure.save(tmp_path / "figure.png", dpi=254)) as picture:
        assert picture.width == pytest.approx(1740, abs=1)
        assert picture.height == pytest.approx(600, abs=1)
    with pytest.raises(ResultsExist, match=r"figure\.png"):
        figure.save(tmp_path / "figure.png")
    figure.save(tmp_path / "figure.png", overwrite=True)


def test_words_stay_words_and_outlines_vectors(figure, tmp_path):
    text = figure.save(tmp_path / "figure.svg").read_text(encoding="utf-8")
    for words in ("Share by number / %", "fresh", "aged", "Equivalent diameter / nm"):
        assert words in text
    assert text.count("<image") == 1  # the micrograph
    content = figure.save(tmp_path / "figure.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Type3" not in content


def test_the_bars_of_each_sample_are_all_of_it(figure):
    bars = [patch for patch in figure.axes[1].patches if patch.get_fill()]
    assert len(bars) == 2
    for bar in bars:
        assert bar.get_data().values.sum() == pytest.approx(100)


def test_the_means_and_their_intervals_are_those_of_the_comparison(figure, samples):
    comparison = compare(samples)
    shown = [line.get_ydata() for line in figure.axes[2].lines]
    for mean in comparison.means:
        assert any(len(y) == 1 and y[0] == pytest.approx(mean.value) for y in shown)
        assert any(len(y) == 4 and np.mean(y) == pytest.approx(mean.value, rel=0.01) for y in shown)
        assert any(len(y) == 1 and y[0] == pytest.approx(mean.low) for y in shown)


def test_the_scale_bar_is_as_long_as_it_says(figure):
    axes = figure.axes[0]
    (label,) = [text.get_text() for text in axes.texts if "nm" in text.get_text()]
    bar = axes.patches[1]
    assert bar.get_width() * 0.1 == pytest.approx(float(label.split()[0]))


def test_a_notebook_shows_it_with_words_for_those_who_cannot_see(figure):
    shown = figure._repr_html_()
    assert 'alt="Particles, their sizes &amp; means"' in shown
    png = re.search(r"base64,([^\"]+)", shown)[1]
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        assert picture.width > 1000


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(InvalidOption, match="pdf"):
        paper_figure().save(tmp_path / "figure.docx")


def test_quantities_are_named_with_their_unit():
    assert quantity_label("area_nm2") == "Area / nm²"
    assert quantity_label("aspect_ratio") == "Aspect ratio"


def test_drawing_leaves_the_style_of_the_notebook_alone():
    code = (
        "import matplotlib as m; before = dict(m.rcParams); from antema.paper_figures import *\n"
        "paper_figure(panels=2); assert dict(m.rcParams) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
