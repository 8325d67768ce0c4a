"""How long ``burnish check`` takes, against pylint with perflint and refurb on the same files.

    python benchmarks/check_speed.py [--files 60] [--seed 5] [--rounds 3] [--work DIR] [--json]

A random sample of the standard library's files (those that parse and have no relative imports) is copied to one
folder, and every tool looks at all of them: Burnish with every rule, as it comes (a process for every processor) and in one
process; pylint with perflint as it comes and with perflint's checks alone, refurb with every check, each in one process, as they
come. Each round runs the tools one after another, so that what else the machine does meets all of them; told are the median time of
a round and the ratios to Burnish's two times in the same round. One round before these is not counted: Python compiles each tool's
modules in it. Then Burnish looks at the whole standard library, by one process and by as many as there are processors. Refurb,
pylint and perflint are installed below ``--work``.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe

from burnish_analysis.perf.catalogue import all_rules

_TOOLS = ("pylint", "perflint", "refurb")
_OWN = "burnish"
_OWN_ALONE = "burnish, one process"
#: Perflint's own checks.
_PERFLINT = "R8203,W8101,W8102,W8201,W8202,W8204,W8205,W8301,W8401,W8402,W8403"


@dataclass(frozen=True)
class Run:
    """How long a command took: by the clock, and by the processors."""

    seconds: float
    processor: float
    said: int


def library() -> list[Path]:
    """The files of the standard library that parse."""
    root = Path(sysconfig.get_paths()["stdlib"])
    found = []
    for path in sorted(root.rglob("*.py")):
        if {"site-packages", "__pycache__"} & set(path.parts[len(root.parts) :]):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        found.append(path)
    return found


def alone(path: Path) -> bool:
    """Whether a file has no relative imports: refurb, that is mypy, stops at those of a file that is in no package."""
    tree = ast.parse(path.read_bytes())
    return not any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(tree))


def sample(files: list[Path], count: int, seed: int, folder: Path) -> list[Path]:
    """Copies of some files, with names of their own, so that no tool takes them for parts of packages."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chosen = random.Random(seed).sample([path for path in files if alone(path)], count)
    return [
        Path(shutil.copy(path, folder / f"f{number:03}_{path.name}")) for number, path in enumerate(chosen)
    ]


def tools(work: Path) -> Path:
    """The folder of the other tools' programs."""
    home = work / "tools"
    if not (home / "bin" / "refurb").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *_TOOLS], check=True)
    return home / "bin"


def versions(programs: Path) -> str:
    """Name and version of the other tools."""
    listed = subprocess.run(
        [str(programs / "python"), "-m", "pip", "list", "--format=json"],
        check=True,
        capture_output=True,
        text=True,
    )
    known = {one["name"]: one["version"] for one in json.loads(listed.stdout)}
    return ", ".join(f"{name} {known[name]}" for name in _TOOLS)


def run(command: list[str], folder: Path) -> Run:
    """Run a command. That a linter has something to say is no failure, nor that a check of it fails on some file (perflint's do on
    ``for a, *b in c``); that it says nothing at all about so much code is one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    # The others were compiled when they were installed; a checkout is when it first runs, unless this forbids it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = done.stdout.count("\n")
    stopped = "refurb" in command[0] and "[FURB" not in done.stdout
    if done.returncode > 31 or done.returncode < 0 or not said or stopped:
        sys.exit(f"{command[0]} failed ({done.returncode}): {done.stdout[-500:]} {done.stderr[-2000:]}")
    return Run(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, said)


def burnish(paths: list[str], *options: str) -> list[str]:
    """The command that checks with every rule."""
    rules = ",".join(all_rules())
    return [sys.executable, "-m", "burnish_cli", "check", "--select", rules, *options, *paths]


def compare(chosen: list[Path], programs: Path, rounds: int) -> dict[str, list[Run]]:
    """Every tool on the same files, in rounds."""
    folder = chosen[0].parent
    names = [path.name for path in chosen]
    pylint = [str(programs / "pylint"), "--rcfile=", "--score=n", "-j1", "--load-plugins=perflint"]
    commands = {
        _OWN: burnish(names),
        _OWN_ALONE: burnish(names, "--jobs", "1"),
        "pylint with perflint": [*pylint, *names],
        "perflint's checks alone": [*pylint, "--disable=all", f"--enable={_PERFLINT}", *names],
        "refurb": [str(programs / "refurb"), "--enable-all", "--quiet", *names],
    }
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            # mypy, which refurb runs on, keeps what it learned; nobody's files are the same the next time.
            shutil.rmtree(folder / ".mypy_cache", ignore_errors=True)
            done = run(command, folder)
            if number:
                found[name].append(done)
    return found


def figures(found: dict[str, list[Run]]) -> list[dict[str, Any]]:
    """Medians, and ratios to Burnish's times in the same round."""
    return [
        {
            "tool": name,
            "seconds": round(statistics.median(one.seconds for one in runs), 2),
            "processor": round(statistics.median(one.processor for one in runs), 2),
            "ratio": _ratio(runs, found[_OWN], "seconds"),
            "ratio_one_process": _ratio(runs, found[_OWN_ALONE], "seconds"),
            "ratio_processor": _ratio(runs, found[_OWN_ALONE], "processor"),
            "lines": runs[0].said,
        }
        for name, runs in found.items()
    ]


def _ratio(runs: list[Run], own: list[Run], what: str) -> float:
    return round(
        statistics.median(
            getattr(one, what) / getattr(mine, what) for one, mine in zip(runs, own, strict=True)
        ),
        1,
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=60, help="how many files of the standard library")
    parser.add_argument("--seed", type=int, default=5, help="which files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=Path("check_speed"), help="where everything is kept")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    work = asked.work.resolve()
    files = library()
    programs = tools(work)
    chosen = sample(files, asked.files, asked.seed, work / "files")
    rows = figures(compare(chosen, programs, asked.rounds))
    whole = {}
    for jobs in sorted(
        {1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1}
    ):
        done = run(burnish([str(path) for path in files], "--jobs", str(jobs)), work)
        whole[jobs] = {"seconds": round(done.seconds, 2), "processor": round(done.processor, 2)}
    about = {
        "machine": describe(),
        "against": versions(programs),
        "files": len(chosen),
        "lines": lines(chosen),
        "library": {"files": len(files), "lines": lines(files), "by_jobs": whole},
        "rows": rows,
    }
    print(json.dumps(about) if asked.json else table(about))


def lines(paths: list[Path]) -> int:
    """How many lines files have together."""
    return sum(path.read_bytes().count(b"\n") for path in paths)


def table(about: dict[str, Any]) -> str:
    """The figures in words."""
    made = [
        about["machine"],
        about["against"],
        f"{about['files']} files of the standard library, {about['lines']} lines; "
        "ratios to burnish as it comes, and in one process",
    ]
    made += [
        f"  {row['tool']:24} {row['seconds']:8.2f} s ({row['ratio']:.1f}×, {row['ratio_one_process']:.1f}×)   "
        f"processor {row['processor']:8.2f} s ({row['ratio_processor']:.1f}×)   {row['lines']} lines of output"
        for row in about["rows"]
    ]
    known = about["library"]
    made += [
        f"the whole standard library, {known['files']} files, {known['lines']} lines: burnish with {jobs} "
        f"{'process' if jobs == 1 else 'processes'} {one['seconds']} s (processor {one['processor']} s)"
        for jobs, one in known["by_jobs"].items()
    ]
    return "\n".join(made)


if __name__ == "__main__":
    main()
