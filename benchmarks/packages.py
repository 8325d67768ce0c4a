"""Exact fixes on real packages: do their own tests still say the same?

    python benchmarks/packages.py [--packages NAME ...] [--every-rule] [--refactorings] [--work DIR] [--json]

For each package the source distribution is downloaded from the package index and unpacked twice. In the first copy its own
test suite runs twice, which shows the tests that do not always end alike. In the second one ``burnish fix --write`` applies
every exact fix to the package's code (not to its tests), and the suite runs again. ``--every-rule`` also takes the rules
that are not offered by default because they were measured to gain too little. ``--refactorings`` applies every suggested refactoring
instead, in every function whatever its complexity, and tells what that does to radon's figures; with ``--every-rule`` every exact
refactoring that may be suggested at all, whether it lowers complexity there or not. Whatever ends otherwise than before is named.
Everything stays below ``--work``, and what is there is not done again: delete a package's folder to begin anew.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe

from burnish_analysis.errors import SourceError
from burnish_analysis.metrics.measure import measure as metrics_of
from burnish_analysis.perf.catalogue import all_rules
from burnish_analysis.refactor.catalogue import all_refactorings

_SUGGESTED = "--suggested"


@dataclass(frozen=True)
class Package:
    """A distribution: where its code is, what its tests need, and how they are asked for (arguments of pytest)."""

    code: str
    tests: tuple[str, ...]
    needs: tuple[str, ...] = ()
    path: str = ""


PACKAGES = {
    "boltons": Package("boltons", ("tests",)),
    "docutils": Package("docutils", ("test/test_nodes.py", "test/test_parsers", "test/test_writers", "test/test_transforms"),
                        ("pygments",)),
    "lark": Package("lark", ("tests/test_grammar.py", "tests/test_tools.py", "tests/test_tree_forest_transformer.py", "tests/test_trees.py",
                             "tests/test_lexer.py", "tests/test_cache.py", "tests/test_reconstructor.py"), ("regex",)),
    "markdown": Package("markdown", ("-o", "python_classes=", "tests"), ("pyyaml",)),
    "mistune": Package("src/mistune", ("tests",), path="src"),
    "mpmath": Package("mpmath", ("mpmath/tests",)),
    "networkx": Package("networkx", ("networkx/algorithms", "networkx/classes", "networkx/generators", "networkx/utils")),
    "parso": Package("parso", ("test",)),
    "pydash": Package("src/pydash", ("-o", "addopts=", "--ignore=tests/pytest_mypy_testing", "tests"), ("typing-extensions",), path="src"),
    "pyparsing": Package("pyparsing", ("tests/test_simple_unit.py", "tests/test_unit.py", "tests/test_util.py"),
                         ("railroad-diagrams", "jinja2")),
    "sqlparse": Package("sqlparse", ("tests",)),
    "sympy": Package("sympy", ("sympy/combinatorics", "sympy/logic", "sympy/ntheory", "sympy/parsing", "sympy/printing", "sympy/sets",
                               "sympy/tensor", "sympy/utilities"), ("mpmath",)),
    "toolz": Package("toolz", ("toolz/tests",)),
}  # fmt: skip
#: A suite that takes longer is ended, and the package is said to be unfinished.
_SECONDS = 1500


def run(command: list[str], folder: Path, log: Path, seconds: float = _SECONDS, **environment: str) -> int:
    """Run a command with its output in a file; its exit status."""
    with log.open("w") as file:
        done = subprocess.run(
            command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, timeout=seconds, check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", **environment},
        )  # fmt: skip
    return done.returncode


def environment(work: Path, needs: tuple[str, ...]) -> Path:
    """A Python with pytest and what the suites need."""
    home = work / "python"
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    asked = ["pytest", "pytest-timeout", "hypothesis", *needs]
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *asked], check=True)
    return python


def unpack(name: str, work: Path) -> tuple[Path, str]:
    """The unpacked source distribution, and its file's name."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    if not list(folder.glob("*.tar.gz")):
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--no-binary",
            ":all:",
            "--dest",
            str(folder),
            name,
        ]
        if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
            sys.exit(f"{name} could not be downloaded as a source distribution")
    archive = next(iter(folder.glob("*.tar.gz")))
    for copy in ("before", "after"):
        if not (folder / copy).exists():
            with tarfile.open(archive) as file:
                file.extractall(folder / "part", filter="data")
            next(iter((folder / "part").iterdir())).rename(folder / copy)
            shutil.rmtree(folder / "part")
    return folder, archive.name.removesuffix(".tar.gz")


def outcomes(report: Path) -> dict[str, str]:
    """How every test ended, by its name; a test that occurs twice keeps both endings."""
    found: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        ending = next((part.tag for part in case if part.tag in ("failure", "error", "skipped")), "passed")
        found.setdefault(f"{case.get('classname')}::{case.get('name')}", []).append(ending)
    return {name: " ".join(endings) for name, endings in found.items()}


def suite(python: Path, package: Package, folder: Path, copy: str, label: str) -> dict[str, str]:
    """Run a package's tests in one of its copies."""
    report = folder / f"{label}.xml"
    if not report.exists():
        here = folder / copy
        part = report.with_suffix(".part")
        command = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore::pytest.PytestCollectionWarning",
            "--timeout=120",
            f"--junitxml={part}",
            *package.tests,
        ]
        run(command, here, folder / f"{label}.log", PYTHONPATH=str(here / package.path))
        if not part.exists():
            sys.exit(f"The tests of {folder.name} did not run: see {folder / label}.log")
        part.rename(report)
    return outcomes(report)


