"""The exercises: a question, a check that says right or wrong in helpful words, and a solution.

The checks are plain functions from an answer to a `Verdict`. They are tolerant: "0,95", "5 %" and
"2.0 nm" are numbers.
"""

import dataclasses
import functools
import math
import re
from collections.abc import Callable

from ..separation import SEPARATED, SeparationOptions, separate
from . import numbers, scenes, steps

UECS = SeparationOptions(method="uecs")
LOW_CONTRAST = scenes.CONTRASTS[2]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and what helps on."""

    right: bool
    words: str

    def __str__(self) -> str:
        return f"{'Right.' if self.right else 'Not yet.'} {self.words}"


@dataclasses.dataclass(frozen=True)
class Exercise:
    """One question of the lesson.

    Parameters
    ----------
    section : str
        Heading of the section that it belongs to, as in the notebook.
    question : str
        HTML with formulas between dollar signs.
    check : callable
        From the answer (a number, or an index into `choices`) to a `Verdict`.
    solution : str
        HTML with formulas.
    unit : str
        Of the answer.
    choices : tuple of str
        Answers to choose from; none for a number.
    code : str
        Python that computes the answer and leaves it in the variable ``answer``; may be empty.
    """

    section: str
    question: str
    check: Callable[..., Verdict]
    solution: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    code: str = ""


def check(name: str, answer: object) -> Verdict:
    """Check an answer in code: ``lesson.check("dose", 900)``.

    Parameters
    ----------
    name : str
        One of `EXERCISES`.
    answer : number or str
        For a question with choices the number of the choice, from 1.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    exercise = EXERCISES[name]
    value = number(answer)
    if value is None:
        return Verdict(False, "Please answer with a number, such as 0.95.")
    return exercise.check(int(value) - 1 if exercise.choices else value)


def number(answer: object) -> float | None:
    """Return the first number in an answer; None if there is none."""
    if isinstance(answer, str):
        text = answer.strip().replace("−", "-")
        # One comma, with no point beside it, is a decimal comma.
        if text.count(",") == 1 and "." not in text and not re.search(r",\d{3}(\D|$)", text):
            text = text.replace(",", ".")
        found = re.search(r"[-+]?\d*\.?\d+(?:e[-+]?\d+)?", text.replace(",", ""), re.IGNORECASE)
        return float(found[0]) if found else None
    try:
        value = float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def near(answer: float, value: float, relative: float = 0.03) -> bool:
    """Whether an answer is as close to a value as rounding by hand leaves it."""
    return abs(answer - value) <= relative * abs(value)


def check_dose(answer: float) -> Verdict:
    """Contrast 10 %, three times the noise: (3 / 0.1)² electrons."""
    if 800 <= answer <= 1000:
        return Verdict(True, "0.1 N = 3 √N holds for N = 900 electrons per pixel.")
    if near(answer, 1710, 0.08):
        return Verdict(True, "You counted the noise of both pixels, √(1.9 N): stricter, and right.")
    if near(answer, 30):
        return Verdict(False, "That is √N. How large is N?")
    if near(answer, 9):
        return Verdict(False, "With 9 electrons the noise is 3. But the particle takes only 10 %.")
    return Verdict(
        False, "Write the difference (0.1 N) and the noise (√N), and set one to 3 times the other."
    )


def check_pixel(answer: float) -> Verdict:
    """Area 1257 px at 0.05 nm: 40 px, 2 nm."""
    if near(answer, 2.0):
        return Verdict(True, "40 pixels of 0.05 nm.")
    if near(answer, 40):
        return Verdict(False, "That is the diameter in pixels. How many nm is a pixel wide?")
    if near(answer, 1257 * 0.05) or near(answer, math.sqrt(4 * 1257 * 0.05 / math.pi)):
        return Verdict(False, "An area in pixels becomes nm² with the square of the pixel size.")
    if near(answer, 3.14, 0.01) or near(answer, 3.1425, 0.01):
        return Verdict(False, "That is the area in nm². Which circle has this area?")
    if near(answer, 1.0):
        return Verdict(False, "That is the radius.")
    return Verdict(False, "First the pixel size, 102.4 nm / 2048; then the circle of that area.")


