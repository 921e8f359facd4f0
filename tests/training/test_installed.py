import importlib.util

import pytest

from antema.errors import MissingLibrary
from antema.training import check_installed


def test_without_torch_one_sentence_says_what_to_do(monkeypatch):
    find = importlib.util.find_spec
    absent = {"torch": None}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: absent.get(name, find("json")))
    with pytest.raises(MissingLibrary, match=r"needs torch.*\[train\]") as caught:
        check_installed()
    # What a notebook shows instead of a traceback.
    assert caught.value._render_traceback_() == [str(caught.value)]
    absent.clear()
    check_installed()
