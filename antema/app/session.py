"""A session in one file: images, options and results, to go on with the same numbers later.

The file is a zip: ``session.json`` says what there is, and every array lies beside it as npy, which
is read without pickle. Masks, regions and particles follow from the probability and the options, so
they are computed again; that is quick, and they cannot disagree with what they follow from.
"""

import dataclasses
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from .. import analysis as chain
from ..analysis import Analysis, Settings
from ..correction import Correction
from ..errors import AntemaError, UnreadableImage
from ..micrograph import Micrograph
from ..progress import Progress
from ..separation import Separator
from . import messages

FORMAT = "antema session 1"


class Entry(Protocol):
    """What is saved of an image."""

    @property
    def original(self) -> Micrograph:
        """The micrograph as it was read."""

    @property
    def micrograph(self) -> Micrograph:
        """The micrograph with the pixel size in use."""

    @property
    def analysis(self) -> Analysis | None:
        """Its result, if there is one."""

    @property
    def sample(self) -> str:
        """Name of the sample it belongs to, empty if to none."""

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """What was changed in it by hand."""


@dataclasses.dataclass(frozen=True, eq=False)
class Saved:
    """An image as it comes back from a file."""

    original: Micrograph
    micrograph: Micrograph
    analysis: Analysis | None
    corrections: tuple[Correction, ...] = ()
    sample: str = ""


def save(images: Sequence[Entry], settings: Settings, progress: Progress) -> bytes:
    """Return images, options and results as the bytes of one file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as files:
        entries = []
        for number, image in enumerate(images):
            progress(number / max(1, len(images)), messages.PACKING)
            _write(files, f"{number}/pixels.npy", image.original.pixels)
            found = image.analysis
            if found is not None:
                _write(files, f"{number}/probability.npy", found.probability)
            entries.append(_describe(image))
        about = {"format": FORMAT, "settings": settings.to_dict(), "images": entries}
        files.writestr("session.json", json.dumps(about, indent=2))
    return stream.getvalue()


def load(name: str, content: bytes, progress: Progress) -> tuple[list[Saved], Settings]:
    """Return the images and options of a session that was saved.

    Raises
    ------
    UnreadableImage
        If the file is no such session, or is damaged.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            about = json.loads(files.read("session.json"))
            if about["format"] != FORMAT:
                raise ValueError(about["format"])
            settings = Settings.from_dict(about["settings"])
            count = len(about["images"])
            images = []
            for number, entry in enumerate(about["images"]):
                progress(number / max(1, count), messages.READING.format(name=entry["name"]))
                images.append(_restore(files, number, entry))
    except AntemaError:
        raise
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
        raise UnreadableImage(messages.SESSION_BAD.format(name=name)) from error
    return images, settings


def _describe(image: Entry) -> dict[str, Any]:
    original, shot, found = image.original, image.micrograph, image.analysis
    about: dict[str, Any] = {
        "name": original.name,
        "sha256": original.file_sha256,
        "scale": [original.nm_per_pixel, original.scale_source],
        "scale_used": [shot.nm_per_pixel, shot.scale_source],
        "corrections": [correction.to_dict() for correction in image.corrections],
        "sample": image.sample,
        "analysis": None,
    }
    if found is not None:
        about["analysis"] = {
            "settings": found.settings.to_dict(),
            "weights_sha256": found.weights_sha256,
            "scale": [found.micrograph.nm_per_pixel, found.micrograph.scale_source],
            "corrections": [correction.to_dict() for correction in found.corrections],
        }
    return about


def _restore(files: zipfile.ZipFile, number: int, entry: dict[str, Any]) -> Saved:
    pixels = _read(files, f"{number}/pixels.npy")

    def micrograph(scale: list[Any]) -> Micrograph:
        return Micrograph(pixels, scale[0], entry["name"], scale[1], entry["sha256"])

    original = micrograph(entry["scale"])
    used = original if entry["scale_used"] == entry["scale"] else micrograph(entry["scale_used"])
    analysis = None
    if (about := entry["analysis"]) is not None:
        shot = used if about["scale"] == entry["scale_used"] else micrograph(about["scale"])
        probability = _read(files, f"{number}/probability.npy")
        settings = Settings.from_dict(about["settings"])
        corrections = _corrections(about)
        analysis = _again(shot, settings, probability, about["weights_sha256"], corrections)
    return Saved(original, used, analysis, _corrections(entry), str(entry.get("sample", "")))


def _corrections(about: dict[str, Any]) -> tuple[Correction, ...]:
    return tuple(map(Correction.from_dict, about.get("corrections", ())))


def _again(
    shot: Micrograph,
    settings: Settings,
    probability: np.ndarray,
    weights: str | None,
    corrections: tuple[Correction, ...],
) -> Analysis:
    """Compute a result again from the probability, without the network."""
    from ..measurement import measure

    # Another smallest particle than the saved one: nothing of this but the probability is reused.
    finding = settings.segmentation
    other = finding.min_diameter_px + (1 if finding.min_diameter_px < 500 else -1)
    changed = dataclasses.replace(finding, min_diameter_px=other)
    nothing = np.zeros(shot.shape, dtype=bool)
    before = Analysis(
        micrograph=shot,
        settings=dataclasses.replace(settings, segmentation=changed),
        probability=probability,
        mask=nothing,
        separator=Separator(nothing),
        regions=(),
        particles=measure([], 1.0),
        left_out={},
        weights_sha256=weights,
    )
    return chain.analyze(shot, settings, previous=before, corrections=corrections)


def _write(files: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    files.writestr(name, stream.getvalue())


def _read(files: zipfile.ZipFile, name: str) -> np.ndarray:
    array: np.ndarray = np.load(io.BytesIO(files.read(name)), allow_pickle=False)
    return array
