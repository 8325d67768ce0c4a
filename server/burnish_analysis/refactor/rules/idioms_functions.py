"""Lambdas that have a name, and lambdas that only call a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from burnish_analysis.perf.facts.sequences import whole_local
from burnish_analysis.perf.model import About, Edit, Evidence, Finding, Known
from burnish_analysis.perf.module import Module
from burnish_analysis.perf.parentheses import stands_alone
from burnish_analysis.refactor.model import Refactoring
from burnish_analysis.refactor.rules.data_parts import assigned, level, offer

__all__ = ["LambdaToDef", "RedundantLambda"]

#: What calls the function it is given at once, with as many positional arguments as it must.
_CALLING = {
    "builtins.sorted": ("key",),
    "builtins.min": ("key",),
    "builtins.max": ("key",),
    "functools.reduce": (0,),
}
_METHODS = ("sort",)


class LambdaToDef(Refactoring):
    """``f = lambda x: …``."""

    id = "lambda-to-def"
    suggest = False
    about = About(
        summary="A lambda is given a name",
        before="""\
def evens(numbers: list[int]) -> list[bool]:
    even = lambda number: number % 2 == 0
    return [even(number) for number in numbers]
""",
        after="""\
def evens(numbers: list[int]) -> list[bool]:
    def even(number):
        return number % 2 == 0
    return [even(number) for number in numbers]
""",
        why="A function made by `def` says its name in tracebacks, and has room for a docstring and annotations.",
        preconditions=("nobody asks the function for its name",),
        references=("https://peps.python.org/pep-0008/#programming-recommendations",),
    )
    nodes = (ast.Lambda,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At lambdas that are all that a variable is given."""
        statement = module.parent(node)
        made = assigned(statement) if isinstance(statement, ast.Assign) else None
        if made is None or not isinstance(node, ast.Lambda) or not isinstance(statement, ast.Assign):
            return
        if made[1] is not node or any(
            isinstance(part, (ast.Yield, ast.YieldFrom)) for part in ast.walk(node)
        ):
            return
        if made[0].id.startswith("__") and not made[0].id.endswith("__"):
            return
        indent = module.indent(statement)
        if indent is None:
            return
        evidence = Evidence()
        evidence.require(
            Known.of(whole_local(made[0], module) and _only_called(made[0], module)),
            f"nobody asks `{made[0].id}` for its name",
        )
        given = module.source[module.start(node) + len("lambda") : module.start(node.body)]
        arguments = _arguments(given)
        body = module.text(node.body)
        if arguments is None:
            return
        if "\n" in body and not stands_alone(body):
            body = f"({body})"
        text = f"def {made[0].id}({arguments}):\n{indent}{level(module, indent)}return {body}"
        yield from offer(
            self,
            module,
            statement,
            f"The lambda is called `{made[0].id}`.",
            evidence,
            "Make it a function",
            [Edit(module.start(statement), module.end(statement), text)],
        )


def _arguments(given: str) -> str | None:
    """The arguments of a lambda, from what stands between its keyword and its body (which may be in parentheses)."""
    text = given.strip()
    while text.endswith("("):
        text = text[:-1].rstrip()
    if not text.endswith(":") or "\n" in text or "\r" in text:
        return None
    return text[:-1].strip()


def _only_called(name: ast.Name, module: Module) -> bool:
    return len(module.flow.bindings(name)) == 1 and all(
        isinstance(call := module.parent(use), ast.Call) and call.func is use
        for use in module.flow.uses(name)
    )


class RedundantLambda(Refactoring):
    """``lambda x: f(x)``."""

    id = "redundant-lambda"
    about = About(
        summary="A lambda only calls a function with its own arguments",
        before="""\
def longest(words: list[str]) -> list[str]:
    return sorted(words, key=lambda word: len(word))
""",
        after="""\
def longest(words: list[str]) -> list[str]:
    return sorted(words, key=len)
""",
        why="The function itself can be given; the lambda adds a name to read and a call to make.",
        preconditions=(
            "the function is a built-in one, or one of the module that is defined once",
            "what gets it calls it with just those arguments",
        ),
    )
    nodes = (ast.Lambda,)

    def check(self, node: ast.AST, module: Module) -> Iterator[Finding]:
        """At lambdas whose body is a call."""
        if not isinstance(node, ast.Lambda) or not isinstance(node.body, ast.Call):
            return
        call = node.body
        if not _passes_on(node.args, call) or _becomes_method(node, module):
            return
        if not isinstance(call.func, (ast.Name, ast.Attribute)):
            return
        own = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args)}
        if any(isinstance(part, ast.Name) and part.id in own for part in ast.walk(call.func)):
            return
        if any(
            not isinstance(part, (ast.Name, ast.Attribute, ast.expr_context)) for part in ast.walk(call.func)
        ):
            return
        text = module.text(call.func)
        evidence = Evidence()
        evidence.require(_stays(call.func, node, module), f"`{text}` means the same now and later")
        evidence.require(Known.of(_called_at_once(node, module)), "it is called with just these arguments")
        yield from offer(
            self,
            module,
            node,
            f"The lambda only calls `{text}`.",
            evidence,
            f"Give `{text}` itself",
            [Edit(module.start(node), module.end(node), text)],
        )


def _passes_on(given: ast.arguments, call: ast.Call) -> bool:
    """Whether the arguments of a lambda are those of the call, in order, without defaults."""
    plain = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if given.vararg or given.kwarg or given.kwonlyargs or given.defaults or call.keywords:
        return False
    passed = [part.id if isinstance(part, ast.Name) else None for part in call.args]
    return plain == passed


def _becomes_method(node: ast.Lambda, module: Module) -> bool:
    """Whether it stands in the body of a class, where functions become methods and others do not."""
    return module.scope(node).kind == "class"


def _stays(function: ast.expr, node: ast.Lambda, module: Module) -> Known:
    """Whether a function's name means the same where the lambda is made and where it is called."""
    if not isinstance(function, ast.Name):
        return Known.UNKNOWN
    scope = module.scope(node).find(function.id)
    bindings = scope.bindings.get(function.id)
    if not bindings:
        return Known.of(module.qualified(function) is not None)
    one = bindings[0]
    defined = len(bindings) == 1 and one.kind in ("define", "import") and scope.kind == "module"
    return Known.of(defined and module.function(node) is not None and module.parent(one.owner) is module.tree)


def _called_at_once(node: ast.Lambda, module: Module) -> bool:
    parent = module.parent(node)
    keyword = parent.arg if isinstance(parent, ast.keyword) else None
    call = module.parent(parent) if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call):
        return False
    if keyword == "key" and isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        return module.types.name(call.func.value) == "list"
    allowed = _CALLING.get(module.qualified(call.func) or "", ())
    place: str | int | None = keyword
    if keyword is None:
        place = next((number for number, part in enumerate(call.args) if part is node), None)
    return place in allowed
