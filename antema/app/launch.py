"""Start Voila for the dashboard, with what micrographs and a shared computer need.

Voila reads its own configuration from the current folder only, refuses messages above 10 MB, serves
pictures that lie beside the notebook and never ends a kernel; all of that is set here, and
configuration files of the user are not read.
"""

import os
import sys
from pathlib import Path
from typing import Any

from ..errors import AntemaError
from ..resources import shared_folder
from ..startup import import_quickly
from .intake import FOLDER_VARIABLE

DASHBOARD = "dashboard"
LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024
IDLE_SECONDS = 30 * 60
# The C library of Linux keeps freed arrays unless they are mapped one by one: with this, ten
# analysed images of 2048 px take a fifth less memory. Other systems do not know the variable.
KERNEL_VARIABLES = {"MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}
LOCAL = ("127.0.0.1", "localhost", "::1")


def launch(
    port: int = 8866,
    host: str = "127.0.0.1",
    folder: str | Path | None = None,
    token: str | None = None,
    open_browser: bool = True,
    preheat: int = 0,
    notebook: str = DASHBOARD,
) -> int:
    """Serve the dashboard, or another notebook as a page, until somebody stops it.

    Parameters
    ----------
    port : int
        Where to listen; the next free one is taken if it is in use.
    host : str
        Address to listen on; by default only this computer can open the page.
    folder : path, optional
        Folder on this computer whose images the page may open.
    token : str, optional
        Word that a visitor must give; needed with any other host than this computer.
    open_browser : bool
        Whether to open the page in the browser.
    preheat : int
        How many pages to hold ready; each needs memory, and opens at once.
    notebook : str
        Which of antema's notebooks to serve.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    AntemaError
        If the notebook or the folder is not there, or others could open the page without a token.
    """
    path = find_notebook(notebook)
    if host not in LOCAL and not token:
        msg = (
            f"With --host {host} other computers can open the dashboard and use this one. "
            "Give a --token that they must know."
        )
        raise AntemaError(msg)
    if folder is not None:
        if not Path(folder).is_dir():
            msg = f"{folder} is not a folder. Give one that exists with --folder."
            raise AntemaError(msg)
        os.environ[FOLDER_VARIABLE] = str(Path(folder).resolve())
    for name, value in KERNEL_VARIABLES.items():
        os.environ.setdefault(name, value)
    add_template_folder()
    os.chdir(path.parent)

    server = server_class()(config=server_config(preheat), config_file_paths=[])
    server.ip, server.port, server.token = host, port, token
    server.wants_browser = open_browser
    server.initialize([str(path)])
    server.start()
    return 0


def find_notebook(name: str = DASHBOARD) -> Path:
    """Return the path of one of antema's notebooks, by its name."""
    folder = shared_folder("notebooks")
    known = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if DASHBOARD not in known:
        msg = (
            f"The notebooks are not at {folder}. "
            "Install antema again, or run it from a complete copy of its folder."
        )
        raise AntemaError(msg)
    if name not in known:
        msg = f"There is no notebook {name}; choose one of {', '.join(known)}."
        raise AntemaError(msg)
    return known[name]


def add_template_folder() -> None:
    """Let Voila find antema's page template."""
    ours = str(Path(__file__).parent / "share" / "jupyter")
    known = os.environ.get("JUPYTER_PATH", "")
    if ours not in known.split(os.pathsep):
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [ours, known]))


def server_config(preheat: int = 0) -> Any:
    """Return the configuration of Voila and of the kernels that it starts."""
    from traitlets.config import Config

    return Config(
        Voila={
            "tornado_settings": {
                "websocket_max_message_size": LARGEST_MESSAGE_BYTES,
                "websocket_ping_interval": 30,
            },
            "open_browser": True,
            "log_level": "WARN",
        },
        VoilaConfiguration={
            "template": "antema",
            "file_allowlist": [],
            "show_tracebacks": False,
            "strip_sources": True,
            "preheat_kernel": preheat > 0,
            "default_pool_size": preheat,
            "kernel_spec_manager_class": "antema.app.launch.OwnKernel",
        },
        MappingKernelManager={
            "cull_idle_timeout": IDLE_SECONDS,
            "cull_interval": 60,
            "cull_busy": False,
            "cull_connected": False,
        },
        ZMQChannelsWebsocketConnection={"limit_rate": False},
    )


def server_class() -> Any:
    """Return Voila, changed to say in plain words where it is; imported late because it is slow."""
    from traitlets import Bool

    voila: Any = import_quickly("voila.app").Voila

    class Server(voila):
        wants_browser = Bool(True)

        def launch_browser(self) -> None:
            """Say where the page is, and open it if wanted."""
            address = f"http://{self.ip}:{self.port}{self.base_url}"
            sys.stderr.write(f"antema is open at {address}\nStop it with Ctrl+C.\n")
            sys.stderr.flush()
            if self.wants_browser:
                super().launch_browser()

    return Server


def __getattr__(name: str) -> Any:
    """Make `OwnKernel` when Voila asks for it, so that importing this module stays cheap."""
    if name != "OwnKernel":
        raise AttributeError(name)
    from jupyter_client.kernelspec import KernelSpecManager

    class OwnKernel(KernelSpecManager):
        """Knows only the Python that antema runs in: a kernel of that name may be another one."""

        def _kernel_dirs_default(self) -> list[str]:
            return []

    globals()["OwnKernel"] = OwnKernel
    return OwnKernel
