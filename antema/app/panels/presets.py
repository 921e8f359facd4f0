"""Presets: options under a name, to choose from, to load and to save."""

import html

import ipywidgets as widgets

from .. import messages
from ..controls import Download, FileDrop
from ..state import State
from .base import HIDDEN, button, classed, show, watch


class PresetsBox(widgets.VBox):
    """The menu of presets with a word on the one in use; loading and saving are folded away."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._showing = False
        self.menu = widgets.Dropdown(description=messages.PRESETS_LABEL)
        self.menu.observe(lambda change: self._chosen(change["new"]), names="value")
        self.opener = classed(
            button("…", messages.PRESETS_MORE_HINT, "antema-presets-open", self._toggle),
            "antema-quiet",
        )
        self.why = classed(widgets.HTML(), "antema-preset-why")
        self.load = FileDrop(
            state.add_content, messages.PRESETS_LOAD, messages.PRESETS_LOAD_HINT, ".json"
        )
        self.name = classed(
            widgets.Text(
                placeholder=messages.PRESETS_NAME,
                tooltip=messages.PRESETS_NAME_HINT,
            ),
            "antema-preset-name",
        )
        self.save = Download(
            messages.PRESETS_SAVE,
            messages.PRESETS_SAVE_HINT,
            f"{messages.PRESETS_FILE}.json",
            lambda save: state.save_preset(self.name.value.strip(), save),
        )
        self.name.observe(lambda _change: self._rename(), names="value")
        row = classed(widgets.HBox([self.name, self.save]), "antema-preset-save")
        self.inside = classed(widgets.VBox([self.load, row]), "antema-presets-inside")
        top = classed(widgets.HBox([self.menu, self.opener]), "antema-option", "antema-preset")
        super().__init__([top, self.why, self.inside])
        classed(self, "antema-presets")
        show(self.inside, False)
        watch(state, ["settings", "presets"], self.refresh)

    def _toggle(self) -> None:
        show(self.inside, HIDDEN in self.inside._dom_classes)

    def _rename(self) -> None:
        self.save.file_name = f"{file_stem(self.name.value) or messages.PRESETS_FILE}.json"

    def _chosen(self, name: str) -> None:
        if name and not self._showing:
            self.state.use_preset(name)

    def refresh(self) -> None:
        """Show which preset the options are."""
        name = self.state.preset
        names = [preset.name for preset in self.state.presets]
        own = [] if name else [(messages.PRESETS_OWN, "")]
        self._showing = True
        self.menu.options = [*own, *((each, each) for each in names)]
        self.menu.value = name
        self._showing = False
        why = next((one.why for one in self.state.presets if one.name == name), "")
        self.why.value = html.escape(why)
        show(self.why, bool(why))


def file_stem(name: str) -> str:
    """Return a name without what file names must not hold."""
    return "".join(sign for sign in name.strip() if sign.isalnum() or sign in " -_.()")
