"""How much of a plan is shown, unless somebody asks for another amount."""

PICTURES = 20
"""So many labels are looked at, to tell what differs instance by instance."""

THUMBNAILS = 200
"""Of so many samples an HTML page shows pictures."""

MAX_BYTES = 65_536
"""So long may markdown be: what a comment on GitHub may have."""
