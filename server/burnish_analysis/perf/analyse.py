"""Find what the rules see in a module: one walk over the tree, then every rule on the nodes of its types."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from burnish_analysis.perf.catalogue import all_rules, offered
from burnish_analysis.perf.ignoring import not_ignored
from burnish_analysis.perf.interest import interesting
from burnish_analysis.perf.model import Finding, Rule
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.settings import PerfSettings

__all__ = ["RulesByType", "analyse", "by_node_type", "findings_by", "findings_in"]

RulesByType = Mapping[type[ast.AST], tuple[Rule, ...]]


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
    return findings_by(module, _by_type(on), failed)


def findings_by(
    module: Module, by_type: RulesByType, failed: Callable[[Rule, Exception], None] | None = None
) -> list[Finding]:
    """The findings of some rules in a module, in source order, without those that a comment silences.

    A rule that fails is a bug of ours: ``failed`` is told, or, where nobody listens, the exception goes on.
    """
    found: list[Finding] = []
    for kind, rules in by_type.items():
        for rule in rules if kind in module.structure.nodes else ():
            if rule.imports and not any(name in module.imports.modules for name in rule.imports):
                continue
            try:
                _check(rule, interesting(rule, kind, module), module, found)
            except Exception as error:  # whatever a rule does wrong must not cost the others' findings
                if failed is None:
                    raise
                failed(rule, error)
    kept = not_ignored(module, found)
    return sorted(kept, key=lambda finding: (finding.start, finding.end, finding.rule))


def _check(rule: Rule, nodes: Iterable[ast.AST], module: Module, found: list[Finding]) -> None:
    check = rule.check
    for node in nodes:
        made = list(check(node, module))
        if made and module.readable(node):
            found += made


@cache
def _by_type(on: frozenset[str]) -> RulesByType:
    return by_node_type(rule for rule in all_rules().values() if rule.id in on)


def by_node_type(rules: Iterable[Rule]) -> RulesByType:
    """Rules by the node types that they are asked about."""
    by_type: dict[type[ast.AST], list[Rule]] = {}
    for rule in rules:
        for kind in rule.nodes:
            by_type.setdefault(kind, []).append(rule)
    return {kind: tuple(found) for kind, found in by_type.items()}
