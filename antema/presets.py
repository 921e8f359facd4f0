"""Named options for common kinds of images, each with the reason for it.

A preset is nothing but `antema.Settings` under a name; files of options, such as the dashboard and
``notebooks/parameter_tuning.ipynb`` write, are presets of one's own.

References
----------
N. Gumbiowski, K. Loza, M. Heggen, M. Epple, Nanoscale Adv. 5 (2023) 2318-2326,
doi 10.1039/d2na00781a.
"""

import dataclasses

from .analysis import Settings
from .segmentation import SegmentationOptions
from .separation import SeparationOptions


@dataclasses.dataclass(frozen=True)
class Preset:
    """Options under a name.

    Parameters
    ----------
    name : str
    why : str
        One sentence on what it is for.
    settings : Settings
    """

    name: str
    why: str
    settings: Settings


PRESETS = (
    Preset(
        "Default",
        "What antema proposes for bright-field images with little or moderate overlap.",
        Settings(),
    ),
    Preset(
        "As in the paper",
        "UECS with the limits of Gumbiowski et al. (2023): convexity alone decides whether an "
        "outline is one particle; antema's second test, the solidity, is off.",
        Settings(separation=SeparationOptions(solidity=0)),
    ),
    Preset(
        "Dense, touching particles",
        "Restores particles from what is seen of their outlines: where many overlap this finds "
        "more of them than UECS, and takes several times as long.",
        Settings(separation=SeparationOptions(method="outline")),
    ),
    Preset(
        "Bright particles (dark field, HAADF)",
        "For images in which particles are brighter than the background.",
        Settings(segmentation=SegmentationOptions(invert=True)),
    ),
)
