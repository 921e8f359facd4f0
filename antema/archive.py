"""Everything about some images in one zip: tables, pictures, a plot, outlines for ImageJ, records.

For the image ``a.dm3`` it holds what `antema.export.export_analysis` writes, with the table as xlsx
and as csv, and ``a_rois.zip``; for all together ``distribution.png`` and, of several images,
``pooled.xlsx`` and ``pooled.csv``.
"""

import io
import zipfile
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .analysis import Analysis
from .export import POOLED, TABLES, files_of, pool, record, table_bytes, unique_stems
from .paper_figures import draw_sizes, paper_figure
from .rois import roi_set

DPI = 300


def archive(
    analyses: Sequence[Analysis],
    samples: Sequence[str] = (),
    quantity: str = "equivalent_diameter_nm",
    *,
    weighting: str = "number",
    fit: str | None = "log-normal",
    bins: int | None = None,
) -> bytes:
    """Return a zip with the results of every image and of all together.

    Parameters
    ----------
    analyses : sequence of Analysis
    samples : sequence of str, optional
        Name of the sample of each image: a column more in the pooled tables, a summary and a
        distribution of each sample.
    quantity, weighting, fit, bins
        How the distribution is drawn; see `antema.paper_figures.draw_sizes`.
    """
    stream = io.BytesIO()
    tables, records = [a.particles for a in analyses], [record(a) for a in analyses]
    stems = unique_stems(analysis.micrograph.name for analysis in analyses)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        for analysis, stem in zip(analyses, stems, strict=True):
            for name, content in files_of(analysis, TABLES, stem).items():
                files.writestr(name, content())
            files.writestr(f"{stem}_rois.zip", roi_set(analysis))
        for table in TABLES if len(analyses) > 1 else ():
            files.writestr(f"{POOLED}.{table}", table_bytes(tables, records, table, samples))
        if any(map(len, tables)):
            names = np.array(samples if any(samples) else [""] * len(tables), dtype=object)
            by_sample = {
                str(name): pool([t for t, own in zip(tables, names, strict=True) if own == name])
                for name in dict.fromkeys(names)
            }
            plot = _plot(by_sample, quantity, weighting, fit, bins)
            files.writestr("distribution.png", plot)
    return stream.getvalue()


def _plot(
    samples: dict[str, pd.DataFrame],
    quantity: str,
    weighting: str,
    fit: str | None,
    bins: int | None,
) -> bytes:
    figure = paper_figure()
    axes = figure.axes[0]
    draw_sizes(axes, samples, quantity, weighting=weighting, fit=fit, bins=bins)
    count = sum(map(len, samples.values()))
    axes.set_title(f"{count} particles", loc="right", fontsize=7)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=DPI, facecolor="white")
    return stream.getvalue()
