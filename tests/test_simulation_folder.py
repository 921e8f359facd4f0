import numpy as np
import pytest

from antema import UnwritableResults, read, simulate
from antema.simulation.folder import write_folder
from antema.training.labels import find_pairs, read_labels

SMALL = {"rows_px": 96, "columns_px": 128, "count": 5, "diameter_nm": 2.0, "nm_per_pixel": 0.125}


def test_files_hold_the_pixels_the_scale_and_the_truth(tmp_path):
    paths = write_folder(tmp_path / "gold", 2, seed=3, **SMALL)
    assert [path.name for path in paths] == ["gold-1.tif", "gold-2.tif"]
    made = simulate(np.random.default_rng([3, 1]), **SMALL)
    found = read(paths[1])
    np.testing.assert_array_equal(found.pixels, made.micrograph.pixels)
    assert found.nm_per_pixel == pytest.approx(0.125, rel=1e-6)
    pairs = find_pairs(tmp_path / "gold")
    assert [image for image, _ in pairs] == paths
    labels = read_labels(pairs[1][1])
    np.testing.assert_array_equal(labels > 0, made.mask)
    assert labels.max() == len(made.particles)


def test_a_place_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableResults, match="cannot be written to"):
        write_folder(tmp_path / "file" / "deeper", 1, **SMALL)
