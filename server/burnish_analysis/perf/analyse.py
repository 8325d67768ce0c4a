"""Find what the rules see in a module: one walk over the tree, then every rule on the nodes of its types."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from burnish_analysis.perf.catalogue import all_rules, offered
from burnish_analysis.perf.interest import interesting
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings

__all__ = ["analyse", "findings_in"]

_IGNORE = re.compile(r"#\s*burnish:\s*ignore(-file)?(?:\[([\w\s,-]*)\])?", re.IGNORECASE)


def analyse(source: str, path: str = "", settings: PerfSettings | None = None) -> list[Finding]:
    """The findings in a text, in source order.

    Raises:
        SourceError: the text is not Python.
    """
    return findings_in(Module(source, path), settings)


def findings_in(
    module: Module,
    settings: PerfSettings | None = None,
    failed: Callable[[Rule, Exception], None] | None = None,
) -> list[Finding]:
    """The findings in a module.

    A rule that fails is a bug of ours: ``failed`` is told, or, where nobody listens, the exception goes on.
    """
    chosen = settings or PerfSettings()
    on = frozenset(rule for rule in all_rules() if chosen.on(rule, default=offered(rule)))
    found: list[Finding] = []
    for kind, rules in _by_type(on).items():
        for rule in rules if kind in module.structure.nodes else ():
            if rule.imports and not any(name in module.imports.modules for name in rule.imports):
                continue
            try:
                _check(rule, interesting(rule, kind, module), module, found)
            except Exception as error:  # whatever a rule does wrong must not cost the others' findings
                if failed is None:
                    raise
                failed(rule, error)
    kept = _not_ignored(module, found)
    return sorted(kept, key=lambda finding: (finding.start, finding.end, finding.rule))


def _check(rule: Rule, nodes: Iterable[ast.AST], module: Module, found: list[Finding]) -> None:
    check = rule.check
    for node in nodes:
        made = list(check(node, module))
        if made and module.readable(node):
            found += made


@cache
def _by_type(on: frozenset[str]) -> Mapping[type[ast.AST], tuple[Rule, ...]]:
    by_type: dict[type[ast.AST], list[Rule]] = {}
    for rule in all_rules().values():
        for kind in rule.nodes if rule.id in on else ():
            by_type.setdefault(kind, []).append(rule)
    return {kind: tuple(rules) for kind, rules in by_type.items()}


def _not_ignored(module: Module, found: list[Finding]) -> list[Finding]:
    """Without what comments silence: on the finding's first line, or for the whole file."""
    if not found or "burnish" not in module.source:
        return found
    lines: dict[int, set[str] | None] = {}
    whole: set[str] = set()
    for start, end in module.comments:
        said = _IGNORE.search(module.source[start:end])
        if not said:
            continue
        named = {name.strip() for name in (said[2] or "").split(",") if name.strip()}
        if said[1]:
            if not named:
                return []
            whole |= named
        else:
            lines[module.line_start(start)] = named or None

    def silenced(finding: Finding) -> bool:
        line = module.line_start(finding.start)
        names = lines.get(line, set())
        return finding.rule in whole or names is None or finding.rule in names

    return [finding for finding in found if not silenced(finding)]
