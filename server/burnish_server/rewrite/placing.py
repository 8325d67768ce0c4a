"""A proposal put into its file: only the function's body changes, its header, docstring and all around it stay."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections.abc import Sequence

from burnish_analysis.imports import insertion_of
from burnish_analysis.syntax import SyntaxTree
from burnish_server.rewrite.model import RefusedError
from burnish_server.rewrite.parsing import Proposal, bound_by
from burnish_server.rewrite.target import Function, Target, body_of, target_named
from burnish_server.rewrite.texts import Text

__all__ = ["placed"]


def placed(proposal: Proposal, target: Target) -> str:
    """The document with the proposal in the function's place, in its own indentation and line ends.

    Raises:
        RefusedError: it does not fit there.
    """
    text = target.text
    needed = [ast.unparse(one) for one in proposal.imports if not _is_there(one, target.tree)]
    start, end, body = _body(proposal, target)
    whole = text.text[:start] + text.native(body) + text.text[end:]
    if proposal.helpers:
        at = text.line_start(_above(target))
        parts = [_moved(proposal.code, one, "", target) for one in proposal.helpers]
        whole = whole[:at] + text.native("".join(f"{part}\n\n\n" for part in parts)) + whole[at:]
    for statement in needed:
        whole = _with_import(whole, statement, text.newline)
    _check(whole, proposal, target)
    return whole


def _body(proposal: Proposal, target: Target) -> tuple[int, int, str]:
    """Offsets of the old body in the document, and what comes there."""
    text, node = target.text, target.node
    last = node.end_lineno or node.lineno
    docstring = target.docstring
    kept = docstring.end_lineno if docstring is not None else target.header_end
    assert kept is not None
    old = body_of(node)
    new = _moved(proposal.code, proposal.node, target.body_indent, target)
    if docstring is not None and docstring.lineno == target.header_end:
        raise RefusedError("cannot be placed", "the docstring stands in the header's line")
    if old and old[0].lineno == kept:
        # ``def f(): return 1``
        start = text.offset(old[0].lineno, old[0].col_offset)
        while start and text.text[start - 1] in " \t":
            start -= 1
        if text.text[start - 1] == ";":
            raise RefusedError("cannot be placed", "a statement stands beside the docstring")
        return start, text.line_end(last), "\n" + new
    start = text.line_start(kept + 1) if old else text.line_end(kept)
    return start, text.line_end(last), new if old else "\n" + new


def _moved(code: Text, function: Function, indent: str, target: Target) -> str:
    """A function's body at another indentation (of a helper: all of it), without its docstring."""
    whole = function.name != target.own
    if whole:
        return _indented(code.lines[function.lineno - 1 : function.end_lineno], "", indent, target)
    body = body_of(function)
    above = function.body[0].end_lineno if body is not function.body else _last_header_line(code, function)
    if above is None or body[0].lineno < above or (body[0].lineno == above and body is not function.body):
        raise RefusedError("cannot be placed", "a statement stands beside the docstring")
    if body[0].lineno == above:
        # One line: what follows the colon.
        first = code.lines[above - 1].encode()[body[0].col_offset :].decode()
        if body[-1].end_lineno != above:
            raise RefusedError("cannot be placed", "a statement stands beside the header")
        return indent + first
    line = code.lines[body[0].lineno - 1]
    own = line[: len(line) - len(line.lstrip(" \t\f"))]
    return _indented(code.lines[above : function.end_lineno], own, indent, target).lstrip("\n")


def _last_header_line(code: Text, function: Function) -> int | None:
    found = target_named(code.text, function.name)
    if found is not None:
        return found.header_end
    # Inside its class: the header ends where the first statement or what stands above it begins.
    line = function.body[0].lineno
    return function.lineno if line == function.lineno else line - 1


def _indented(lines: Sequence[str], own: str, wanted: str, target: Target) -> str:
    inside = _inside_strings(lines)
    unit = _unit(target)
    made: list[str] = []
    for number, line in enumerate(lines):
        if number in inside:
            made.append(line)
        elif not line.strip():
            made.append("")
        else:
            rest = line[len(own) :] if line.startswith(own) else line.lstrip(" \t")
            made.append(wanted + _in_units(rest, unit))
    return "\n".join(made)


