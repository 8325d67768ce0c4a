"""Are our figures radon's own, and how fast do they follow an edit?

    python benchmarks/metrics_agreement.py [--packages NAME==VERSION ...] [--edits 40] [--lines 2000] [--work DIR] [--json]

The packages' wheels are downloaded from the package index and unpacked below ``--work``. radon's command line looks at each
of them as a process of its own (``radon cc -s -j``, ``mi -s -j``, ``hal -j``, ``raw -j``), and every figure that it prints is
compared with what ``burnish_analysis.metrics`` gives for the same file, exactly. What radon said is kept, and is not asked again.

Then a file of ``--lines`` lines, cut from the longest of the first package, is edited again and again, a statement at a time
at random places, and measured after every edit: told are medians by the clock and by the processor, beside a measurement
without anything known, and radon's own functions called for the same four commands.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import json
import random
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe
from radon.complexity import cc_visit
from radon.metrics import h_visit, mi_visit
from radon.raw import analyze

from burnish_analysis.errors import AnalysisError
from burnish_analysis.metrics.incremental import Measurer
from burnish_analysis.metrics.measure import measure
from burnish_analysis.metrics.model import FileMetrics
from burnish_analysis.perf.files import read_source

_COMMANDS = {"cc": ["-s", "-j"], "mi": ["-s", "-j"], "hal": ["-j"], "raw": ["-j"]}


@dataclass
class Agreement:
    """What was compared for one package.

    Attributes:
        failed: how many files radon gives an error for, by command.
        ours: files that we give an error for, with its sentence. alone: how many figures radon gives for such files nevertheless,
            where it fails with another command: we give all figures of a file or none.
        different: the first differences, in words.
    """

    package: str
    files: int = 0
    lines: int = 0
    figures: int = 0
    differences: int = 0
    alone: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    ours: dict[str, str] = field(default_factory=dict)
    different: list[str] = field(default_factory=list)


def unpacked(package: str, work: Path) -> Path:
    """A package's files, downloaded where they are not there yet."""
    home = work / package.replace("==", "-")
    if not home.exists():
        wheels = work / "wheels" / package
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels), package],
            check=True,
        )  # fmt: skip
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(home)
    return home


def radon_says(home: Path) -> dict[str, dict[str, Any]]:
    """What radon's command line prints of a folder, by command and path."""
    said = {}
    running: dict[str, tuple[Path, subprocess.Popen[bytes]]] = {}
    for command, options in _COMMANDS.items():
        kept = home.parent / f"{home.name}.{command}.json"
        if not kept.exists():
            # The streams of a finished process are whole; a file that is cut off is none.
            part = kept.with_suffix(".part")
            with part.open("wb") as stream:
                arguments = [sys.executable, "-m", "radon", command, *options, "."]
                running[command] = (part, subprocess.Popen(arguments, cwd=home, stdout=stream))
    for command, (part, process) in running.items():
        if process.wait():
            sys.exit(f"radon {command} failed ({process.returncode})")
        part.rename(home.parent / f"{home.name}.{command}.json")
    for command in _COMMANDS:
        said[command] = json.loads((home.parent / f"{home.name}.{command}.json").read_text(encoding="utf-8"))
    return said


def theirs(said: dict[str, dict[str, Any]], path: str) -> dict[str, dict[str, Any]]:
    """radon's figures of a file by command, each figure under a name of its own; a command with an error is left out."""
    found: dict[str, dict[str, Any]] = {}
    for command in _COMMANDS:
        # radon cc leaves out files without any block.
        one = said[command].get(path, [] if command == "cc" else None)
        if one is None or "error" in one:
            continue
        if command == "cc":
            blocks = sorted(
                (one["lineno"], one["col_offset"], f"{one.get('classname', '')}.{one['name']}".lstrip("."), one["type"],
                 one["endline"], one["complexity"], one["rank"])
                for one in one
            )  # fmt: skip
            found[command] = _numbered(blocks)
        elif command == "hal":
            found[command] = {f"total {key}": value for key, value in one["total"].items()}
            for name, figures in one["functions"].items():
                found[command] |= {f"{name} {key}": value for key, value in figures.items()}
        else:
            found[command] = one
    return found


def ours(metrics: FileMetrics) -> dict[str, dict[str, Any]]:
    """Our figures of a file under the same names."""
    halstead = {f"total {key}": value for key, value in dataclasses.asdict(metrics.halstead).items()}
    for block in metrics.functions:
        # radon's JSON keeps the last function of a name, and none that stands in another.
        if not block.closure and block.halstead is not None:
            name = block.name.rpartition(".")[2]
            halstead |= {f"{name} {key}": value for key, value in dataclasses.asdict(block.halstead).items()}
    blocks = sorted(
        (one.line, one.column, one.name, one.kind, one.end_line, one.complexity, one.rank)
        for one in metrics.blocks
        if not one.inner
    )
    return {
        "cc": _numbered(blocks),
        "mi": {"mi": metrics.mi, "rank": metrics.mi_rank},
        "hal": halstead,
        "raw": dataclasses.asdict(metrics.raw),
    }


def _numbered(blocks: list[tuple[Any, ...]]) -> dict[str, Any]:
    keys = ("line", "column", "name", "type", "end line", "complexity", "rank")
    return {
        f"block {number} {key}": value
        for number, block in enumerate(blocks)
        for key, value in zip(keys, block, strict=True)
    }


