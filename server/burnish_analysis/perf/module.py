"""One parsed module as rules see it: where nodes stand, what names mean, which loops repeat a place, and how to change its text."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from burnish_analysis.errors import SourceError
from burnish_analysis.perf.facts.effects import Effects
from burnish_analysis.perf.facts.flow import Flow
from burnish_analysis.perf.facts.types import Types
from burnish_analysis.perf.importing import Imports
from burnish_analysis.perf.model import Certainty, Edit, Evidence, Finding, Fix, Import, Rule
from burnish_analysis.perf.parentheses import needs_parentheses
from burnish_analysis.perf.scopes import Scope, Structure, read_structure
from burnish_analysis.perf.text import SourceText
from burnish_analysis.perf.walking import walk

__all__ = ["Loop", "Module"]

#: A statement or clause that runs its parts again and again.
Loop = ast.For | ast.AsyncFor | ast.While | ast.comprehension

_CALLED = re.compile(r"(?<![\w.])([a-z]\w*)(?=\(|\.[a-z_])")
_BUILTINS = frozenset(dir(builtins))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Module(SourceText):
    """A module's text and everything derived from it. Offsets are indices into ``source``.

    Attributes:
        source: the text. tree: its syntax tree. structure: parents, scopes, nodes by type.
        types, effects, flow: the facts that preconditions are shown from.
        imports: what names mean by the module's imports.

    Raises:
        SourceError: the text is not Python (the constructor).
    """

    def __init__(self, source: str, path: str = "") -> None:
        super().__init__(source)
        self.path = path
        try:
            self.tree = ast.parse(self.code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            where = f"line {line}: " if line else ""
            reason = error.msg if isinstance(error, SyntaxError) else error
            raise SourceError(f"{path or 'The text'} is not Python: {where}{reason}") from error
        self.structure: Structure = read_structure(self.tree)
        self._shapes: dict[ast.AST, str] = {}
        self.imports = Imports(self.structure)
        self.types = Types(self)
        self.effects = Effects(self)
        self.flow = Flow(self)

    def indent(self, statement: ast.stmt) -> str | None:
        """The white space before a statement, or None where it does not begin its line (``if x: y``, ``a; b``, ``elif``)."""
        start = self.start(statement)
        decorators = getattr(statement, "decorator_list", None)
        if decorators:
            start = self.source.rindex("@", 0, self.start(decorators[0]))
        before = self.source[self.line_start(start) : start]
        if isinstance(statement, ast.If) and self.source.startswith("elif", start):
            return None
        return before if not before.strip() else None

    # Surroundings ------------------------------------------------------------------------------------------------------

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that ``node`` is a part of."""
        return self.structure.parents.get(node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """Parent, its parent and so on to the module."""
        found = self.parent(node)
        while found is not None:
            yield found
            found = self.parent(found)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that ``node`` is or stands in."""
        while not isinstance(node, ast.stmt):
            node = self.structure.parents[node]
        return node

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The list of statements that ``statement`` stands in."""
        parent = self.structure.parents[statement]
        for name in ("body", "orelse", "finalbody"):
            block = getattr(parent, name, None)
            if isinstance(block, list) and any(part is statement for part in block):
                return block
        return [statement]

    def previous(self, statement: ast.stmt) -> ast.stmt | None:
        """The statement before, in the same block."""
        block = self.block(statement)
        place = next(i for i, part in enumerate(block) if part is statement)
        return block[place - 1] if place else None

    def following(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements after it, in the same block."""
        block = self.block(statement)
        place = next(i for i, part in enumerate(block) if part is statement)
        return block[place + 1 :]

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
        """The innermost function around ``node``."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, _FUNCTIONS)), None)

    def loops(self, node: ast.AST) -> list[Loop]:
        """The loops that evaluate ``node`` once a round, innermost first, up to the function around it.

        The iterable of a ``for`` is evaluated once and so is not inside it; the test of a ``while`` is.
        """
        found: list[Loop] = []
        inner = node
        for outer in self.ancestors(node):
            if isinstance(outer, (ast.For, ast.AsyncFor)):
                if inner is not outer.iter and not any(inner is part for part in outer.orelse):
                    found.append(outer)
            elif isinstance(outer, ast.While):
                if not any(inner is part for part in outer.orelse):
                    found.append(outer)
            elif isinstance(outer, ast.comprehension):
                if inner is not outer.iter:
                    found.append(outer)
            elif isinstance(outer, _COMPREHENSIONS):
                found.extend(self._comprehension_loops(outer, inner))
            elif isinstance(outer, (*_FUNCTIONS, ast.ClassDef)):
                break
            inner = outer
        return found

    def _comprehension_loops(self, outer: ast.AST, inner: ast.AST) -> list[ast.comprehension]:
        generators: list[ast.comprehension] = outer.generators  # type: ignore[attr-defined]
        if not isinstance(inner, ast.comprehension):
            return generators[::-1]
        place = next(i for i, part in enumerate(generators) if part is inner)
        return generators[:place][::-1]

    def scope(self, node: ast.AST) -> Scope:
        """The scope that ``node`` stands in."""
        return self.structure.scopes[node]

    def inside(self, node: ast.AST) -> Scope:
        """The scope that a function, class, lambda, comprehension or module opens."""
        return self.structure.inner[node]

    def walk(self, *parts: ast.AST) -> list[ast.AST]:
        """Every node of some parts, functions inside them included; operators and contexts are left out."""
        return walk(*parts)

    # Names -------------------------------------------------------------------------------------------------------------

    def qualified(self, node: ast.AST) -> str | None:
        """What a name or attribute means: ``builtins.len``, ``numpy.append``, ``collections.deque``; None where unknown.

        A name that the module binds itself is unknown, except by an import.
        """
        if isinstance(node, ast.Name):
            scope = self.scope(node).find(node.id)
            if node.id in scope.bindings:
                return self.imports.meaning(node.id, scope)
            return f"builtins.{node.id}" if node.id in _BUILTINS and not self.imports.star else None
        if isinstance(node, ast.Attribute):
            owner = self.qualified(node.value)
            return f"{owner}.{node.attr}" if owner and not owner.startswith("builtins.") else None
        return None

    def calls(self, node: ast.AST, *names: str) -> bool:
        """Whether ``node`` is a call of one of the named functions (``builtins.sorted``, ``re.sub``)."""
        return isinstance(node, ast.Call) and self.qualified(node.func) in names

    def same(self, one: ast.AST, other: ast.AST) -> bool:
        """Whether two expressions are written alike (positions and context apart)."""
        return self._shape(one) == self._shape(other)

    def _shape(self, node: ast.AST) -> str:
        if node not in self._shapes:
            self._shapes[node] = re.sub(r"ctx=(Load|Store|Del)\(\)", "", ast.dump(node))
        return self._shapes[node]

    def fresh_name(self, _at: ast.AST, *wishes: str) -> str:
        """A name that nothing in the module uses; one of ``wishes``, else the first with a number."""
        for wish in (*wishes, *(f"{wishes[0]}_{number}" for number in range(2, 1000))):
            if wish not in self._names:
                return wish
        raise AssertionError("a module does not use a thousand numbered names")

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(re.findall(r"[^\W\d]\w*", self.source)) | _BUILTINS

    def imported(self, module: str, name: str = "", *, at: ast.AST) -> str:
        """How a fix at ``at`` writes ``module.name`` (or ``module``): by an import that is there, else as the fix's own
        :class:`Import` will bring it. The fix must list ``Import(module, name)``."""
        return self.imports.written(module, name, self.scope(at))

    # Changes -----------------------------------------------------------------------------------------------------------

    def replace(self, node: ast.AST, text: str) -> Edit:
        """Replace an expression or statement; ``text`` is put in parentheses where its place needs them."""
        if isinstance(node, ast.expr) and needs_parentheses(node, self.parent(node), text):
            text = f"({text})"
        return Edit(self.start(node), self.end(node), text)

    def insert_before(self, statement: ast.stmt, lines: str) -> Edit | None:
        """Put lines before a statement, indented like it; None where it does not begin its line."""
        indent = self.indent(statement)
        if indent is None:
            return None
        start = self.start(statement)
        decorators = getattr(statement, "decorator_list", None)
        if decorators:
            start = self.source.rindex("@", 0, self.start(decorators[0]))
        at = self.line_start(start)
        text = self.indented(lines, indent)
        return Edit(at, at, text) if text is not None else None

    def insert_after(self, statement: ast.stmt, lines: str) -> Edit | None:
        """Put lines after a statement, indented like it; None where more stands on its last line."""
        indent = self.indent(statement)
        end = self.end(statement)
        rest = self.source[end : self.line_end(end)]
        if indent is None or (rest.strip() and not rest.lstrip().startswith("#")):
            return None
        at = self.line_end(end)
        lead = "" if rest.endswith(("\n", "\r")) else "\n"
        text = self.indented(lines, indent)
        return Edit(at, at, lead + text) if text is not None else None

    def delete(self, statement: ast.stmt) -> Edit | None:
        """Take a statement away with its lines; None where something else stands on them or it is alone in its block."""
        end = self.end(statement)
        rest = self.source[end : self.line_end(end)]
        if self.indent(statement) is None or rest.strip() or len(self.block(statement)) == 1:
            return None
        return Edit(self.line_start(self.start(statement)), self.line_end(end), "")

    def import_place(self) -> int:
        """Where a new import goes."""
        return self.imports.place(self.source, self.starts)

    def finding(
        self,
        rule: Rule,
        node: ast.AST,
        message: str,
        evidence: Evidence | None = None,
        *,
        title: str = "",
        edits: Iterable[Edit | None] = (),
        imports: Iterable[Import] = (),
        until: ast.AST | None = None,
    ) -> Finding:
        """A finding at ``node`` (to the end of ``until``, where given).

        There is no fix where one of ``edits`` is None, where edits overlap, or where a comment would be lost.
        """
        assert evidence is None or not evidence.violated, "a violated precondition means silence"
        unknown = tuple(evidence.unknown) if evidence is not None else ()
        made = self._fix(title or rule.about.summary, list(edits), tuple(imports))
        if made is not None and self._shadowed(node, made):
            made = None
        return Finding(
            rule=rule.id,
            start=self.start(node),
            end=self.end(until or node),
            message=message,
            certainty=Certainty.POSSIBLE if unknown else Certainty.EXACT,
            unknown=unknown,
            fix=made,
            function=self.dotted_function(node),
        )

    def _fix(self, title: str, edits: list[Edit | None], imports: tuple[Import, ...]) -> Fix | None:
        known = sorted((edit for edit in edits if edit is not None), key=lambda edit: (edit.start, edit.end))
        if not known or len(known) < len(edits):
            return None
        if any(one.end > other.start for one, other in pairwise(known)):
            return None
        kept = "".join(edit.text for edit in known)
        for edit in known:
            if edit.start < edit.end and any(
                text not in kept for text in self.comments_in(edit.start, edit.end)
            ):
                return None
        return Fix(title, tuple(known), imports)

    def _shadowed(self, node: ast.AST, fix: Fix) -> bool:
        """Whether a fix uses a built-in function or class by a name that means something else at ``node``."""
        called = {name for edit in fix.edits for name in _CALLED.findall(edit.text)} & _BUILTINS
        scope = self.structure.scopes.get(node)
        return scope is not None and any(name in scope.find(name).bindings for name in called)

    def dotted_function(self, node: ast.AST) -> str:
        """The outermost function or method around ``node`` as ``f`` or ``Class.method``; empty at module level."""
        names: list[str] = []
        for outer in (node, *self.ancestors(node)):
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
                names = [outer.name]
            elif isinstance(outer, ast.ClassDef) and names:
                names.insert(0, outer.name)
            elif isinstance(outer, ast.ClassDef):
                return ""
        return ".".join(names)

    def readable(self, node: ast.AST) -> bool:
        """Whether the positions of ``node`` can be trusted: before Python 3.12 those inside f-strings cannot."""
        return sys.version_info >= (3, 12) or not any(
            isinstance(a, ast.JoinedStr) for a in (node, *self.ancestors(node))
        )