@functools.cache
def best_iou(contrast: float) -> float:
    """Return the best IoU of one threshold on the lesson's picture of this contrast."""
    scene = scenes.contrast_scene(contrast)
    return numbers.best_threshold(scene.micrograph.pixels, scene.mask)[0]


def check_threshold(answer: float) -> Verdict:
    """The best IoU that can be reached by hand at low contrast, within 0.05."""
    best = best_iou(LOW_CONTRAST)
    answer = answer / 100 if answer > 1 else answer
    if answer > best + 0.03:
        return Verdict(
            False,
            f"Better than anything that is possible here. Is the contrast at {LOW_CONTRAST:.0%}?",
        )
    if answer >= best - 0.06:
        return Verdict(
            True,
            f"The best of all settings reaches {best:.2f}: however you turn the knobs, a good part "
            f"is wrong.",
        )
    return Verdict(
        False, "There is more in it: smooth by 2 to 4 px and move the threshold in small steps."
    )


def check_iou(answer: float) -> Verdict:
    """600 right, 100 too many, 100 missed."""
    answer = answer / 100 if answer > 1 else answer
    if near(answer, 0.75, 0.01):
        return Verdict(True, "600 / (600 + 100 + 100).")
    if near(answer, 6 / 7, 0.01):
        return Verdict(
            False, "That is the Dice score, 2 TP / (2 TP + FP + FN), which is always larger."
        )
    if near(answer, 6 / 9, 0.01):
        return Verdict(False, "In the union every pixel counts once: 600 + 100 + 100.")
    return Verdict(False, "Count the pixels in both masks, and those in at least one of them.")


def check_convexity(answer: float) -> Verdict:
    """Two equal discs fall below C = 0.95 at a distance of 1.59 radii."""
    exact = convexity_distance(0.95)
    if abs(answer - exact) <= 0.06:
        return Verdict(
            True,
            f"Exactly {exact:.2f} radii. Discs that are closer count as one particle, if convexity "
            f"alone decides.",
        )
    if abs(answer - exact / 2) <= 0.03:
        return Verdict(False, "That is in units of the diameter; the slider counts radii.")
    if abs(answer - 1.38) <= 0.06:
        return Verdict(
            False, "There the solidity falls below its threshold. Look at the other line."
        )
    return Verdict(
        False, "Set both discs to the same size, and move them until the blue line meets 0.95."
    )


def convexity_distance(least: float) -> float:
    """Return the distance, in radii, at which two equal discs have this convexity.

    With cos t = distance / 2 the hull has the perimeter 2 pi + 4 cos t, the outline 4 (pi - t).
    """
    from scipy.optimize import brentq

    def excess(t: float) -> float:
        return (2 * math.pi + 4 * math.cos(t)) / (4 * (math.pi - t)) - least

    return 2 * math.cos(brentq(excess, 0.0, math.pi / 2))


@functools.cache
def first_marker_px(name: str) -> float:
    """Return the depth of the erosion at which UECS finds its first marker in a scene."""
    mask, _ = scenes.overlap_scene(name)
    found = (step.depth_px for step in steps.uecs_steps(mask, UECS) if step.of_kind(steps.MARKER))
    return next(found)


def check_marker(answer: float) -> Verdict:
    """The depth at which the first marker of the chain appears, within 1 px."""
    depth = first_marker_px("chain")
    if abs(answer - depth) <= 1:
        return Verdict(
            True,
            f"At {depth:g} px an end of the chain comes off and is convex; the rest must be eroded "
            f"further.",
        )
    if any(abs(answer - first_marker_px(name)) <= 1 for name in scenes.OVERLAPS):
        return Verdict(False, "That belongs to another scene: choose “chain”.")
    return Verdict(False, "Choose “chain” and move the slider until the first part turns orange.")


