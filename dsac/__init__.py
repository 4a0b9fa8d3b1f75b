"""dsac: datasets as code, for the Segments.ai labelling platform."""

from typing import TYPE_CHECKING

from dsac.version import __version__

if TYPE_CHECKING:
    from dsac.assets.bitmaps import bitmap2file
    from dsac.remote.segments_client import SegmentsClient
    from dsac.use_cases import apply, plan

__all__ = ["SegmentsClient", "__version__", "apply", "bitmap2file", "plan"]

_HOMES = {
    "SegmentsClient": "dsac.remote.segments_client",
    "apply": "dsac.use_cases",
    "bitmap2file": "dsac.assets.bitmaps",
    "plan": "dsac.use_cases",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for, so that `import dsac` is cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
