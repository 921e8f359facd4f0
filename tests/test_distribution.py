import math

import numpy as np
import pytest

from antema import measure, summarize
from antema.separation import Region


def squares(*sides):
    shapes = [Region(origin=(0, 0), image=np.ones((s, s), bool), status="whole") for s in sides]
    return measure(shapes, 1.0)


def test_statistics_of_three_squares():
    summary = summarize(squares(10, 20, 40))
    area = summary.table.loc["area_nm2"]
    assert (summary.particles, summary.images) == (3, 1)
    assert area["mean"] == 700
    assert area["sd"] == pytest.approx(math.sqrt((600**2 + 300**2 + 900**2) / 2))
    assert (area["min"], area["median"], area["max"]) == (100, 400, 1600)
    assert area["d10"] == pytest.approx(160)
    assert area["d90"] == pytest.approx(1360)
    assert area["geometric_mean"] == pytest.approx(400)
    assert area["gsd"] == pytest.approx(4)
    assert str(summary) == (
        "3 particles in 1 image, equivalent diameter 26.3 ± 17.2 nm (median 22.6 nm)"
    )


def test_one_particle_has_no_spread_and_none_no_numbers():
    one = summarize(squares(10)).table.loc["area_nm2"]
    assert one["mean"] == one["median"] == 100
    assert math.isnan(one["sd"])
    assert math.isnan(one["gsd"])
    none = summarize(measure([], 1.0))
    assert none.table.isna().all(axis=None)
    assert str(none) == "no particles"