def check_circularity(answer: float) -> Verdict:
    """A rectangle of 10 nm x 40 nm: 4 pi 400 / 100²."""
    if near(answer, 0.503):
        return Verdict(True, "4π · 400 / 100²: half as “circular” as a disc.")
    if near(answer, math.pi / 4):
        return Verdict(False, "That is a square. What are area and perimeter of this rectangle?")
    if near(answer, 0.709, 0.02):
        return Verdict(
            False,
            "That is the root: ISO 9276-6 calls it circularity, antema (as the paper) takes "
            "4πA/P².",
        )
    if near(answer, 2.01, 0.02):
        return Verdict(False, "The perimeter is 2 · (10 + 40) nm = 100 nm.")
    return Verdict(False, "A = 10 · 40 nm², P = 2 · (10 + 40) nm.")


def check_count(answer: float) -> Verdict:
    """(sd / error)² = (1.5 / 0.05)²."""
    if near(answer, 900, 0.02):
        return Verdict(
            True,
            "(1.5 / 0.05)² particles: ten times the accuracy costs a hundred times the particles.",
        )
    if near(answer, 3457, 0.03) or near(answer, 3600, 0.01):
        return Verdict(
            True,
            "That is for ±1 % with 95 % confidence (1.96 standard errors); for the standard error "
            "itself 900.",
        )
    if near(answer, 30):
        return Verdict(False, "That is √n.")
    if near(answer, 9):
        return Verdict(False, "That is for 10 %.")
    return Verdict(False, "Which n makes 1.5 nm / √n equal to 1 % of 5 nm?")


def check_edge(answer: float) -> Verdict:
    """Discs of 20 nm with their centre in a field of 100 nm: (80 / 100)²."""
    answer = answer * 100 if 0 < answer <= 1 else answer
    if near(answer, 64, 0.02):
        return Verdict(
            True,
            "(80 / 100)². Each whole one stands for 1/0.64 = 1.56 particles; of 5 nm discs 90 % "
            "are whole.",
        )
    if near(answer, 80, 0.02):
        return Verdict(False, "Right in one direction. There are two.")
    if near(answer, 36, 0.02):
        return Verdict(False, "That is the share that is cut.")
    return Verdict(
        False, "In which smaller square must the centre lie, so that the disc stays inside?"
    )


def check_picking(answer: float, difference_percent: float | None = None) -> Verdict:
    """The difference between the mean of ten measured by hand and the mean of all, in percent.

    Parameters
    ----------
    answer : float
    difference_percent : float, optional
        What it really is; None before ten particles are measured.
    """
    if difference_percent is None:
        return Verdict(False, "Measure ten particles first (or let somebody else choose).")
    if abs(answer - difference_percent) <= 1:
        return Verdict(
            True, "And that from ten particles that somebody liked. Start again: is it the same?"
        )
    if abs(answer + difference_percent) <= 1:
        return Verdict(
            False, "Mind the sign: positive if your ten are larger than the mean of all."
        )
    return Verdict(
        False, "100 · (your mean − mean of all) / mean of all; both means stand beside the picture."
    )


@functools.cache
def merging_angle() -> int:
    """Return the smallest whole angle at which UECS no longer sees two spheres in a tilted pair."""
    for degrees in range(91):
        mask = scenes.projection("two touching spheres", degrees, 320) > 0
        if sum(region.status == SEPARATED for region in separate(mask, options=UECS)) < 2:
            return degrees
    return 90


def check_limits(answer: float) -> Verdict:
    """The angle at which a pair of spheres becomes one particle, within 3 degrees."""
    angle = merging_angle()
    lost = 1 - math.sin(math.radians(angle))
    if abs(answer - angle) <= 3:
        return Verdict(
            True,
            f"From {angle}° on they are one particle. If pairs lay in all directions, {lost:.0%} "
            f"of them would be tilted further.",
        )
    return Verdict(
        False, "Choose “two touching spheres” and tilt until the count falls from 2 to 1."
    )


