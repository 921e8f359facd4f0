"""Figures on statistics: how many particles are enough, the edge, and ten picked by eye."""

import functools
from typing import Any

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from ..analysis import Analysis, Settings, analyze
from ..figures import picture_url
from ..simulation import Simulated
from . import drawing, numbers, scenes
from .charts import chart
from .exercises import UECS
from .widgets import STATIC, Bench, float_slider, follow, readings, slider

COUNTS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)
REPEATS = 500
TEN = 10


class Counting(Bench):
    """Samples of a known distribution: how far their means lie from the truth."""

    def __init__(self) -> None:
        self.count = slider("Particles measured", COUNTS, 20)
        self.width = float_slider("Width of the distribution (GSD)", 1.05, 1.6, 1.3, 0.05)
        self.again = widgets.Button(description="Draw another sample")
        self.readings = widgets.HTML()
        self._seed = 0
        self.sample, self.means = widgets.HTML(), widgets.HTML()
        super().__init__(
            "counting",
            [self.sample, self.means],
            [self.count, self.width, self.again],
            [self.readings],
            "Left: the diameters of one sample. Right: the means of 500 such samples. The black "
            "line "
            "is the true mean, 5 nm. More particles do not make the left picture narrower, only "
            "the "
            "right one.",
        )
        self.again.on_click(lambda _button: self.redraw())
        follow([self.count, self.width], self.draw)

    def redraw(self) -> None:
        """Draw another sample."""
        self._seed += 1
        self.draw()

    def draw(self) -> None:
        """Show this sample, and the means of many."""
        count, gsd = self.count.value, self.width.value
        median = 5 / np.exp(np.log(gsd) ** 2 / 2)  # so that the mean is 5
        values = numbers.log_normal(np.random.default_rng(self._seed), median, gsd, count)
        many = numbers.log_normal(np.random.default_rng(7), median, gsd, REPEATS * count)
        means = many.reshape(REPEATS, count).mean(axis=1)
        for target, shown, edges, x, y, colour in (
            (self.sample, values, np.linspace(0, 15, 46), "diameter", "particles", drawing.BLUE),
            (self.means, means, np.linspace(3.5, 6.5, 61), "mean", "samples", drawing.ORANGE),
        ):
            with chart(f"{x} / nm", y, f"Histogram of {len(shown)} values of the {x}.") as made:
                made.axes.hist(shown, edges, color=colour)
                made.axes.axvline(5, color=drawing.INK, linewidth=1.5, label="true mean")
                made.axes.set(xlim=(edges[0], edges[-1]))
            target.value = made.svg
        error = numbers.standard_error(values)
        low, high = numbers.bootstrap_interval(values)
        self.readings.value = readings(
            ("mean ± standard deviation s", f"{values.mean():.2f} ± {values.std(ddof=1):.2f} nm"),
            ("standard error s/√n", f"{error:.3f} nm ({error / values.mean():.1%})"),
            ("spread of the 500 means", f"{means.std(ddof=1):.3f} nm"),
            ("95 % interval by bootstrap", f"{low:.2f} to {high:.2f} nm"),
        )


class Edge(Bench):
    """A field of particles: whole ones, cut ones, and what leaving these out does to the mean."""

    def __init__(self) -> None:
        self.field = float_slider("Width of the field / nm", 20, 200, 40, 5, ".0f")
        self.width = float_slider("Width of the distribution (GSD)", 1.05, 1.6, 1.45, 0.05)
        self.picture, self.chart, self.readings = (widgets.HTML() for _ in range(3))
        super().__init__(
            "edge",
            [self.picture, self.chart],
            [self.field, self.width],
            [self.readings],
            "Left: a field of discs with a geometric mean of 8 nm; those cut by the edge are grey. "
            "Right: the true distribution (grey) and that of the whole ones (blue): the smaller "
            "the "
            "field, the more it leans to small particles.",
        )
        follow([self.field, self.width], self.draw)

    def draw(self) -> None:
        """Show one field, and the means that are expected over many."""
        field, gsd = self.field.value, self.width.value
        rng = np.random.default_rng(5)
        self.picture.value = _field_drawing(field, _discs_without_overlap(field, gsd))
        diameters = numbers.log_normal(rng, 8, gsd, 50_000)
        edges = np.linspace(0, 30, 61)
        share = numbers.share_whole(diameters, field)
        words = "The distribution of the whole particles leans to smaller diameters."
        with chart("diameter / nm", "share per 0.5 nm", words) as made:
            for weights, name, colour in (
                (np.ones_like(share), "all", "#8b95a3"),
                (share, "whole ones", drawing.BLUE),
            ):
                weights = weights / max(weights.sum(), 1e-12)
                made.axes.hist(
                    diameters,
                    edges,
                    weights=weights,
                    histtype="step",
                    color=colour,
                    label=name,
                    linewidth=2,
                )
            made.axes.set(xlim=(0, 30))
        self.chart.value = made.svg
        everyone, whole, corrected = numbers.edge_means(diameters, field)
        self.readings.value = readings(
            ("share of whole particles", f"{share.mean():.0%}"),
            ("true mean", f"{everyone:.2f} nm"),
            ("mean of the whole ones", f"{whole:.2f} nm ({whole / everyone - 1:+.1%})"),
            ("with Miles-Lantuéjoul weights", f"{corrected:.2f} nm"),
        )


