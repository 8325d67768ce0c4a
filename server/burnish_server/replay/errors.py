"""What can go wrong in a replay.

::

    ServerError
    └── ReplayError
        ├── ProjectError      nothing to type is found in a folder
        ├── TraceError        a recorded trace cannot be read
        └── PlaybackError     the server did not start, or died
"""

from __future__ import annotations

from burnish_server.errors import ServerError

__all__ = ["PlaybackError", "ProjectError", "ReplayError", "TraceError"]


class ReplayError(ServerError):
    """Base of what a replay raises on purpose."""


class ProjectError(ReplayError):
    """A folder holds no Python source that could be typed."""


class TraceError(ReplayError):
    """A file is no typing trace."""


class PlaybackError(ReplayError):
    """The server that should be played against did not start or did not stay."""
