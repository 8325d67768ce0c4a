"""Line completion on the user's own files: reading them, and measuring case by case into a journal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from burnish_models.engine import Engine
from burnish_training.base.corpus import Document, read_documents
from burnish_training.errors import EvaluationError
from burnish_training.evaluation.journal import Journal
from burnish_training.evaluation.lines import MIN_REST, LineCase, run_lines, sample_lines

__all__ = ["complete_lines", "read_sources", "sample_cases"]

_SKIPPED = {"node_modules", "site-packages", "__pycache__", "build", "dist"}


def read_sources(path: Path) -> tuple[list[Document], str]:
    """Python files and the SHA-256 of all of them: below a folder, one file, a text file that lists paths (relative to
    itself), or JSON lines of documents. Files that are not UTF-8 and hidden folders are left out.

    Raises:
        EvaluationError: nothing can be read there.
    """
    if path.suffix == ".jsonl":
        documents = _documents(path)
    else:
        root, files = _files(path)
        documents = [Document(root.name, name, text) for name, text in _texts(root, files)]
    if not any(_eligible(document) for document in documents):
        raise EvaluationError(f"{path} holds no Python file with a line to complete.")
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps([document.path, document.text]).encode())
    return [document for document in documents if _eligible(document)], digest.hexdigest()


def sample_cases(documents: Sequence[Document], count: int, seed: int) -> list[LineCase]:
    """``count`` random cursors; see :func:`~burnish_training.evaluation.lines.sample_lines`."""
    return sample_lines(documents, count, seed)


def _eligible(document: Document) -> bool:
    """Whether the sampler can ever find a cursor in it."""
    return any(len(line.replace(" ", "").strip()) > MIN_REST for line in document.text.split("\n"))


def _documents(path: Path) -> list[Document]:
    try:
        return list(read_documents(path))
    except OSError as error:
        raise EvaluationError(f"Cannot read {path}: {error.strerror or error}. Check the path.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise EvaluationError(
            f"{path} is no list of documents ({error}). Each line needs package, path and text."
        ) from error


def _files(path: Path) -> tuple[Path, list[Path]]:
    try:
        if path.is_dir():
            found = sorted(p for p in path.rglob("*.py") if p.is_file() and not _skipped(p.relative_to(path)))
            return path, found
        if path.suffix == ".py":
            return path.parent, [path]
        names = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"Cannot read {path}: {error}. Name a folder, or a list of files.") from error
    listed = [path.parent / name.strip() for name in names if name.strip()]
    missing = [str(p) for p in listed if not p.is_file()]
    if missing:
        raise EvaluationError(f"{path} lists {missing[0]}, which is no file ({len(missing)} such).")
    return path.parent, listed


def _skipped(relative: Path) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in relative.parts)


def _texts(root: Path, files: Sequence[Path]) -> list[tuple[str, str]]:
    found = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        name = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()
        found.append((name, text))
    return found


async def complete_lines(
    engine: Engine | None,
    cases: Sequence[LineCase],
    journal: Journal,
    *,
    max_tokens: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> None:
    """Complete the cases that ``journal`` lacks; without an engine the author's own line is the answer.

    Raises:
        EvaluationError: a result cannot be kept. EngineError: the model fails.
    """
    for number, case in enumerate(cases):
        name = f"{number}:{case.path}:{case.line}:{case.column}"
        if (name, 0) in journal.results:
            continue
        text, latency = case.rest, 0.0
        if engine is not None:
            (result,) = await run_lines(engine, [case], max_tokens=max_tokens)
            text, latency = result.text, result.latency_ms
        exact = text.rstrip() == case.rest.rstrip()
        verdict = "exact" if exact else "different" if text.strip() else "empty"
        journal.add(
            {
                "task_id": name,
                "sample": 0,
                "verdict": verdict,
                "completion": text,
                "milliseconds": round(latency, 2),
            }
        )
        progress(len(journal.results))
