"""Programming problems in the public formats: HumanEval, HumanEval infilling, MBPP; and completions given for them."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from burnish_training.errors import EvaluationError

__all__ = ["BENCHMARKS", "Problem", "ProblemSet", "read_problems", "read_samples"]

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Problem:
    """One task. The program that decides it is ``before + completion + after + "\\n" + test``.

    Attributes:
        task_id: its name in the data. prompt: what the model reads left of the completion.
        before: what the program has there (MBPP's description is no part of its program).
        after: the rest of the function, for infilling; the model reads it too.
        canonical: the data's own solution. test: code that raises if the solution is wrong.
    """

    task_id: str
    prompt: str
    before: str
    after: str
    canonical: str
    test: str


@dataclass(frozen=True, slots=True)
class ProblemSet:
    """All tasks of a file, and the SHA-256 of the file as it was read."""

    problems: tuple[Problem, ...]
    sha256: str


class _Record:
    """One line of a data file; every complaint names the line."""

    def __init__(self, fields: Mapping[str, Any], place: str) -> None:
        self.fields, self.place = fields, place

    def text(self, name: str, *, default: str | None = None) -> str:
        value = self.fields.get(name, default)
        if not isinstance(value, str):
            raise EvaluationError(f"{self.place}: {name!r} is missing or no text.")
        return value

    def texts(self, name: str, *, default: Sequence[str] | None = None) -> list[str]:
        value = self.fields.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise EvaluationError(f"{self.place}: {name!r} is missing or no list of texts.")
        return list(value)


def _humaneval(record: _Record) -> Problem:
    if "suffix" in record.fields:
        raise EvaluationError(
            f"{record.place}: it has a suffix, so this is infilling data: burnish eval infilling"
        )
    prompt = record.text("prompt")
    return Problem(
        record.text("task_id"), prompt, prompt, "", record.text("canonical_solution"), _check(record)
    )


def _infilling(record: _Record) -> Problem:
    if "suffix" not in record.fields:
        raise EvaluationError(f"{record.place}: it has no suffix, so this is no infilling data.")
    prompt, suffix = record.text("prompt"), record.text("suffix")
    return Problem(
        record.text("task_id"), prompt, prompt, suffix, record.text("canonical_solution"), _check(record)
    )


def _check(record: _Record) -> str:
    return f"{record.text('test')}\ncheck({record.text('entry_point')})\n"


def _mbpp(record: _Record) -> Problem:
    """The prompt is the description and the tests in a docstring, as in the paper's few-shot prompts (Austin et al. 2021)."""
    number = record.fields.get("task_id")
    if not isinstance(number, int | str):
        raise EvaluationError(f"{record.place}: 'task_id' is missing.")
    # The first release says "text", the sanitized one "prompt".
    description = record.text("text" if "text" in record.fields else "prompt").strip()
    tests = record.texts("test_list")
    prompt = '"""\n' + "\n".join([description, *tests]).replace('"""', "'''") + '\n"""\n'
    setup = [*record.texts("test_imports", default=()), record.text("test_setup_code", default="")]
    test = "\n".join([*filter(None, setup), *tests]) + "\n"
    return Problem(f"MBPP/{number}", prompt, "", "", record.text("code").replace("\r\n", "\n"), test)


_READERS: dict[str, Callable[[_Record], Problem]] = {
    "humaneval": _humaneval,
    "infilling": _infilling,
    "mbpp": _mbpp,
}
BENCHMARKS = tuple(_READERS)


def read_problems(benchmark: str, path: Path) -> ProblemSet:
    """The problems of a file of JSON lines, or of one JSON array, gzipped or not.

    Raises:
        EvaluationError: the file cannot be read or is not in the benchmark's format; the message names the line.
    """
    data = _read(path)
    problems: dict[str, Problem] = {}
    for record in _records(path, data):
        problem = _READERS[benchmark](record)
        if problem.task_id in problems:
            raise EvaluationError(f"{record.place}: the task {problem.task_id} is there twice.")
        problems[problem.task_id] = problem
    if not problems:
        raise EvaluationError(f"{path} holds no problem.")
    return ProblemSet(tuple(problems.values()), hashlib.sha256(data).hexdigest())


def read_samples(path: Path, problems: Sequence[Problem]) -> tuple[dict[str, list[str]], str]:
    """Completions given as JSON lines ``{task_id, completion}``: those of each task in order, and the file's SHA-256.

    Raises:
        EvaluationError: a line is malformed or names an unknown task, or a task has no completion or fewer than others.
    """
    data = _read(path)
    found: dict[str, list[str]] = {problem.task_id: [] for problem in problems}
    for record in _records(path, data):
        number = record.fields.get("task_id")
        name = f"MBPP/{number}" if isinstance(number, int) else record.text("task_id")
        if name not in found:
            raise EvaluationError(f"{record.place}: the data has no task {name}.")
        found[name].append(record.text("completion"))
    counts = {len(completions) for completions in found.values()}
    if len(counts) > 1 or counts == {0}:
        least = min(found, key=lambda name: len(found[name]))
        raise EvaluationError(
            f"{path}: every task needs equally many completions, but {least} has {len(found[least])} of "
            f"{max(counts)}. Add them, or score the first tasks only with --limit."
        )
    return found, hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise EvaluationError(f"{path} is a damaged gzip file ({error}). Fetch it again.") from error
    except OSError as error:
        raise EvaluationError(f"Cannot read {path}: {error.strerror or error}. Check the path.") from error


def _records(path: Path, data: bytes) -> Iterator[_Record]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not UTF-8 (byte {error.start}), so it is no JSON lines.") from error
    if text.lstrip().startswith("["):
        # The sanitized MBPP comes as one array.
        yield from _array(path, text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield _parsed(line, f"{path}, line {number}")


def _parsed(line: str, place: str) -> _Record:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise EvaluationError(f"{place}: no JSON ({error}). One JSON object a line is needed.") from error
    if not isinstance(fields, dict):
        raise EvaluationError(f"{place}: no JSON object.")
    return _Record(fields, place)


def _array(path: Path, text: str) -> Iterator[_Record]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise EvaluationError(f"{path}: no JSON ({error}). One JSON object a line is needed.") from error
    for number, fields in enumerate(found, 1):
        place = f"{path}, record {number}"
        if not isinstance(fields, dict):
            raise EvaluationError(f"{place}: no JSON object.")
        yield _Record(fields, place)
