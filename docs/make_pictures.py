"""Draw the picture of the README. Run: python docs/make_pictures.py (needs matplotlib)."""

import io
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt

from antema import analyze, simulate, summarize
from antema.appearance import COLOURS
from antema.distribution import bin_edges
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


if __name__ == "__main__":
    draw_result()
