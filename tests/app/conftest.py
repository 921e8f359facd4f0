"""A state whose images are the discs of the other tests, analysed without the network."""

import pytest

from antema.app.state import State


class Waiting(State):
    """A state whose methods are followed by the end of the work they start."""

    def done(self):
        assert self.worker.wait(60)
        return self


@pytest.fixture
def state():
    state = Waiting()
    state.set_option("segmentation", "method", "otsu")
    return state


@pytest.fixture
def analysed(state, discs):
    state.add_micrograph(discs())
    state.run()
    return state.done()
