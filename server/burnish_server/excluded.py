"""Files without suggestions (the setting ``burnish.completion.exclude``): by their names only, for all clients of a process.

Clients share the engine and the code graph, so what one of them excludes is excluded for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pygls.uris import to_fs_path

from burnish_telemetry.exclusions import matching_glob

__all__ = ["ExcludedFiles", "file_of"]


def file_of(uri: str) -> str:
    """The absolute path of a ``file:`` URI; empty for any other."""
    return (to_fs_path(uri) or "") if uri.startswith("file:") else ""


@dataclass(frozen=True, slots=True)
class _Rules:
    globs: tuple[str, ...]
    folders: tuple[str, ...]


class ExcludedFiles:
    """Says which files are excluded. Reading is safe from any thread; rules are put by one.

    ``version`` changes with the rules: who keeps something made of files compares it.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rules: dict[int, _Rules] = {}

    def put(self, client: object, globs: Iterable[str], folders: Iterable[Path]) -> bool:
        """Take a client's patterns and its workspace folders in place of those it gave before; whether anything changed."""
        return self._replace(client, _Rules(tuple(globs), tuple(map(str, folders))))

    def remove(self, client: object) -> None:
        """A client is gone, and its patterns with it."""
        self._replace(client, _Rules((), ()))

    def pattern(self, path: str) -> str | None:
        """The pattern that excludes a file, given by its absolute path; ``None`` where none does."""
        if path:
            for rules in self._rules.values():
                for folder in rules.folders or ("",):
                    if (found := matching_glob(rules.globs, folder, path)) is not None:
                        return found
        return None

    def excludes(self, path: Path | str) -> bool:
        """Whether a file is excluded."""
        return self.pattern(str(path)) is not None

    def _replace(self, client: object, rules: _Rules) -> bool:
        others = {key: value for key, value in self._rules.items() if key != id(client)}
        changed = others | ({id(client): rules} if rules.globs else {})
        if changed == self._rules:
            return False
        self._rules = changed
        self.version += 1
        return True
