"""Shapes of code that several rules look for: comprehensions over one thing, texts, loops with one statement, and texts for new code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish_analysis.perf.model import Edit, Known
from burnish_analysis.perf.walking import walk

if TYPE_CHECKING:
    from burnish_analysis.perf.module import Module

__all__ = ["Over", "any_or_all", "builtin", "character_set", "comprehended", "empty_join", "integer", "is_name", "mentions",
           "method_call", "nonnegative", "one_statement_loop", "operand", "ordered_freely", "over_one", "plain_name", "quoted",
           "replace_loop", "text_constant", "text_like", "usable_after"]  # fmt: skip

_ATOMS = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Call,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
)
#: Texts of the ``string`` module.
_STRING_TEXTS = frozenset(f"string.{name}" for name in ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "hexdigits",
                                                        "octdigits", "punctuation", "printable", "whitespace"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Over:
    """``elt for target in iter if …`` with one plain variable."""

    element: ast.expr
    target: ast.Name
    iterated: ast.expr
    tests: tuple[ast.expr, ...]


def comprehended(node: ast.AST) -> Over | None:
    """What a list comprehension or generator expression over one thing is made of."""
    if not isinstance(node, (ast.GeneratorExp, ast.ListComp)) or len(node.generators) != 1:
        return None
    part = node.generators[0]
    if part.is_async or not isinstance(part.target, ast.Name):
        return None
    return Over(node.elt, part.target, part.iter, tuple(part.ifs))


def over_one(call: ast.AST) -> Over | None:
    """What the only argument of a call is made of, where it is a comprehension."""
    if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
        return comprehended(call.args[0])
    return None


def any_or_all(node: ast.AST, module: Module) -> tuple[str, ast.expr] | None:
    """Which of the built-in ``any`` and ``all`` is called, and what it is given."""
    called = module.qualified(node.func) if isinstance(node, ast.Call) else None
    if not isinstance(node, ast.Call) or called not in ("builtins.any", "builtins.all"):
        return None
    return (
        (called.removeprefix("builtins."), node.args[0])
        if len(node.args) == 1 and not node.keywords
        else None
    )


def is_name(node: ast.AST | None, name: str) -> bool:
    """Whether ``node`` is the bare name."""
    return isinstance(node, ast.Name) and node.id == name


def mentions(node: ast.AST, *names: str) -> bool:
    """Whether one of the names stands somewhere in ``node``."""
    return any(isinstance(part, ast.Name) and part.id in names for part in walk(node))


def method_call(
    node: ast.AST | None, *methods: str, arguments: int | None = None
) -> tuple[ast.expr, ast.Call] | None:
    """Owner and call of ``owner.method(…)`` without keywords or stars."""
    if (
        not isinstance(node, ast.Call)
        or not isinstance(node.func, ast.Attribute)
        or node.func.attr not in methods
    ):
        return None
    if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
        return None
    if arguments is not None and len(node.args) != arguments:
        return None
    return node.func.value, node


def integer(node: ast.AST | None) -> int | None:
    """The value of a whole number as written (``-1`` too; not ``True``)."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = integer(node.operand)
        return -inner if inner is not None else None
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def text_constant(node: ast.AST | None) -> str | None:
    """The value of a written ``str``."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def text_like(node: ast.expr, module: Module, *kinds: str) -> Known:
    """Whether the value is a ``str`` (or one of ``kinds``), the constants of ``string`` included; NO for what a module holds."""
    meaning = module.qualified(node)
    if meaning is not None:
        return Known.YES if meaning in _STRING_TEXTS else Known.NO
    return module.types.is_a(node, *(kinds or ("str",)))


def character_set(node: ast.expr, module: Module) -> str | None:
    """How to write, as one ``str``, the characters of a text or of a written collection of single characters."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        parts = [text_constant(part) for part in node.elts]
        if not parts or any(part is None or len(part) != 1 for part in parts):
            return None
        return quoted("".join(part for part in parts if part))
    if isinstance(node, (ast.Name, ast.Constant, ast.Attribute)) and text_like(node, module) is Known.YES:
        return module.text(node)
    return None


