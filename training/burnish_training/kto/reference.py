"""Log-probabilities of the reference model (the base without its adapter), computed once for each pair.

One SQLite file for each model and precision, named by them; its entries are addressed by the content of the pair: a
night that sees yesterday's examples again does not pay again, and a killed run goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from burnish_training.kto.errors import KtoError

__all__ = ["ReferenceCache", "pair_key"]

_BUSY_S = 30.0
_DAY_S = 86_400
_SCHEMA = "CREATE TABLE IF NOT EXISTS reference (pair BLOB PRIMARY KEY, logp REAL NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID"


def pair_key(prompt: Sequence[int], completion: Sequence[int]) -> bytes:
    """SHA-256 of a prompt and a completion, as token ids."""
    return hashlib.sha256(
        struct.pack(f"<Q{len(prompt) + len(completion)}I", len(prompt), *prompt, *completion)
    ).digest()


class ReferenceCache:
    """Summed log-probabilities (nats) by pair, on the disk.

    Args:
        folder: where the file lies; made where it is missing.
        model_sha256: hash of the model file.
        precision: what the model computes in; another one gives other numbers.
        keep_days: pairs not asked for in this many days are dropped.

    Raises:
        KtoError: the file cannot be used.
    """

    def __init__(self, folder: Path, model_sha256: str, precision: str, *, keep_days: int = 30) -> None:
        name = hashlib.sha256(f"{model_sha256} {precision}".encode()).hexdigest()[:16]
        self.path = folder / f"reference-{name}.sqlite3"
        self._today = int(time.time()) // _DAY_S
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
            self.path.chmod(0o600)
            with self._transaction():
                self._connection.execute(_SCHEMA)
                self._connection.execute("DELETE FROM reference WHERE used < ?", (self._today - keep_days,))
        except (sqlite3.Error, OSError) as error:
            raise self._error(error) from error

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT COUNT(*) FROM reference").fetchone()[0])

    def get(self, keys: Sequence[bytes]) -> dict[bytes, float]:
        """The known ones among ``keys``."""
        found: dict[bytes, float] = {}
        try:
            with self._transaction():
                for key in keys:
                    row = self._connection.execute(
                        "SELECT logp FROM reference WHERE pair = ?", (key,)
                    ).fetchone()
                    if row is not None:
                        found[key] = float(row[0])
                        self._connection.execute(
                            "UPDATE reference SET used = ? WHERE pair = ? AND used != ?",
                            (self._today, key, self._today),
                        )
        except sqlite3.Error as error:
            raise self._error(error) from error
        return found

    def put(self, values: Mapping[bytes, float]) -> None:
        """Add pairs; all of them are on the disk afterwards. A pair that is known keeps its value."""
        rows = [(key, value, self._today) for key, value in values.items()]
        try:
            with self._transaction():
                self._connection.executemany("INSERT OR IGNORE INTO reference VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise self._error(error) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _error(self, error: Exception) -> KtoError:
        return KtoError(
            f"The reference cache {self.path} cannot be used: {error}. Look at the disk's free space; it holds nothing "
            "that cannot be computed again, so it may be deleted."
        )
