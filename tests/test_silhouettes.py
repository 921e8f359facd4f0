"""Particles that the network of silhouettes proposes, and what decides between them."""

import math

import numpy as np
import pytest
from scipy import ndimage

from antema import arcs, completion, proposals
from antema.errors import WeightsNotFound
from antema.network import DEFAULT_WEIGHTS, load_network
from antema.separation import SEPARATED, SeparationOptions, separate
from antema.silhouettes import WEIGHTS, find, fold, scale_for
from antema.simulation.silhouettes import silhouette_scene


def discs(*places, shape=(160, 200)):
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.logical_or.reduce([np.hypot(rows - y, columns - x) <= r for y, x, r in places])


def filled(mask):
    return np.pad(np.cumsum(mask, axis=1, dtype=np.int32), ((0, 0), (1, 0)))


def corners_of(row, column, radius, sides=64):
    turns = np.arange(sides) * 2 * math.pi / sides
    return np.stack([row + radius * np.sin(turns), column + radius * np.cos(turns)], axis=1)


def test_cells_hold_every_pixel_and_the_depth():
    mask = np.random.default_rng(0).random((8, 12)) < 0.5
    cells = fold(mask)
    assert cells.shape == (17, 2, 3)
    for row in range(8):
        for column in range(12):
            cell = cells[4 * (row % 4) + column % 4, row // 4, column // 4]
            assert cell == mask[row, column]
    disc = discs((30, 33, 25), shape=(64, 64))
    depth = ndimage.distance_transform_edt(disc).reshape(16, 4, 16, 4).mean(axis=(1, 3))
    assert fold(disc)[-1] == pytest.approx(depth / 16)


@pytest.mark.parametrize("scale", [0.25, 0.5, 1, 3, 6])
def test_centres_and_outlines_of_two_discs_at_any_size(scale):
    places = [(80, 70, 24), (84, 104, 22)]
    shape = round(160 * scale), round(200 * scale)
    mask = discs(*np.array(places) * scale, shape=shape)
    found = find(mask, scale_for(23 * scale))
    assert found.shape == (2, 32, 2)
    for row, column, radius in places:
        centres = found.mean(axis=1) / scale
        outline = found[np.argmin(np.hypot(*(centres - (row, column)).T))] / scale
        reach = np.hypot(*(outline - (row, column)).T)
        assert reach == pytest.approx(radius, abs=2 + 0.5 / scale)


def test_what_tiles_find_is_what_one_tile_finds(monkeypatch):
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[20:500:60, 20:900:60]
    places = np.stack([rows.ravel(), columns.ravel()], axis=1) + rng.uniform(-8, 8, (rows.size, 2))
    mask = discs(*((*place, rng.uniform(20, 30)) for place in places), shape=(520, 920))
    whole = find(mask, 1.0)
    monkeypatch.setitem(load_network(WEIGHTS, "silhouettes").config["inference"], "tile_px", 576)
    tiled = find(mask, 1.0)
    assert len(tiled) == len(whole) > 100
    gaps = np.hypot(*np.moveaxis(tiled.mean(axis=1)[:, np.newaxis] - whole.mean(axis=1), -1, 0))
    assert sorted(gaps.argmin(axis=1)) == list(range(len(whole)))
    apart = abs(tiled - whole[gaps.argmin(axis=1)])
    assert np.median(apart) < 0.02
    assert apart.max() <= 4  # a peak between two cells falls to one or the other


def test_a_weight_set_for_another_task_is_refused():
    with pytest.raises(WeightsNotFound, match="made for silhouettes, not for micrographs"):
        load_network(WEIGHTS)
    with pytest.raises(WeightsNotFound, match="made for micrographs, not for silhouettes"):
        load_network(DEFAULT_WEIGHTS, "silhouettes")


@pytest.mark.parametrize("radius", [8, 20, 60])
def test_outlines_of_clusters_bend_at_the_radius_of_their_discs(radius):
    rng = np.random.default_rng(radius)
    middle, away = 6 * radius, 2.5 * radius
    turns = np.arange(9) * 2 * math.pi / 9
    places = [(middle, middle, 2.2 * radius)]  # fills the ring; nothing of it is seen
    places += [(middle + away * math.sin(t), middle + away * math.cos(t), radius) for t in turns]
    places += [(middle, middle, radius * rng.uniform(1, 2))]
    outline = arcs.outline_of(np.pad(discs(*places, shape=(12 * radius,) * 2), 1))
    step = max(2, round(2.2 * radius / 6))
    found = arcs.radius_of_bends(outline, step, radius)
    assert radius < found < 1.5 * radius  # turns at the dents are lost


def test_outlines_have_a_point_per_pixel_and_normals_that_point_out():
    mask = discs((80, 80, 50)) & ~discs((80, 80, 20))
    outline = arcs.outline_of(np.pad(mask, 1))
    outer = np.hypot(*(outline.points - 81).T) > 35  # the rim moves the centre
    for part, radius, sign in ((outer, 50, 1), (~outer, 20, -1)):
        from_centre, normals = outline.points[part] - 81, outline.normals[part]
        assert np.hypot(*from_centre.T) == pytest.approx(radius, abs=0.8)
        assert part.sum() == pytest.approx(2 * math.pi * radius, rel=0.06)
        along = (normals * from_centre).sum(axis=1) / np.hypot(*from_centre.T)
        assert (sign * along > 0.9).all()


def test_of_polygons_that_cover_each_other_the_first_is_kept():
    mask = discs((80, 70, 28), (80, 110, 24))
    stars = np.array(
        [
            corners_of(80, 70, 28, 32),
            corners_of(80, 74, 25, 32),  # within the first
            corners_of(80, 110, 24, 32),
            corners_of(20, 20, 12, 32),  # out of the silhouette
            corners_of(80, 128, 24, 32),  # half out of it
        ]
    )
    kept = proposals.distinct(stars, filled(mask), 0.8)
    assert [round(hull.mean(axis=0)[1]) for hull in kept] == [70, 110]
    everything = proposals.distinct(stars, filled(np.ones_like(mask)), 1.0)
    assert len(everything) == 5


def test_points_belong_to_the_polygon_they_lie_on_best():
    mask = discs((80, 70, 28), (80, 110, 24))
    outline = arcs.outline_of(np.pad(mask, 1))
    points, normals = outline.points, outline.normals
    cost, owner = np.full(len(points), np.inf), np.full(len(points), -1)
    hulls = [corners_of(81, 71, 28), corners_of(81, 111, 24)]
    for number, hull in enumerate(hulls):
        proposals.explain(hull, number, 0.15, points, normals, cost, owner)
    gaps = [abs(np.hypot(*(points - (81, c)).T) - r) for c, r in ((71, 28), (111, 24))]
    assert (owner >= 0).all()
    sure = abs(gaps[0] - gaps[1]) > 1
    assert (owner[sure] == np.argmin(gaps, axis=0)[sure]).all()


def test_a_hidden_part_closes_as_the_network_proposes_where_the_outline_tells_nothing():
    hull = corners_of(60, 60, 20)
    mask = np.ones((120, 120), bool)
    outline = arcs.outline_of(np.pad(mask, 1))
    points, normals = outline.points, outline.normals
    none = np.empty(0, np.int64)
    polygon = proposals.restored(hull, none, points, normals, 1e5, 0.65, 122, 122)
    assert np.hypot(*(polygon - 60).T) == pytest.approx(20, abs=0.01)


def test_particles_hardly_seen_are_told_of_but_left_out(monkeypatch):
    mask = discs((80, 60, 30), (80, 100, 30))
    inside = ((80, 60, 30), (80, 100, 30), (80, 80, 14))
    stars = np.array([corners_of(y - 50, x - 30, r, 32) for y, x, r in inside])  # in its window
    monkeypatch.setattr("antema.silhouettes.find", lambda *_: stars)
    monkeypatch.setattr(completion, "_DISTINCT", 1.0)
    regions = separate(mask, options=SeparationOptions(method="outline"))
    assert [r.reason for r in regions if r.status != SEPARATED] == [completion.UNSEEN]
    assert sum(r.status == SEPARATED for r in regions) == 2


def test_clusters_deeper_than_the_network_learned_are_divided():
    rng = np.random.default_rng(5)
    mask, truth = np.zeros((700, 700), bool), 0
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    for row in range(100, 601, 34):
        for column in range(100, 601, 34):
            y, x = (row, column) + rng.uniform(-4, 4, 2)
            mask |= np.hypot(rows - y, columns - x) <= 16.5
            truth += 1
    options = SeparationOptions(method="outline", min_convexity=0, max_holes=1_000_000)
    found = [r for r in separate(mask, options=options) if r.status in ("whole", SEPARATED)]
    assert len(found) == pytest.approx(truth, rel=0.1)


# What it learned from


@pytest.mark.parametrize("seed", range(12))
def test_scenes_are_covered_by_their_particles(seed):
    from skimage.draw import polygon

    mask, outlines = silhouette_scene(np.random.default_rng(seed), 256)
    again, _ = silhouette_scene(np.random.default_rng(seed), 256)
    assert (mask == again).all()
    union = np.zeros_like(mask)
    for corners in outlines:
        union[polygon(*corners.T, mask.shape)] = True
    # hulls of stars hold more than the stars; roughness moves outlines by a pixel or two
    assert (mask & ~union).sum() < 0.06 * mask.sum()
    assert mask.sum() > 0.6 * union.sum()
