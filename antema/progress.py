"""Progress: a callable (fraction, message) that long work calls; it may raise Cancelled."""

from collections.abc import Callable

Progress = Callable[[float, str], None]


def part(progress: Progress | None, start: float, end: float, name: str = "") -> Progress:
    """Return a progress that maps 0..1 of one step onto start..end of the whole, under a name.

    Without a progress to report to, the returned callable does nothing, so callers need no test.
    """

    def report(fraction: float, message: str) -> None:
        if progress is not None:
            inside = start + (end - start) * min(1.0, max(0.0, fraction))
            progress(inside, f"{name}: {message}" if name else message)

    return report


def duration_text(seconds: float) -> str:
    """Write a duration as a person would: seconds, minutes, or hours and minutes."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
