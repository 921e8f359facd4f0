"""How much the result hangs on an option: tried beside the page while somebody looks at it."""

import functools
import weakref
from typing import Any

import numpy as np
import pandas as pd
import traitlets

from ...analysis import Analysis
from ...errors import Cancelled
from ...sensitivity import sensitivity, with_options
from ...tuning import usual_values
from ..jobs import Deliver, Job, Worker
from .core import Core, click

TRIED = ("convexity", "solidity", "min_marker_nm")
SHARES = (0.8, 0.995)  # range of convexity and solidity that is worth a try
STEPS = 21


class Trying(Core):
    """Count and mean diameter of the image shown, for other values of one option."""

    tried = traitlets.Unicode("convexity")
    trying = traitlets.Bool(False)
    trials = traitlets.Instance(pd.DataFrame, allow_none=True, default_value=None)

    def __init__(self, deliver: Deliver | None = None) -> None:
        super().__init__(deliver)
        # A worker of its own: what a person waits for goes first.
        self.trier = Worker(self.worker.deliver)
        self._trials_of: tuple[Any, ...] | None = None
        names = ["images", "chosen", "settings", "tried", "trying"]
        self.observe(lambda _change: self._try(), names)

    @click
    def show_trials(self, trying: bool) -> None:
        """Begin or stop to keep the trials up to date with the image shown."""
        self.trying = trying

    @click
    def try_option(self, option: str) -> None:
        """Try another option."""
        self.tried = option

    @property
    def present(self) -> float:
        """Value in use of the option that is tried."""
        return float(getattr(self.settings.separation, self.tried))

    @click
    def _try(self) -> None:
        """Start the trials, unless nothing that they hang on has changed."""
        image = self.image
        if not self.trying or image is None or not self.is_current(image):
            self.trier.cancel()
            return
        found: Analysis = image.analysis  # type: ignore[assignment]
        values = self._values(found)
        others = with_options(self.settings, {self.tried: values[0]})
        mask = weakref.ref(found.separator), found.micrograph.nm_per_pixel
        of = (*mask, others, self.tried, values[-1])
        if of == self._trials_of:
            return
        self._trials_of, self.trials = of, None
        work = functools.partial(self._run_trials, of, found, self.tried, values)
        self.trier.submit(Job("trying", work, functools.partial(self._tried, of)), replace=True)

    def _values(self, found: Analysis) -> np.ndarray:
        low, high = SHARES
        if self.tried not in ("convexity", "solidity"):
            low, high = usual_values([found], STEPS)[self.tried][[0, -1]]
        return np.linspace(min(low, self.present), max(high, self.present), STEPS)

    def _run_trials(self, of: object, found: Analysis, option: str, values: Any, job: Job) -> None:
        trials = sensitivity(found, option, values, job.report)
        self.worker.deliver(functools.partial(self._show_trials, of, trials))

    def _show_trials(self, of: object, trials: pd.DataFrame) -> None:
        if of == self._trials_of:
            self.trials = trials

    def _tried(self, of: object, error: BaseException | None) -> None:
        if error is not None and self._trials_of == of:
            self._trials_of = None
        if error is not None and not isinstance(error, Cancelled):
            self.report_failure(error)
