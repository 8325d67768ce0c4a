"""Refactorings within one file, as the analyser's worker process answers about them.

* ``{"op": "refactorings", "path", "text"}`` → ``{"offers", "broken"}``
* ``{"op": "suggestions", "path", "text"}`` → ``{"offers", "broken", "problems"}``: those that make a complex function simpler
* ``{"op": "structure", "before", "after", "function"}`` → ``{"same", "reason"}``
* ``{"op": "about"}`` → ``{"rules"}``: what is said of every refactoring
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings
from burnish_analysis.refactor.analyse import refactorings_in
from burnish_analysis.refactor.catalogue import all_refactorings
from burnish_analysis.refactor.settings import find_refactor_settings
from burnish_analysis.refactor.structure import same_structure
from burnish_analysis.refactor.suggest import suggested
from burnish_server.perf.model import Found
from burnish_server.perf.telling import found_of
from burnish_server.refactor.model import LocalOffer

__all__ = ["LocalRefactorings"]

log = logging.getLogger(__name__)

#: Modules that are kept: several questions are asked about one text.
_KEPT = 4


class LocalRefactorings:
    """Answers about texts; remembers the last ones."""

    def __init__(self) -> None:
        self._modules: deque[Module] = deque(maxlen=_KEPT)
        self._failed: set[str] = set()

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """Carry out one operation.

        Raises:
            SourceError: a text to compare is not Python, or has no such function.
        """
        match message["op"]:
            case "refactorings":
                return self._refactorings(message["path"], message["text"])
            case "suggestions":
                return self._suggestions(message["path"], message["text"])
            case "structure":
                found = same_structure(message["before"], message["after"], message["function"])
                return {"same": found.same, "reason": found.reason}
            case _:
                rules = all_refactorings().values()
                return {"rules": {rule.id: asdict(rule.about) | {"gain": None} for rule in rules}}

    def _refactorings(self, path: str, text: str) -> dict[str, Any]:
        try:
            module = self._module(path, text)
        except SourceError:
            return {"offers": [], "broken": True}
        found = refactorings_in(module, failed=self._rule_failed)
        return {"offers": _offers(module, found, [""] * len(found)), "broken": False}

    def _suggestions(self, path: str, text: str) -> dict[str, Any]:
        settings = find_refactor_settings(Path(path).parent if path else Path.home())
        problems = list(settings.problems)
        try:
            module = self._module(path, text)
        except SourceError:
            return {"offers": [], "broken": True, "problems": problems}
        made = suggested(module, settings, failed=self._rule_failed)
        offers = _offers(module, [one.finding for one in made], [one.change.words for one in made])
        return {"offers": offers, "broken": False, "problems": problems}

    def _module(self, path: str, text: str) -> Module:
        for kept in self._modules:
            if (kept.path, kept.source) == (path, text):
                return kept
        made = Module(text, path)
        self._modules.append(made)
        return made

    def _rule_failed(self, rule: Rule, error: Exception) -> None:
        if rule.id not in self._failed:
            self._failed.add(rule.id)
            log.error("The refactoring %s failed and is passed over: %r", rule.id, error)


def _offers(module: Module, findings: Sequence[Finding], words: Sequence[str]) -> list[dict[str, Any]]:
    """Those with a fix; the others have nothing to offer."""
    known = all_refactorings()
    return [
        LocalOffer(**_fields(found), kind=known[found.rule].kind, improvement=said).as_json()
        for found, said in zip(found_of(module, findings, PerfSettings()), words, strict=True)
        if found.fixable
    ]


def _fields(found: Found) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(found)}
