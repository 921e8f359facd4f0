"""Imports that would keep a person waiting, made quick."""

import importlib
import sys
from types import ModuleType

# jsonschema checks web addresses with this package if it is there, which compiles a grammar for
# seconds; neither Voila nor plotly checks any.
_SLOW = "rfc3987_syntax"


def import_quickly(name: str) -> ModuleType:
    """Import a module that brings jsonschema along, without the slow part of it."""
    absent = _SLOW not in sys.modules
    if absent:
        sys.modules[_SLOW] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(name)
    finally:
        if absent:
            del sys.modules[_SLOW]
