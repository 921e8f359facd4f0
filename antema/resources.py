"""Where the files that travel with antema lie: beside the package, or where pip put them."""

import sys
from pathlib import Path


def shared_folder(name: str) -> Path:
    """Return the folder ``weights`` or ``notebooks`` that belongs to this installation.

    A checkout (and an editable installation of one) has them beside the package; an installed wheel
    has them under ``share/antema`` of the environment. The folder returned may be absent.
    """
    checkout = Path(__file__).resolve().parents[1] / name
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "antema" / name
