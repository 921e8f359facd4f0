"""The command line: ``antema analyze | demo | app | train | evaluate``.

Flags of `analyze` are made from the metadata of the options, so every option has one. Whatever is
heavy is imported by the command that needs it.

Exit status: 0 done; 1 some files failed, the others are done; 2 the call itself was wrong.
"""

import argparse
import dataclasses
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .analysis import Analysis, Settings, analyze, analyze_many
from .errors import AntemaError, InvalidOption
from .network import load_network

if TYPE_CHECKING:
    import pandas as pd

    from .export import Record
    from .progress import Progress

DONE, SOME_FAILED, WRONG_CALL = 0, 1, 2
_LOG_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = build_parser()
    called = parser.parse_args(arguments)
    try:
        return called.run(called)
    except AntemaError as error:
        _complain(f"antema: {error}")
        return WRONG_CALL
    except KeyboardInterrupt:
        _complain("\nantema: stopped; what was finished is kept.")
        return 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all the commands."""
    parser = argparse.ArgumentParser(
        prog="antema",
        description="Find and measure nanoparticles in transmission electron micrographs.",
    )
    parser.add_argument("--version", action="version", version=f"antema {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_analyze(commands)
    _add_demo(commands)
    _add_app(commands)
    _add_train(commands)
    _add_evaluate(commands)
    return parser


def _add_analyze(commands: Any) -> None:
    command = commands.add_parser(
        "analyze",
        help="measure the particles of image files",
        description="Measure the particles of images: dm3, dm4, tif, emd, ser, mrc, png, jpg, bmp.",
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="image file")
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the results"
    )
    command.add_argument(
        "--pixel-size",
        metavar="LENGTH",
        help="side of a pixel with its unit, such as 0.1nm or '100 pm'; wins over what a file says",
    )
    command.add_argument(
        "--settings",
        type=Path,
        metavar="JSON",
        help="use the settings of an earlier record; for the image it was made of, also its "
        "pixel size and the corrections by hand",
    )
    command.add_argument(
        "--format", choices=["xlsx", "csv"], default="xlsx", help="form of the tables"
    )
    command.add_argument(
        "--pool",
        choices=["each", "all", "both"],
        default="both",
        help="a table for each image, one for all of them, or both (default)",
    )
    command.add_argument(
        "--sample",
        default="",
        metavar="NAME",
        help="name of the sample of these images: a column more in the table for all",
    )
    command.add_argument("--overwrite", action="store_true", help="replace existing results")
    _add_option_flags(command)
    command.set_defaults(run=run_analyze)


def _add_demo(commands: Any) -> None:
    command = commands.add_parser(
        "demo", help="analyse a simulated micrograph and leave the results to look at"
    )
    command.add_argument("-o", "--output", type=Path, default=Path("antema-demo"), metavar="DIR")
    command.add_argument("--seed", type=int, default=0, help="which micrograph to simulate")
    command.set_defaults(run=run_demo)


def _add_app(commands: Any) -> None:
    command = commands.add_parser(
        "app", help="open the dashboard, or another notebook, in the browser"
    )
    command.add_argument("--port", type=int, default=8866)
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on; by default this computer only"
    )
    command.add_argument(
        "--folder", type=Path, metavar="DIR", help="folder whose images the page may open"
    )
    command.add_argument("--token", help="word that visitors must give; needed with --host")
    command.add_argument(
        "--notebook",
        default="dashboard",
        metavar="NAME",
        help="another notebook as a page, such as parameter_tuning (default: dashboard)",
    )
    command.add_argument("--no-browser", action="store_true", help="do not open a browser")
    command.add_argument(
        "--preheat",
        type=int,
        default=0,
        metavar="N",
        help="hold N pages ready, which then open at once; each takes about 200 MB of memory",
    )
    command.set_defaults(run=run_app)


def _add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="train a network on labelled images",
        description="Train a network on a folder with images/ and instances/, masks/ or rois/ "
        "(label images, masks, or zips of ImageJ's ROI Manager). A run that was stopped goes on "
        "when it is called again. Needs the extra 'train'.",
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="labelled images")
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder of the weight set"
    )
    command.add_argument(
        "--from", dest="weights", metavar="WEIGHTS", help="weight set to fine-tune"
    )
    command.add_argument(
        "--encoder",
        metavar="NAME",
        help="encoder of a network trained anew: timm-tf_efficientnet_lite0 (default), or resnet18 "
        "as in the paper",
    )
    command.add_argument(
        "--encoder-weights",
        type=Path,
        metavar="FILE",
        help="state dict of EfficientNet-Lite0 trained on ImageNet to start the encoder from",
    )
    command.add_argument("--preset", default="default", help="default, or paper for its recipe")
    command.add_argument("--minutes", type=float, help="longest time to train")
    command.add_argument("--steps", type=int, help="most steps to train")
    command.add_argument(
        "--patience",
        type=int,
        metavar="N",
        help="stop after N validations without a better one; 0 never (default: of the preset)",
    )
    command.add_argument(
        "--simulated",
        type=int,
        metavar="N",
        help="how many simulated images to make and mix in (default: 400, none with --from)",
    )
    command.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="copies of the network that share the work (default: one per core, at most 4)",
    )
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=run_train)


def _add_evaluate(commands: Any) -> None:
    command = commands.add_parser(
        "evaluate",
        help="score a network on labelled images",
        description="Score how particles are found on a folder with images/ and instances/, "
        "masks/ or rois/ (label images, masks, or zips of ImageJ's ROI Manager): pixels, "
        "particles, counts and diameters, also by contrast, size and the columns of an about.csv.",
    )
    command.add_argument("folder", type=Path, metavar="FOLDER", help="labelled images")
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write json, csv and png there as well"
    )
    command.add_argument(
        "--part",
        action="append",
        choices=["training", "validation", "test"],
        help="only this part of the images, as training divides them (may be repeated)",
    )
    command.add_argument(
        "--settings", type=Path, metavar="JSON", help="use the settings of an earlier record"
    )
    command.add_argument("--overwrite", action="store_true", help="replace an earlier report")
    _add_option_flags(command)
    command.set_defaults(run=run_evaluate)


def option_flags() -> dict[str, tuple[str, dataclasses.Field[Any]]]:
    """Return the flag of every option, with the stage and the field it belongs to."""
    flags = {}
    for stage in dataclasses.fields(Settings):
        for field in dataclasses.fields(getattr(Settings(), stage.name)):
            name = stage.name if field.name == "method" else field.name.removesuffix("_nm")
            flags["--" + name.replace("_", "-")] = (stage.name, field)
    return flags


def _add_option_flags(command: argparse.ArgumentParser) -> None:
    groups: dict[str, Any] = {}
    for flag, (stage, field) in option_flags().items():
        if stage not in groups:
            groups[stage] = command.add_argument_group(stage)
        about, default = field.metadata, field.default
        unit = f" [{about['unit']}]" if about["unit"] else ""
        help_text = f"{about['help']}{unit} (default: {default})".replace("%", "%%")
        keys: dict[str, Any] = {"dest": f"{stage}.{field.name}", "default": None, "help": help_text}
        if isinstance(default, bool):
            keys["action"] = argparse.BooleanOptionalAction
        else:
            keys["choices"] = about["choices"]
            keys["type"] = type(default)
            keys["metavar"] = None if about["choices"] else field.name.split("_")[-1].upper()
        groups[stage].add_argument(flag, **keys)


def _record(called: argparse.Namespace) -> "Record":
    """Return what an earlier record says, or the default settings, changed by the flags given."""
    from .export import Record

    record = Record(Settings()) if called.settings is None else _read_record(called.settings)
    values = record.settings.to_dict()
    for stage, field in option_flags().values():
        given = getattr(called, f"{stage}.{field.name}")
        if given is not None:
            values[stage][field.name] = given
    # A pixel size given now wins over the recorded one.
    given_now = getattr(called, "pixel_size", None) is not None
    nm_per_pixel = None if given_now else record.nm_per_pixel
    settings = Settings.from_dict(values)
    return dataclasses.replace(record, settings=settings, nm_per_pixel=nm_per_pixel)


def _read_record(path: Path) -> "Record":
    from .export import read_record

    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path} is not a readable record or settings file: {error.strerror}."
        raise InvalidOption(msg) from error
    return read_record(path.name, content)


def run_analyze(called: argparse.Namespace) -> int:
    """Analyse files and write their results."""
    from .distribution import summarize
    from .export import POOLED, check_absent, export_pooled, make_folder, pool
    from .units import parse_length

    record = _record(called)
    settings = record.settings
    nm_per_pixel = parse_length(called.pixel_size) if called.pixel_size else None
    if settings.segmentation.method == "network":
        load_network(settings.segmentation.weights)
    pooled = called.pool in ("all", "both")
    if pooled and not called.overwrite:
        check_absent([called.output / f"{POOLED}.{called.format}"])
    make_folder(called.output)

    batch = _Batch(called)
    for analysis in analyze_many(
        batch.without_results(called.files),
        settings,
        nm_per_pixel=nm_per_pixel,
        progress=_terminal_progress(),
        on_error=batch.fail,
        prepare=record.prepare,
    ):
        batch.keep(analysis)
    if pooled and batch.records:
        path = export_pooled(
            batch.tables,
            batch.records,
            called.output,
            table=called.format,
            samples=[called.sample] * len(batch.tables),
            overwrite=called.overwrite,
        )
        _say(f"all images: {summarize(pool(batch.tables))}; table in {path}")
    if batch.failed:
        rest = "; the others are done" if batch.records else ""
        _complain(f"{batch.failed} of {len(called.files)} files failed{rest}.")
    return SOME_FAILED if batch.failed else DONE


class _Batch:
    """What became of the images of one call; the images themselves are not kept."""

    def __init__(self, called: argparse.Namespace) -> None:
        self.called = called
        self.tables: list[pd.DataFrame] = []
        self.records: list[dict[str, Any]] = []
        self.failed = 0
        self._names: list[str] = []

    def without_results(self, paths: Sequence[Path]) -> list[Path]:
        """Return the files without results of an earlier run; the others fail before any work."""
        from .export import check_absent, file_stem

        left = []
        for path in paths:
            try:
                if not self.called.overwrite:
                    check_absent([self.called.output / f"{file_stem(path.name)}.json"])
                left.append(path)
            except AntemaError as error:
                self.fail(path, error)
        return left

    def keep(self, analysis: Analysis) -> None:
        """Write the results of one image and say what they are."""
        from .distribution import summarize
        from .export import export_analysis, record, unique_stems

        name = analysis.micrograph.name
        self._names.append(name)
        try:
            export_analysis(
                analysis,
                self.called.output,
                table=self.called.format if self.called.pool != "all" else None,
                stem=unique_stems(self._names)[-1],
                overwrite=self.called.overwrite,
            )
        except AntemaError as error:
            self.fail(Path(name), error)
            return
        self.tables.append(analysis.particles)
        self.records.append(record(analysis))
        left_out = sum(analysis.left_out.values())
        _say(f"{name}: {summarize(analysis.particles)}; {left_out} left out")
        dropped = [
            f"A correction by hand was not made: {why}." for why in analysis.dropped.values()
        ]
        for warning in (*analysis.warnings, *dropped):
            _complain(f"{name}: note: {warning}")

    def fail(self, path: Path, error: AntemaError) -> None:
        """Count a file that failed and say why."""
        self.failed += 1
        text = str(error)
        _complain(f"antema: {text}" if path.name in text else f"antema: {path.name}: {text}")


def run_demo(called: argparse.Namespace) -> int:
    """Analyse a simulated micrograph, whose true sizes are known, and write the results."""
    from .distribution import summarize
    from .export import export_analysis
    from .simulation import simulate

    simulated = simulate(seed=called.seed)
    analysis = analyze(simulated.micrograph, progress=_terminal_progress())
    written = export_analysis(analysis, called.output, overwrite=True)
    _say(f"{summarize(analysis.particles)}; drawn were {len(simulated.particles)} particles.")
    _say("Results to look at:")
    for path in written:
        _say(f"  {path}")
    return DONE


def run_app(called: argparse.Namespace) -> int:
    """Open the dashboard."""
    from .app.launch import launch

    return launch(
        port=called.port,
        host=called.host,
        folder=called.folder,
        token=called.token,
        open_browser=not called.no_browser,
        notebook=called.notebook,
        preheat=called.preheat,
    )


def run_train(called: argparse.Namespace) -> int:
    """Train a network."""
    from .training import check_installed

    check_installed()
    from .training.train import train

    chosen = {} if called.encoder is None else {"encoder": called.encoder}
    folder = train(
        called.folder,
        called.output,
        weights=called.weights,
        encoder_weights=called.encoder_weights,
        preset=called.preset,
        minutes=called.minutes,
        steps=called.steps,
        patience=called.patience,
        simulated_images=called.simulated,
        seed=called.seed,
        workers=called.workers,
        progress=_terminal_progress() or _log_progress(),
        **chosen,
    )
    _say(f"How it went is in {folder / 'curves.png'}.")
    _say(f"The weight set is in {folder}; use it with: antema analyze ... --weights {folder}")
    return DONE


def run_evaluate(called: argparse.Namespace) -> int:
    """Score how particles are found."""
    from .training.evaluate import PARTS, evaluate
    from .training.report_files import absent_report, write_report

    if called.output is not None and not called.overwrite:
        absent_report(called.output)
    report = evaluate(
        called.folder,
        parts=called.part or PARTS,
        settings=_record(called).settings,
        progress=_terminal_progress(),
    )
    _say(report.to_text())
    if called.output is not None:
        for path in write_report(report, called.output):
            _say(f"written: {path}")
    return DONE


def _terminal_progress() -> "Progress | None":
    """Return a progress that draws one line on a terminal; None where there is none."""
    if not sys.stderr.isatty():
        return None

    def draw(fraction: float, message: str) -> None:
        end = "\r\033[K" if fraction >= 1 else ""
        sys.stderr.write(f"\r\033[K{fraction:4.0%} {message[:70]}{end}")
        sys.stderr.flush()

    return draw


def _log_progress() -> "Progress":
    """Return a progress that writes a line now and then, for work that goes on over hours."""
    last = -math.inf

    def write(fraction: float, message: str) -> None:
        nonlocal last
        if time.monotonic() - last >= _LOG_SECONDS:
            last = time.monotonic()
            _complain(f"{fraction:4.0%} {message}")

    return write


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")
