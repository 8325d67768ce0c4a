"""How much the verifier sees: planted faults must come out different, identical pairs must not, nor as faster.

    python benchmarks/verify_power.py [mutants] [identical] [generated] [--only KIND] [--most N] [--journal FILE] [--no-measure]

Every pair is one line in the journal, which is carried on where it was left. A counterexample counts only if its script,
run by an ordinary interpreter, shows the difference.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))

from burnish_analysis.verify.model import VerifyOptions
from burnish_analysis.verify.verify import verify

KINDS = (
    "wrong_boundary",
    "lost_mutation",
    "changed_exception",
    "changed_order",
    "changed_type",
    "float_reassociation",
    "dropped_duplicate",
    "aliasing",
)
_MUTANTS = Path(__file__).parent / "verify_mutants"
#: Functions of the standard library that compute and nothing else.
_LIBRARY = {
    "bisect": ("insort_right", "insort_left", "bisect_right", "bisect_left"),
    "heapq": ("heappush", "heappop", "heapify", "heappushpop", "heapreplace", "nlargest", "nsmallest"),
    "statistics": (
        "mean",
        "median",
        "median_low",
        "median_high",
        "mode",
        "multimode",
        "pvariance",
        "fmean",
        "quantiles",
    ),
    "textwrap": ("wrap", "fill", "dedent", "indent", "shorten"),
    "colorsys": ("rgb_to_hls", "hls_to_rgb", "rgb_to_hsv", "hsv_to_rgb", "rgb_to_yiq", "yiq_to_rgb"),
    "posixpath": (
        "normpath",
        "basename",
        "dirname",
        "split",
        "join",
        "splitext",
        "commonpath",
        "isabs",
        "splitdrive",
    ),
    "ntpath": ("normpath", "basename", "splitdrive", "split", "isabs", "normcase"),
    "string": ("capwords",),
    "html": ("escape", "unescape"),
    "shlex": ("quote", "join"),
    "calendar": ("isleap", "leapdays", "weekday", "monthrange"),
    "difflib": ("ndiff", "unified_diff", "context_diff", "get_close_matches", "restore", "IS_LINE_JUNK"),
    "copy": ("copy", "deepcopy"),
    "fnmatch": ("translate", "fnmatchcase", "filter"),
    "functools": ("reduce", "cmp_to_key"),
    "operator": ("add", "concat", "countOf", "indexOf", "contains", "truth", "index"),
    "base64": (
        "b64encode",
        "b64decode",
        "b32encode",
        "b16encode",
        "b85encode",
        "a85encode",
        "standard_b64encode",
    ),
    "quopri": ("needsquoting", "quote", "unquote", "ishex"),
    "keyword": (),
    "genericpath": ("commonprefix",),
    "urllib.parse": (
        "urlparse",
        "urlsplit",
        "quote",
        "unquote",
        "urljoin",
        "parse_qs",
        "parse_qsl",
        "urlencode",
        "quote_plus",
    ),
    "email.utils": ("quote", "unquote", "formataddr", "parseaddr"),
    "inspect": ("cleandoc", "indentsize"),
    "tokenize": ("group", "any", "maybe"),
    "ast": ("literal_eval",),
    "json.scanner": ("py_make_scanner",),
    "ipaddress": ("v4_int_to_packed", "v6_int_to_packed", "collapse_addresses"),
    "locale": ("_group",),
    "reprlib": ("recursive_repr",),
    "random": (),
    "graphlib": (),
    "stringprep": ("in_table_a1", "in_table_b1", "map_table_b3", "map_table_b2", "in_table_c11"),
    "sre_parse": (),
    "imghdr": (),
    "mimetypes": (),
    "nturl2path": ("url2pathname", "pathname2url"),
    "csv": (),
    "gettext": ("c2py",),
    "getopt": ("getopt", "gnu_getopt", "short_has_arg", "long_has_args"),
    "configparser": (),
    "fractions": (),
    "numbers": (),
    "types": ("resolve_bases", "get_original_bases"),
}


@dataclass(frozen=True)
class Pair:
    """Two versions of a function. ``different``: what the verdict should be."""

    name: str
    kind: str
    function: str
    before: str
    after: str
    different: bool


def _segment(source: str, function: str) -> str:
    body: list[ast.stmt] = ast.parse(source).body
    node: ast.stmt | None = None
    for part in function.split("."):
        node = [n for n in body if getattr(n, "name", None) == part][-1]
        body = node.body  # type: ignore[attr-defined]
    assert node is not None
    found = ast.get_source_segment(source, node, padded=True)
    assert found
    return found


def mutants() -> Iterator[Pair]:
    """All planted faults."""
    source = (_MUTANTS / "originals.py").read_text(encoding="utf-8")
    for kind in KINDS:
        for number, (function, old, new) in enumerate(
            importlib.import_module(f"verify_mutants.{kind}").MUTANTS
        ):
            text = _segment(source, function)
            if text.count(old) != 1:
                raise click.ClickException(
                    f"{kind} {number}: {old!r} occurs {text.count(old)} times in {function}"
                )
            changed = source.replace(text, text.replace(old, new), 1)
            yield Pair(f"{kind}/{number}/{function}", kind, function, source, changed, True)


class _Fault(ast.NodeTransformer):
    """The ``wanted``-th place of a function where a textbook mutation applies, mutated; ``made`` says how."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count, self.made = wanted, -1, ""

    def _here(self, how: str) -> bool:
        self.count += 1
        if self.count == self.wanted:
            self.made = how
        return self.count == self.wanted

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        other = _COMPARISONS.get(type(node.ops[0]))
        if other is not None and self._here(f"{type(node.ops[0]).__name__} to {other.__name__}"):
            node.ops[0] = other()
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        other = _OPERATORS.get(type(node.op))
        if other is not None and self._here(f"{type(node.op).__name__} to {other.__name__}"):
            node.op = other()
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if type(node.value) is int and self._here(f"{node.value} to {node.value + 1}"):
            return ast.Constant(node.value + 1)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if isinstance(node.value, ast.Call) and self._here("statement dropped") else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        return ast.Pass() if self._here("assignment dropped") else node

    def visit_If(self, node: ast.If) -> ast.AST:
        self.generic_visit(node)
        if self._here("condition negated"):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        return node


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
}


