"""Batches of tiles: what batch number n shows depends only on the seed and on n.

So a run that was stopped goes on as if nothing had happened, and batches can be made ahead.
"""

import numpy as np
import torch

from ..simulation.options import log_uniform
from ..simulation.support import crumpled_sheets
from .augmentation import change_grey
from .dataset import LabelledImage, cut_tile
from .recipe import Recipe

_SIMULATED_WHOLE, _SIMULATED_SCALES = 0.05, (0.6, 2.0)
_SHEET_DEPTHS = (0.02, 0.3)


class Batches:
    """Tiles of real and of simulated images, mixed as a recipe says.

    Parameters
    ----------
    recipe : Recipe
    images, simulated : list of LabelledImage
    seed : int
    shares : int
        Into how many parts, with both kinds in each, a batch will be divided.
    """

    def __init__(
        self,
        recipe: Recipe,
        images: list[LabelledImage],
        simulated: list[LabelledImage],
        seed: int,
        shares: int,
    ) -> None:
        self.recipe, self.images, self.simulated = recipe, images, simulated
        self.seed, self.shares = seed, shares

    def make(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return grey values and truth of one batch, both (N, 1, H, W) float32."""
        recipe = self.recipe
        rng = np.random.default_rng([self.seed, number])
        made = round(recipe.batch * recipe.simulated) if self.simulated else 0
        tiles = [
            self._tile(rng, self.simulated, _SIMULATED_WHOLE, _SIMULATED_SCALES, sheets=0.0)
            for _ in range(made)
        ]
        for _ in range(recipe.batch - made):
            tiles.append(self._tile(rng, self.images, recipe.whole, recipe.scales, recipe.sheets))
        # Alternate, so that every share gets both kinds.
        order = rng.permutation(len(tiles)) if self.shares == 1 else np.arange(len(tiles))
        order = np.concatenate([order[i :: self.shares] for i in range(self.shares)])
        grey = torch.from_numpy(np.stack([tiles[i][0] for i in order])[:, None])
        truth = np.stack([tiles[i][1] for i in order])[:, None].astype(np.float32)
        return grey, torch.from_numpy(truth)

    def _tile(
        self,
        rng: np.random.Generator,
        images: list[LabelledImage],
        whole: float,
        scales: tuple[float, float],
        sheets: float,
    ) -> tuple[np.ndarray, np.ndarray]:
        image = images[rng.integers(len(images))]
        scale = log_uniform(rng, *scales)
        if rng.random() < whole:
            scale = self.recipe.tile_px / max(image.grey.shape)
        grey, mask = cut_tile(image, rng, scale, self.recipe.tile_px)
        if rng.random() < sheets:
            depth = log_uniform(rng, *_SHEET_DEPTHS)
            grey = grey * np.exp(-crumpled_sheets(rng, grey.shape, int(rng.integers(1, 5)), depth))
        return change_grey(grey, rng), mask
