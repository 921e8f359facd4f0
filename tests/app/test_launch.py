import os

import pytest

from antema.app.intake import FOLDER_VARIABLE
from antema.app.launch import find_notebook, launch, server_config
from antema.cli import main
from antema.errors import AntemaError


def test_the_notebook_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_notebook().is_file()
    assert find_notebook("parameter_tuning").is_file()


def test_a_notebook_that_is_not_there_is_told():
    with pytest.raises(AntemaError, match="choose one of .*dashboard"):
        find_notebook("nothing")


def test_large_messages_pass_and_no_file_is_served():
    config = server_config()
    assert config.Voila.tornado_settings["websocket_max_message_size"] >= 200e6
    assert config.VoilaConfiguration.file_allowlist == []
    assert config.MappingKernelManager.cull_idle_timeout > 0
    assert config.MappingKernelManager.cull_busy is False


def test_pages_are_held_ready_if_wanted(monkeypatch):
    given = {}
    monkeypatch.setattr("antema.app.launch.launch", lambda **options: given.update(options) or 0)
    assert main(["app", "--preheat", "2", "--no-browser"]) == 0
    assert given["preheat"] == 2
    voila = server_config(given["preheat"]).VoilaConfiguration
    assert (voila.preheat_kernel, voila.default_pool_size) == (True, 2)
    assert server_config().VoilaConfiguration.preheat_kernel is False


def test_other_computers_need_a_token():
    with pytest.raises(AntemaError, match="--token"):
        launch(host="0.0.0.0")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(AntemaError, match="nowhere"):
        launch(folder=tmp_path / "nowhere")
    assert FOLDER_VARIABLE not in os.environ
