"""What all figures of the lesson are made of: the tour, exercise cards, controls."""

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets

from . import exercises

STATIC = Path(__file__).parent / "static"


class Tour(anywidget.AnyWidget):
    """The list of sections, with a tick for every exercise that is solved, and the style sheet."""

    _esm = STATIC / "tour.js"
    _css = STATIC / "lesson.css"
    sections: list[dict[str, Any]] = traitlets.List().tag(sync=True)  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__(
            sections=[
                {"name": name, "title": exercise.section, "solved": False}
                for name, exercise in exercises.EXERCISES.items()
            ]
        )

    def exercise(self, name: str, context: Callable[[], Any] | None = None) -> "ExerciseCard":
        """Return the card of an exercise; when it is solved the tour shows it.

        Parameters
        ----------
        name : str
            One of `antema.lesson.exercises.EXERCISES`.
        context : callable, optional
            Gives what the check needs to know besides the answer.
        """
        return ExerciseCard(name, lambda: self.tick(name), context)

    def tick(self, name: str) -> None:
        """Show that an exercise is solved."""
        self.sections = [
            {**section, "solved": section["solved"] or section["name"] == name}
            for section in self.sections
        ]


class ExerciseCard(widgets.VBox):
    """A question, a field for the answer, what is said about it, and the folded solution."""

    def __init__(
        self, name: str, on_solved: Callable[[], None], context: Callable[[], Any] | None = None
    ) -> None:
        exercise = exercises.EXERCISES[name]
        self.exercise, self._on_solved, self._context = exercise, on_solved, context
        question = widgets.HTMLMath(f"<b>Exercise.</b> {exercise.question}")
        self.answer = widgets.Text(placeholder="a number", continuous_update=False)
        self.answer.tooltip = "Your answer"
        self.button = widgets.Button(description="Check")
        self.verdict = widgets.HTML()
        code = f"<p>In Python:</p><pre>{html.escape(exercise.code)}</pre>" if exercise.code else ""
        solution = widgets.HTMLMath(
            f"<details><summary>Solution</summary><p>{exercise.solution}</p>{code}</details>"
        )
        row = widgets.HBox([self.answer, widgets.HTML(exercise.unit), self.button, self.verdict])
        super().__init__([question, classed(row, "lesson-answer"), solution])
        classed(self, "lesson-exercise", f"lesson-exercise-{name}")
        self.answer.observe(lambda _change: self.judge(), names="value")
        self.button.on_click(lambda _button: self.judge())

    def judge(self) -> None:
        """Check the answer and say what is to be said."""
        value = exercises.number(self.answer.value)
        if value is None:
            found = exercises.Verdict(False, "Please answer with a number, such as 0.95.")
        elif self._context is None:
            found = self.exercise.check(value)
        else:
            found = self.exercise.check(value, self._context())
        kind = "right" if found.right else "wrong"
        self.verdict.value = (
            f"<div role='status' class='lesson-{kind}'><b>{'Right.' if found.right else 'Not yet.'}"
            f"</b> {html.escape(found.words)}</div>"
        )
        if found.right:
            self._on_solved()


def classed(widget: Any, *names: str) -> Any:
    """Add CSS classes to a widget and return it."""
    for name in names:
        widget.add_class(name)
    return widget


class Bench(widgets.VBox):
    """One figure: pictures side by side, below them controls and readings, and a caption.

    Parameters
    ----------
    name : str
        CSS class, after ``lesson-``.
    pictures, controls, readings : sequence of Widget
    caption : str
        HTML; says what is to be seen, also to those who cannot see it.
    """

    def __init__(
        self,
        name: str,
        pictures: Sequence[widgets.Widget],
        controls: Sequence[widgets.Widget],
        readings: Sequence[widgets.Widget],
        caption: str,
    ) -> None:
        above = classed(widgets.HBox(list(pictures)), "lesson-pictures")
        knobs = classed(widgets.HBox(list(controls)), "lesson-knobs")
        below = classed(widgets.HBox([knobs, *readings]), "lesson-controls")
        words = classed(widgets.HTML(caption), "lesson-caption")
        super().__init__([above, below, words])
        classed(self, "lesson-figure", f"lesson-{name}")


def slider(
    text: str, values: Sequence[Any], value: Any, show: Callable[[Any], str] = str
) -> widgets.SelectionSlider:
    """Return a slider over given values, with its text above."""
    return _above(
        widgets.SelectionSlider(
            description=text, options=[(show(v), v) for v in values], value=value
        )
    )


def float_slider(
    text: str, low: float, high: float, value: float, step: float, form: str = ".2f"
) -> widgets.FloatSlider:
    """Return a slider over a range of numbers, with its text above."""
    return _above(
        widgets.FloatSlider(
            description=text, min=low, max=high, value=value, step=step, readout_format=form
        )
    )


def choice(text: str, options: Sequence[Any], value: Any) -> widgets.Dropdown:
    """Return a list to choose from, with its text above."""
    return _above(widgets.Dropdown(description=text, options=list(options), value=value))


def _above(control: Any) -> Any:
    control.style.description_width = "auto"
    return classed(control, "lesson-control")


def titled(title: str, *pictures: widgets.Widget) -> widgets.VBox:
    """Return pictures under a title."""
    return widgets.VBox([widgets.HTML(f"<h4>{title}</h4>"), *pictures])


def readings(*rows: tuple[str, str]) -> str:
    """Return names and values as a small table in HTML."""
    body = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<table class='lesson-readings' role='status'>{body}</table>"


def follow(controls: Sequence[Any], function: Callable[[], None]) -> None:
    """Call a function now, and whenever one of the controls is moved."""
    for control in controls:
        control.observe(lambda _change: function(), names="value")
    function()
