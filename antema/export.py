"""From an analysis to files: table, pictures, and a record of how the numbers were made.

For the image ``a.dm3`` a folder receives ``a.xlsx`` (or ``a.csv``), ``a_micrograph.png``,
``a_segmentation.png``, ``a_outlines.png`` and ``a.json``; for several images together
``pooled.xlsx`` (or csv).
"""

import dataclasses
import datetime
import functools
import importlib.metadata
import io
import json
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .analysis import Analysis, Settings
from .correction import Correction
from .distribution import summarize
from .errors import InvalidOption, ResultsExist, UnwritableResults
from .measurement import COLUMNS, measure
from .micrograph import Micrograph
from .pictures import micrograph_picture, outlines_picture, segmentation_picture

TABLES = ("xlsx", "csv")
POOLED = "pooled"
_LIBRARIES = ("numpy", "scipy", "scikit-image", "onnxruntime", "pandas")


def export_analysis(
    analysis: Analysis,
    folder: str | Path,
    *,
    table: str | None = "xlsx",
    stem: str | None = None,
    overwrite: bool = False,
) -> list[Path]:
    """Write the results of one image.

    Parameters
    ----------
    analysis : Analysis
    folder : path
        Is made if absent.
    table : {"xlsx", "csv", None}
        Form of the table of particles; None for no table.
    stem : str, optional
        What the files' names begin with; by default the image's name (see `file_stem`).
    overwrite : bool
        Whether files of the same names may be replaced.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    ResultsExist
        If files of the same names are there; then none is written.
    UnwritableResults
        If the folder cannot be made or written to.
    """
    stem = stem or file_stem(analysis.micrograph.name)
    tables = () if table is None else (table,)
    return _write(files_of(analysis, tables, stem), Path(folder), overwrite)


def export_pooled(
    tables: Sequence[pd.DataFrame],
    records: Sequence[dict[str, Any]],
    folder: str | Path,
    *,
    table: str = "xlsx",
    samples: Sequence[str] = (),
    overwrite: bool = False,
) -> Path:
    """Write one table of the particles of several images, with the image's name on every row.

    Parameters
    ----------
    tables : sequence of DataFrame
        The particles of each image. Tables and records are small: a batch need not keep its images.
    records : sequence of dict
        The `record` of each analysis.
    folder : path
        Is made if absent.
    table : {"xlsx", "csv"}
    samples : sequence of str, optional
        Name of the sample of each image: a column more, and a summary of each sample.
    overwrite : bool
        Whether a file of the same name may be replaced.

    Raises
    ------
    ResultsExist
        If there is such a file, unless `overwrite`.
    """
    name = f"{POOLED}.{table}"
    files = {name: lambda: table_bytes(tables, records, table, samples)}
    return _write(files, Path(folder), overwrite)[0]


def file_stem(name: str) -> str:
    """Return an image's name without its extension, in characters that every file system takes."""
    whole = re.fullmatch(r"(.+?)(\.\w+)?( \[(\d+)\])?", name)
    stem = whole[1] + (f"_frame{whole[4]}" if whole[4] else "") if whole else name
    return re.sub(r"[^\w.+\-()]+", "_", stem).strip("._") or "image"


def unique_stems(names: Iterable[str]) -> list[str]:
    """Return a stem for each name, all different: a second ``a`` (or ``A``) becomes ``a_2``."""
    taken = {POOLED}
    stems = []
    for name in names:
        plain = stem = file_stem(name)
        number = 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{plain}_{number}"
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


def table_bytes(
    tables: Sequence[pd.DataFrame],
    records: Sequence[dict[str, Any]],
    table: str,
    samples: Sequence[str] = (),
) -> bytes:
    """Return the particles of one or several images as the bytes of an xlsx or csv file.

    An xlsx has the sheets Particles, Summary, Left out and Settings; a csv the particles alone.
    """
    if table not in TABLES:
        msg = f"A table can be written as {' or '.join(TABLES)}, not as {table!r}."
        raise InvalidOption(msg)
    particles = pool(tables)
    if any(samples):
        names = np.repeat(np.array(samples, dtype=object), [len(each) for each in tables])
        particles.insert(0, "sample", names)
    if table == "csv":
        return particles.to_csv(index=False).encode("utf-8")
    sheets = {
        "Particles": particles,
        "Summary": _summary_sheet(particles),
        "Left out": _left_out_sheet(records),
        "Settings": _settings_sheet(records),
    }
    stream = io.BytesIO()
    with pd.ExcelWriter(stream, engine="openpyxl") as book:
        for name, sheet in sheets.items():
            sheet.to_excel(book, sheet_name=name, index=False)
            _lay_out(book.sheets[name])
    return stream.getvalue()


