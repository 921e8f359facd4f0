"""The figure widget, as the browser meets it."""

import ipywidgets
import numpy as np
import plotly.graph_objects as go
import pytest

from antema.app.live_figure import LiveFigure, library
from antema.app.panels.dashboard import Dashboard


@pytest.fixture
def figure():
    return LiveFigure(go.Figure(go.Scatter(x=np.arange(3), y=[1, 2, 3])), {"scrollZoom": True})


def test_it_opens_complete_and_small(monkeypatch):
    opened, send = [], ipywidgets.Widget.open

    def spy(widget):
        opened.append(widget.get_state())
        send(widget)

    monkeypatch.setattr(ipywidgets.Widget, "open", spy)
    LiveFigure(go.Figure(go.Scatter(x=[0], y=[1])), {"scrollZoom": True})
    state = opened[-1]
    assert state["_widget_data"][0]["y"] == [1]
    assert state["_config"] == {"scrollZoom": True}
    assert len(state["_esm"]) < 10_000


def test_figures_share_plotly(figure):
    other = LiveFigure(go.Figure(), {})
    assert figure._library is other._library is library()
    assert "_py2js_update" in library().text


def test_it_is_whole_again_when_asked(figure):
    with figure.batch_update():
        figure.data[0].y = [4, 5, 6]
        figure.layout.title.text = "later"
    assert figure._widget_data[0]["y"] == [1, 2, 3]
    figure._handle_custom_msg({"kind": "whole"}, [])
    assert figure._widget_data[0]["y"] == [4, 5, 6]
    assert figure._widget_layout["title"] == {"text": "later"}
    assert figure._whole == [figure._last_trace_edit_id, figure._last_layout_edit_id]


def test_plotly_is_loaded_when_the_page_is_seen(state, monkeypatch):
    made = []
    monkeypatch.setattr(state, "get_ready", lambda: None)
    monkeypatch.setattr(
        LiveFigure, "__init__", lambda _self, figure, _config: made.append(len(figure.data))
    )
    page = Dashboard(state).page
    assert made == []
    for _ in range(2):
        page._handle_custom_msg({"kind": "ping"}, [])
    assert made == [0]
