"""dsac: datasets as code, for the Segments.ai labelling platform."""

from dsac.version import __version__

__all__ = ["__version__"]
