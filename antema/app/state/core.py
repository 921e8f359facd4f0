"""What every part of the state shares: images, options, the worker, and sentences for a person."""

import dataclasses
import functools
import logging
import traceback
from collections.abc import Callable
from typing import Any

import traitlets

from ...analysis import Analysis, Settings
from ...correction import Correction
from ...errors import AntemaError, Cancelled
from ...micrograph import Micrograph
from .. import messages
from ..jobs import Deliver, Job, Worker

logger = logging.getLogger("antema.app")


@dataclasses.dataclass(frozen=True, eq=False)
class Image:
    """One entry of the list of images; corrections by hand that were undone can be redone."""

    key: int
    original: Micrograph
    micrograph: Micrograph
    analysis: Analysis | None = None
    corrections: tuple[Correction, ...] = ()
    undone: tuple[Correction, ...] = ()
    sample: str = ""

    @property
    def name(self) -> str:
        """Name shown in the list and in the tables."""
        return self.micrograph.name

    @property
    def doubts(self) -> tuple[str, ...]:
        """Sentences on why its result may be wrong."""
        return self.analysis.warnings if self.analysis else ()

    @property
    def ready(self) -> bool:
        """Whether it can be analysed: its pixel size is known."""
        return self.micrograph.nm_per_pixel is not None


@dataclasses.dataclass(frozen=True)
class Notice:
    """A sentence for the person at the page: kind is "error", "warning" or "info"."""

    kind: str
    text: str
    detail: str = ""


def click(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn an exception of a method into a notice: Voila would show it nowhere."""

    @functools.wraps(method)
    def guarded(self: "Core", *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - anything else would vanish without a trace
            self.report_failure(error)
            return None

    return guarded


class Core(traitlets.HasTraits):
    """Images, options and the result shown; how work is started and told of."""

    images: tuple[Image, ...] = traitlets.Tuple()  # type: ignore[assignment]
    chosen = traitlets.Int(allow_none=True, default_value=None)
    # The particle whose numbers are shown, and all that is marked, as places in the regions.
    selected = traitlets.Int(allow_none=True, default_value=None)
    marked: tuple[int, ...] = traitlets.Tuple()  # type: ignore[assignment]
    settings = traitlets.Instance(Settings, args=())
    busy = traitlets.Unicode("")
    progress = traitlets.Float(0.0)
    progress_text = traitlets.Unicode("")
    notices: tuple[Notice, ...] = traitlets.Tuple()  # type: ignore[assignment]

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__()
        self.worker = Worker(deliver or (lambda function: function()))

    @property
    def image(self) -> Image | None:
        """The image that is shown."""
        return next((image for image in self.images if image.key == self.chosen), None)

    @property
    def analysis(self) -> Analysis | None:
        """The result that is shown, as it was computed."""
        return self.image.analysis if self.image else None

    @property
    def analyses(self) -> list[Analysis]:
        """The results of all images, in the order of the list."""
        return [image.analysis for image in self.images if image.analysis is not None]

    def is_current(self, image: Image) -> bool:
        """Whether the image's result was made with the present options, pixel size and hand."""
        found = image.analysis
        return (
            found is not None
            and found.settings == self.settings
            and found.micrograph is image.micrograph
            and found.corrections == image.corrections
        )

    @property
    def outdated(self) -> bool:
        """Whether the result shown was made with other options than the present ones."""
        return (
            self.image is not None and self.analysis is not None and not self.is_current(self.image)
        )

    @click
    def tell(self, kind: str, text: str, detail: str = "") -> None:
        """Show a sentence on the page; the same sentence is not shown twice."""
        notice = Notice(kind, text, detail)
        if notice not in self.notices:
            self.notices = (*self.notices[-4:], notice)

    @click
    def dismiss(self, index: int) -> None:
        """Take a notice off the page."""
        self.notices = (*self.notices[:index], *self.notices[index + 1 :])

    def report_failure(self, error: BaseException) -> None:
        """Show a failure: an expected one as its sentence, another with its traceback folded."""
        if isinstance(error, Cancelled):
            self.tell("info", messages.CANCELLED)
        elif isinstance(error, AntemaError):
            self.tell("error", str(error))
        else:
            logger.error("unexpected failure", exc_info=error)
            detail = "".join(traceback.format_exception(error))
            text = f"{type(error).__name__}: {error}"
            self.tell("error", messages.UNEXPECTED.format(error=text), detail)

    def _start(
        self,
        kind: str,
        work: Callable[[Job], None],
        *,
        replace: bool = False,
        then: Callable[[], None] | None = None,
    ) -> None:
        def finish(error: BaseException | None) -> None:
            quiet = kind == "updating" and isinstance(error, Cancelled)
            if error is not None and not quiet:
                self.report_failure(error)
            if not self.worker.has(kind) and self.busy == kind:
                self.set_trait("busy", "")
                self.progress, self.progress_text = 0.0, ""
            if error is None and then is not None:
                then()

        job = Job(kind, work, finish, functools.partial(self._show_progress, kind))
        self.progress, self.progress_text, self.busy = 0.0, messages.STARTING, kind
        self.worker.submit(job, replace=replace)

    def _show_progress(self, kind: str, fraction: float, message: str, elapsed: float) -> None:
        left = ""
        if fraction > 0.15 and elapsed > 3:
            seconds = elapsed * (1 - fraction) / fraction
            left = " · " + messages.PROGRESS_LEFT.format(left=duration_text(seconds))
        self.busy, self.progress, self.progress_text = kind, fraction, message + left

    @click
    def cancel(self) -> None:
        """Stop what is running."""
        self.worker.cancel()


def duration_text(seconds: float) -> str:
    """Write a duration as a person says it."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"
