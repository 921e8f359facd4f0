import numpy as np
import pytest

from antema import SeparationOptions, separate
from antema.lesson import scenes, steps
from antema.separation import LEFT_OUT

UECS = SeparationOptions(method="uecs")
STRICT = SeparationOptions(method="uecs", convexity=0.98, solidity=0.0)


def whole(mask, parts):
    """Draw parts into one picture of the mask's shape, how often each pixel is covered."""
    covered = np.zeros(mask.shape, int)
    for part in parts:
        (row, column), (height, width) = part.origin, part.image.shape
        covered[row : row + height, column : column + width] += part.image
    return covered


@pytest.mark.parametrize("name", scenes.OVERLAPS)
@pytest.mark.parametrize("options", [UECS, STRICT], ids=["default", "strict"])
def test_the_steps_end_with_the_particles_of_the_separation(name, options):
    mask, _ = scenes.overlap_scene(name)
    found = steps.uecs_steps(mask, options)[-1].of_kind(steps.PARTICLE)
    regions = [r for r in separate(mask, options=options) if r.status != LEFT_OUT]
    assert sorted((part.origin, part.image.tobytes()) for part in found) == sorted(
        (region.origin, region.image.tobytes()) for region in regions
    )


@pytest.mark.parametrize(
    ("name", "particles"), [("two discs", 2), ("chain", 3), ("cluster", 6), ("too much overlap", 1)]
)
def test_the_scenes_show_what_the_lesson_says(name, particles):
    mask, _ = scenes.overlap_scene(name)
    assert len(steps.uecs_steps(mask)[-1].of_kind(steps.PARTICLE)) == particles


def test_the_erosion_begins_with_the_region_and_takes_a_pixel_at_a_time():
    mask, _ = scenes.overlap_scene("chain")
    erosion = [step for step in steps.uecs_steps(mask) if step.phase == steps.EROSION]
    assert np.array_equal(whole(mask, erosion[0].parts), mask)
    assert erosion[0].parts[0].kind == steps.ERODING
    depths = [step.depth_px for step in erosion]
    assert depths == sorted(set(depths))
    assert max(np.diff(depths)) == 1
    # every part lies in what was left a step before
    for before, after in zip(erosion, erosion[1:], strict=False):
        assert not np.any((whole(mask, after.parts) > 0) & (whole(mask, before.parts) == 0))
    for step in erosion:
        for marker in step.of_kind(steps.MARKER):
            assert marker.convexity >= UECS.convexity
            assert marker.solidity >= UECS.solidity


def test_markers_grow_back_to_the_particles_and_overlap_there():
    mask, _ = scenes.overlap_scene("cluster")
    taken = steps.uecs_steps(mask)
    regrowth = [step for step in taken if step.phase == steps.REGROWTH]
    grown, result = whole(mask, regrowth[-1].parts), whole(mask, taken[-1].parts)
    assert np.array_equal(grown, result)
    assert result.max() >= 2
    assert not np.any((result > 0) & ~mask)


def test_a_part_that_gets_too_small_is_shown_as_such():
    mask, _ = scenes.overlap_scene("large and small")
    options = SeparationOptions(method="uecs", min_marker_px=1500)
    taken = steps.uecs_steps(mask, options)
    assert any(step.of_kind(steps.GIVEN_UP) for step in taken)
    assert len(taken[-1].parts) == 1


def test_two_regions_are_refused():
    mask = np.zeros((20, 40), bool)
    mask[5:10, 5:10] = mask[5:10, 25:30] = True
    with pytest.raises(ValueError, match="exactly one region"):
        steps.uecs_steps(mask)
