import dataclasses
import io
import zipfile

import numpy as np
import pandas as pd
from PIL import Image

from antema import Micrograph, SegmentationOptions, Settings, analyze
from antema.archive import archive
from antema.pictures import outlines_picture

OTSU = Settings(segmentation=SegmentationOptions(method="otsu"))


def opened(content):
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return {name: files.read(name) for name in files.namelist()}


def test_it_holds_all_and_loses_none_of_the_same_name(discs):
    analyses = [analyze(discs(name), OTSU) for name in ("a.dm3", "a.tif")]
    files = opened(archive(analyses))
    ends = (".xlsx", ".csv", ".json", "_rois.zip")
    ends += ("_micrograph.png", "_outlines.png", "_segmentation.png")
    each = {stem + end for stem in ("a", "a_2") for end in ends}
    assert set(files) == each | {"pooled.xlsx", "pooled.csv", "distribution.png"}
    pooled = pd.read_csv(io.BytesIO(files["pooled.csv"]))
    pd.testing.assert_frame_equal(pd.read_excel(io.BytesIO(files["pooled.xlsx"])), pooled)
    assert len(pooled) == 10
    assert len(opened(files["a_rois.zip"])) == 5


def test_the_distribution_is_drawn_as_asked_and_not_of_nothing(discs):
    found = [analyze(discs(name), OTSU) for name in "ab"]
    one, other = (
        opened(archive(found, samples, quantity))["distribution.png"]
        for samples, quantity in (((), "area_nm2"), (("Au", "Ag"), "circularity"))
    )
    assert Image.open(io.BytesIO(one)).size == Image.open(io.BytesIO(other)).size == (992, 708)
    assert one != other
    nothing = analyze(Micrograph(np.full((50, 50), 3.0), 1.0, "empty.tif"), OTSU)
    assert "distribution.png" not in opened(archive([nothing]))


def test_the_outlines_are_those_of_the_table(discs):
    found = analyze(discs(), OTSU)
    fewer = dataclasses.replace(found, particles=found.particles.iloc[1:])
    all_of_them, rest = (
        np.asarray(Image.open(io.BytesIO(outlines_picture(each))), dtype=int)
        for each in (found, fewer)
    )
    changed = np.argwhere((all_of_them != rest).any(axis=2)) / 4  # the picture is enlarged
    middle = found.particles.loc[0, ["row_px", "column_px"]].to_numpy(float)
    assert len(changed) > 50
    assert np.abs(changed.mean(axis=0) - middle).max() < 1
