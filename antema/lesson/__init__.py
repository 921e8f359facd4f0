"""The figures and exercises of `notebooks/walkthrough.ipynb`, a lesson on particle sizes.

`steps`, `scenes`, `numbers` and `exercises` calculate, `drawing` draws, the rest are widgets.
"""

from .exercises import check
from .image_views import Exposure, Network, PixelSize, Threshold
from .sample_views import Counting, Edge, Picking
from .shape_views import Convexity, Erosion, Projection, Shapes
from .widgets import Tour

__all__ = [
    "Convexity",
    "Counting",
    "Edge",
    "Erosion",
    "Exposure",
    "Network",
    "Picking",
    "PixelSize",
    "Projection",
    "Shapes",
    "Threshold",
    "Tour",
    "check",
]
