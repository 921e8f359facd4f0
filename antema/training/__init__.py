"""Training and evaluation of networks; only here is torch needed."""

import importlib.util

from ..errors import MissingLibrary


def check_installed() -> None:
    """Raise MissingLibrary, which says what to do, unless the libraries for training are there."""
    for name in ("torch", "segmentation_models_pytorch", "safetensors", "onnx"):
        if importlib.util.find_spec(name) is None:
            msg = (
                f"Training needs {name}, which is not installed. In the folder of antema: "
                "pip install -c constraints.txt -e '.[train]'"
            )
            raise MissingLibrary(msg)
