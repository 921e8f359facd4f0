import numpy as np
import pandas as pd
import pytest

from antema import SegmentationOptions, Settings, analyze
from antema.sensitivity import sensitivity_grid
from antema.separation import WHOLE, Region
from antema.tuning import (
    nearest_row,
    options_of,
    plateau,
    settings_at,
    steadiest,
    usual_values,
    values_in,
    window_of_change,
)

OTSU = Settings(segmentation=SegmentationOptions(method="otsu"))


def grid_of(particles, diameter=5.0, left_out_share=0.0):
    """A grid with the given numbers of particles, and one diameter or one for each point."""
    rows, columns = np.shape(particles)
    convexity, marker = np.meshgrid(np.arange(rows) / 10, np.arange(columns), indexing="ij")
    return pd.DataFrame(
        {
            "convexity": convexity.ravel(),
            "min_marker_nm": marker.ravel().astype(float),
            "particles": np.ravel(particles),
            "mean_diameter_nm": np.broadcast_to(diameter, (rows, columns)).ravel(),
            "left_out_share": np.broadcast_to(left_out_share, (rows, columns)).ravel(),
        }
    )


def test_a_plateau_is_what_hangs_together_within_the_tolerance():
    grid = grid_of([[100, 101, 110], [100, 99, 111], [120, 130, 100]])
    expected = [[True, True, False], [True, True, False], [False, False, False]]
    np.testing.assert_array_equal(plateau(grid, 0).reshape(3, 3), expected)
    assert plateau(grid, 8).sum() == 1  # as many as in the plateau, but out of reach
    assert plateau(grid, 0, tolerance=0.5).all()


def test_the_mean_diameter_must_stay_as_well():
    grid = grid_of(np.full((2, 3), 50), diameter=np.array([[5.0, 5.05, 5.5]] * 2))
    np.testing.assert_array_equal(plateau(grid, 0).reshape(2, 3), [[True, True, False]] * 2)


def test_the_steadiest_point_is_the_middle_of_the_largest_plateau():
    particles = np.full((5, 7), 100)
    particles[:, 5:] = 60, 80
    assert steadiest(grid_of(particles)) == 2 * 7 + 2


def test_a_plateau_where_much_is_left_out_counts_less():
    particles = np.full((1, 9), 100)
    particles[0, 4:] = 10
    share = np.where(particles == 10, 0.9, 0.0)
    assert steadiest(grid_of(particles)) == 6
    assert steadiest(grid_of(particles, left_out_share=share)) in (1, 2)


def test_without_any_particle_there_is_still_an_answer():
    grid = grid_of(np.zeros((2, 2), int), diameter=np.nan, left_out_share=np.nan)
    assert 0 <= steadiest(grid) < 4
    assert plateau(grid, 1)[1]


def test_from_images_to_settings_that_hold_together(discs):
    analyses = [analyze(discs(), OTSU)]
    values = usual_values(analyses, steps=5)
    assert values["convexity"][[0, -1]].tolist() == [0.9, 0.995]
    median = analyses[0].particles["equivalent_diameter_nm"].median()
    assert 0.5 * median < values["min_marker_nm"][-1] < 1.3 * median
    grid = sensitivity_grid(analyses, values)
    assert options_of(grid) == ["convexity", "min_marker_nm"]
    row = steadiest(grid)
    settings = settings_at(OTSU, grid, row)
    assert settings.segmentation == OTSU.segmentation
    chosen = values_in(settings, options_of(grid))
    assert chosen == grid[options_of(grid)].iloc[row].to_dict()
    assert nearest_row(grid, chosen) == row
    again = analyze(discs(), settings)
    assert len(again.particles) == grid["particles"].iloc[row]


def test_an_empty_image_has_usual_values_too(discs):
    nothing = Settings(segmentation=SegmentationOptions(method="otsu", min_diameter_nm=900))
    values = usual_values([analyze(discs(), nothing)])
    assert len(values["min_marker_nm"]) == 20
    assert values["min_marker_nm"][1] == pytest.approx(0.2)


def test_the_window_shows_where_the_trials_differ():
    block = np.ones((10, 10), bool)
    one = [Region((5, 5), block, WHOLE), Region((70, 60), block, WHOLE)]
    window = window_of_change([one, one[:1]], (100, 90), 30)
    rows, columns = window
    assert (rows.stop - rows.start, columns.stop - columns.start) == (30, 30)
    assert rows.start <= 70
    assert rows.stop >= 80
    assert columns.start <= 60
    assert columns.stop >= 70
    assert window_of_change([one, one], (100, 90), 300)[1] == slice(0, 90)
