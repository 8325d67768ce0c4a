"""Which finding promises most: by the profile that the user pointed at, else by what its rule was measured to gain."""

from __future__ import annotations

from collections.abc import Iterable

from burnish_server.perf.model import Found
from burnish_server.perf.profiles import Profile, share_of

__all__ = ["profile_share", "ranked"]

#: Taken for a rule that was not measured.
_MODEST_GAIN = 1.1


def profile_share(found: Found, path: str, profile: Profile | None) -> float | None:
    """The share of the profile's time (0 to 1) that is spent in the function around a finding; None where it is not known."""
    if profile is None:
        return None
    return share_of(profile, path, found.lines if found.inside else None)


def ranked(findings: Iterable[Found], path: str, profile: Profile | None) -> list[Found]:
    """The findings, the most promising first.

    By Amdahl's law a gain of ``g`` on a share ``s`` of the time saves ``s · (1 - 1 / g)`` of it.
    """

    def promise(found: Found) -> tuple[float, float, int]:
        gain = max(found.gain or _MODEST_GAIN, 1.0)
        share = profile_share(found, path, profile) or 0.0
        return -share * (1 - 1 / gain), -gain, found.start

    return sorted(findings, key=promise)
