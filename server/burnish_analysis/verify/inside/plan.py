"""What to call a function with: its parameters and, for each, the specs that may fit."""

from __future__ import annotations

import ast
import inspect
import itertools
import types
from typing import Any

from .arguments import Parameter
from .hints import Unknown, class_spec, resolve, spec_of
from .infer import infer
from .load import find
from .specs import candidates
from .uses import Use, find_definition

__all__ = ["GENERIC", "Plan", "combinations"]

#: What is tried for a parameter whose use tells nothing that works.
GENERIC: list[Any] = [
    *("int", "num", "str", ["list", "int"], ["list", "num"], ["list", "str"], ["list", ["list", "int"]]),
    *(
        ["dict", "str", "int"],
        ["list", ["fixed", "int", "int"]],
        ["set", "int"],
        "bytes",
        "any",
        ["list", ["dict", "str", "int"]],
    ),
    *(["dict", "str", ["list", "str"]], ["list", "any"], ["fn", "any"], "bool"),
]
_MOST_COMBINATIONS = 24


class Plan:
    """The parameters of a function, with all the specs that may fit each."""

    def __init__(self, module: types.ModuleType, function: str, tree: ast.Module) -> None:
        self.module, self.tree = module, tree
        self.target = find(module, function)
        outer, _, name = function.rpartition(".")
        self.owner = find(module, outer) if outer else None
        has_self = isinstance(self.owner, type) and _takes_self(self.owner, name)
        definition = find_definition(tree, function)
        self.uses = infer(definition) if definition is not None else {}
        self.hints = resolve(self.target)
        self.parameters: list[Parameter] = []
        self.options: list[list[Any]] = []
        for index, parameter in enumerate(_signature(self.target)):
            if index == 0 and has_self:
                assert isinstance(self.owner, type)
                made = self._filled(class_spec(self.owner, module))
                self._add(parameter, [["do", made, self._steps(self.owner)]], declared=True)
            else:
                self._add(parameter, *self._specs(parameter))

    def _add(self, parameter: inspect.Parameter, options: list[Any], declared: bool) -> None:
        kind = _KINDS[parameter.kind]
        optional = parameter.default is not parameter.empty
        self.parameters.append(Parameter(parameter.name, options[0], kind, optional, declared))
        self.options.append(options)

    def _specs(self, parameter: inspect.Parameter) -> tuple[list[Any], bool]:
        use = self.uses.get(parameter.name, Use())
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            use = use.inner or Use()
        guessed = [self._filled(spec) for spec in candidates(use)]
        if parameter.default is not parameter.empty and parameter.default is not None:
            guessed = _by_default(parameter.default, guessed)
        if parameter.name not in self.hints:
            return guessed, False
        hint = self.hints[parameter.name]
        try:
            spec = self._filled(spec_of(hint, self.module))
        except Unknown:
            if parameter.default is not parameter.empty:
                return [["texts", repr(parameter.default)]], True
            raise
        if spec == "int" and {"size", "index"} & use.kinds:
            spec = ["union", "size" if "size" in use.kinds else "index", "int"]
        if spec == "any":
            return [*guessed, spec], False
        if isinstance(spec, list) and "any" in spec[1:]:
            # A bare ``list``: what is in it is told by its use.
            return [*(g for g in guessed if _refines(g, spec)), spec], True
        return [spec], True

    def _steps(self, owner: type) -> list[Any]:
        """The public methods of ``owner`` that take positional arguments of known types: ways to bring it into a state."""
        found: list[Any] = []
        for name, value in vars(owner).items():
            if name.startswith("_") or not isinstance(value, types.FunctionType) or len(found) >= 8:
                continue
            definition = find_definition(self.tree, f"{owner.__qualname__}.{name}")
            uses = infer(definition) if definition is not None else {}
            hints = resolve(value)
            try:
                needed = [
                    self._filled(
                        spec_of(hints[p.name], self.module)
                        if p.name in hints
                        else candidates(uses.get(p.name, Use()))[0]
                    )
                    for p in _signature(value)[1:]
                    if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
                ]
            except Unknown:
                continue
            found.append([name, needed])
        return found

    def _filled(self, spec: Any) -> Any:
        """``spec`` with guesses for the untyped parameters of constructors."""
        if not isinstance(spec, list):
            return (
                {key: self._filled(value) for key, value in spec.items()} if isinstance(spec, dict) else spec
            )
        if spec[0] == "make":
            definition = find_definition(self.tree, f"{spec[1]}.__init__")
            uses = infer(definition) if definition is not None else {}
            parts = []
            for name, inner, kind, optional in spec[2]:
                if inner is None:
                    stored = self._stored(spec[1], name, definition)
                    inner = candidates(stored if stored is not None else uses.get(name, Use()))[0]
                parts.append([name, self._filled(inner), kind, optional])
            return ["make", spec[1], parts]
        return [self._filled(part) for part in spec]

    def _stored(self, path: str, name: str, definition: Any) -> Use | None:
        """How the attribute that the constructor's parameter ``name`` is stored in is used by the class's methods."""
        if definition is None:
            return None
        attributes = {
            target.attr
            for node in ast.walk(definition)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and _mentions(node.value, name)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Attribute)
        }
        outer = [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef) and node.name == path]
        found: Use | None = infer(definition).get(name)
        for method in outer[-1].body if outer else ():
            if isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) and method.args.args:
                held = infer(method).get(method.args.args[0].arg, Use()).attributes
                for attribute in attributes & set(held):
                    if found is None or not (found.kinds or found.inner):
                        found = held[attribute]
        return found


def _mentions(value: ast.expr | None, name: str) -> bool:
    if isinstance(value, ast.Call) and value.args:
        value = value.args[0]
    return isinstance(value, ast.Name) and value.id == name


_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_POSITIONAL: "args",
    inspect.Parameter.VAR_KEYWORD: "kwargs",
}


def _signature(target: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(target).parameters.values())
    except (ValueError, TypeError):
        raise Unknown("its signature") from None


def _takes_self(owner: type, name: str) -> bool:
    return not isinstance(inspect.getattr_static(owner, name, None), (staticmethod, classmethod, type))


def _refines(guess: Any, spec: Any) -> bool:
    same = {
        "list": {"list", "seq", "iter"},
        "dict": {"dict"},
        "tuple": {"seq", "iter", "tuple"},
        "seq": {"list", "seq", "iter"},
    }
    if not isinstance(guess, list) or guess[0] not in same.get(spec[0], {spec[0]}):
        return False
    if guess[0] != "dict":
        guess[0] = spec[0]
    return True


def _by_default(default: Any, guessed: list[Any]) -> list[Any]:
    known = {
        bool: "bool",
        int: "int",
        float: "num",
        str: "str",
        tuple: ["tuple", "any"],
        list: ["list", "any"],
    }
    spec = known.get(type(default))
    if spec is None:
        return guessed
    return (
        [spec, *(g for g in guessed if g not in (spec, "any"))]
        if spec != "int"
        else [*(g for g in guessed if g != "any"), "int"]
    )


def combinations(options: list[list[Any]]) -> list[list[Any]]:
    """The likeliest choices of one spec for each parameter."""
    ranked = sorted(
        itertools.islice(itertools.product(*(list(enumerate(o[:4])) for o in options)), 4096),
        key=lambda combination: sum(rank for rank, _ in combination),
    )
    return [[spec for _, spec in combination] for combination in ranked[:_MOST_COMBINATIONS]]
