"""``burnish.server.explainFinding``: why something is slower, harder to read or beyond a threshold, and why a version that a model
proposed is better; in words, with the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from burnish_analysis.metrics.rules import METRIC_RULES
from burnish_server.features.metrics_explain import metric_page
from burnish_server.metrics.explaining import metric_rule_page
from burnish_server.perf.look import Look
from burnish_server.perf.words import evidence_page, rule_page
from burnish_server.refactor.model import LocalOffer
from burnish_server.refactor.words import about_page, page

if TYPE_CHECKING:
    from burnish_server.perf.model import Found
    from burnish_server.server import BurnishServer

__all__ = ["register"]

_EXPLAIN = "burnish.server.explainFinding"


def register(server: BurnishServer) -> None:
    """Register the command."""

    @server.command(_EXPLAIN)
    async def explain(*arguments: Any) -> dict[str, str]:
        match arguments:
            case [{"uri": str(uri), "key": str(key)}]:
                return await _explained(server, uri, key=key)
            case [{"uri": str(uri), "position": {"line": int(line), "character": int(character)}, **rest}]:
                place = (line, character)
                if isinstance(rule := rest.get("rule"), str) and rule in METRIC_RULES:
                    return await _of_figures(server, uri, place, rule)
                return await _explained(server, uri, place=place)
            case [{"rule": str(rule)}]:
                return await _of_rule(server, rule)
        raise JsonRpcInvalidParams(f"{_EXPLAIN} needs {{uri, key}}, {{uri, position, rule?}} or {{rule}}.")


async def _explained(
    server: BurnishServer, uri: str, key: str = "", place: tuple[int, int] | None = None
) -> dict[str, str]:
    if key and (page := server.rewrites.explained(uri, key)) is not None:
        return page
    found = await server.perf.look(uri)
    refactorings = await server.refactor.look(uri)
    suggested = {held.found.key: held.found for held in server.refactor.suggested(uri)}
    if place is not None:
        here = _at(server, found, place) or _at(server, refactorings, place, frozenset(suggested))
        # What is told of comes before what is merely offered.
        if (here is None or (isinstance(here, LocalOffer) and here.key not in suggested)) and (
            page := await metric_page(server, uri, place)
        ) is not None:
            return page
        if here is None:
            raise JsonRpcInvalidParams("Burnish has nothing to explain on this line.")
        key = here.key
    if found is not None and (one := found.one(key)) is not None:
        return await _of_finding(server, found, one)
    if refactorings is not None and isinstance(other := refactorings.one(key), LocalOffer):
        told = suggested.get(key)
        return await _of_refactoring(server, refactorings, told if isinstance(told, LocalOffer) else other)
    raise JsonRpcInvalidParams("The code has changed: this finding is not there any more.")


def _at(
    server: BurnishServer, look: Look | None, place: tuple[int, int], first: frozenset[str] = frozenset()
) -> Found | None:
    """The finding at a place or on its line, the narrowest; one of ``first`` where there is any."""
    if look is None:
        return None
    offset = look.source.offset_at(*place, server.encoding)
    here = [
        one
        for one in look.found
        if one.start <= offset <= one.end or look.source.line_of(one.start) == place[0]
    ]
    return min(here, key=lambda one: (one.key not in first, one.end - one.start), default=None)


async def _of_figures(server: BurnishServer, uri: str, place: tuple[int, int], rule: str) -> dict[str, str]:
    page = await metric_page(server, uri, place, rule)
    if page is None:
        raise JsonRpcInvalidParams("The code has changed: this finding is not there any more.")
    return page


async def _of_finding(server: BurnishServer, look: Look, found: Found) -> dict[str, str]:
    rules = await server.perf.rules()
    rule = rules.get(found.rule)
    verdict = await server.perf.verdicts.recall(server.perf.job(look, found)) if found.function else None
    line = look.source.line_of(found.start)
    share = server.perf.share(found, look.path)
    told = evidence_page(found, rule, verdict, share, Path(look.path).name, line)
    if rule is not None:
        about = rule_page(found.rule, rule)
        told += "\n## The rule\n\n" + about[about.index("## Before") :].replace("## ", "### ")
    return {"title": found.title or found.message, "page": told}


async def _of_refactoring(server: BurnishServer, look: Look, found: LocalOffer) -> dict[str, str]:
    rules = await server.refactor.about()
    standing = await server.refactor.known(server.refactor.job(look, found))
    return {"title": found.title, "page": page(found, standing, rules.get(found.rule))}


async def _of_rule(server: BurnishServer, rule: str) -> dict[str, str]:
    rules, refactorings = await server.perf.rules(), await server.refactor.about()
    if rule in rules:
        return {"title": rule, "page": rule_page(rule, rules[rule])}
    if rule in refactorings:
        return {"title": rule, "page": about_page(rule, refactorings[rule])}
    if rule in METRIC_RULES:
        return {"title": rule, "page": metric_rule_page(rule)}
    raise JsonRpcInvalidParams(f"There is no rule or refactoring called {rule!r}.")
