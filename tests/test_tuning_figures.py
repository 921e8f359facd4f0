import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from antema.appearance import COLOURS, to_grey8
from antema.pictures import WINDOW_PX, Shown, window_picture
from antema.separation import WHOLE, Region
from antema.tuning_figures import (
    effect_figure,
    maps_figure,
    option_label,
    option_value,
    profile_figure,
    sizes_figure,
)


@pytest.fixture
def grid():
    convexity, marker = np.meshgrid([0.9, 0.95], [0.0, 1.0, 2.0], indexing="ij")
    return pd.DataFrame(
        {
            "convexity": convexity.ravel(),
            "min_marker_nm": marker.ravel(),
            "particles": [10, 11, 12, 13, 14, 15],
            "mean_diameter_nm": np.linspace(5, 6, 6),
            "left_out_share": np.linspace(0, 0.5, 6),
        }
    )


def test_maps_lie_as_the_grid_does_with_the_point_on_its_cell(grid):
    figure = maps_figure(grid, np.zeros(6, bool), 5)
    assert len(figure.data) == 9
    np.testing.assert_array_equal(figure.data[0].z, [[10, 11, 12], [13, 14, 15]])
    assert figure.data[6].z[1][2] == 0.5
    assert (figure.data[2].x[0], figure.data[2].y[0]) == (2.0, 0.95)


def test_the_line_around_a_plateau_is_its_rim_and_nothing_inside(grid):
    inside = np.array([True, True, False, True, True, False])
    line = maps_figure(grid, inside, 0).data[1]
    x, y = np.asarray(line.x, float), np.asarray(line.y, float)
    sides = np.isnan(x).sum()
    assert sides == 2 + 2 + 2 + 2  # of a rectangle of 2 x 2 cells
    assert (np.nanmin(x), np.nanmax(x)) == (-0.5, 1.5)
    assert (np.nanmin(y), np.nanmax(y)) == pytest.approx((0.875, 0.975))


def test_curves_follow_the_profile_and_mark_the_value_in_use(grid):
    profile = grid.iloc[:3].drop(columns="convexity")
    figure = profile_figure(profile, 1.0)
    assert list(figure.data[0].y) == [10, 11, 12]
    assert [shape.x0 for shape in figure.layout.shapes] == [1.0] * 3


def test_the_effect_of_an_option_shows_both_numbers_and_marks_the_value_in_use(grid):
    figure = effect_figure(grid.iloc[:3].drop(columns="convexity"), 0.93)
    assert [list(line.y) for line in figure.data] == [[10, 11, 12], [5.0, 5.2, 5.4]]
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (0.93, 0.93)
    assert figure.layout.xaxis.title.text == "Smallest marker / nm"
    assert figure.layout.yaxis2.title.text == "Mean diameter / nm"
    assert figure.layout.yaxis2.range[1] == 1.5 * 5.4


def test_cumulative_curves_end_at_everything():
    figure = sizes_figure(np.array([3.0, 1.0, 2.0]), np.empty(0))
    assert list(figure.data[0].x) == [1, 2, 3]
    assert figure.data[0].y[-1] == 1
    assert figure.data[1].name == "by hand (0)"


def test_options_are_named_with_value_and_unit():
    assert option_label("min_marker_nm") == "Smallest marker / nm"
    assert option_value("min_marker_nm", 0.5) == "Smallest marker 0.5 nm"
    assert option_value("convexity", 0.95) == "Convexity threshold 0.95"


def test_a_window_shows_its_part_enlarged_with_outlines_at_their_place():
    grey = to_grey8(np.random.default_rng(0).normal(0, 1, (64, 64)))
    region = Region((20, 30), np.ones((10, 10), bool), WHOLE)
    content = window_picture(grey, [region], (slice(16, 48), slice(24, 56)))
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (WINDOW_PX, WINDOW_PX)
        pixels = np.asarray(picture)
    colour = tuple(int(COLOURS[WHOLE][k : k + 2], 16) for k in (1, 3, 5))
    rows, columns = np.nonzero((pixels == colour).all(-1))
    scale = WINDOW_PX / 32
    assert rows.min() / scale == pytest.approx(4, abs=0.2)
    assert rows.max() / scale == pytest.approx(14, abs=0.2)
    assert columns.min() / scale == pytest.approx(6, abs=0.2)


def test_a_picture_file_is_shown_with_its_words(tmp_path):
    (tmp_path / "p.png").write_bytes(b"png")
    shown = Shown(tmp_path / "p.png", 'Curves of "loss"', 300)._repr_html_()
    assert 'alt="Curves of &quot;loss&quot;"' in shown
    assert "base64,cG5n" in shown