def pool(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the particles of several images in one table, of no image an empty one."""
    return pd.concat([measure([], 1.0), *tables], ignore_index=True)


def record(analysis: Analysis) -> dict[str, Any]:
    """Return how the numbers of an analysis were made, as plain values for json."""
    micrograph = analysis.micrograph
    rows, columns = micrograph.shape
    return {
        "antema": analysis.version,
        "written": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "image": {
            "name": micrograph.name,
            "sha256": micrograph.file_sha256,
            "rows_px": rows,
            "columns_px": columns,
            "nm_per_pixel": micrograph.nm_per_pixel,
            "scale_source": micrograph.scale_source,
        },
        "weights_sha256": analysis.weights_sha256,
        "settings": analysis.settings.to_dict(),
        "corrections": [
            correction.to_dict()
            for number, correction in enumerate(analysis.corrections)
            if number not in analysis.dropped
        ],
        "particles": len(analysis.particles),
        "left_out": analysis.left_out,
        "warnings": list(analysis.warnings),
        "versions": {
            "python": platform.python_version(),
            **{library: importlib.metadata.version(library) for library in _LIBRARIES},
        },
    }


@dataclasses.dataclass(frozen=True)
class Record:
    """What a record, or a file of saved options, says of how numbers are made.

    Parameters
    ----------
    settings : Settings
    image : str
        Name of the image that the record is about, empty if it is about none.
    sha256 : str or None
        Of that image's file.
    nm_per_pixel : float or None
        The pixel size it was analysed with, and
    scale_source : str
        where that came from.
    corrections : tuple of Correction
        What was changed by hand in that image.
    """

    settings: Settings
    image: str = ""
    sha256: str | None = None
    nm_per_pixel: float | None = None
    scale_source: str = ""
    corrections: tuple[Correction, ...] = ()

    def is_of(self, micrograph: Micrograph) -> bool:
        """Whether the record was made of this image: the same file and the same frame of it."""
        same_file = self.sha256 is not None and self.sha256 == micrograph.file_sha256
        return same_file and _frame(self.image) == _frame(micrograph.name)

    def prepare(self, micrograph: Micrograph) -> tuple[Micrograph, tuple[Correction, ...]]:
        """Return the image with the pixel size it had, and its corrections; others as they are."""
        if not self.is_of(micrograph):
            return micrograph, ()
        if self.nm_per_pixel not in (None, micrograph.nm_per_pixel):
            micrograph = dataclasses.replace(
                micrograph, nm_per_pixel=self.nm_per_pixel, scale_source=self.scale_source
            )
        return micrograph, self.corrections


def read_record(name: str, content: bytes) -> Record:
    """Return what a record, or a file of saved options, holds.

    Raises
    ------
    InvalidOption
        If the content is no such file, or an option in it does not exist or is out of its limits.
    """
    try:
        values = json.loads(content)
        image = values.get("image", {})
        corrections = tuple(map(Correction.from_dict, values.get("corrections", ())))
        about = {
            "image": image.get("name", ""),
            "sha256": image.get("sha256"),
            "nm_per_pixel": image.get("nm_per_pixel"),
            "scale_source": image.get("scale_source", ""),
        }
        settings = values.get("settings", values)
    except InvalidOption:
        raise
    except (ValueError, AttributeError, TypeError) as error:
        msg = f"{name} is not a readable record or settings file in json: {error}."
        raise InvalidOption(msg) from error
    return Record(Settings.from_dict(settings), corrections=corrections, **about)


def settings_bytes(settings: Settings) -> bytes:
    """Return a settings file, which the dashboard and ``antema analyze --settings`` take."""
    return json.dumps({"settings": settings.to_dict()}, indent=2).encode()


def read_settings(name: str, content: bytes) -> Settings:
    """Return the settings that a record, or a file of saved options, holds; see `read_record`."""
    return read_record(name, content).settings


def _frame(name: str) -> str:
    """Return the number of the frame that an image's name ends with, empty if there is none."""
    found = re.search(r" \[(\d+)\]$", name)
    return found[1] if found else ""


def files_of(
    analysis: Analysis, tables: Sequence[str], stem: str
) -> dict[str, Callable[[], bytes]]:
    """Return the names of the files of one image, each with what makes its content."""
    files: dict[str, Callable[[], bytes]] = {
        f"{stem}_micrograph.png": lambda: micrograph_picture(analysis),
        f"{stem}_segmentation.png": lambda: segmentation_picture(analysis),
        f"{stem}_outlines.png": lambda: outlines_picture(analysis),
        f"{stem}.json": lambda: json.dumps(record(analysis), indent=2, ensure_ascii=False).encode(),
    }
    for table in tables:
        files[f"{stem}.{table}"] = functools.partial(
            table_bytes, [analysis.particles], [record(analysis)], table
        )
    return files


def _write(files: dict[str, Callable[[], bytes]], folder: Path, overwrite: bool) -> list[Path]:
    """Write the files, all of them or, if one of them is there already, none."""
    if not overwrite:
        check_absent([folder / name for name in files])
    contents = {folder / name: content() for name, content in files.items()}
    make_folder(folder)
    try:
        for path, content in contents.items():
            path.write_bytes(content)
    except OSError as error:
        msg = f"{path} could not be written: {error.strerror or error}."
        raise UnwritableResults(msg) from error
    return list(contents)


def make_folder(folder: Path) -> None:
    """Make the folder for the results, unless it is there; raise UnwritableResults if it fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"The folder {folder} cannot be made: {error.strerror or error}. Choose another one."
        raise UnwritableResults(msg) from error


def check_absent(paths: Iterable[Path]) -> None:
    """Raise ResultsExist, naming the first of them, if one of the files is there."""
    for path in paths:
        if path.exists():
            msg = f"{path} exists already. Choose another folder, or allow overwriting."
            raise ResultsExist(msg)


def _summary_sheet(particles: pd.DataFrame) -> pd.DataFrame:
    if "sample" in particles and len(particles):
        sheets = {
            name: _summary_sheet(group.drop(columns="sample"))
            for name, group in particles.groupby("sample", sort=False)
        }
        return pd.concat(sheets, names=["sample", None]).reset_index(level="sample")
    summary = summarize(particles)
    units = {column.name: column.unit for column in COLUMNS}
    sheet = summary.table.reset_index()
    sheet.insert(1, "unit", [units[quantity] for quantity in sheet["quantity"]])
    sheet.insert(2, "particles", summary.particles)
    sheet.insert(3, "images", summary.images)
    return sheet


def _left_out_sheet(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    rows = [
        (made["image"]["name"], reason, count)
        for made in records
        for reason, count in sorted(made["left_out"].items())
    ]
    if len(records) > 1:
        total: Counter[str] = sum((Counter(made["left_out"]) for made in records), Counter())
        rows += [("all images", reason, count) for reason, count in sorted(total.items())]
    return pd.DataFrame(rows, columns=["image", "reason", "count"])


def _settings_sheet(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for made in records:
        flat = pd.json_normalize({key: made[key] for key in made if key != "left_out"}).iloc[0]
        rows += [(made["image"]["name"], key, str(value)) for key, value in flat.items()]
    return pd.DataFrame(rows, columns=["image", "setting", "value"])


def _lay_out(sheet: Any) -> None:
    """Freeze the header, fit the columns to their words, and keep texts from being formulas."""
    sheet.freeze_panes = "A2"
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"
    for column in sheet.iter_cols(max_row=min(sheet.max_row, 50)):
        width = max(
            len(f"{cell.value:.6g}" if isinstance(cell.value, float) else str(cell.value))
            for cell in column
        )
        sheet.column_dimensions[column[0].column_letter].width = min(60, width + 2)
