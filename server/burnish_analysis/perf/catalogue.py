"""Every rule there is, and what each was measured to gain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pkgutil import walk_packages
from types import MappingProxyType, ModuleType
from typing import Any

from burnish_analysis.perf import rules as package
from burnish_analysis.perf.model import Rule

__all__ = ["LEAST_GAIN", "Gain", "all_rules", "gains", "measured_on", "offered", "rules_of"]

#: A rule that measures less is not offered unless a project asks for it.
LEAST_GAIN = 1.1


@dataclass(frozen=True, slots=True)
class Gain:
    """How many times faster a rule's own example gets: the median over pairs, its 95 % interval, and the size it was measured at."""

    median: float
    low: float
    high: float
    size: int


@cache
def all_rules() -> Mapping[str, Rule]:
    """The rules by id, in alphabetical order."""
    return rules_of(package)


def rules_of(package: ModuleType) -> Mapping[str, Rule]:
    """One of every rule class in a package and the packages in it, by id, in alphabetical order."""
    found: dict[str, Rule] = {}
    for info in walk_packages(package.__path__, package.__name__ + "."):
        module = import_module(info.name)
        for value in vars(module).values():
            if (
                isinstance(value, type)
                and issubclass(value, Rule)
                and value.__module__ == info.name
                and "id" in vars(value)
            ):
                if value.id in found:
                    raise RuntimeError(f"two rules are called {value.id}")
                found[value.id] = value()
    return MappingProxyType(dict(sorted(found.items())))


@cache
def gains() -> Mapping[str, Gain]:
    """What ``benchmarks/rules.py`` measured, by rule."""
    return MappingProxyType({rule: Gain(**figures) for rule, figures in _measured()["rules"].items()})


def measured_on() -> str:
    """The machine that the gains were measured on; empty where nothing was measured."""
    return str(_measured()["machine"])


@cache
def _measured() -> dict[str, Any]:
    text = resources.files("burnish_analysis.perf").joinpath("gains.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def offered(rule: str) -> bool:
    """Whether a rule is offered by default: it was measured to gain enough, for sure."""
    gain = gains().get(rule)
    return gain is not None and gain.low >= LEAST_GAIN
