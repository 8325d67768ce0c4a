"""Where the user was a moment ago: places edited last, and files that are open."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from burnish_analysis.graph.index import CodeGraph
from burnish_analysis.graph.model import Symbol
from burnish_server.context.gather import Candidate
from burnish_server.context.render import REGION

__all__ = ["RecentWork"]

#: Places and open files that are remembered, and those that are shown.
_MOST_PLACES, _MOST_OPEN, _SHOWN_PLACES, _SHOWN_OPEN = 12, 30, 2, 3
#: Lines of a place on each side, and how near another edit counts as the same place.
_AROUND, _SAME = 4, 12
#: Longest text of a place, in characters.
_LONGEST = 800
_PLACE_SCORE, _OPEN_SCORE, _FADE = 0.8, 0.3, 0.8


@dataclass(slots=True)
class _Place:
    path: str
    line: int


class RecentWork:
    """Files by absolute path. Texts are kept by reference only."""

    def __init__(self) -> None:
        self._places: list[_Place] = []
        self._open: OrderedDict[str, str] = OrderedDict()

    def opened(self, path: str, text: str) -> None:
        """A document was opened, or is looked at."""
        self._open[path] = text
        self._open.move_to_end(path)
        while len(self._open) > _MOST_OPEN:
            self.closed(next(iter(self._open)))

    def edited(self, path: str, text: str, line: int) -> None:
        """A document was edited at a 0-based line."""
        self.opened(path, text)
        same = [place for place in self._places if place.path == path and abs(place.line - line) <= _SAME]
        self._places = [place for place in self._places if place not in same][-_MOST_PLACES + 1 :]
        self._places.append(_Place(path, line))

    def closed(self, path: str) -> None:
        """A document was closed, or is forgotten."""
        self._open.pop(path, None)
        self._places = [place for place in self._places if place.path != path]

    def text(self, path: str) -> str | None:
        """The text of an open document."""
        return self._open.get(path)

    def candidates(
        self, root: str, path: str, graph: CodeGraph, *, excluded: Callable[[str], bool] = lambda _: False
    ) -> Iterator[Candidate]:
        """Places edited in other files below ``root``, and what open files define, for a cursor in ``path`` (absolute)."""

        def wanted(name: str) -> bool:
            return name != path and _below(root, name) and not excluded(name)

        places = [place for place in reversed(self._places) if wanted(place.path)]
        for age, place in enumerate(places[:_SHOWN_PLACES]):
            lines = self._open[place.path].split("\n")
            first = max(0, place.line - _AROUND)
            text = "\n".join(line.rstrip("\r") for line in lines[first : place.line + _AROUND + 1]).strip(
                "\n"
            )
            if text.strip() and len(text) <= _LONGEST:
                symbol = Symbol(f"@{place.line // _SAME}", REGION, text, "", first, place.line + _AROUND)
                yield Candidate(_relative(root, place.path), symbol, _PLACE_SCORE * _FADE**age)
        others = [name for name in reversed(self._open) if wanted(name)]
        for age, name in enumerate(others[:_SHOWN_OPEN]):
            found = graph.get(_relative(root, name))
            for symbol in found.members("") if found is not None else ():
                if symbol.kind in ("class", "function") and not symbol.name.startswith("_"):
                    yield Candidate(_relative(root, name), symbol, _OPEN_SCORE * _FADE**age)


def _below(root: str, path: str) -> bool:
    """Whether a file is in a folder, and not in one beside it whose name begins alike."""
    folder = root.rstrip("/\\")
    return path.startswith((f"{folder}/", f"{folder}\\"))


def _relative(root: str, path: str) -> str:
    return path[len(root) :].replace("\\", "/").lstrip("/")
