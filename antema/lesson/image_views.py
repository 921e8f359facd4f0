"""Figures on the image itself: dose and defocus, pixel size, threshold, network."""

import functools

import ipywidgets as widgets
import numpy as np

from ..geometry import describe
from ..segmentation import SegmentationOptions, probability_map
from . import drawing, numbers, scenes
from .charts import chart
from .widgets import Bench, choice, float_slider, follow, readings, slider

DOSES = (5, 10, 20, 50, 100, 200, 500, 1000, 5000)
DEFOCI_NM = (-400, -300, -200, -100, -50, 0, 50, 100, 200)
BIN_FACTORS = (1, 2, 3, 4, 6, 8, 12, 16)


class Exposure(Bench):
    """The same particles with more or fewer electrons, in and out of focus."""

    def __init__(self) -> None:
        self.dose = slider("Dose / electrons per pixel", DOSES, 200)
        self.defocus = slider("Defocus / nm", DEFOCI_NM, -100, lambda v: f"{v:+d}")
        self.picture, self.profile = widgets.HTML(), widgets.HTML()
        self.readings = widgets.HTML()
        super().__init__(
            "exposure",
            [self.picture, self.profile],
            [self.dose, self.defocus],
            [self.readings],
            "Simulated gold particles of 4 nm on 5 nm of amorphous carbon at 300 kV (pixel 0.1 "
            "nm). "
            "Right: the brightness along the orange line, 1 being the background. Fewer electrons "
            "make the grey curve jump; underfocus (negative) puts a bright fringe around a "
            "particle "
            "and makes the grain of the carbon visible. The camera is an ideal one.",
        )
        follow([self.dose, self.defocus], self.draw)

    def draw(self) -> None:
        """Simulate again and show it."""
        dose, defocus = self.dose.value, self.defocus.value
        taken, clean = scenes.exposure(dose, defocus), scenes.exposure(0, defocus)
        pixels, empty = taken.micrograph.pixels, ~taken.mask
        level = float(clean.micrograph.pixels[empty].mean())
        row = _row_of_largest(clean.particles)
        line = (
            f'<path d="M0 {row}H{pixels.shape[1] - 1}" stroke="{drawing.ORANGE}" '
            'stroke-width="1.5" stroke-dasharray="6 4"/>'
        )
        words = f"Simulated micrograph with {dose} electrons per pixel, {defocus} nm defocus."
        self.picture.value = drawing.micrograph_drawing(taken.micrograph, words, over=line)
        across = np.arange(pixels.shape[1]) * taken.micrograph.known_nm_per_pixel
        with chart(
            "position along the line / nm", "brightness", "Brightness along the line."
        ) as made:
            for source, name, style in (
                (taken, "as recorded", {"color": "#b5bdc8", "linewidth": 1}),
                (clean, "without noise", {"color": drawing.BLUE}),
            ):
                made.axes.plot(across, source.micrograph.pixels[row] / level, label=name, **style)
            made.axes.set(xlim=(0, across[-1]), ylim=(0, 1.9))
        self.profile.value = made.svg
        counting, seen = 1 / np.sqrt(dose), float(pixels[empty].std() / level)
        grain = float(clean.micrograph.pixels[empty].std() / level)
        self.readings.value = readings(
            ("electrons in a background pixel", f"{dose} ± {np.sqrt(dose):.0f}"),
            ("noise of counting, 1/√N", f"{counting:.1%}"),
            ("grain of the carbon", f"{grain:.1%}"),
            ("both together, measured", f"{seen:.1%}"),
        )


def _row_of_largest(particles: tuple) -> int:
    return round(max(particles, key=lambda p: np.count_nonzero(p.image)).row_px)


