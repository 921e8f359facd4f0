"""Automated analysis of transmission electron micrographs of metallic nanoparticles."""

from .analysis import Analysis, Settings, analyze, analyze_many
from .distribution import Summary, summarize
from .errors import (
    AntemaError,
    Cancelled,
    InvalidOption,
    MissingScale,
    ResultsExist,
    UnreadableImage,
    UnwritableResults,
    WeightsNotFound,
)
from .measurement import COLUMNS, measure
from .micrograph import Micrograph
from .reading import read, read_bytes, read_frames
from .segmentation import SegmentationOptions, segment
from .separation import Region, SeparationOptions, separate
from .simulation import simulate

__version__ = "0.1.0"

__all__ = [
    "COLUMNS",
    "Analysis",
    "AntemaError",
    "Cancelled",
    "InvalidOption",
    "Micrograph",
    "MissingScale",
    "Region",
    "ResultsExist",
    "SegmentationOptions",
    "SeparationOptions",
    "Settings",
    "Summary",
    "UnreadableImage",
    "UnwritableResults",
    "WeightsNotFound",
    "analyze",
    "analyze_many",
    "measure",
    "read",
    "read_bytes",
    "read_frames",
    "segment",
    "separate",
    "simulate",
    "summarize",
]
