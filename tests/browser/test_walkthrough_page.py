"""The lesson as a student meets it: served by Voila, without a network, in Chromium."""

import pytest

from antema.lesson.exercises import EXERCISES

PAGE_MS = 240_000


@pytest.fixture(scope="module")
def page(context, lesson_address):
    """The lesson, opened once, with nothing but its own server to be reached."""
    page = context.new_page()
    page.set_default_timeout(PAGE_MS)
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    page.route(lambda url: not url.startswith(lesson_address), lambda route: route.abort())
    page.goto(lesson_address)
    page.wait_for_function(
        f"document.querySelectorAll('.lesson-exercise').length === {len(EXERCISES)}"
    )
    page.wait_for_selector(".lesson-ruler", state="attached")
    yield page
    page.close()


def test_all_sections_are_there_and_the_code_is_not(page, keep_screenshot):
    assert page.locator(".lesson-figure").count() == len(EXERCISES)
    assert page.locator(".lesson-tour a").count() == len(EXERCISES)
    titles = page.locator("h2").all_inner_texts()
    assert titles[: len(EXERCISES)] == [exercise.section for exercise in EXERCISES.values()]
    assert page.locator("mjx-container").count() > 20
    assert "import lesson" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.failures == []
    keep_screenshot(page, "lesson")


def test_solutions_are_folded_until_somebody_looks(page):
    solution = page.locator(".lesson-exercise-dose details")
    words = solution.locator("p").first
    assert not words.is_visible()
    solution.locator("summary").click()
    assert words.is_visible()


def test_an_answer_is_judged_and_the_section_ticked(page):
    card = page.locator(".lesson-exercise-dose")
    for answer, word in (("30", "Not yet."), ("900", "Right.")):
        card.locator("input").fill(answer)
        card.locator("button").click()
        card.get_by_text(word, exact=True).wait_for()
    page.locator(".lesson-tour a.lesson-solved").wait_for()
    assert page.locator(".lesson-tour-title").inner_text().startswith("1 of")


def test_a_slider_changes_the_picture(page):
    figure = page.locator(".lesson-exposure")
    figure.locator(".noUi-handle").first.focus()
    before = figure.locator("table").inner_text()
    page.keyboard.press("Home")
    page.wait_for_function(
        "before => document.querySelector('.lesson-exposure table').innerText !== before",
        arg=before,
    )
    assert "5 ± 2" in figure.locator("table").inner_text()


def test_the_animation_runs_to_its_end(page, keep_screenshot):
    figure = page.locator(".lesson-erosion")
    figure.locator(".lesson-step .noUi-handle").focus()
    for _ in range(12):
        page.keyboard.press("PageUp")
    figure.get_by_text("Grown back by").or_(figure.get_by_text("The result")).first.wait_for()
    page.keyboard.press("End")
    figure.get_by_text("The result: 6 particles.", exact=True).wait_for()
    keep_screenshot(page, "lesson_uecs")


def test_a_line_is_drawn_and_measured(page, keep_screenshot):
    figure = page.locator(".lesson-picking")
    figure.scroll_into_view_if_needed()
    box = figure.locator(".lesson-ruler").bounding_box()
    scale = min(box["width"], box["height"]) / 640
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2 + 40 * scale, box["y"] + box["height"] / 2)
    page.mouse.up()
    figure.get_by_text("(n = 1)").wait_for()
    measured = float(figure.locator("table td").first.inner_text().split()[0])
    assert measured == pytest.approx(40 * 0.15, abs=0.25)  # a pixel of the screen is 0.2 nm
    figure.get_by_text("Let somebody choose ten").click()
    figure.get_by_text("(n = 10)").wait_for()
    keep_screenshot(page, "lesson_picking")
