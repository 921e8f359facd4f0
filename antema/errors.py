"""Expected failures, each a sentence that says what is wrong, with which file, and what to do."""


class AntemaError(Exception):
    """Base of every failure that antema expects; its text is written for the user."""


class UnreadableImage(AntemaError):
    """A file or an array that does not hold a micrograph antema can analyse."""


class MissingScale(AntemaError):
    """A length was asked for, but the size of a pixel is not known."""


class InvalidOption(AntemaError, ValueError):
    """An option that does not exist, or a value outside its limits."""


class WeightsNotFound(AntemaError):
    """A weight set is absent, incomplete, or not the one its own list describes."""


class ResultsExist(AntemaError):
    """Results of an earlier run stand where new ones would be written."""


class UnwritableResults(AntemaError):
    """The folder for the results cannot be made or written to."""


class CannotCorrect(AntemaError):
    """A correction by hand that does not go with the particles that there are."""


class Cancelled(AntemaError):
    """The user stopped a computation; nothing of it is kept."""


class MissingLibrary(AntemaError):
    """A library that only some of antema needs is not installed."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone in a notebook: the lines that led here help nobody."""
        return [str(self)]
