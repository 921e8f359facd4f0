"""Checkpoints: everything a run needs to go on after a kill, as tensors and JSON, never pickled."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def save_checkpoint(
    path: Path,
    modules: Mapping[str, torch.nn.Module],
    optimizer: torch.optim.Optimizer | None,
    record: dict[str, Any],
) -> None:
    """Write modules, optimizer and a JSON record; the old file stays until that is done."""
    tensors = {
        f"{name}/{key}": value.detach().contiguous().clone()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    state_by_index = optimizer.state_dict()["state"] if optimizer is not None else {}
    for index, state in state_by_index.items():
        for key, value in state.items():
            if value is not None:
                tensors[f"optimizer/{index}/{key}"] = torch.as_tensor(value).contiguous().clone()
    part = path.with_name(path.name + ".part")
    save_file(tensors, part, metadata={"record": json.dumps(record)})
    os.replace(part, path)


def load_checkpoint(
    path: Path,
    modules: Mapping[str, torch.nn.Module],
    optimizer: torch.optim.Optimizer | None = None,
) -> dict[str, Any]:
    """Put a checkpoint back into modules and, if given, the optimizer; return its record."""
    with safe_open(path, framework="pt") as stored:
        record: dict[str, Any] = json.loads(stored.metadata()["record"])
        parts: dict[str, dict[str, torch.Tensor]] = {}
        for key in stored.keys():  # noqa: SIM118  (not a dict)
            name, _, rest = key.partition("/")
            parts.setdefault(name, {})[rest] = stored.get_tensor(key)
    for name, module in modules.items():
        module.load_state_dict(parts[name])
    if optimizer is None:
        return record
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in parts.get("optimizer", {}).items():
        index, _, name = key.partition("/")
        state.setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )
    return record
