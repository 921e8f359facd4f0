"""The rules of the house: which module may import which, and that all lists of versions agree."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "antema"
# Who may be imported by whom: a module imports only from groups before its own.
ORDER = (
    {"errors", "progress", "resources", "startup"},
    {"options", "units"},
    {"micrograph", "preparation", "solids"},
    {"contours", "components", "levelsets", "convex", "arcs", "candidates", "choice", "proposals"},
    {"reading", "formats", "network", "familiarity", "geometry", "simulation"},
    {"regions", "silhouettes"},
    {"erosion"},
    {"completion"},
    {"segmentation", "separation"},
    {"correction", "measurement", "appearance"},
    {"distribution", "comparison"},
    {"analysis"},
    {"presets"},
    {"figures", "charts", "pictures", "export", "rois"} | {"sensitivity", "tuning", "reference"},
    {"tuning_figures", "paper_figures"},
    {"archive"},
    {"lesson"},
    {"app", "training"},
    {"cli", "__main__"},
)


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def imported(path):
    """Yield the absolute names of all modules a file imports, wherever in it."""
    package = ["antema", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (".".join([*base, name]) for name in names)


def own(name):
    """Return the part of antema that an imported name belongs to; its version is everybody's."""
    part = name.removeprefix("antema.").split(".")[0]
    return part if name.startswith("antema.") and part != "__version__" else None


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    rank = {name: number for number, group in enumerate(ORDER) for name in group}
    part = part_of(path)
    if part == "__init__":
        return
    for name in map(own, imported(path)):
        if name is not None and name != part:
            assert rank[name] <= rank[part], f"{part} imports {name}"


def test_widgets_live_in_the_app_and_torch_in_training():
    for path in modules():
        roots = {name.split(".")[0] for name in imported(path)}
        if part_of(path) not in ("app", "lesson"):
            assert not roots & {"ipywidgets", "anywidget", "voila", "IPython"}, path
        if part_of(path) != "training":
            assert not roots & {"torch", "segmentation_models_pytorch", "torchvision"}, path
        assert not roots & {"pickle", "requests", "urllib"}, path


def test_importing_antema_is_light():
    heavy = ["torch", "ipywidgets", "onnxruntime", "plotly", "numba", "skimage", "openpyxl", "h5py"]
    heavy += ["cv2", "matplotlib"]
    code = f"import sys, antema; print([name for name in {heavy} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines):
    found = (re.fullmatch(r"\s*-?\s*([\w.-]+)==(\S+)\s*", line) for line in lines)
    return {normal(match[1]): match[2] for match in found if match}


def test_the_lists_of_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    constraints = pins((ROOT / "constraints.txt").read_text().splitlines())
    conda = pins((ROOT / "environment.yml").read_text().splitlines())
    extras = project["optional-dependencies"]
    names = {
        group: {normal(re.split("[><=]", requirement)[0]) for requirement in requirements}
        for group, requirements in {"base": project["dependencies"], **extras}.items()
    }
    assert set(conda) == names["base"]
    assert conda == {name: constraints[name] for name in conda}
    assert set().union(*names.values()) <= set(constraints)


def test_python_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    assert "python=3.11" in (ROOT / "environment.yml").read_text()


def test_the_wheel_holds_all_weights():
    from antema.network import DEFAULT_WEIGHTS
    from antema.silhouettes import WEIGHTS

    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    wanted = {DEFAULT_WEIGHTS, WEIGHTS}
    assert wanted == {path.parent.name for path in ROOT.glob("weights/*/config.json")}
    assert {f"share/antema/weights/{name}" for name in wanted} <= set(data)


def test_every_column_and_reason_is_explained():
    from antema import COLUMNS, correction, segmentation, separation

    text = (ROOT / "docs" / "quantities.md").read_text(encoding="utf-8")
    reasons = [segmentation.SPECK, separation.EDGE, separation.NON_CONVEX, separation.HOLES]
    reasons += [separation.SMALL_MARKER, separation.REGROWN, correction.BY_HAND]
    for word in [f"`{column.name}`" for column in COLUMNS] + [f"| {r} |" for r in reasons]:
        assert word in text
