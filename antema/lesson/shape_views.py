"""Figures on shapes: convexity, the steps of UECS, size and shape in numbers, projections."""

import functools
import math

import ipywidgets as widgets
import numpy as np

from ..geometry import describe
from ..separation import LEFT_OUT, SeparationOptions, separate
from . import drawing, scenes, steps
from .charts import chart
from .exercises import UECS
from .widgets import Bench, choice, classed, float_slider, follow, readings, titled

WATERSHED = SeparationOptions(method="watershed")


class Convexity(Bench):
    """Two discs, their common hull, and the two numbers that notice the notch."""

    def __init__(self) -> None:
        self.distance = float_slider("Distance / radii", 0, 2.4, 1.2, 0.05)
        self.ratio = float_slider("Smaller / larger radius", 0.3, 1, 1, 0.1, ".1f")
        self.picture, self.chart, self.readings = (widgets.HTML() for _ in range(3))
        super().__init__(
            "convexity",
            [self.picture, self.chart],
            [self.distance, self.ratio],
            [self.readings],
            "Left: two discs (grey) and their convex hull (blue, dashed). Right: convexity and "
            "solidity against the distance of the centres, with antema's thresholds dotted.",
        )
        follow([self.distance, self.ratio], self.draw)

    def draw(self) -> None:
        """Measure the two discs and show them."""
        distance, ratio = self.distance.value, self.ratio.value
        mask = scenes.two_discs(distance, ratio)
        frame = scenes.two_discs(2.4, ratio).shape
        shape = describe(mask)
        convex = shape.convexity >= UECS.convexity and shape.solidity >= UECS.solidity
        body = drawing.shape_path(mask, f'fill="{drawing.GREY}"') + _hull_path(mask)
        body = f'<g transform="translate({(frame[1] - mask.shape[1]) / 2} 0)">{body}</g>'
        self.picture.value = drawing.drawing(
            frame, body, f"Two discs with a convexity of {shape.convexity:.3f}."
        )
        across, convexity, solidity = _two_disc_curve(round(ratio, 2))
        words = "Convexity and solidity against the distance of the two discs."
        with chart("distance / radii", "", words) as made:
            for y, now, least, name, colour in (
                (convexity, shape.convexity, UECS.convexity, "convexity", drawing.BLUE),
                (solidity, shape.solidity, UECS.solidity, "solidity", drawing.PURPLE),
            ):
                made.axes.plot(across, y, color=colour, label=name)
                made.axes.axhline(least, color=colour, linewidth=1, linestyle=":")
                made.axes.plot(distance, now, "o", color=drawing.ORANGE, markersize=8)
            made.axes.set(xlim=(0, 2.45), ylim=(0.82, 1.005))
        self.chart.value = made.svg
        self.readings.value = readings(
            ("perimeter of the hull / px", f"{shape.hull_perimeter:.0f}"),
            ("perimeter / px", f"{shape.perimeter:.0f}"),
            ("convexity", f"{shape.convexity:.3f}"),
            ("solidity", f"{shape.solidity:.3f}"),
            ("antema takes it for", "one particle" if convex else "several particles"),
        )


def _hull_path(mask: np.ndarray) -> str:
    from scipy.spatial import ConvexHull

    points = np.argwhere(mask)
    corners = points[ConvexHull(points).vertices]
    line = "L".join(f"{x} {y}" for y, x in corners)
    style = f'fill="none" stroke="{drawing.BLUE}" stroke-width="2" stroke-dasharray="7 5"'
    return f'<path d="M{line}Z" {style}/>'


