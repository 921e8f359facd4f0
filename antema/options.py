"""Options: frozen dataclasses whose every field says what it means, once.

The metadata of a field (label, help, unit, limits or choices) is the only place where an option is
described: sliders, command-line flags, documentation and the saved record are made from it.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from typing import Any, Self

from .errors import InvalidOption


def option(
    default: Any,
    label: str,
    help: str,
    *,
    unit: str = "",
    limits: tuple[float, float] | None = None,
    step: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare one option as a dataclass field.

    Parameters
    ----------
    default : object
        Value when nothing is said.
    label : str
        What the option is called on a page, without its unit.
    help : str
        One plain sentence on what it does.
    unit : str
        Unit of the value, ``""`` for a pure number.
    limits : (float, float), optional
        Smallest and largest value allowed, both included.
    step : float, optional
        Step that a slider should take.
    choices : tuple of str, optional
        The only values allowed.
    """
    metadata = {
        "label": label,
        "help": help,
        "unit": unit,
        "limits": limits,
        "step": step,
        "choices": choices,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Options:
    """Base of every options class: values are checked when it is made.

    Raises
    ------
    InvalidOption
        If a value has the wrong type, lies outside its limits or is not one of the choices.
    """

    def __post_init__(self) -> None:
        kinds = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = _checked(field, kinds[field.name], getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make the options from plain values; absent keys keep their default, unknown ones fail."""
        kinds = typing.get_type_hints(cls)
        if not isinstance(values, Mapping):
            msg = f"{cls.__name__} are made from names and values, not from {values!r}."
            raise InvalidOption(msg)
        if unknown := sorted(set(values) - set(kinds)):
            msg = f"Unknown option {', '.join(unknown)}: {cls.__name__} has {', '.join(kinds)}."
            raise InvalidOption(msg)
        made = {}
        for name, value in values.items():
            nested = isinstance(kinds[name], type) and issubclass(kinds[name], Options)
            made[name] = kinds[name].from_dict(value) if nested else value
        return cls(**made)

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain values that `from_dict` takes and json can hold."""
        return dataclasses.asdict(self)


def _checked(field: dataclasses.Field[Any], kind: Any, value: Any) -> Any:
    """Return the value in the field's own type, or say why it cannot be."""
    parts = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in parts:
        return None
    kind = next(part for part in parts if part is not type(None))
    if isinstance(kind, type) and issubclass(kind, Options):
        if not isinstance(value, kind):
            msg = f"{field.name} must be given as {kind.__name__}, not {value!r}."
            raise InvalidOption(msg)
        return value
    about = field.metadata
    if kind in (int, float):
        is_number = isinstance(value, (int, float)) or hasattr(value, "__float__")
        if isinstance(value, (bool, str)) or not is_number or (kind is int and value != int(value)):
            msg = f"{field.name} must be {'a whole' if kind is int else 'a'} number, not {value!r}."
            raise InvalidOption(msg)
        value = kind(value)
        low, high = about["limits"] or (-float("inf"), float("inf"))
        if not low <= value <= high:
            unit = f" {about['unit']}" if about["unit"] else ""
            msg = f"{field.name} must lie between {low:g} and {high:g}{unit}, not {value:g}."
            raise InvalidOption(msg)
    elif not isinstance(value, kind):
        word = {bool: "yes or no (True or False)", str: "a text"}[kind]
        msg = f"{field.name} must be {word}, not {value!r}."
        raise InvalidOption(msg)
    if about["choices"] and value not in about["choices"]:
        msg = f"{field.name} must be one of {', '.join(about['choices'])}, not {value!r}."
        raise InvalidOption(msg)
    return value
