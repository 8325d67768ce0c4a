"""From how a value is used to specs that may fit it."""

from __future__ import annotations

import ast

from .uses import Spec, Use

__all__ = ["candidates"]


def _kinds(use: Use, met: set[int] | None = None) -> set[str]:
    """The kinds of a value and of what it is compared with."""
    met = met if met is not None else set()
    if id(use) in met:
        return set()
    met.add(id(use))
    found = set(use.kinds)
    for other in use.like:
        found |= {
            k
            for k in _kinds(other, met)
            if k in {"int", "float", "num", "str", "bytes", "list", "number-like"}
        }
    return found


def candidates(use: Use, depth: int = 0) -> list[Spec]:
    """Specs that fit the use, the likeliest first."""
    kinds = _kinds(use)
    if depth > 3:
        return ["any"]
    inner = candidates(use.inner, depth + 1)[:3] if use.inner is not None else ["any"]
    found: list[Spec] = _told(kinds)
    if "called" in kinds:
        return [["fn", candidates(use.result, depth + 1)[0] if use.result is not None else "any"]]
    if "deque" in kinds:
        return [["deque", item] for item in inner]
    if "str" in kinds or "char" in kinds:
        found.append("char" if "char" in kinds else "str")
    if "number-like" in kinds:
        found += ["digits", "num"]
    keyed = use.key is not None
    fields = {ast.literal_eval(name[1:-1]): part for name, part in use.attributes.items() if name[0] == "["}
    if fields and "str" not in kinds:
        found.append(["record", {name: candidates(part, depth + 1)[0] for name, part in fields.items()}])
    if "dict" in kinds or (keyed and "subscripted" in kinds):
        keys = candidates(use.key, depth + 1)[:2] if use.key is not None else []
        keys = [key for key in keys if key != "any"] or ["key"]
        found += [["dict", key, item] for key in keys for item in inner[:2]]
    if "set" in kinds or ("updated" in kinds and not found):
        found += [["set", item] for item in inner[:2]]
    if "list" in kinds or "assigned" in kinds:
        found += [["list", item] for item in inner]
    elif (
        {"indexed", "sequence"} & kinds
        or ("sized" in kinds and "iterated" in kinds)
        or "subscripted" in kinds
    ):
        found += [["seq", item] for item in inner]
        found.append("str")
    elif "iterated" in kinds or "mutable" in kinds or "contains" in kinds or use.inner is not None:
        found += [["iter" if "mutable" not in kinds else "list", item] for item in inner]
    if use.fixed:
        parts = [candidates(part, depth + 1)[0] for part in use.fixed]
        found.append(["fixed", *parts])
    if len(use.attributes) > len(fields) and not found:
        held = {
            name: candidates(part, depth + 1)[0] for name, part in use.attributes.items() if name[0] != "["
        }
        found.append(["obj", held])
    if not found or {"num", "int", "float"} & kinds:
        found += _numbers(kinds)
    if not found and "sized" in kinds:
        found += [["seq", "any"], "str"]
    if "ordered" in kinds and not found:
        found += ["int", "num", "str"]
    if "added" in kinds and not found:
        found += ["num", "str", ["list", "int"]]
    if "hashed" in kinds and not found:
        found += ["key"]
    if "compared" in kinds and not found:
        found += ["any"]
    return _distinct(found) or ["any"]


def _told(kinds: set[str]) -> list[Spec]:
    known = {
        "int": "int",
        "float": "num",
        "str": "str",
        "list": ["list", "any"],
        "dict": ["dict", "key", "any"],
    }
    known |= {"tuple": ["tuple", "any"], "set": ["set", "key"], "bool": "bool", "bytes": "bytes"}
    return [known[kind[3:]] for kind in sorted(kinds) if kind.startswith("is:") and kind[3:] in known]


def _numbers(kinds: set[str]) -> list[Spec]:
    if "size" in kinds:
        return ["size"]
    if "index" in kinds:
        return ["index", "int"]
    if "float" in kinds:
        return ["num"]
    if "int" in kinds and "num" not in kinds:
        return ["int", "num"]
    return ["num", "int"] if "num" in kinds else ["index", "key"] if "index?" in kinds else []


def _distinct(specs: list[Spec]) -> list[Spec]:
    found: list[Spec] = []
    for spec in specs:
        if spec not in found:
            found.append(spec)
    return found[:4]