class PixelSize(Bench):
    """The same field with coarser and coarser pixels, and what it does to a diameter."""

    def __init__(self) -> None:
        self._fine = scenes.exposure(100, -100).micrograph
        nm = self._fine.known_nm_per_pixel
        self.factor = slider("Pixel size / nm", BIN_FACTORS, 4, lambda factor: f"{factor * nm:.1f}")
        self.picture, self.chart = widgets.HTML(), widgets.HTML()
        self.readings = widgets.HTML()
        self._spread = {factor: measured_discs(4.0, factor * nm) for factor in BIN_FACTORS}
        super().__init__(
            "pixel",
            [self.picture, self.chart],
            [self.factor],
            [self.readings],
            "Left: the field with larger pixels, as at a lower magnification. Right: equivalent "
            "diameters of a disc of exactly 4 nm, put down at 60 places between the pixels. The "
            "larger the pixel, the more the result depends on where the disc happens to lie.",
        )
        follow([self.factor], self.draw)

    def draw(self) -> None:
        """Show the field with these pixels."""
        factor = self.factor.value
        coarse = scenes.binned(self._fine, factor)
        nm = coarse.known_nm_per_pixel
        self.picture.value = drawing.micrograph_drawing(
            coarse, f"The field with pixels of {nm:.1f} nm."
        )
        values = self._spread[factor]
        words = "Measured diameters of a disc of 4 nm scatter more the larger the pixels are."
        with chart("pixel size / nm", "measured diameter / nm", words) as made:
            for each, found in self._spread.items():
                sizes = np.full(len(found), each * self._fine.known_nm_per_pixel)
                made.axes.plot(sizes, found, "o", color=drawing.BLUE, alpha=0.25, markersize=4)
            made.axes.plot(
                np.full(len(values), nm), values, "o", color=drawing.ORANGE, label="this pixel size"
            )
            made.axes.axhline(4, color=drawing.INK, linewidth=1)
        self.chart.value = made.svg
        self.readings.value = readings(
            ("pixels across a particle of 4 nm", f"{4 / nm:.0f}"),
            ("measured diameter", f"{values.mean():.2f} ± {values.std():.2f} nm"),
            ("relative spread", f"{values.std() / values.mean():.1%}"),
        )


def measured_discs(diameter_nm: float, nm_per_pixel: float, places: int = 60) -> np.ndarray:
    """Return the equivalent diameter of a disc drawn at random places of a grid of pixels."""
    radius = diameter_nm / 2 / nm_per_pixel
    side = int(np.ceil(2 * radius)) + 3
    centres = side / 2 + np.random.default_rng(0).uniform(-0.5, 0.5, (places, 2))
    discs = (scenes.ellipses((side, side), [(*c, radius, radius, 0)]) for c in centres)
    found = [describe(disc).equivalent_diameter if disc.any() else 0.0 for disc in discs]
    return np.array(found) * nm_per_pixel


_scene = functools.cache(scenes.contrast_scene)


def _contrast_slider(value: float) -> widgets.SelectionSlider:
    return slider("Contrast of the particles", scenes.CONTRASTS, value, lambda v: f"{v:.0%}")


class Threshold(Bench):
    """Smoothing and one threshold, against the truth."""

    def __init__(self) -> None:
        self.contrast = _contrast_slider(0.6)
        self.smoothing = float_slider("Smoothing σ / px", 0, 6, 1, 0.5, ".1f")
        self.threshold = float_slider("Threshold", 0.02, 0.98, 0.5, 0.02)
        self.grey, self.mask = widgets.HTML(), widgets.HTML()
        self.histogram, self.readings = widgets.HTML(), widgets.HTML()
        super().__init__(
            "threshold",
            [self.grey, self.mask, self.histogram],
            [self.contrast, self.smoothing, self.threshold],
            [self.readings],
            "Left: the smoothed picture. Middle: everything darker than the threshold; blue is "
            "right, orange is too much, purple was missed. Right: the grey values, coloured by "
            "what "
            "is known from the simulation, and the threshold as an orange line.",
        )
        follow([self.contrast, self.smoothing, self.threshold], self.draw)

    def draw(self) -> None:
        """Smooth, cut and compare."""
        scene = _scene(self.contrast.value)
        grey = numbers.smoothed(scene.micrograph.pixels, self.smoothing.value)
        mask = numbers.dark(grey, self.threshold.value)
        score = numbers.iou(mask, scene.mask)
        shown = (grey * 255).astype(np.uint8)
        self.grey.value = drawing.micrograph_drawing(
            scene.micrograph, "The smoothed picture.", shown
        )
        self.mask.value = drawing.drawing(
            mask.shape,
            drawing.raster(drawing.comparison(mask, scene.mask)),
            f"What is darker than the threshold; IoU with the truth {score:.2f}.",
        )
        words = "Grey values of background and particles, and the threshold."
        with chart("grey value", "pixels", words, 3.4) as made:
            parts = [grey[~scene.mask], grey[scene.mask]]
            made.axes.hist(
                parts,
                np.linspace(0, 1, 65),
                stacked=True,
                color=["#b5bdc8", drawing.BLUE],
                label=["background", "particles"],
            )
            made.axes.axvline(self.threshold.value, color=drawing.ORANGE, linewidth=3)
            made.axes.set(xlim=(0, 1))
        self.histogram.value = made.svg
        self.readings.value = readings(
            ("right", f"{np.count_nonzero(mask & scene.mask)} px"),
            ("too much", f"{np.count_nonzero(mask & ~scene.mask)} px"),
            ("missed", f"{np.count_nonzero(~mask & scene.mask)} px"),
            ("IoU", f"{score:.2f}"),
        )