@functools.lru_cache(maxsize=64)
def _discs_without_overlap(field: float, gsd: float) -> np.ndarray:
    """Return rows of x, y, diameter (nm) of discs in and around a field."""
    rng = np.random.default_rng(2)
    area = (field + 30) ** 2
    diameters = numbers.log_normal(rng, 8, gsd, int(area * 0.3 / (np.pi / 4 * 64)))
    placed = np.empty((0, 3))
    for diameter in np.sort(diameters)[::-1]:
        for _ in range(20):
            x, y = rng.uniform(-15, field + 15, 2)
            gap = np.hypot(placed[:, 0] - x, placed[:, 1] - y)
            if np.all(gap > (placed[:, 2] + diameter) / 2 + 0.3):
                placed = np.vstack([placed, (x, y, diameter)])
                break
    return placed


def _field_drawing(field: float, discs: np.ndarray) -> str:
    body, whole, cut = "", 0, 0
    for x, y, d in discs:
        if min(x, y) <= -d / 2 or max(x, y) >= field + d / 2:
            continue  # nothing of it is in the field
        inside = min(x, y) >= d / 2 and max(x, y) <= field - d / 2
        whole, cut = whole + inside, cut + (not inside)
        colour = drawing.BLUE if inside else "#b5bdc8"
        body += f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{d / 2:.2f}" fill="{colour}"/>'
    words = f"A field with {whole} whole particles and {cut} that its edge cuts."
    frame = (
        f'<rect x="-10" y="-10" width="{field + 20}" height="{field + 20}" fill="#f0f2f5"/>'
        f'{body}<rect width="{field}" height="{field}" fill="none" stroke="{drawing.INK}" '
        f'stroke-width="{field / 150}"/>'
    )
    side = round(field) + 20
    # A picture in the picture is cut at its own edge.
    scene = (
        f'<svg x="-0.5" y="-0.5" width="{side}" height="{side}" viewBox="-10 -10 {side} {side}">'
    )
    scene += f"{frame}</svg>"
    return drawing.drawing((side, side), scene, words)


class Ruler(anywidget.AnyWidget):
    """A picture on which lines are drawn with the mouse.

    Attributes
    ----------
    lines : list of [x0, y0, x1, y1]
        In pixels of the picture, as columns and rows.
    """

    _esm = STATIC / "ruler.js"
    picture = traitlets.Unicode().tag(sync=True)
    shape: Any = traitlets.List().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    over = traitlets.Unicode().tag(sync=True)
    lines: Any = traitlets.List().tag(sync=True)


@functools.cache
def _field() -> tuple[Simulated, Analysis]:
    simulated = scenes.sample_field()
    return simulated, analyze(simulated.micrograph, Settings(separation=UECS))