@functools.cache
def _two_disc_curve(ratio: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Beyond this distance the discs do not touch, and are two regions.
    across = np.append(np.arange(0, 0.98 + ratio, 0.05), 0.99 + ratio)
    shapes = [describe(scenes.two_discs(d, ratio)) for d in across]
    convexity = np.array([shape.convexity for shape in shapes])
    return across, convexity, np.array([shape.solidity for shape in shapes])


@functools.cache
def _steps(name: str) -> tuple[np.ndarray, list[steps.Step]]:
    mask, _ = scenes.overlap_scene(name)
    return mask, steps.uecs_steps(mask, UECS)


class Erosion(Bench):
    """UECS step by step, with the watershed beside it."""

    def __init__(self) -> None:
        self.scene = choice("Scene", list(scenes.OVERLAPS), "cluster")
        self.step = widgets.IntSlider(description="Step", min=0, max=1, value=0, readout=False)
        self.step.style.description_width = "auto"
        classed(self.step, "lesson-control", "lesson-step")
        self.play = widgets.Play(interval=160, min=0, max=1, show_repeat=False)
        widgets.jslink((self.play, "value"), (self.step, "value"))
        self.picture, self.watershed = widgets.HTML(), widgets.HTML()
        self.words = classed(widgets.HTML(), "lesson-said")
        self.table = widgets.HTML()
        super().__init__(
            "erosion",
            [titled("UECS", self.picture, self.words), titled("Watershed", self.watershed)],
            [self.scene, self.step, self.play],
            [self.table],
            "Left: grey is not convex yet, orange is a marker (a part that came off and is "
            "convex), "
            "purple is too small to count. Then each marker grows back by the depth at which it "
            "was "
            "found, inside the old outline. Right: the watershed of the distance map, which gives "
            "every pixel to one particle only. UECS keeps the overlap, and with it a bit of the "
            "neck: its diameters tend to be a few percent too large, those of the watershed too "
            "small.",
        )
        self.scene.observe(lambda _change: self.load(), names="value")
        self.step.observe(lambda _change: self.draw(), names="value")
        self.load()

    def load(self) -> None:
        """Take the chosen scene, and begin at its first step."""
        mask, taken = _steps(self.scene.value)
        self.step.max = self.play.max = len(taken) - 1
        self.step.value = 0
        parts = [
            (region.origin, region.image)
            for region in separate(mask, options=WATERSHED)
            if region.status != LEFT_OUT
        ]
        self.watershed.value = drawing.watershed_drawing(mask, parts)
        self.table.value = readings(*_diameters(self.scene.value, [image for _, image in parts]))
        self.draw()

    def draw(self) -> None:
        """Show the step."""
        mask, taken = _steps(self.scene.value)
        step = taken[self.step.value]
        self.picture.value = drawing.step_drawing(mask, step)
        self.words.value = f"<div role='status'>{drawing.step_words(step)}</div>"


def _diameters(name: str, watershed: list[np.ndarray]) -> list[tuple[str, str]]:
    """Return number and diameters of the true particles and of those that were found."""
    _, truth = scenes.overlap_scene(name)
    found = [part.image for part in _steps(name)[1][-1].of_kind(steps.PARTICLE)]

    def text(images: list[np.ndarray]) -> str:
        diameters = [describe(image).equivalent_diameter for image in images]
        shown = ", ".join(f"{diameter:.0f}" for diameter in sorted(diameters))
        return f"{len(images)}: {shown} px"

    rows = (("drawn", truth), ("UECS", found), ("watershed", watershed))
    return [(f"diameters, {name}", text(images)) for name, images in rows]


class Shapes(Bench):
    """Feret diameters, equivalent diameter and circularity of a shape that can be turned."""

    def __init__(self) -> None:
        self.shape = choice("Shape", list(scenes.SHAPES), "rod 4 : 1")
        self.turn = float_slider("Turned by / °", 0, 180, 30, 5, ".0f")
        self.caliper = float_slider("Caliper at / °", 0, 180, 60, 5, ".0f")
        self.picture, self.chart, self.readings = (widgets.HTML() for _ in range(3))
        super().__init__(
            "shapes",
            [self.picture, self.chart],
            [self.shape, self.turn, self.caliper],
            [self.readings],
            "Left: a shape with the circle of the same area (purple, dashed) and a caliper "
            "(orange). "
            "Right: what the caliper reads in every direction; its extremes are the smallest and "
            "the "
            "largest Feret diameter. All shapes have the area of a disc of 12 nm (0.1 nm per "
            "pixel).",
        )
        follow([self.shape, self.turn, self.caliper], self.draw)

    def draw(self) -> None:
        """Measure the shape and show it."""
        corners = scenes.shape_outline(self.shape.value, self.turn.value)
        shape = describe(scenes.polygon(corners))
        nm = 0.1
        angles = np.arange(0, 181, 2.5)
        widths = np.array([_caliper(corners, a)[0] for a in angles]) * nm
        width, body = _caliper(corners, self.caliper.value)
        line = "L".join(f"{x:.1f} {y:.1f}" for y, x in corners)
        radius = shape.equivalent_diameter / 2
        body = (
            f'<g transform="translate(150 150)"><path d="M{line}Z" fill="{drawing.GREY}"/>'
            f'<circle r="{radius}" fill="none" stroke="{drawing.PURPLE}" stroke-width="2" '
            f'stroke-dasharray="6 5"/>{body}</g>'
        )
        self.picture.value = drawing.drawing(
            (300, 300), body, f"A {self.shape.value} between the jaws of a caliper."
        )
        diameter = shape.equivalent_diameter * nm
        words = "Feret diameter in every direction of the caliper."
        with chart("direction of the caliper / °", "nm", words) as made:
            made.axes.plot(angles, widths, color=drawing.BLUE, label="Feret diameter")
            made.axes.axhline(
                diameter, color=drawing.PURPLE, linestyle="--", label="equivalent diameter"
            )
            made.axes.plot(self.caliper.value, width * nm, "o", color=drawing.ORANGE, markersize=9)
            made.axes.set(xlim=(0, 180), ylim=(0, 26), xticks=range(0, 181, 45))
        self.chart.value = made.svg
        self.readings.value = readings(
            ("equivalent diameter", f"{diameter:.2f} nm"),
            ("Feret, smallest", f"{shape.feret_min * nm:.2f} nm"),
            ("Feret, largest", f"{shape.feret_max * nm:.2f} nm"),
            ("aspect ratio", f"{shape.aspect_ratio:.2f}"),
            ("circularity", f"{shape.circularity:.2f}"),
            ("convexity", f"{shape.convexity:.2f}"),
        )


def _caliper(corners: np.ndarray, degrees: float) -> tuple[float, str]:
    """Return the width of a shape in a direction, and the two jaws as SVG."""
    angle = math.radians(degrees)
    along = np.array([-math.sin(angle), math.cos(angle)])  # rows run down
    across = np.array([along[1], -along[0]])
    places = corners @ along
    jaws = ""
    for place in (places.min(), places.max()):
        (y1, x1), (y2, x2) = (place * along + side * 130 * across for side in (-1, 1))
        jaws += (
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{drawing.ORANGE}" stroke-width="3"/>'
        )
    return float(np.ptp(places)), jaws


class Projection(Bench):
    """Bodies that are tilted under the beam, and what is left of them in the image."""

    def __init__(self) -> None:
        self.body = choice("Body", list(scenes.BODIES), "platelet")
        self.tilt = float_slider("Tilt / °", 0, 90, 0, 1, ".0f")
        self.side, self.picture = widgets.HTML(), widgets.HTML()
        self.outline, self.readings = widgets.HTML(), widgets.HTML()
        super().__init__(
            "projection",
            [
                titled("From the side, beam from above", self.side),
                titled("Image", self.picture),
                titled("What antema finds", self.outline),
            ],
            [self.body, self.tilt],
            [self.readings],
            "Left: the body seen from the side, the electrons coming from above. Middle: its "
            "projection, by absorption alone. Right: the outline that is left of it, blue for one "
            "particle, orange for two that were separated. The sphere has a diameter of 8 nm, and "
            "so has the circle that the platelet lying flat and the rod standing on end show.",
        )
        follow([self.body, self.tilt], self.draw)

    def draw(self) -> None:
        """Project the body and measure what is seen."""
        body, tilt = self.body.value, self.tilt.value
        thickness = scenes.projection(body, tilt, 320)
        mask = thickness > 0
        grey = (235 * np.exp(-0.5 * thickness)).astype(np.uint8)
        self.side.value = _side_view(body, tilt)
        self.picture.value = drawing.drawing(
            mask.shape, drawing.raster(grey), f"Projection of the {body} tilted by {tilt:.0f}°."
        )
        regions = [r for r in separate(mask, options=UECS) if r.status != LEFT_OUT]
        colour = drawing.BLUE if len(regions) == 1 else drawing.ORANGE
        style = f'fill="{colour}" fill-opacity="0.3" stroke="{colour}" stroke-width="2.5"'
        self.outline.value = drawing.drawing(
            mask.shape,
            "".join(drawing.shape_path(r.image, style, r.origin) for r in regions),
            f"{len(regions)} outlines." if len(regions) != 1 else "One outline.",
        )
        shapes = [describe(region.image) for region in regions]
        nm = 8 / 80
        diameters = " and ".join(f"{s.equivalent_diameter * nm:.1f}" for s in shapes)
        self.readings.value = readings(
            ("particles found", str(len(regions))),
            ("equivalent diameter", f"{diameters} nm"),
            ("aspect ratio", " and ".join(f"{s.aspect_ratio:.2f}" for s in shapes)),
        )


def _side_view(body: str, degrees: float) -> str:
    """Return the body seen from the side, and the beam."""
    style = f'fill="{drawing.GREY}" stroke="{drawing.INK}" stroke-width="1.5"'
    if body == "two touching spheres":
        shape = "".join(f'<circle cx="{x}" r="40" {style}/>' for x in (-40, 40))
    else:
        height = {"sphere": 40, "platelet": 10, "rod": 120}[body]
        shape = f'<ellipse rx="40" ry="{height}" {style}/>'
    arrows = "".join(
        f'<path d="M{x} 8v26m-5 -8l5 8l5 -8" stroke="{drawing.BLUE}" stroke-width="2.5" '
        'fill="none"/>'
        for x in range(40, 320, 60)
    )
    placed = f'<g transform="translate(160 175) rotate({degrees})">{shape}</g>'
    return drawing.drawing(
        (320, 320), arrows + placed, f"The {body} from the side, tilted by {degrees:.0f}°."
    )