def fix(package: Package, folder: Path, chosen: Sequence[str]) -> dict[str, Any]:
    """Apply every exact fix that the options choose to the code of the second copy."""
    known = folder / "fixes.json"
    if not known.exists():
        code = folder / "after" / package.code
        tests = [path for path in code.rglob("*") if path.is_dir() and path.name in ("tests", "test")]
        aside = folder / "aside"
        aside.mkdir(exist_ok=True)
        for number, path in enumerate(tests):
            path.rename(aside / str(number))
        began = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "burnish_cli",
                "fix",
                str(code),
                "--write",
                "--no-verify",
                "--json",
                *chosen,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - began
        for number, path in enumerate(tests):
            (aside / str(number)).rename(path)
        if done.returncode not in (0, 1) or not done.stdout.strip():
            sys.exit(f"burnish fix failed on {folder.name}: {done.stderr[-2000:]}")
        fixes = json.loads(done.stdout)
        known.write_text(json.dumps({"fixes": fixes, "seconds": seconds}))
    read: dict[str, Any] = json.loads(known.read_text())
    return read


def complexities(package: Package, folder: Path, files: Sequence[Path]) -> dict[str, dict[str, float]]:
    """radon's figures of the code before and after, over all files."""
    code = folder / "before" / package.code
    found = {}
    for copy in ("before", "after"):
        measured = []
        for path in files:
            try:
                text = (folder / copy / package.code / path.relative_to(code)).read_text(encoding="utf-8")
                measured.append(metrics_of(text))
            except (UnicodeDecodeError, SourceError):
                continue  # a file in another encoding or another Python; it is the same in both copies
        points = [block.complexity for one in measured for block in one.functions]
        found[copy] = {
            "functions": len(points),
            "complexity": sum(points),
            "above_10": sum(point > 10 for point in points),
            "maintainability": round(statistics.mean(one.mi for one in measured), 3),
        }
    return found


def measure(name: str, work: Path, chosen: Sequence[str], *, refactored: bool) -> dict[str, Any]:
    """Everything about one package."""
    package = PACKAGES[name]
    folder, version = unpack(name, work)
    python = environment(work, package.needs)
    first = suite(python, package, folder, "before", "before1")
    second = suite(python, package, folder, "before", "before2")
    fixed = fix(package, folder, chosen)
    after = suite(python, package, folder, "after", "after")
    stable = {test for test, ending in first.items() if second.get(test) == ending}
    differing = sorted(test for test in stable if after.get(test) != first[test])
    files = [
        path
        for path in (folder / "before" / package.code).rglob("*.py")
        if not {"tests", "test"} & set(path.parts[len(folder.parts) :])
    ]
    applied = [one for one in fixed["fixes"] if one["applied"]]
    return {
        "package": version,
        **({"complexity": complexities(package, folder, files)} if refactored else {}),
        "files": len(files),
        "lines": sum(path.read_text(encoding="utf-8", errors="replace").count("\n") for path in files),
        "tests": dict(Counter(first.values())),
        "unstable": len(first) - len(stable),
        "fixes": len(applied),
        "rules": dict(Counter(one["rule"] for one in applied).most_common()),
        "seconds": round(fixed["seconds"], 2),
        "differing": [{"test": test, "before": first[test], "after": after.get(test)} for test in differing],
        "new": sorted(set(after) - set(first)),
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", nargs="+", default=list(PACKAGES), choices=list(PACKAGES))
    parser.add_argument("--work", type=Path, default=Path("packages"), help="where everything is kept")
    parser.add_argument(
        "--every-rule", action="store_true", help="also rules that are not offered by default"
    )
    parser.add_argument(
        "--refactorings", action="store_true", help="suggested refactorings, instead of performance fixes"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    chosen = parser.parse_args()
    chosen.work = chosen.work.resolve()
    options = [f"--rule={','.join(all_rules())}"] if chosen.every_rule else []
    if chosen.refactorings and chosen.every_rule:
        options = [f"--rule={','.join(name for name, one in all_refactorings().items() if one.suggest)}"]
    elif chosen.refactorings:
        options = [_SUGGESTED, "--suggest-from=1", f"--ignore={','.join(all_rules())}"]
    found = [measure(name, chosen.work, options, refactored=chosen.refactorings) for name in chosen.packages]
    if chosen.json:
        print(json.dumps({"machine": describe(), "packages": found}))
        return
    print(describe())
    for one in found:
        tests = ", ".join(f"{count} {ending}" for ending, count in one["tests"].items())
        print(
            f"{one['package']}: {one['files']} files, {one['lines']} lines; {one['fixes']} exact fixes "
            f"in {one['seconds']} s; tests: {tests}"
        )
        print(
            f"    {', '.join(f'{rule} {count}' for rule, count in one['rules'].items()) or 'nothing to fix'}"
        )
        if "complexity" in one:
            before, after = one["complexity"]["before"], one["complexity"]["after"]
            print(
                f"    complexity of all {before['functions']} functions {before['complexity']} → {after['complexity']}, above 10: "
                f"{before['above_10']} → {after['above_10']}; mean maintainability index {before['maintainability']} → "
                f"{after['maintainability']}"
            )
        print(
            f"    after the fixes {len(one['differing'])} tests end otherwise ({one['unstable']} did not always end alike before)"
        )
        for test in one["differing"]:
            print(f"      {test['test']}: {test['before']} before, {test['after']} after")


if __name__ == "__main__":
    main()