def generated() -> Iterator[Pair]:
    """Textbook mutations of standard library functions, which nobody chose; some of them change nothing."""
    found = []
    for module, functions in _LIBRARY.items():
        for function in functions:
            try:
                text = Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
            except (ImportError, OSError):
                continue
            tree = ast.parse(text)
            at = [i for i, n in enumerate(tree.body) if isinstance(n, ast.FunctionDef) and n.name == function]
            for wanted in range(40 if at else 0):
                tree = ast.parse(text)
                fault = _Fault(wanted)
                tree.body[at[-1]] = fault.visit(tree.body[at[-1]])
                if not fault.made:
                    break
                changed = ast.unparse(ast.fix_missing_locations(tree))
                name = f"generated/{module}.{function}/{wanted} {fault.made}"
                found.append(Pair(name, "generated", function, text, changed, True))
    random.Random(5).shuffle(found)
    yield from found[:100]


class _Renamed(ast.NodeTransformer):
    """Local names that are no parameters get another name."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own -= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
        own -= {name for n in ast.walk(node) if isinstance(n, (ast.Global, ast.Nonlocal)) for name in n.names}
        if any(isinstance(n, (ast.ClassDef, ast.FunctionDef)) and n is not node for n in ast.walk(node)):
            return node
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in own:
                inner.id += "_"
        return node


def identical() -> Iterator[Pair]:
    """Pairs that do the same: written anew, or with other local names."""
    source = (_MUTANTS / "originals.py").read_text(encoding="utf-8")
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef):
            names += [
                f"{node.name}.{n.name}"
                for n in node.body
                if isinstance(n, ast.FunctionDef) and n.name[0] != "_"
            ]
    renamed = ast.unparse(ast.fix_missing_locations(_Renamed().visit(ast.parse(source))))
    for name in names:
        yield Pair(f"identical/{name}", "same text", name, source, source, False)
        yield Pair(f"renamed/{name}", "renamed", name, source, renamed, False)
    for module, functions in _LIBRARY.items():
        for function in functions:
            try:
                text = Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
            except (ImportError, OSError):
                continue
            if function in {n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)}:
                yield Pair(
                    f"library/{module}.{function}",
                    "library",
                    function,
                    text,
                    ast.unparse(ast.parse(text)),
                    False,
                )


def reproduces(source: str) -> bool:
    """Whether the script shows its difference in an ordinary interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "example.py")
        path.write_text(source, encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, str(path)], cwd=folder, capture_output=True, timeout=30, check=False
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _processor() -> float:
    """Seconds of the processor of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def judge(pair: Pair, measure: bool) -> dict[str, object]:
    """Verify one pair."""
    begun, used = time.perf_counter(), _processor()
    verdict = verify(pair.before, pair.after, pair.function, VerifyOptions(measure=measure))
    seconds, used = time.perf_counter() - begun, _processor() - used
    found = verdict.counterexample
    return {
        "name": pair.name,
        "kind": pair.kind,
        "different": pair.different,
        "verdict": verdict.verdict,
        "strength": verdict.strength,
        "reason": verdict.reason[:300],
        "inputs": verdict.inputs,
        "faster": verdict.faster,
        "coverage": verdict.coverage and min(verdict.coverage.before, verdict.coverage.after),
        "call": found.call if found else None,
        "reproduces": reproduces(found.source) if found else None,
        "seconds": seconds,
        "processor": used,
        "load": os.getloadavg()[0],
        "sandbox": verdict.sandbox,
    }


@click.command()
@click.argument("what", nargs=-1, type=click.Choice(["mutants", "identical", "generated"]))
@click.option("--only", default="", help="Only names with this text in them.")
@click.option("--most", default=10_000, help="At most so many new pairs.")
@click.option(
    "--journal", type=click.Path(path_type=Path), default=Path("verify_power.jsonl"), show_default=True
)
@click.option("--no-measure", is_flag=True)
def main(what: tuple[str, ...], only: str, most: int, journal: Path, no_measure: bool) -> None:
    """Verify the pairs that the journal does not have yet, then print the tables."""
    known = {}
    if journal.exists():
        for line in journal.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            known[entry["name"]] = entry
    makers = {"mutants": mutants, "identical": identical, "generated": generated}
    pairs = [pair for name in what or ("mutants", "identical") for pair in makers[name]()]
    for pair in [p for p in pairs if only in p.name and p.name not in known][:most]:
        entry = judge(pair, not no_measure)
        known[pair.name] = entry
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        wanted = (entry["verdict"] == "different") == pair.different and not entry["faster"]
        if not wanted or entry["verdict"] == "unverifiable" or entry["reproduces"] is False:
            click.echo(
                f"{pair.name}: {entry['verdict']} {entry['reason']} ({entry['seconds']:.1f} s)", err=True
            )
    _tables([known[p.name] for p in pairs if p.name in known])


def _tables(entries: list[dict[str, object]]) -> None:
    console = Console()
    table = Table(
        "kind",
        "pairs",
        "different",
        "reproduce",
        "equivalent",
        "weak",
        "unverifiable",
        "faster",
        "median s",
        "p90 s",
    )
    kinds = dict.fromkeys(str(e["kind"]) for e in entries)
    for kind in (*kinds, "all mutants", "all identical"):
        chosen = [
            e
            for e in entries
            if e["kind"] == kind
            or (kind == "all mutants" and e["different"])
            or (kind == "all identical" and not e["different"])
        ]
        if not chosen:
            continue
        times = sorted(float(str(e["seconds"])) for e in chosen)
        count = {
            v: sum(e["verdict"] == v for e in chosen) for v in ("different", "equivalent", "unverifiable")
        }
        table.add_row(
            kind,
            str(len(chosen)),
            str(count["different"]),
            str(sum(e["reproduces"] is True for e in chosen)),
            str(count["equivalent"]),
            str(sum(e["strength"] == "weak" for e in chosen)),
            str(count["unverifiable"]),
            str(sum(bool(e["faster"]) for e in chosen)),
            f"{statistics.median(times):.2f}",
            f"{times[int(len(times) * 0.9)]:.2f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
