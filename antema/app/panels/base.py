"""What all panels share: watching the state, and small pieces of HTML."""

import asyncio
import html
import math
from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets as widgets

from ...measurement import COLUMNS
from .. import messages
from ..state import State

HIDDEN = "antema-hidden"
UNITS = {column.name: column.unit for column in COLUMNS}


def watch(state: State, names: str | Iterable[str], function: Callable[[], None]) -> None:
    """Call a function now and whenever one of the traits changes; its failure becomes a notice.

    On the page the call waits until the present message of the browser is dealt with, so that
    several changes at once are drawn once; without an event loop it comes at once.
    """
    waiting = False

    def call() -> None:
        nonlocal waiting
        waiting = False
        try:
            function()
        except Exception as error:  # noqa: BLE001 - an observer's failure would be shown nowhere
            state.report_failure(error)

    def changed(_change: Any) -> None:
        nonlocal waiting
        if waiting:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            call()
        else:
            waiting = True
            loop.call_soon(call)

    state.observe(changed, names=[names] if isinstance(names, str) else list(names))
    call()


def show(widget: widgets.DOMWidget, visible: bool) -> None:
    """Show or hide a widget."""
    (widget.remove_class if visible else widget.add_class)(HIDDEN)


def classed(widget: Any, *names: str) -> Any:
    """Add CSS classes to a widget and return it."""
    for name in names:
        widget.add_class(name)
    return widget


def heading(text: str) -> widgets.HTML:
    """Return the heading of a panel."""
    return classed(widgets.HTML(f"<h2>{html.escape(text)}</h2>"), "antema-heading")


def button(text: str, hint: str, name: str, on_click: Callable[[], Any]) -> widgets.Button:
    """Return a button; `name` is the CSS class that tests find it by."""
    made = classed(widgets.Button(description=text, tooltip=hint), "antema-button", name)
    made.on_click(lambda _button: on_click())
    return made


def decimals(value: float) -> int:
    """Return how many decimals show three significant digits of a number."""
    if not math.isfinite(value) or value == 0:
        return 2
    return min(6, max(0, 2 - math.floor(math.log10(abs(value)))))


def number_text(value: float, unit: str = "", *, places: int | None = None) -> str:
    """Write a number with its unit, to three significant digits or to so many decimal places.

    A dash stands where there is none.
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{decimals(value) if places is None else places}f}"
    return f"{text} {unit}" if unit else text


def axis_label(column: str) -> str:
    """Return what stands at the axis of a quantity."""
    label, unit = messages.QUANTITY_LABELS[column], UNITS[column]
    return messages.AXIS.format(label=label, unit=unit) if unit else label
