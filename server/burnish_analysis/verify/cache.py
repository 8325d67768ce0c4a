"""Verdicts that were reached before, in one SQLite file that several processes use at once.

A verdict is found again by what it depends on: the syntax of everything both versions and their inputs reach in their modules
(positions and comments do not matter), the project's own modules they import, the interpreter, the options, and the verifier's version.
"""

from __future__ import annotations

import ast
import hashlib
import json
import logging
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import cattrs

from burnish_analysis.verify.model import Verdict, VerifyOptions
from burnish_analysis.verify.screen_reach import normal_newlines, reach
from burnish_analysis.verify.slicing import needed_names

__all__ = ["VERIFIER_VERSION", "VerdictCache", "cache_file", "cache_key"]

log = logging.getLogger(__name__)

#: Raised whenever a verdict may come out otherwise than before for the same two versions.
VERIFIER_VERSION = 3
_SCHEMA_VERSION = 1
_MOST = 10_000
#: So many more than that before the oldest go, all at once.
_MARGIN = 200
_BUSY_S = 5.0
_MOST_MODULES = 300
_SCHEMA = "CREATE TABLE IF NOT EXISTS verdicts (key BLOB PRIMARY KEY, used INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID"
#: Options that do not change what is found out.
_IRRELEVANT = frozenset({"trusted", "path"})
_converter = cattrs.Converter(forbid_extra_keys=True)


def cache_file(home: Path) -> Path:
    """The file below Burnish's home folder."""
    return home / "cache" / "verdicts.sqlite3"


def cache_key(before: str, after: str, function: str, options: VerifyOptions) -> bytes | None:
    """What the verdict depends on, as a digest; None where a text is no Python."""
    digest = hashlib.sha256()
    relevant = [(field.name, getattr(options, field.name)) for field in fields(options)]
    known = [pair for pair in relevant if pair[0] not in _IRRELEVANT]
    interpreter = (sys.implementation.cache_tag, sys.version_info[:3], sys.platform)
    digest.update(repr((VERIFIER_VERSION, interpreter, function, known)).encode("utf-8", "surrogatepass"))
    imported: set[str] = set()
    for source in (before, after):
        try:
            tree = ast.parse(normal_newlines(source))
            inputs = needed_names(tree, function, [call.source for call in options.calls])
            needed = reach(tree, function, inputs)
            for node in needed.statements:
                digest.update(ast.dump(node).encode("utf-8", "surrogatepass"))
                imported.update(_imports(node, options.module))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        digest.update(b"\0version\0")
    for path, data in _modules(imported, options.path):
        digest.update(f"\0{path}\0".encode("utf-8", "surrogatepass") + hashlib.sha256(data).digest())
    return digest.digest()


def _imports(tree: ast.AST, module: str) -> Iterator[str]:
    """Dotted names that ``tree`` imports, of modules or of things in them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*parts, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _modules(names: set[str], folders: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """The project's modules among ``names``, and those that they import, with their content; a bounded number."""
    todo, seen, count = sorted(names, reverse=True), set(names), 0
    while todo and count < _MOST_MODULES:
        name = todo.pop()
        file = _find(name, folders)
        if file is None:
            continue
        try:
            data = file.read_bytes()
            more = set(_imports(ast.parse(data), name if file.name != "__init__.py" else f"{name}.__init__"))
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        count += 1
        yield str(file), data
        todo.extend(sorted(more - seen, reverse=True))
        seen |= more


def _find(name: str, folders: tuple[Path, ...]) -> Path | None:
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return None
    for folder in folders:
        base = folder.joinpath(*parts)
        for file in (base / "__init__.py", base.with_name(base.name + ".py")):
            if file.is_file():
                return file
    return None


class VerdictCache:
    """Verdicts by key. Every method works, with nothing kept, where the file cannot be used.

    Args:
        file: made where it is missing; put aside under another name and begun anew where it is damaged.
        most: verdicts kept; those not asked for longest go first.
    """

    def __init__(self, file: Path, most: int = _MOST) -> None:
        self.file, self.most = file, most

    def get(self, before: str, after: str, function: str, options: VerifyOptions) -> Verdict | None:
        """The verdict kept for these versions, or None."""
        key = cache_key(before, after, function, options)
        if key is None:
            return None
        try:
            with self._open() as connection:
                row = connection.execute("SELECT body FROM verdicts WHERE key = ?", (key,)).fetchone()
                if row is None:
                    return None
                connection.execute("UPDATE verdicts SET used = ? WHERE key = ?", (time.time_ns(), key))
                return _decode(row[0])
        except _Unreadable:
            return None
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return None

    def put(self, before: str, after: str, function: str, options: VerifyOptions, verdict: Verdict) -> bool:
        """Keep a verdict; False where it could not be kept."""
        key = cache_key(before, after, function, options)
        if key is None:
            return False
        row = (key, time.time_ns(), _encode(verdict))
        try:
            with self._open() as connection:
                connection.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?)", row)
                self._bound(connection)
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return False
        return True

    def clear(self) -> None:
        """Forget every verdict."""
        try:
            with self._open() as connection:
                connection.execute("DELETE FROM verdicts")
        except (sqlite3.Error, OSError) as error:
            self._failed(error)

    def __len__(self) -> int:
        try:
            with self._open() as connection:
                return int(connection.execute("SELECT count(*) FROM verdicts").fetchone()[0])
        except (sqlite3.Error, OSError) as error:
            self._failed(error)
            return 0

    def _bound(self, connection: sqlite3.Connection) -> None:
        (count,) = connection.execute("SELECT count(*) FROM verdicts").fetchone()
        if count > self.most + min(_MARGIN, self.most):
            connection.execute(
                "DELETE FROM verdicts WHERE key IN (SELECT key FROM verdicts ORDER BY used LIMIT ?)",
                (count - self.most,),
            )

    def _open(self) -> _Session:
        return _Session(self.file)

    def _failed(self, error: Exception) -> None:
        """Put a damaged file aside; anything else (busy, full, no permission) costs only the verdict."""
        damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        if not damaged:
            log.warning("Verdicts cannot be kept in %s: %s", self.file, error)
            return
        aside = self.file.with_name(f"{self.file.name}.damaged")
        log.warning(
            "The verdicts in %s are damaged (%s); they are put aside as %s", self.file, error, aside.name
        )
        try:
            self.file.replace(aside)
        except OSError as again:
            log.warning("%s cannot be put aside: %s", self.file, again)
        for end in ("-journal", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self.file}{end}").unlink()


class _Session:
    """One connection for one piece of work, all or nothing: any thread may use the cache."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> sqlite3.Connection:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = connection = sqlite3.connect(self._file, timeout=_BUSY_S)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != _SCHEMA_VERSION:
                connection.execute("BEGIN IMMEDIATE")
                if version:
                    connection.execute("DROP TABLE IF EXISTS verdicts")
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
                connection.commit()
            connection.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._connection.commit()
            else:
                self._connection.rollback()
        finally:
            self._connection.close()


class _Unreadable(ValueError):
    """A verdict that this Burnish cannot read."""


def _encode(verdict: Verdict) -> str:
    return json.dumps(_converter.unstructure(verdict))


def _decode(body: str) -> Verdict:
    try:
        return _converter.structure(json.loads(body), Verdict)
    except (ValueError, TypeError, KeyError, cattrs.BaseValidationError) as error:
        raise _Unreadable(str(error)) from error
