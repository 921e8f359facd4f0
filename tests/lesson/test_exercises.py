import math

import nbformat
import pytest

from antema.lesson import check, exercises
from antema.resources import shared_folder

NOTEBOOK = shared_folder("notebooks") / "walkthrough.ipynb"
WRONG = {
    "dose": (30, "√N"),
    "pixel": (40, "pixels"),
    "threshold": (0.99, "Better than"),
    "iou": (0.857, "Dice"),
    "convexity": (0.796, "diameter"),
    "marker": (26.5, "another scene"),
    "circularity": (0.785, "square"),
    "count": (30, "√n"),
    "edge": (80, "two"),
    "limits": (10, "tilt"),
}


@pytest.mark.parametrize("name", [n for n, e in exercises.EXERCISES.items() if e.code])
def test_the_python_of_every_solution_gives_an_answer_that_is_right(name):
    found = {}
    exec(exercises.EXERCISES[name].code, found)
    verdict = check(name, found["answer"])
    assert verdict.right, verdict


@pytest.mark.parametrize("name", WRONG)
def test_a_likely_mistake_is_named(name):
    answer, word = WRONG[name]
    verdict = check(name, answer)
    assert not verdict.right
    assert word in verdict.words


@pytest.mark.parametrize("name", exercises.EXERCISES)
@pytest.mark.parametrize("answer", [-3.7, 1e6, 0])
def test_no_answer_breaks_a_check(name, answer):
    verdict = check(name, answer)
    assert not verdict.right
    assert verdict.words.endswith((".", "?", ")"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0,95", 0.95),
        ("2.0 nm", 2.0),
        ("−4 %", -4.0),
        ("3,457", 3457.0),
        ("1.5e3", 1500.0),
        (" 64%", 64.0),
        ("nothing", None),
        ("", None),
        (math.nan, None),
        (900, 900.0),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert exercises.number(text) == value


def test_words_are_refused_in_a_sentence():
    assert "number" in check("dose", "many").words
    assert str(check("dose", 900)).startswith("Right. ")
    assert str(check("dose", "30")).startswith("Not yet. ")


def test_the_difference_of_ten_is_judged_against_what_was_measured():
    assert "first" in exercises.check_picking(5.0).words
    assert exercises.check_picking(12.4, 12.0).right
    assert "sign" in exercises.check_picking(-12.0, 12.0).words


def test_the_headings_of_the_notebook_are_those_of_the_exercises():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert tuple(headings[: len(exercises.SECTIONS)]) == exercises.SECTIONS
    used = "".join(cell.source for cell in cells if cell.cell_type == "code")
    assert all(f'tour.exercise("{name}"' in used for name in exercises.EXERCISES)


def test_the_text_of_the_notebook_has_one_sentence_on_a_line():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "markdown":
            for line in cell.source.split("\n"):
                assert ". " not in line.replace("Gumbiowski, ", ""), line
