"""Profiles that are read, and findings ranked by them."""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from burnish_server.perf.profiles import Entry, Profile, ProfileError, read_profile, share_of
from burnish_server.perf.ranking import ranked
from burnish_server.perf.words import diagnostic_message
from tests.unit.server.perf.made import found

PROGRAM = """
def busy(words, stop):
    return [word for word in words if word in stop]

def idle():
    return sorted([1])

words = list(map(str, range(3000)))
busy(words, words[::-1])
idle()
"""


def test_cprofile(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    out = tmp_path / "out.prof"
    subprocess.run(
        [sys.executable, "-m", "cProfile", "-o", str(out), str(tmp_path / "program.py")], check=True
    )
    profile = read_profile(out)
    assert profile.tool == "cProfile"
    name = str(tmp_path / "program.py")
    busy = share_of(profile, name, (1, 2))
    assert busy is not None
    assert busy > 0.7
    assert (share_of(profile, name, (4, 5)) or 0) < 0.05
    # A profile from elsewhere.
    assert share_of(profile, f"/elsewhere/{tmp_path.name}/program.py", (1, 2)) == busy
    assert share_of(profile, "/elsewhere/other/program.py", (1, 2)) is None


def test_builtins_count_for_who_calls_them(tmp_path: Path) -> None:
    out = tmp_path / "a.pstats"
    caller, builtin = ("/p/a.py", 3, "f"), ("~", 0, "<built-in method builtins.sorted>")
    other = ("/p/a.py", 9, "g")
    stats = {
        caller: (1, 1, 1.0, 4.0, {}),
        builtin: (2, 2, 4.0, 4.0, {caller: (1, 1, 3.0, 3.0), other: (1, 1, 1.0, 1.0)}),
        other: (1, 1, 0.0, 1.0, {}),
    }
    out.write_bytes(marshal.dumps(stats))
    profile = read_profile(out)
    assert [(entry.name, entry.share) for entry in profile.entries] == [("f", 0.8), ("g", 0.2)]


def test_pyinstrument_both_forms(tmp_path: Path) -> None:
    def frame(name: str, time: float, *children: Any, file: str = "/p/a.py", line: int = 1) -> dict[str, Any]:
        return {
            "function": name,
            "file_path": file,
            "line_no": line,
            "time": time,
            "children": list(children),
        }

    tree = frame("<module>", 10.0, frame("f", 8.0, frame("[self]", 6.0, file=""), line=5), line=1)
    rendered = tmp_path / "session.json"
    rendered.write_text(json.dumps({"duration": 10.0, "root_frame": tree}))
    records = [
        [["<module>\0/p/a.py\x001", "f\0/p/a.py\x005\1l6"], 8.0],
        [["<module>\0/p/a.py\x001"], 2.0],
    ]
    saved = tmp_path / "session.pyisession"
    saved.write_text(json.dumps({"frame_records": records}))
    for file in (rendered, saved):
        profile = read_profile(file)
        assert profile.tool == "pyinstrument"
        assert share_of(profile, "/p/a.py", (4, 9)) == pytest.approx(0.8)
        assert share_of(profile, "/p/a.py", None) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "data",
    [b"", b"nothing", b"{}", b"[1, 2]", b"{", b'{"root_frame": {}}', marshal.dumps([1]), marshal.dumps({})],
)
def test_what_is_no_profile_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "a.prof"
    file.write_bytes(data)
    with pytest.raises(ProfileError):
        read_profile(file)


def test_the_most_promising_comes_first() -> None:
    small, large, unmeasured = found(1, gain=2.0, lines=(1, 2)), found(5, gain=100.0, lines=(5, 6)), found(9)
    assert [one.start for one in ranked([small, unmeasured, large], "/p/a.py", None)] == [5, 1, 9]
    profile = Profile("cProfile", 1.0, (Entry("/p/a.py", 2, "f", 0.9), Entry("/p/a.py", 6, "g", 0.02)))
    assert [one.start for one in ranked([large, small], "/p/a.py", profile)] == [1, 5]
    assert diagnostic_message(small, 0.9) == "90 % of the profile. It is slow."
