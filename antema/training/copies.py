"""Copies of one network that share a batch, one thread each.

On a CPU this is faster than one network on all cores, and on any number of cores the same as one
network that sees the whole batch, but for batch statistics, which are those of a share.
"""

import copy
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .model import Segmenter


class Copies:
    """A network and its copies.

    Parameters
    ----------
    model : Segmenter
        Its parameters are those that the optimizer changes.
    count : int
        How many there are with it.
    bfloat16 : bool
        Whether to compute in bfloat16 where that is exact enough.
    frozen : bool
        Whether to keep the statistics of the batch normalisation.
    """

    def __init__(self, model: Segmenter, count: int, bfloat16: bool, frozen: bool) -> None:
        self.all = [model] + [copy.deepcopy(model) for _ in range(count - 1)]
        self.device = next(model.parameters()).device
        self.bfloat16, self.frozen = bfloat16, frozen
        if bfloat16 and self.device.type == "cpu":
            for each in self.all:
                _keep_depthwise_exact(each)

    def backward(
        self, executor: ThreadPoolExecutor, grey: torch.Tensor, truth: torch.Tensor
    ) -> float:
        """Leave the gradient of the mean loss in the first network; return that loss."""
        count = len(self.all)
        shares = zip(grey.tensor_split(count), truth.tensor_split(count), strict=True)
        jobs = [
            executor.submit(self._gradient, model, *share)
            for model, share in zip(self.all, shares, strict=True)
        ]
        losses = [job.result() for job in jobs]
        with torch.no_grad():
            for parameters in zip(*(c.parameters() for c in self.all), strict=True):
                if parameters[0].grad is None:
                    continue
                for other in parameters[1:]:
                    parameters[0].grad += other.grad
                parameters[0].grad /= count
        return float(np.mean(losses))

    def _gradient(self, model: Segmenter, grey: torch.Tensor, truth: torch.Tensor) -> float:
        model.train()
        if self.frozen:
            for module in model.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        model.zero_grad(set_to_none=True)
        grey = grey.to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            logits = model(grey)
        loss = segmentation_loss(logits.float(), truth.to(self.device))
        loss.backward()
        return float(loss.detach())

    @torch.no_grad()
    def share_out(self) -> None:
        """Give every copy the parameters of the first."""
        # Batch statistics differ between the copies: their mean is what the whole batch had.
        for buffers in zip(*(c.buffers() for c in self.all), strict=True):
            if buffers[0].is_floating_point():
                mean = sum(buffers) / len(buffers)
                for buffer in buffers:
                    buffer.copy_(mean)
        for parameters in zip(*(c.parameters() for c in self.all), strict=True):
            for other in parameters[1:]:
                other.copy_(parameters[0])


def bfloat16_is_faster(device: str) -> bool:
    """Say whether the device multiplies bfloat16 by itself; otherwise it is slower."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _keep_depthwise_exact(model: nn.Module) -> None:
    """Compute those depthwise convolutions in float32 whose gradients are slow in bfloat16.

    On a CPU these are all but those of 3 x 3 without stride and dilation, by factors of 3 to 10.
    """
    for module in model.modules():
        if (
            isinstance(module, nn.Conv2d)
            and module.groups > 1
            and (module.kernel_size, module.stride, module.dilation) != ((3, 3), (1, 1), (1, 1))
        ):
            module.forward = functools.partial(_in_float32, module.forward)  # type: ignore[method-assign]


def _in_float32(forward: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", enabled=False):
        return forward(x.float())


def segmentation_loss(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return binary cross-entropy plus 1 - Dice of the batch."""
    entropy = functional.binary_cross_entropy_with_logits(logits, truth)
    probability = logits.sigmoid()
    dice = (2 * (probability * truth).sum() + 1) / (probability.sum() + truth.sum() + 1)
    return entropy + 1 - dice
