"""Long work beside the page: one worker thread, jobs in a queue, progress and cancel.

While a callback of the page runs, the kernel handles no other event, so nothing long may run in
one. A job runs in the worker thread and talks to the page only through `deliver`, which hands a
callable to the thread that owns the widgets; the state is therefore changed by one thread alone.
"""

import asyncio
import collections
import dataclasses
import threading
import time
from collections.abc import Callable

from ..errors import Cancelled

Deliver = Callable[[Callable[[], None]], None]

REPORT_EVERY_S = 0.1


def deliver_to_this_thread() -> Deliver:
    """Return a `deliver` that runs callables in the event loop that is running now.

    Without a running loop (a test, a plain Python session) callables run at once, where they are.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda function: function()

    def deliver(function: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(function)

    return deliver


@dataclasses.dataclass(eq=False)
class Job:
    """One piece of work.

    Parameters
    ----------
    kind : str
        What the page calls it, for example "analysing".
    work : callable
        Called in the worker thread with the job itself; calls `job.report` often.
    finish : callable
        Called through `deliver` with the exception that ended the work, or None.
    """

    kind: str
    work: Callable[["Job"], None]
    finish: Callable[[BaseException | None], None]
    on_progress: Callable[[float, str, float], None] | None = None
    deliver: Deliver = lambda function: function()
    cancelled: threading.Event = dataclasses.field(default_factory=threading.Event)
    started: float = 0.0
    over: bool = False
    _reported: float = 0.0

    def report(self, fraction: float, message: str) -> None:
        """Tell how far the work is; raises Cancelled if somebody asked to stop it."""
        if self.cancelled.is_set():
            raise Cancelled(message)
        now = time.monotonic()
        if self.on_progress is None or (now - self._reported < REPORT_EVERY_S and fraction < 1):
            return
        self._reported = now
        show, elapsed = self.on_progress, now - self.started
        self.deliver(lambda: show(fraction, message, elapsed))


class Worker:
    """Runs jobs one after the other in a thread of its own.

    Parameters
    ----------
    deliver : callable
        Hands a callable to the thread that owns the widgets.
    """

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver
        self._jobs: collections.deque[Job] = collections.deque()
        self._running: Job | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def submit(self, job: Job, *, replace: bool = False) -> None:
        """Queue a job; with `replace`, stop the running and drop the waiting ones of its kind."""
        job.deliver = self.deliver
        with self._changed:
            if replace:
                if self._running is not None and self._running.kind == job.kind:
                    self._running.cancelled.set()
                kept = [waiting for waiting in self._jobs if waiting.kind != job.kind]
                self._jobs = collections.deque(kept)
            self._jobs.append(job)
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="antema", daemon=True)
                self._thread.start()

    def cancel(self, kind: str | None = None) -> None:
        """Ask the running job to stop and forget the waiting ones (of one kind, or all)."""
        with self._changed:
            if self._running is not None and kind in (None, self._running.kind):
                self._running.cancelled.set()
            dropped = [job for job in self._jobs if kind in (None, job.kind)]
            for job in dropped:
                self._jobs.remove(job)
        for job in dropped:
            job.finish(Cancelled("stopped"))

    def has(self, kind: str) -> bool:
        """Whether a job of this kind is running or waiting."""
        with self._changed:
            jobs = [*self._jobs, *([self._running] if self._running else [])]
            return any(
                job.kind == kind and not job.over and not job.cancelled.is_set() for job in jobs
            )

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until nothing is left to do; False if that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs and self._running is None, timeout)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._jobs))
                job = self._running = self._jobs.popleft()
            outcome: BaseException | None = None
            job.started = time.monotonic()
            try:
                job.work(job)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the page must hear of it
                outcome = error
            finally:
                job.over = True
                self.deliver(_finisher(job, outcome))
                with self._changed:
                    self._running = None
                    self._changed.notify_all()


def _finisher(job: Job, outcome: BaseException | None) -> Callable[[], None]:
    return lambda: job.finish(outcome)
