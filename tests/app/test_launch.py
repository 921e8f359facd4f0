import os

import pytest

from antema.app.intake import FOLDER_VARIABLE
from antema.app.launch import find_notebook, launch, server_config
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


def test_other_computers_need_a_token():
    with pytest.raises(AntemaError, match="--token"):
        launch(host="0.0.0.0")


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(AntemaError, match="nowhere"):
        launch(folder=tmp_path / "nowhere")
    assert FOLDER_VARIABLE not in os.environ
