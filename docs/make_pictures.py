"""Draw the pictures of the README. Run: python docs/make_pictures.py

The steps of UECS are drawn by Chromium (playwright); the moving picture of the dashboard is made of
the screenshots that the tests of the page keep (ANTEMA_SCREENSHOTS=docs/screenshots).
"""

import io
import shutil
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from PIL import Image

from antema import analyze, simulate, summarize
from antema.appearance import COLOURS
from antema.distribution import bin_edges
from antema.lesson.drawing import step_drawing, step_words
from antema.lesson.scenes import overlap_scene
from antema.lesson.steps import RESULT, uecs_steps
from antema.pictures import micrograph_picture, outlines_picture
from antema.separation import WHOLE

HERE = Path(__file__).parent


def draw_result() -> None:
    """Draw a simulated micrograph, its outlines, and the distribution of diameters."""
    mpl.use("agg")
    simulated = simulate(seed=4, rows_px=1024, columns_px=1024, count=120, diameter_gsd=1.2)
    analysis = analyze(simulated.micrograph)
    figure, axes = plt.subplots(1, 3, figsize=(13, 4.4), layout="constrained")
    for axis, picture in zip(axes, (micrograph_picture, outlines_picture), strict=False):
        axis.imshow(plt.imread(io.BytesIO(picture(analysis))), cmap="gray", vmin=0, vmax=1)
        axis.axis("off")
    diameters = analysis.particles["equivalent_diameter_nm"].to_numpy()
    axes[2].hist(diameters, bin_edges(diameters), color=COLOURS[WHOLE], edgecolor="white")
    axes[2].set(xlabel="equivalent diameter / nm", ylabel="particles")
    row = summarize(analysis.particles).table.loc["equivalent_diameter_nm"]
    axes[2].set_title(f"{len(diameters)} particles, {row['mean']:.2f} ± {row['sd']:.2f} nm")
    axes[2].spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "result.png", dpi=100)


def draw_steps(scene: str = "cluster") -> None:
    """Draw what UECS does to a cluster, step by step, as an animation."""
    from playwright.sync_api import sync_playwright

    mask, _ = overlap_scene(scene)
    taken = uecs_steps(mask)
    chosen = [step for i, step in enumerate(taken) if i % 2 == 0 or step.phase == RESULT]
    style = "margin: 0; padding: 8px 16px; width: 448px; font: 17px sans-serif; text-align: center"
    shots = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 480, "height": 440})
        for step in chosen:
            body = f"{step_drawing(mask, step)}<p style='margin: 6px 0'>{step_words(step)}</p>"
            page.set_content(f"<body style='{style}'>{body}</body>")
            shots.append(Image.open(io.BytesIO(page.screenshot())))
        browser.close()
    pauses = [1200] + [130] * (len(shots) - 2) + [3000]
    write_animation(HERE / "uecs.gif", shots, pauses)


def draw_dashboard() -> None:
    """Join screenshots of the dashboard, from the empty page to the result."""
    names = ("empty", "running", "result")
    shots = [Image.open(HERE / "screenshots" / f"{name}.png") for name in names]
    small = [shot.convert("RGB").resize((960, 600), Image.Resampling.LANCZOS) for shot in shots]
    write_animation(HERE / "dashboard.gif", small, [1500, 1200, 4000])


def write_animation(path: Path, shots: list[Image.Image], pauses_ms: list[int]) -> None:
    """Write pictures as a GIF that repeats for ever."""
    frames = [shot.convert("RGB").quantize(128, dither=Image.Dither.NONE) for shot in shots]
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=pauses_ms, loop=0, optimize=True
    )


if __name__ == "__main__":
    draw_result()
    draw_steps()
    draw_dashboard()