@functools.cache
def _network(contrast: float) -> np.ndarray:
    return probability_map(_scene(contrast).micrograph, SegmentationOptions()).astype(np.float32)


class Network(Bench):
    """The network's probability beside the best threshold, from high to low contrast."""

    def __init__(self) -> None:
        self.contrast = _contrast_slider(scenes.CONTRASTS[2])
        self.view = choice(
            "Middle picture", ["network", "best threshold", "probability"], "network"
        )
        self.picture, self.mask = widgets.HTML(), widgets.HTML()
        self.chart, self.readings = widgets.HTML(), widgets.HTML()
        truths = {c: _scene(c).mask for c in scenes.CONTRASTS}
        self._best = {
            c: numbers.best_threshold(_scene(c).micrograph.pixels, truth)
            for c, truth in truths.items()
        }
        self._scores = {c: numbers.iou(_network(c) >= 0.5, truth) for c, truth in truths.items()}
        super().__init__(
            "network",
            [self.picture, self.mask, self.chart],
            [self.contrast, self.view],
            [self.readings],
            "Left: the micrograph. Middle: the mask (blue right, orange too much, purple missed) "
            "or "
            "the probability that the network gives (dark = particle). Right: the IoU of both "
            "methods against the contrast. The threshold was chosen with the truth at hand, which "
            "nobody has in practice. On the other hand simulated images of this kind were part of "
            "the network's training: on your own, look at the outlines before you trust them.",
        )
        follow([self.contrast, self.view], self.draw)

    def draw(self) -> None:
        """Show the chosen contrast and view."""
        contrast, scene = self.contrast.value, _scene(self.contrast.value)
        probability = _network(contrast)
        score, sigma, threshold = self._best[contrast]
        self.picture.value = drawing.micrograph_drawing(
            scene.micrograph, f"Particles with a contrast of {contrast:.0%}."
        )
        if self.view.value == "probability":
            shown = (255 * (1 - probability)).astype(np.uint8)
            words = "Probability of being a particle, dark where it is high."
        else:
            by_network = self.view.value == "network"
            grey = numbers.smoothed(scene.micrograph.pixels, sigma)
            mask = probability >= 0.5 if by_network else numbers.dark(grey, threshold)
            shown = drawing.comparison(mask, scene.mask)
            words = f"Mask of the {self.view.value}, compared with the truth."
        self.mask.value = drawing.drawing(probability.shape, drawing.raster(shown), words)
        words = "IoU of the network and of the best threshold against the contrast."
        with chart("contrast / %", "IoU", words, 3.4) as made:
            x = [100 * c for c in scenes.CONTRASTS]
            network, best = list(self._scores.values()), [b[0] for b in self._best.values()]
            made.axes.plot(x, network, "o-", color=drawing.BLUE, label="network")
            made.axes.plot(x, best, "s-", color=drawing.ORANGE, label="best threshold")
            made.axes.axvline(100 * contrast, color=drawing.INK, linewidth=1, linestyle=":")
            made.axes.set(xscale="log", ylim=(0, 1.02))
            made.axes.set_xticks(x, [f"{v:.0f}" for v in x])
            made.axes.minorticks_off()
        self.chart.value = made.svg
        self.readings.value = readings(
            ("IoU of the network", f"{self._scores[contrast]:.2f}"),
            ("IoU of the best threshold", f"{score:.2f}"),
        )