EXERCISES: dict[str, Exercise] = {
    "dose": Exercise(
        "1 · What a bright-field image is",
        "A faint particle lets 90&nbsp;% of the electrons through. From how many electrons per "
        "pixel on is the difference to the background three times the noise of one background "
        "pixel?",
        check_dose,
        "The difference is $0.1\\,N$, the noise $\\sqrt{N}$. From $0.1\\,N = 3\\sqrt{N}$ follows "
        "$N = (3/0.1)^2 = 900$. That is why images of beam-sensitive or faint particles are noisy: "
        "half the contrast needs four times the dose.",
        "electrons",
        code="contrast, factor = 0.10, 3\nanswer = (factor / contrast) ** 2",
    ),
    "pixel": Exercise(
        "2 · Pixel size",
        "A micrograph of 2048 pixels shows a field 102.4&nbsp;nm wide. A particle covers 1257 "
        "pixels. What is its equivalent diameter $d = \\sqrt{4A/\\pi}$?",
        check_pixel,
        "The pixel size is $102.4\\,\\text{nm} / 2048 = 0.05\\,\\text{nm}$, the area "
        "$1257 \\cdot (0.05\\,\\text{nm})^2 = 3.14\\,\\text{nm}^2$, and "
        "$d = \\sqrt{4 \\cdot 3.14/\\pi}\\,\\text{nm} = 2.0\\,\\text{nm}$.",
        "nm",
        code=(
            "import math\n"
            "\n"
            "pixel_nm = 102.4 / 2048\n"
            "answer = math.sqrt(4 * 1257 * pixel_nm**2 / math.pi)"
        ),
    ),
    "threshold": Exercise(
        "3 · Smoothing and thresholding",
        f"Set the contrast to {LOW_CONTRAST:.0%}. How good can you get? Turn smoothing and "
        "threshold, and write down the best IoU that you find.",
        check_threshold,
        "The brightness of the background changes across the picture by more than a faint particle "
        "takes away, so no single threshold suits all of it, and smoothing that removes the noise "
        "also removes the edges and the small particles.",
        code=(
            "from antema.lesson.numbers import best_threshold\n"
            "from antema.lesson.scenes import contrast_scene\n"
            "\n"
            f"scene = contrast_scene({LOW_CONTRAST})\n"
            "answer, smoothing, threshold = best_threshold(scene.micrograph.pixels, scene.mask)"
        ),
    ),
    "iou": Exercise(
        "4 · What the network does differently",
        "A mask has 600 pixels right (TP), 100 too many (FP), and misses 100 (FN). What is its "
        "IoU?",
        check_iou,
        "$\\text{IoU} = \\text{TP} / (\\text{TP} + \\text{FP} + \\text{FN}) = 600/800 = 0.75$. The "
        "true negatives do not occur in it: with much background the share of right pixels is high "
        "for any mask, even an empty one.",
        code="tp, fp, fn = 600, 100, 100\nanswer = tp / (tp + fp + fn)",
    ),
    "convexity": Exercise(
        "5 · Convexity",
        "From which distance of two equal discs on does their convexity fall below 0.95? Answer in "
        "radii.",
        check_convexity,
        "With $\\cos t = a/2$ for the distance $a$ in radii the hull has the perimeter "
        "$2\\pi + 4\\cos t$ and the outline $4(\\pi - t)$; their ratio is 0.95 at $a = 1.59$. "
        "Closer "
        "discs pass as one particle. For this reason antema asks for a solidity as well, which "
        "notices the notch from $a = 1.38$ on.",
        "radii",
        code=(
            "from antema.lesson.exercises import convexity_distance\n"
            "\n"
            "answer = convexity_distance(0.95)"
        ),
    ),
    "marker": Exercise(
        "6 · Erosion of convex shapes, step by step",
        "Choose the scene “chain”. After how many pixels of erosion does the first marker appear?",
        check_marker,
        "Go through the erosion slowly: a part becomes a marker at the moment when it comes off "
        "and "
        "is convex; it then waits while the rest is eroded further. It will grow back by exactly "
        "the "
        "depth at which it was found.",
        "px",
        code=(
            "from antema.lesson.scenes import overlap_scene\n"
            "from antema.lesson.steps import MARKER, uecs_steps\n"
            "\n"
            'mask, particles = overlap_scene("chain")\n'
            "answer = next(step.depth_px for step in uecs_steps(mask) if step.of_kind(MARKER))"
        ),
    ),
    "circularity": Exercise(
        "7 · Size and shape in numbers",
        "What is the circularity $4\\pi A/P^2$ of a rectangle of 10&nbsp;nm by 40&nbsp;nm?",
        check_circularity,
        "$A = 400\\,\\text{nm}^2$, $P = 100\\,\\text{nm}$, so $4\\pi \\cdot 400 / 100^2 = 0.50$. "
        "Its "
        "equivalent diameter is 22.6&nbsp;nm, a length that nothing of it has: for rods quote the "
        "Feret diameters.",
        code="import math\n\nanswer = 4 * math.pi * (10 * 40) / (2 * (10 + 40)) ** 2",
    ),
    "count": Exercise(
        "8 · How many particles are enough",
        "A sample has a mean of 5.0&nbsp;nm and a standard deviation of 1.5&nbsp;nm. How many "
        "particles bring the standard error of the mean down to 1&nbsp;% of the mean?",
        check_count,
        "$s/\\sqrt{n} = 0.05\\,\\text{nm}$ gives $n = (1.5/0.05)^2 = 900$. For an interval of "
        "±1&nbsp;% with 95&nbsp;% confidence it is $1.96^2$ times as many, 3457.",
        "particles",
        code=(
            "from antema.lesson.numbers import needed\n"
            "\n"
            "answer = needed(mean=5.0, sd=1.5, relative_error=0.01)"
        ),
    ),
    "edge": Exercise(
        "9 · Particles at the edge",
        "A square field is 100&nbsp;nm wide. Of the discs of 20&nbsp;nm whose centre lies in it, "
        "which share is not cut by the edge?",
        check_edge,
        "The centre must be 10&nbsp;nm away from every edge: $(100-20)^2/100^2 = 64\\,\\%$. "
        "Counting "
        "every whole particle with the weight $1/0.64$ corrects it (Miles and Lantuéjoul), but "
        "nothing brings back those that are too large for the field.",
        "%",
        code=(
            "from antema.lesson.numbers import share_whole\n"
            "\n"
            "answer = 100 * share_whole(20, field_nm=100)"
        ),
    ),
    "picking": Exercise(
        "10 · Ten “typical” particles",
        "By how many percent does the mean of your ten differ from the mean of all? (positive: "
        "yours "
        "are larger)",
        check_picking,
        "$100\\,(\\bar d_{10} - \\bar d)/\\bar d$. A mean of ten has a standard error of about a "
        "tenth of the diameter here, even if they are drawn by lot. If the difference goes the "
        "same "
        "way whenever you try, that is bias: large, dark, free-lying particles catch the eye.",
        "%",
    ),
    "limits": Exercise(
        "11 · What an image cannot tell",
        "Tilt the pair of touching spheres. From which angle on does antema count one particle?",
        check_limits,
        "Tilted by $\\alpha$ the centres are $2R\\cos\\alpha$ apart in the picture. When the notch "
        "becomes too shallow the outline is that of an ellipse, and neither an algorithm nor a "
        "person "
        "can tell from it that there are two.",
        "°",
        code="from antema.lesson.exercises import merging_angle\n\nanswer = merging_angle()",
    ),
}
SECTIONS = tuple(exercise.section for exercise in EXERCISES.values())
