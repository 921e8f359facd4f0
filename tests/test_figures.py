import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from antema import figures
from antema.figures import outline_line, overlay_traces, picture_url, thinned
from antema.separation import EDGE, LEFT_OUT, WHOLE, Region

ROWS, COLUMNS = np.indices((64, 64))
DISC = np.hypot(ROWS - 32, COLUMNS - 31) < 28
SQUARE = np.ones((40, 40), dtype=bool)


def region(image, origin=(0, 0), status=WHOLE, reason=""):
    return Region(origin, image, status, reason)


def pieces(x, y):
    """Return the lines that NaN separates, as arrays of points."""
    parts = np.split(np.column_stack([x, y]).astype(float), np.flatnonzero(np.isnan(x)) + 1)
    return [part[:-1] for part in parts if len(part)]


def distance_to_line(point, line):
    """Return how far a point is from the sides of a line of points."""
    best = math.inf
    for start, end in zip(line[:-1], line[1:], strict=True):
        side = end - start
        part = np.clip((point - start) @ side / max(side @ side, 1e-12), 0, 1)
        best = min(best, float(np.hypot(*(start + part * side - point))))
    return best


def test_thinned_lines_keep_their_corners_and_stay_within_a_pixel():
    full = outline_line([region(DISC), region(SQUARE, (80, 10)), region(DISC.T, (5, 200))])
    thin = thinned(*full)
    assert len(thin[0]) < len(full[0]) / 4
    for before, after in zip(pieces(*full), pieces(*thin), strict=True):
        assert (after[0] == after[-1]).all()
        assert max(distance_to_line(point, after) for point in before) <= 1 + 1e-6
    corners = {tuple(point) for point in pieces(*thin)[1]}
    assert corners == {(9.5, 79.5), (9.5, 119.5), (49.5, 79.5), (49.5, 119.5)}


@pytest.mark.parametrize(
    "line", [[], [1.0], [1.0, 2.0], [math.nan, math.nan], [3.0, 3.0, 3.0, math.nan, 5.0]]
)
def test_lines_without_a_bend_keep_their_ends(line):
    x = np.array(line, dtype=np.float32)
    kept, _ = thinned(x, x)
    expected = [3, 3, math.nan, 5] if len(line) == 5 else line
    np.testing.assert_array_equal(kept, np.array(expected, dtype=np.float32))


def test_only_very_many_corners_are_thinned(monkeypatch):
    regions = [region(DISC), region(SQUARE, (0, 100), LEFT_OUT, EDGE)]
    exact = outline_line(regions[:1])[0]
    shown = {trace["meta"]: trace["x"] for trace in overlay_traces(regions)}
    np.testing.assert_array_equal(shown[WHOLE], exact)
    monkeypatch.setattr(figures, "MOST_CORNERS", 20)
    shown = {trace["meta"]: trace["x"] for trace in overlay_traces(regions)}
    assert 8 < len(shown[WHOLE]) < len(exact) / 4
    assert len(shown[EDGE]) == 6


def read(url):
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


def test_the_picture_is_reduced_and_the_veil_lies_where_the_particles_are():
    grey = np.full((3000, 1500), 200, dtype=np.uint8)
    mask = np.zeros(grey.shape, dtype=bool)
    mask[:1500] = True
    assert read(picture_url(grey)).size == (1024, 2048)
    veiled = np.asarray(read(picture_url(grey, mask)).convert("RGB"))
    assert veiled.shape == (2048, 1024, 3)
    np.testing.assert_array_equal(veiled[2000, 500], [200, 200, 200])
    np.testing.assert_array_equal(veiled[10, 500], [100, (200 + 114) // 2, (200 + 178) // 2])