class Picking(Bench):
    """Ten particles measured by eye, and all of them measured by antema."""

    def __init__(self) -> None:
        simulated, analysis = _field()
        micrograph = simulated.micrograph
        self._nm = micrograph.known_nm_per_pixel
        self._all = analysis.particles["equivalent_diameter_nm"].to_numpy()
        self._likeable = _likeable(simulated)
        pixels = micrograph.pixels
        grey = np.clip(pixels * (128 / pixels.mean()), 0, 255).astype(np.uint8)
        self.ruler = Ruler(
            picture=picture_url(grey),
            shape=list(micrograph.shape),
            over=drawing.scale_bar(micrograph.shape, self._nm),
            words="A simulated micrograph: draw a line across a particle to measure it.",
        )
        self.undo = widgets.Button(description="Undo", tooltip="Take the last line away")
        self.clear = widgets.Button(description="Start again")
        self.other = widgets.Button(
            description="Let somebody choose ten",
            tooltip="Measures ten particles that many people would choose",
        )
        self.readings = widgets.HTML()
        self.chart = widgets.HTML()
        buttons = widgets.HBox([self.undo, self.clear, self.other])
        side = widgets.VBox([self.chart, self.readings, buttons])
        super().__init__(
            "picking",
            [self.ruler, side],
            [],
            [],
            "Draw a line across each of ten particles that look typical to you, from edge to edge "
            "(press, drag, release). When there are ten, all particles that antema finds in this "
            "picture appear beside them. The picture is 96 nm wide.",
        )
        self.undo.on_click(lambda _button: self._set(self.ruler.lines[:-1]))
        self.clear.on_click(lambda _button: self._set([]))
        self.other.on_click(lambda _button: self._set(self._likeable))
        self.ruler.observe(lambda _change: self.draw(), names="lines")
        self.draw()

    def _set(self, lines: list[list[float]]) -> None:
        self.ruler.lines = list(lines)

    @property
    def measured(self) -> np.ndarray:
        """Lengths of the lines in nm."""
        lines = np.array(self.ruler.lines, dtype=float).reshape(-1, 4)
        return np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]) * self._nm

    @property
    def difference_percent(self) -> float | None:
        """Mean of the measured ones over the mean of all, minus 1, in percent; None below ten."""
        if len(self.measured) < TEN:
            return None
        return float(100 * (self.measured.mean() / self._all.mean() - 1))

    def draw(self) -> None:
        """Show the measured ones; from ten on all the others as well."""
        mine = self.measured
        edges = np.arange(0, 14.5, 0.5)
        done = len(mine) >= TEN
        words = "Histogram of the diameters you measured, and of all."
        with chart("diameter / nm", "particles", words) as made:
            if done:
                made.axes.hist(self._all, edges, color=drawing.BLUE, alpha=0.35, label="all")
                made.axes.axvline(self._all.mean(), color=drawing.BLUE)
                made.axes.axvline(mine.mean(), color=drawing.ORANGE)
            made.axes.hist(mine, edges, color=drawing.ORANGE, rwidth=0.5, label="yours")
            made.axes.set(xlim=(0, 14), ylim=(0, None if done else 10))
        self.chart.value = made.svg
        rows = [("yours", _mean_text(mine))]
        if done:
            rows.append(("all", _mean_text(self._all)))
            error = self._all.std(ddof=1) / np.sqrt(len(mine))
            rows.append((f"a random {len(mine)} would lie within", f"± {2 * error:.1f} nm"))
        else:
            rows.append(("still to measure", str(TEN - len(mine))))
        self.readings.value = readings(*rows)


def _mean_text(values: np.ndarray) -> str:
    if not len(values):
        return "none yet"
    spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread} nm (n = {len(values)})"


def _likeable(simulated: Simulated) -> list[list[float]]:
    """Return lines across ten particles that catch the eye: large and free-lying ones."""
    particles = simulated.particles
    nm = simulated.micrograph.known_nm_per_pixel
    rows, columns = simulated.micrograph.shape
    places = np.array([(p.row_px, p.column_px) for p in particles])
    radii = np.array([p.diameter_nm for p in particles]) / 2 / nm
    scores = []
    for place, radius in zip(places, radii, strict=True):
        gaps = np.hypot(*(places - place).T) - radii - radius
        free = np.sort(gaps)[1] > 2
        room = min(place.min(), rows - place[0], columns - place[1]) > radius + 3
        scores.append(radius if free and room else 0.0)
    chosen = np.argsort(scores)[::-1][:TEN]
    return [
        [places[i, 1] - radii[i], places[i, 0], places[i, 1] + radii[i], places[i, 0]]
        for i in map(int, chosen)
    ]
