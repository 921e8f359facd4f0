"""What an option does, as a picture: shown when the "?" beside it is pressed.

The pictures are made by ``docs/make_explanations.py`` and lie in ``static/explain``. They open as a
popover of the browser itself: Escape or a click elsewhere closes it, and the kernel is not asked.
"""

import base64
import dataclasses
import html
from typing import Any

from . import messages
from .controls import STATIC

FOLDER = STATIC / "explain"


def picture_name(stage: str, name: str) -> str:
    """Return the name of the file with the picture of an option."""
    return f"{stage}-{name}.webp".replace("_", "-")


def explanation(stage: str, name: str, field: dataclasses.Field[Any], key: str) -> str:
    """Return a button and what it opens, as HTML.

    Parameters
    ----------
    stage, name : str
        Of the option.
    field : dataclasses.Field
        Of the option: what it is called, what it does, its unit, limits and default.
    key : str
        An id that nothing else on the page has.
    """
    label, help, unit, limits = (field.metadata[key] for key in ("label", "help", "unit", "limits"))
    words = html.escape(help)
    if limits:
        values = {"low": limits[0], "high": limits[1], "usual": field.default}
        words += "<br>" + messages.EXPLAIN_LIMITS.format(
            unit=f"\u00a0{unit}" * bool(unit), **values
        )
    captions = messages.EXPLAIN[stage, name]
    content = base64.b64encode((FOLDER / picture_name(stage, name)).read_bytes()).decode("ascii")
    alt = html.escape(messages.EXPLAIN_ALT.format(label=label, captions="; ".join(captions)))
    title = html.escape(messages.EXPLAIN_HINT.format(label=label))
    below = "".join(f"<span>{html.escape(caption)}</span>" for caption in captions)
    return (
        f"<button class='antema-explain-open' type='button' popovertarget='{key}'"
        f" title='{title}' aria-label='{title}'>?</button>"
        f"<div popover id='{key}' class='antema-explain' role='dialog' aria-label='{title}'"
        f" style='--parts: {len(captions)}'><h3>{html.escape(label)}</h3>"
        f"<p>{words}</p><img alt='{alt}' src='data:image/webp;base64,{content}'>"
        f"<div class='antema-explain-parts' aria-hidden='true'>{below}</div></div>"
    )
