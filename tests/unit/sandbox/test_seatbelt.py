"""Seatbelt, as far as it can be tried elsewhere: the profile's text, and that nothing is believed that does not hold."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from burnish_analysis.sandbox.child.seatbelt import Seatbelt, escapes, profile
from burnish_analysis.sandbox.model import Kind, Level, Program
from burnish_analysis.sandbox.run import run
from tests.unit.sandbox.conftest import works

SERVER = Path(__file__).parents[3] / "server"
EVERYTHING = [
    "writing outside",
    "reading outside",
    "a connection",
    "a signal to the parent",
    "a new process",
]
elsewhere = pytest.mark.skipif(
    sys.platform != "linux", reason="tells what happens where there is no Seatbelt"
)


def test_the_profile_denies_all_but_what_is_named() -> None:
    text = profile(["/usr/lib", '/odd "quoted" \\ name'], "/private/tmp/work")
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert plain.count("(") == plain.count(")")
    lines = text.split("\n")
    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert (
        '(allow file-read* file-map-executable process-exec (subpath "/usr/lib") (subpath "/odd \\"quoted\\" \\\\ name"))'
        in lines
    )
    assert '(allow file-read* file-write* (subpath "/private/tmp/work"))' in lines
    for operation in ("network", "process-fork", "mach", "ipc", "job-creation", "system-socket"):
        assert operation not in text
    written = [line for line in lines if "file-write" in line]
    assert len(written) == 2 and "/dev/null" in written[1]


@elsewhere
def test_what_is_still_possible_is_seen(tmp_path: Path) -> None:
    assert escapes(str(tmp_path)) == EVERYTHING
    assert list(tmp_path.iterdir()) == []


@elsewhere
def test_nothing_is_possible_where_another_sandbox_holds(tmp_path: Path) -> None:
    if not works(Level.LANDLOCK):
        pytest.skip("Landlock does not work on this machine")
    source = f"from burnish_analysis.sandbox.child.seatbelt import escapes\nprint(escapes({str(tmp_path)!r}))"
    found = run(Program(source, path=(SERVER,)), level=Level.LANDLOCK)
    assert (found.kind, found.stdout) == (Kind.OK, "[]\n"), found.stderr


class Library:
    """A system library that says what it is told to, and does nothing."""

    def __init__(self, status: int, words: bytes = b"") -> None:
        self.status, self.words = status, words
        self.given: list[bytes] = []

    def sandbox_init(self, text: bytes, _flags: int, said: object) -> int:
        self.given.append(text)
        if self.words:
            said._obj.value = self.words  # type: ignore[attr-defined]
        return self.status


def belt(library: Library) -> Seatbelt:
    made = Seatbelt.__new__(Seatbelt)
    made._init = library.sandbox_init
    return made


@elsewhere
def test_a_profile_that_is_taken_and_does_not_hold_is_an_error(tmp_path: Path) -> None:
    library = Library(0)
    work = tmp_path / "work"
    with pytest.raises(OSError, match="does not hold: writing outside, reading outside, a connection"):
        belt(library).restrict(["/usr"], str(work))
    assert library.given == [profile(["/usr"], str(work)).encode()]


def test_a_profile_that_is_refused_is_an_error() -> None:
    with pytest.raises(OSError, match="sandbox_init: unbound variable"):
        belt(Library(-1, b"unbound variable")).restrict([], "/tmp")


@elsewhere
def test_elsewhere_there_is_no_such_level() -> None:
    with pytest.raises(OSError):
        Seatbelt()
    found = run(Program("pass"), level=Level.SEATBELT, least=Level.PROCESS)
    assert found.kind is Kind.REFUSED
    assert found.message == "There is no isolation level seatbelt on linux."
