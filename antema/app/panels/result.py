"""Panel 3: the numbers, their distribution, what was left out, and the way to take them home."""

import base64
import html
from typing import Any

import ipywidgets as widgets
import numpy as np

from ...analysis import Analysis
from ...pictures import window_picture
from ...separation import LEFT_OUT, Region
from .. import messages
from ..controls import Download
from ..state import State
from .base import UNITS, classed, decimals, heading, number_text, show, watch
from .distribution import DistributionBox
from .picture import grey_of
from .trying import TryingBox

# The picture of a particle: its side in sizes of the particle, and what it is at least.
WINDOW_SIZES, SMALLEST_WINDOW_PX = 1.6, 24


class ResultPanel(widgets.VBox):
    """Count, mean, histogram, left out, the selected particle, downloads."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._setting = False
        self._shown: tuple[Any, ...] = ()
        self.empty = classed(widgets.HTML(messages.RESULT_EMPTY), "antema-result-empty")
        self.numbers = classed(widgets.HTML(), "antema-numbers")
        self.span = classed(widgets.ToggleButtons(), "antema-scope")
        self._set_spans()
        self.span.observe(lambda change: self._spanned(change["new"]), names="value")
        self.distribution = DistributionBox(state)
        self.trying = TryingBox(state)
        self.left_out = classed(widgets.HTML(), "antema-left-out")
        self.particle = classed(widgets.HTML(), "antema-particle")
        self.all = Download(
            messages.DOWNLOAD_ALL,
            messages.DOWNLOAD_ALL_HINT,
            "antema-results.zip",
            state.pack_all,
            primary=True,
        )
        self.table = Download(
            messages.DOWNLOAD_TABLE, messages.DOWNLOAD_TABLE_HINT, "antema.xlsx", state.pack_table
        )
        classed(self.all, "antema-download-all")
        classed(self.table, "antema-download-xlsx")
        self.rois = Download(
            messages.DOWNLOAD_ROIS, messages.DOWNLOAD_ROIS_HINT, "antema-rois.zip", state.pack_rois
        )
        classed(self.rois, "antema-download-rois")
        files = [self.all, self.table, self.rois]
        self.downloads = classed(widgets.HBox(files), "antema-downloads")
        self.tabs = classed(
            widgets.ToggleButtons(
                options=[(label, trying) for trying, label in messages.TABS.items()],
                tooltips=[messages.TABS_HINT] * len(messages.TABS),
            ),
            "antema-tabs",
        )
        self.tabs.observe(lambda change: state.show_trials(change["new"]), "value")
        body = [self.numbers, self.span, self.tabs, self.distribution, self.trying]
        body += [self.left_out, self.particle]
        self.body = classed(widgets.VBox(body), "antema-result-body")
        super().__init__([heading(messages.RESULT), self.empty, self.body, self.downloads])
        classed(self, "antema-result")
        names = ["images", "chosen", "settings", "span", "quantity", "weighting"]
        names += ["filters", "busy"]
        watch(state, names, self.refresh)
        watch(state, ["trying", "images", "span", "chosen"], self.refresh_tabs)
        watch(state, ["selected", "chosen", "images"], self.refresh_particle)

    def refresh(self) -> None:
        """Show the numbers in scope."""
        state = self.state
        analyses = state.analyses
        there = bool(analyses) and (state.pooled or state.analysis is not None)
        show(self.empty, not there)
        show(self.body, there)
        show(self.downloads, bool(analyses))
        show(self.span, len(analyses) > 1)
        packing = state.busy == "packing"
        for download in (self.all, self.table, self.rois):
            download.disabled, download.busy = not analyses, packing
        old = there and state.outdated and not state.busy
        (self.body.add_class if old else self.body.remove_class)("antema-old")
        samples = tuple(image.sample for image in state.images)
        how = (state.span, state.quantity, state.weighting, tuple(state.filters.items()))
        shown = (there, tuple(state.scope()), samples, how)
        # An option is told of when it changes, when work on it begins and when that ends.
        if shown != self._shown:
            self._shown = shown
            self._set_spans()
            if there:
                self.numbers.value, self.left_out.value = self._numbers(), self._left_out()

    def refresh_tabs(self) -> None:
        """Show the distribution or the effect of an option; of nothing neither."""
        self.tabs.value = self.state.trying
        show(self.distribution, self._something and not self.state.trying)
        show(self.trying, self._something and self.state.trying)
        show(self.tabs, self._something)

    @property
    def _something(self) -> bool:
        """Whether any particle was found, be it one that a filter drops."""
        return any(len(found.particles) for found in self.state.scope())

    def _set_spans(self) -> None:
        """Offer the image, its sample if there are several, and all images."""
        spans = {"image": messages.SPAN_IMAGE, "all": messages.SPAN_ALL}
        if len(self.state.samples) > 1:
            spans = {"image": spans["image"], "sample": messages.SPAN_SAMPLE}
            spans["all"] = messages.SPAN_SAMPLES
        options = tuple((label, name) for name, label in spans.items())
        self._setting = True
        if self.span.options != options:
            self.span.options, self.span.tooltips = options, [messages.SPAN_HINT] * len(spans)
        self.span.value = self.state.span
        self._setting = False

    def _spanned(self, span: str) -> None:
        if not self._setting:
            self.state.show_span(span)

    def _numbers(self) -> str:
        state = self.state
        found, unit = state.distribution, UNITS[state.quantity]
        particles = state.particles
        if not found.values.size:
            why = "" if state.filters else messages.NOTHING_FOUND_WHY
            return f"<p class='antema-count'>{messages.NOTHING_FOUND}</p><p>{why}</p>"
        count = messages.count_text(len(particles), particles["image"].nunique())
        if state.side_by_side:
            return f"<p class='antema-count'>{count}</p>"
        places = decimals(found.mean)
        label = messages.QUANTITY_LABELS[state.quantity].lower()
        spread, facts = "", messages.ONLY_ONE.format(label=label)
        if found.values.size > 1:
            spread = f" ± {number_text(found.sd, places=places)}"
            facts = messages.MEAN_SD[state.weighting].format(label=label)
            facts += "<br>" + messages.FACTS.format(
                median=number_text(found.median, unit, places=places),
                low=number_text(found.quantile(0.1), places=places),
                high=number_text(found.quantile(0.9), unit, places=places),
            )
        return (
            f"<p class='antema-count'>{count}</p>"
            f"<p class='antema-mean'><b>{number_text(found.mean)}{spread}</b> {unit}</p>"
            f"<p class='antema-facts'>{facts}</p>"
        )

    def _left_out(self) -> str:
        counts = self.state.left_out
        title = f"<h3 title='{html.escape(messages.LEFT_OUT_HINT)}'>{messages.LEFT_OUT}</h3>"
        if not counts:
            return f"{title}<p>{messages.LEFT_OUT_NONE}</p>"
        rows = "".join(
            f"<tr><td>{html.escape(reason)}</td><td>{count}</td></tr>"
            for reason, count in sorted(counts.items(), key=lambda item: -item[1])
        )
        return f"{title}<table>{rows}</table>"

    def refresh_particle(self) -> None:
        """Show all numbers of the selected particle."""
        image, number = self.state.image, self.state.selected
        found = image.analysis if image else None
        if image is None or found is None or number is None or number > len(found.particles):
            self.particle.remove_class("antema-pinned")
            self.particle.value = f"<p class='antema-quiet-text'>{messages.PARTICLE_NONE}</p>"
        else:
            self.particle.add_class("antema-pinned")
            self.particle.value = particle_card(found, number, grey_of(image.original))


def particle_card(found: Analysis, number: int, grey: np.ndarray) -> str:
    """Return picture and numbers of a particle as HTML."""
    row = found.particles.iloc[number - 1]
    region = [region for region in found.regions if region.status != LEFT_OUT][number - 1]
    picture = window_picture(grey, [region], window_around(region, grey.shape))
    url = "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
    rows = "".join(
        f"<tr><td>{messages.TABLE_LABELS[name]}</td>"
        f"<td>{number_text(float(row[name]), UNITS[name])}</td></tr>"
        for name in messages.QUANTITY_LABELS
    )
    kind = messages.SEPARATED_KIND if row["separated"] else messages.WHOLE_KIND
    title = messages.PARTICLE.format(number=number)
    return (
        f"<h3>{title} <small>{kind}</small></h3><div class='antema-card'>"
        f"<img src='{url}' alt='{title}'><table>{rows}</table></div>"
    )


def window_around(region: Region, shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns of a square around a region, cut where the image ends."""
    half = max(SMALLEST_WINDOW_PX, round(WINDOW_SIZES * max(region.image.shape))) // 2
    middles = (
        begin + size // 2 for begin, size in zip(region.origin, region.image.shape, strict=True)
    )
    rows, columns = (
        slice(max(0, middle - half), min(side, middle + half))
        for middle, side in zip(middles, shape, strict=True)
    )
    return rows, columns
