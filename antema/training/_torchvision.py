"""Make `import torchvision` work where its build does not match that of torch.

A torchvision built for CUDA beside a torch built for the CPU fails on import because its compiled
operators are missing. Nothing here uses them, but timm and segmentation-models-pytorch import
torchvision. The missing operators are declared only after the import has failed: where they do
load, declaring them first would clash.
"""

import sys
from typing import Any

_kept: list[Any] = []


def repair_torchvision() -> None:
    """Import torchvision, with two of its operators declared by hand if they do not load."""
    try:
        import torchvision  # noqa: F401, PLC0415
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        from torch import library  # noqa: PLC0415

        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        declared = library.Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            declared.define(
                f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        _kept.append(declared)  # the operators live as long as this object
        import torchvision  # noqa: F401, PLC0415
