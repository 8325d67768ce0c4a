"""One finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Check"]


@dataclass(frozen=True, slots=True)
class Check:
    """A thing looked at: whether it works, what was found, and the command (or step) that mends it.

    ``essential`` checks must pass for completions to work at all.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""
    essential: bool = True

    def as_json(self) -> dict[str, Any]:
        """The wire form: name, ok, detail, mend."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail, "mend": self.mend}