def _in_units(line: str, unit: str) -> str:
    """A line's further indentation in the file's own units, where it is in whole units of four."""
    stripped = line.lstrip(" ")
    steps, more = divmod(len(line) - len(stripped), 4)
    return unit * steps + " " * more + stripped if unit != "    " and not more else line


def _unit(target: Target) -> str:
    unit = target.body_indent[len(target.indent) :]
    return (
        unit if target.body_indent.startswith(target.indent) and unit.strip(" \t") == "" and unit else "    "
    )


def _inside_strings(lines: Sequence[str]) -> set[int]:
    """The lines (from 0) that begin within a string."""
    found: set[int] = set()
    begun: list[int] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            name = tokenize.tok_name[token.type]
            if name == "STRING":
                found.update(range(token.start[0], token.end[0]))
            elif name == "FSTRING_START":
                begun.append(token.start[0])
            elif name == "FSTRING_END" and begun:
                found.update(range(begun.pop(), token.end[0]))
    except (tokenize.TokenError, IndentationError):
        # Lines of a body alone begin indented, and end in dedents that tokenize may not like: what was read counts.
        return found
    return found


def _above(target: Target) -> int:
    """The line, from 1, that helpers come before: the statement around the function with the comments right above it."""
    top, lines = target.top, target.text.lines
    line = top.lineno
    if isinstance(top, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        line = min([line, *(one.lineno for one in top.decorator_list)])
    first = line
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    # Comments from the very first line on are the file's: an interpreter line, a licence.
    return first if line == 1 else line


def _is_there(statement: ast.Import | ast.ImportFrom, tree: ast.Module) -> bool:
    """Whether the module has the import already.

    Raises:
        RefusedError: its name means something else there.
    """
    name = bound_by(statement)
    wanted = ast.dump(statement)
    there = False
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                single: ast.stmt = (
                    ast.Import([alias])
                    if isinstance(node, ast.Import)
                    else ast.ImportFrom(node.module, [alias], node.level)
                )
                bound = alias.asname or alias.name.partition(".")[0]
                if ast.dump(single) == wanted and node in tree.body:
                    there = True
                elif bound == name:
                    raise RefusedError("name clash", name)
        elif name in _binds(node):
            raise RefusedError("name clash", name)
    if not there and hasattr(builtins, name):
        raise RefusedError("name clash", name)
    return there


def _binds(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        return (node.id,)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (node.name,)
    return (node.arg,) if isinstance(node, ast.arg) else ()


def _with_import(whole: str, statement: str, newline: str) -> str:
    made = insertion_of(SyntaxTree(whole), statement, newline)
    if made is None:
        return whole
    at = made.offset
    if made.text.startswith(newline):
        # A comment behind the import above belongs to it.
        while at < len(whole) and whole[at] not in "\r\n":
            at += 1
    return whole[:at] + made.text + whole[at:]


def _check(whole: str, proposal: Proposal, target: Target) -> None:
    """Nothing but the function has changed, and that into what was proposed."""
    try:
        compile(Text(whole).plain, "<document>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise RefusedError("cannot be placed", str(error)) from None
    now = target_named(whole, target.name)
    if now is None:
        raise RefusedError("cannot be placed")
    wanted = [ast.dump(one) for one in body_of(proposal.node)]
    same_body = [ast.dump(one) for one in body_of(now.node)] == wanted
    same_head = ast.dump(now.node.args) == ast.dump(target.node.args)
    same_marks = [ast.dump(one) for one in now.node.decorator_list] == [
        ast.dump(one) for one in target.node.decorator_list
    ]
    if not (same_body and same_head and same_marks):
        raise RefusedError("cannot be placed")
    others = _others(now, {helper.name for helper in proposal.helpers})
    if others != _others(target, set()):
        raise RefusedError("cannot be placed", "something else would change")


def _others(target: Target, helpers: set[str]) -> list[str]:
    """The syntax of everything but imports, helpers and the function's body."""
    body = target.node.body
    target.node.body = []
    try:
        return [
            ast.dump(one)
            for one in target.tree.body
            if not isinstance(one, (ast.Import, ast.ImportFrom)) and getattr(one, "name", "") not in helpers
        ]
    finally:
        target.node.body = body