def quoted(text: str) -> str:
    """A text as code, in double quotes where that needs no escapes."""
    written = repr(text)
    return f'"{written[1:-1]}"' if '"' not in text and "\\'" not in written else written


def operand(node: ast.expr, module: Module) -> str:
    """The text of an expression, in parentheses unless it can stand next to any operator."""
    text = module.text(node)
    plain = isinstance(node, _ATOMS) or (
        isinstance(node, ast.Constant) and not isinstance(node.value, (int, float, complex))
    )
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and "." not in text:
        plain = not isinstance(module.parent(node), ast.Attribute)
    return text if plain and "\n" not in text else f"({text})"


def ordered_freely(module: Module, *parts: ast.expr) -> Known:
    """Whether it makes no difference in which order, and how often, parts are evaluated."""
    if all(isinstance(part, (ast.Name, ast.Constant)) for part in parts):
        return Known.YES
    return Known.YES if module.effects.pure(*parts) is Known.YES else Known.UNKNOWN


def nonnegative(node: ast.expr, module: Module) -> bool:
    """Whether a whole number is shown not to be below zero: written so, a length, an absolute value, or counted by ``range``."""
    value = integer(node)
    if value is not None:
        return value >= 0
    if module.calls(node, "builtins.len"):
        return True
    if module.calls(node, "builtins.abs"):
        return isinstance(node, ast.Call) and bool(node.args) and module.types.name(node.args[0]) == "int"
    if not isinstance(node, ast.Name):
        return False
    bindings = module.flow.bindings(node)
    if len(bindings) != 1:
        return False
    binding = bindings[0]
    if (
        binding.kind == "for"
        and isinstance(binding.owner, (ast.For, ast.comprehension))
        and binding.owner.target is binding.node
    ):
        over = binding.owner.iter
        if isinstance(over, ast.Call) and module.calls(over, "builtins.range") and not over.keywords:
            if any(isinstance(part, ast.Starred) for part in over.args):
                return False
            return len(over.args) == 1 or (len(over.args) == 2 and nonnegative(over.args[0], module))
    return (
        binding.kind in ("assign", "walrus")
        and binding.value is not None
        and not isinstance(binding.value, ast.Name)
        and nonnegative(binding.value, module)
    )


def usable_after(name: ast.Name, statement: ast.stmt, module: Module) -> bool:
    """Whether a loop's variable may be read once the loop is gone: used after it, or not a function's own."""
    return (
        not module.flow.local(name)
        or module.flow.owner(name).kind != "function"
        or module.flow.used_after(name, statement)
    )


def one_statement_loop(node: ast.AST) -> tuple[ast.For, ast.Name, ast.stmt] | None:
    """A ``for`` over one plain variable with one statement in it and no ``else``."""
    if (
        not isinstance(node, ast.For)
        or len(node.body) != 1
        or node.orelse
        or not isinstance(node.target, ast.Name)
    ):
        return None
    return node, node.target, node.body[0]


def replace_loop(module: Module, loop: ast.stmt, text: str, *gone: ast.stmt) -> Iterator[Edit | None]:
    """Edits that put one line in the place of a loop and take statements before it away."""
    for statement in gone:
        yield module.delete(statement)
    yield Edit(module.start(loop), module.end(loop), text) if module.indent(loop) is not None else None


def empty_join(node: ast.AST) -> ast.expr | None:
    """The argument of ``"".join``."""
    found = method_call(node, "join", arguments=1)
    return found[1].args[0] if found and text_constant(found[0]) == "" else None


def plain_name(column: str) -> str:
    """A name made of a column's: lower case letters, digits and underscores."""
    made = "".join(part if part.isascii() and part.isalnum() else "_" for part in column).strip("_").lower()
    return made if made and not made[0].isdigit() else f"column_{made}".rstrip("_")


def builtin(node: ast.AST, module: Module, *names: str) -> bool:
    """Whether new code at ``node`` may use built-in names: nothing there gives them another meaning."""
    scope = module.scope(node)
    return not module.imports.star and not any(name in scope.find(name).bindings for name in names)