def compare(package: str, work: Path) -> Agreement:
    """Compare every figure of every file of a package."""
    home = unpacked(package, work)
    said = radon_says(home)
    found = Agreement(package)
    for path in sorted(said["raw"]):
        file = home / path
        known = theirs(said, path)
        found.files += 1
        found.lines += file.read_bytes().count(b"\n")
        for command in _COMMANDS.keys() - known.keys():
            found.failed[command] = found.failed.get(command, 0) + 1
        try:
            own = ours(measure(read_source(file).text, path))
        except AnalysisError as error:
            found.ours[path] = str(error)
            count = sum(len(figures) for figures in known.values())
            if known.keys() == _COMMANDS.keys():
                found.differences += count
                found.different.append(f"{path}: only ours fails: {error}")
            else:
                found.alone += count
            continue
        for command, figures in known.items():
            for key in figures.keys() | own[command].keys():
                found.figures += 1
                if figures.get(key) != own[command].get(key):
                    found.differences += 1
                    found.different.append(
                        f"{path}: {command} {key}: {figures.get(key)} is {own[command].get(key)} here"
                    )
    return found


def cut(home: Path, lines: int) -> str:
    """The first so many lines, or somewhat fewer, of the longest file that parses, so that they parse."""
    for file in sorted(home.rglob("*.py"), key=lambda file: -file.stat().st_size):
        kept = read_source(file).text.splitlines()[:lines]
        if len(kept) < lines or sum(line.lstrip().startswith("return ") for line in kept) < lines / 40:
            continue
        while kept:
            try:
                ast.parse("\n".join(kept))
            except SyntaxError:
                kept.pop()
                continue
            return "\n".join(kept) + "\n"
    sys.exit(f"no file of {lines} lines in {home}")


def edited(source: str, count: int) -> Iterator[str]:
    """The text after each of some edits: a statement more before some ``return``."""
    chance = random.Random(6)
    lines = source.split("\n")
    for number in range(count):
        at = chance.choice([place for place, line in enumerate(lines) if line.lstrip().startswith("return ")])
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        more = [*lines[:at], f"{indent}x{number} = {number} if y and z else -2", *lines[at:]]
        try:
            ast.parse("\n".join(more))
        except SyntaxError:
            continue
        lines = more
        yield "\n".join(lines)


def timed(function: Any, source: str) -> tuple[float, float]:
    """How many milliseconds a call takes, by the clock and by the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    function(source)
    return (time.perf_counter() - clock) * 1000, (time.process_time() - processor) * 1000


def speed(source: str, edits: int) -> dict[str, Any]:
    """Medians after edits; the three ways take turns."""
    measurer = Measurer()
    measurer.measure(source)

    def radon(text: str) -> None:
        cc_visit(text)
        mi_visit(text, True)
        h_visit(text)
        analyze(text)

    ways: dict[str, Any] = {"after an edit": measurer.measure, "anew": measure, "radon": radon}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for text in edited(source, edits):
        for name, way in ways.items():
            found[name].append(timed(way, text))
    return {
        name: {
            "edits": len(times),
            "clock_ms": round(statistics.median(clock for clock, _ in times), 1),
            "clock_ms_worst": round(max(clock for clock, _ in times), 1),
            "processor_ms": round(statistics.median(processor for _, processor in times), 1),
        }
        for name, times in found.items()
    }


def main() -> None:
    """Run and print; the exit status is 1 where a figure differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", nargs="+", default=["django==5.2", "sympy==1.13.3"])
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--lines", type=int, default=2000, help="of the file that is edited")
    parser.add_argument(
        "--work", type=Path, default=Path("metrics_agreement"), help="where everything is kept"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    work = asked.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    found = [compare(package, work) for package in asked.packages]
    source = cut(unpacked(asked.packages[0], work), asked.lines)
    about = {
        "machine": describe(),
        "packages": [dataclasses.asdict(one) | {"different": one.different[:20]} for one in found],
        "lines": source.count("\n"),
        "speed": speed(source, asked.edits),
    }
    print(json.dumps(about) if asked.json else words(about))
    sys.exit(1 if any(one.differences for one in found) else 0)


def words_alone(count: int) -> str:
    """What is said of figures that only radon gives."""
    return f" ({count} figures that one of radon's commands gives for them all the same)" if count else ""


def words(about: dict[str, Any]) -> str:
    """The figures in words."""
    made = [about["machine"]]
    for one in about["packages"]:
        failed = ", ".join(f"{command} {count}" for command, count in sorted(one["failed"].items()))
        made.append(
            f"{one['package']}: {one['files']:,} files, {one['lines']:,} lines: {one['figures']:,} figures compared, "
            f"{one['differences']:,} differ; files that radon fails on: {failed or 'none'}; that we fail on: {len(one['ours'])}"
            f"{words_alone(one['alone'])}"
        )
        made += [f"  {sentence}" for sentence in one["ours"].values()]
        made += [f"  {difference}" for difference in one["different"]]
    made.append(f"a file of {about['lines']:,} lines, a statement more at a time:")
    made += [
        f"  {name:14} median {one['clock_ms']} ms, worst {one['clock_ms_worst']} ms, processor {one['processor_ms']} ms "
        f"({one['edits']} edits)"
        for name, one in about["speed"].items()
    ]
    return "\n".join(made)


if __name__ == "__main__":
    main()
