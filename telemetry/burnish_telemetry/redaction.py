"""Finds secrets. An event with one is dropped whole: cutting it out would leave pieces behind.

detect-secrets' plugins give the well-known forms; those that guess by entropy are left out (they flag ordinary names), and so is
the one for public addresses, which are no secrets. Only the plugins' expressions are used: their ``verify`` methods would
ask the services on the network. The module takes about a tenth of a millisecond a line, so it belongs off the event loop.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import blake2b

from detect_secrets import plugins as plugin_package
from detect_secrets.plugins.base import BasePlugin
from detect_secrets.plugins.keyword import DENYLIST, KeywordDetector

from burnish_telemetry.events import (
    ActionOffered,
    ContextFile,
    Event,
    Prompt,
    Suggested,
    Survived,
    WroteInstead,
)
from burnish_telemetry.secret_patterns import ASSIGNED, ASSIGNED_RANDOM, PATTERNS, PLACEHOLDER

__all__ = ["SecretScanner", "texts_of"]

_LEFT_OUT = {
    "Base64HighEntropyString",
    "HexHighEntropyString",
    "HighEntropyStringsPlugin",
    "IPPublicDetector",
}
#: Plugins that also report blanks to be filled in.
_MAY_BE_BLANK = {"Secret Keyword", "Basic Auth Credentials"}
#: Lines longer than this are cut into overlapping pieces, so that no expression runs for long.
_PIECE = 1_000
_OVERLAP = 300
#: A line without any of these words cannot interest the plugin that looks at names; it is by far the slowest.
_KEYWORDS = re.compile("|".join(DENYLIST), re.IGNORECASE)


class SecretScanner:
    """Says whether texts hold a secret. Lines found clean are remembered by digest, as prompts repeat them.

    Args:
        remembered: how many clean lines to remember.
    """

    def __init__(self, remembered: int = 50_000) -> None:
        self._plugins = list(_plugins())
        self._clean: OrderedDict[bytes, None] = OrderedDict()
        self._remembered = remembered

    def find(self, text: str) -> str | None:
        """The sort of the first secret in a text; ``None`` when there is none. The secret itself is never returned."""
        for line in text.split("\n"):
            if not line.strip():
                continue
            # Keyed by length and digest; the line itself is not kept.
            key = blake2b(line.encode("utf-8", "surrogatepass"), digest_size=12).digest()
            if key in self._clean:
                self._clean.move_to_end(key)
                continue
            if (sort := self._in_line(line)) is not None:
                return sort
            self._clean[key] = None
            if len(self._clean) > self._remembered:
                self._clean.popitem(last=False)
        return None

    def find_in_event(self, event: Event, typed: str = "", rest: str = "") -> str | None:
        """The sort of the first secret in an event.

        Args:
            event: the event.
            typed: what stood left of the cursor when the suggestion was made; texts of later events continue it.
            rest: what stood right of the cursor.
        """
        for text in texts_of(event, typed, rest):
            if (sort := self.find(text)) is not None:
                return sort
        return None

    def _in_line(self, line: str) -> str | None:
        if len(line) <= _PIECE:
            return self._in_piece(line)
        for start in range(0, len(line), _PIECE - _OVERLAP):
            if (sort := self._in_piece(line[start : start + _PIECE])) is not None:
                return sort
        return None

    def _in_piece(self, line: str) -> str | None:
        for name, pattern in PATTERNS.items():
            if pattern.search(line):
                return name
        for pattern in (ASSIGNED, ASSIGNED_RANDOM):
            for match in pattern.finditer(line):
                if not PLACEHOLDER.match(match[1]):
                    return "a text given to a name that speaks of a secret"
        keywords = _KEYWORDS.search(line) is not None
        for plugin in self._plugins:
            if not keywords and isinstance(plugin, KeywordDetector):
                continue
            for found in plugin.analyze_string(line):
                if plugin.secret_type not in _MAY_BE_BLANK or not PLACEHOLDER.match(str(found).strip("\"' ")):
                    return str(plugin.secret_type)
        return None


def texts_of(event: Event, typed: str = "", rest: str = "") -> Iterator[str]:
    """The texts of an event, joined where they touch, so that a secret across a border is one text."""
    match event:
        case Suggested():
            yield from _prompt_texts(event.prompt, event.text)
        case ActionOffered():
            yield event.before
            yield event.after
            yield event.title
            if event.prompt is not None:
                yield from _prompt_texts(event.prompt, "")
        case Survived() | WroteInstead():
            yield event.text
            yield typed + event.text
            yield typed + event.text + rest
        case _:
            return


def _prompt_texts(prompt: Prompt, text: str) -> Iterator[str]:
    yield prompt.prefix + prompt.typed + prompt.suffix
    yield prompt.prefix + prompt.typed + text
    yield prompt.typed + text + prompt.suffix
    yield text
    for file in prompt.context:
        yield from _file_texts(file)


def _file_texts(file: ContextFile) -> Iterator[str]:
    yield file.path
    yield file.text


def _plugins() -> Iterator[BasePlugin]:
    """One of each of detect-secrets' plugins that is used here."""
    for module in pkgutil.iter_modules(plugin_package.__path__):
        loaded = importlib.import_module(f"{plugin_package.__name__}.{module.name}")
        for name, kind in sorted(vars(loaded).items()):
            ours = (
                inspect.isclass(kind) and issubclass(kind, BasePlugin) and kind.__module__ == loaded.__name__
            )
            if ours and not inspect.isabstract(kind) and name not in _LEFT_OUT:
                yield kind()
