"""What antema is, its keys, and the network in use with its model card."""

import functools
import html

import ipywidgets as widgets
import mistune

from ... import __version__
from ...errors import WeightsNotFound
from ...network import model_card
from .. import messages
from ..state import State
from .base import classed, watch


class About(widgets.HTML):
    """A button, and what it opens: a popover of the browser, which Escape closes."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state
        classed(self, "antema-about-box")
        watch(state, "settings", self.refresh)

    def refresh(self) -> None:
        """Tell of the network that the options name."""
        key = f"antema-about-{self.model_id}"
        keys = "".join(f"<dt>{key}</dt><dd>{what}</dd>" for key, what in messages.KEYS.items())
        self.value = (
            f"<button class='antema-button antema-help' type='button' popovertarget='{key}'"
            f" title='{messages.HELP_HINT}'>{messages.HELP}</button>"
            f"<div popover id='{key}' class='antema-about' role='dialog'"
            f" aria-label='{messages.HELP}'>{messages.ABOUT.format(version=__version__)}"
            f"{network_html(self.state.settings.segmentation.weights)}"
            f"<details><summary>{messages.KEYS_TITLE}</summary><dl>{keys}</dl></details></div>"
        )


@functools.lru_cache(maxsize=8)
def network_html(weights: str) -> str:
    """Return what is known of a weight set, its model card folded away; nothing if it is absent."""
    try:
        card, scores = model_card(weights)
    except WeightsNotFound:
        return ""
    said = messages.NETWORK.format(name=html.escape(weights))
    if scores:
        said += " " + messages.NETWORK_SCORES.format(
            images=scores["images"],
            accuracy=f"{scores['accuracy']:.1%}",
            iou=f"{scores['particle']['iou']:.1%}",
            worst=f"{scores['worst_tenth_iou']:.1%}",
        )
    folded = f"<details><summary>{messages.MODEL_CARD}</summary>{markdown(card)}</details>"
    return f"<p>{said}</p>" + (folded if card else "")


def markdown(text: str) -> str:
    """Return a text in Markdown as HTML; HTML in it is shown as it was written."""
    return str(mistune.create_markdown(renderer=_Words(), plugins=["table"])(text))


class _Words(mistune.HTMLRenderer):
    """Leaves only the words of links, which mean other files and would lead away from the page."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text
