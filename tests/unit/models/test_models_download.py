"""Pulling a model from a real HTTP server on the loopback interface, with every failure it may meet."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from filelock import FileLock
from gguf_maker import write_model
from loopback_hub import Hub, serving

from burnish_models import download, http_source, transfer
from burnish_models.download import PullProgress, PullResult, RetryPolicy, pull
from burnish_models.errors import (
    CatalogError,
    ChecksumError,
    DiskSpaceError,
    DownloadCancelledError,
    DownloadError,
)

#: Pulls the entry given as JSON into the folder given after it.
CHILD = """
import json, pathlib, sys
from burnish_models.catalog import CatalogEntry
from burnish_models.download import pull
pull(CatalogEntry(**json.loads(sys.argv[1])), pathlib.Path(sys.argv[2]))
"""
QUICK = RetryPolicy(attempts=3, first_wait=0.01, longest_wait=0.02, timeout=20.0)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_model(tmp_path_factory.mktemp("hub") / "tiny.gguf").read_bytes()


@pytest.fixture
def hub(model: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "_CHUNK", 4096)
    with serving(model) as served:
        yield served


def quick(hub: Hub, home: Path, **changes: object) -> PullResult:
    return pull(hub.entry(**changes), home, policy=QUICK)


def child_command(hub: Hub, home: Path, script: str) -> list[str]:
    return [sys.executable, "-c", script, json.dumps(asdict(hub.entry())), str(home)]


def files(home: Path) -> set[str]:
    return {path.name for path in (home / "models").iterdir() if not path.name.endswith(".lock")}


def test_fetches_and_verifies(hub: Hub, tmp_path: Path) -> None:
    seen: list[PullProgress] = []
    result = pull(hub.entry(), tmp_path, seen.append, policy=QUICK)
    assert result.path.read_bytes() == hub.content
    assert result.sha256 == hashlib.sha256(hub.content).hexdigest()
    assert (result.verified_by, result.fetched_bytes, result.resumed_from) == (
        "catalogue",
        len(hub.content),
        0,
    )
    assert files(tmp_path) == {"tiny.gguf", "tiny.gguf.json"}
    assert [item.done for item in seen] == sorted(item.done for item in seen)
    assert seen[-1] == PullProgress("downloading", len(hub.content), len(hub.content))
    if os.name == "posix":
        assert (tmp_path / "models").stat().st_mode & 0o777 == 0o700


def test_second_pull_only_checks(hub: Hub, tmp_path: Path) -> None:
    quick(hub, tmp_path)
    again = quick(hub, tmp_path)
    assert (again.fetched_bytes, again.verified_by) == (0, "catalogue")
    assert len(hub.requests) == 1


def test_damaged_file_under_the_final_name_is_replaced(hub: Hub, tmp_path: Path) -> None:
    path = quick(hub, tmp_path).path
    path.write_bytes(bytes(len(hub.content)))
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


def test_cut_connections_are_resumed(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", "cut 9000", "ok"]
    result = quick(hub, tmp_path)
    assert result.path.read_bytes() == hub.content
    assert result.fetched_bytes == len(hub.content)
    ranges = [(request.get("Range"), request.get("If-Range")) for request in hub.requests]
    assert ranges == [(None, None), ("bytes=5000-", '"v1"'), ("bytes=14000-", '"v1"')]


def test_gives_up_and_goes_on_later(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", "status 503", "status 503", "status 503"]
    with pytest.raises(DownloadError, match=r"answered 503 .* 3 times in a row.*pull again"):
        quick(hub, tmp_path)
    assert files(tmp_path) == {"tiny.gguf.part", "tiny.gguf.part.json"}
    seen: list[PullProgress] = []
    result = pull(hub.entry(), tmp_path, seen.append, policy=QUICK)
    assert (result.resumed_from, result.fetched_bytes) == (5000, len(hub.content) - 5000)
    assert seen[0].phase == "checking"
    assert result.path.read_bytes() == hub.content


def test_busy_server_is_asked_again(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["status 503", "status 429", "ok"]
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


def test_retry_after_is_obeyed(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["after 1", "ok"]
    started = time.monotonic()
    quick(hub, tmp_path)
    assert time.monotonic() - started >= 1.0


def test_server_that_ignores_ranges(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", "whole"]
    result = quick(hub, tmp_path)
    assert result.path.read_bytes() == hub.content
    assert result.fetched_bytes == len(hub.content) + 5000


def test_server_that_answers_another_range(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", "shift", "ok"]
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


def test_changed_etag_starts_over(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", *["status 503"] * 3]
    with pytest.raises(DownloadError):
        quick(hub, tmp_path)
    hub.etag = '"v2"'
    result = quick(hub, tmp_path)
    assert result.fetched_bytes == len(hub.content)
    assert result.path.read_bytes() == hub.content


def test_range_not_satisfiable_starts_over(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", "status 416", "ok"]
    assert quick(hub, tmp_path).path.read_bytes() == hub.content
    assert hub.requests[-1].get("Range") is None


def test_part_of_another_address_is_not_used(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", *["status 503"] * 3]
    with pytest.raises(DownloadError):
        quick(hub, tmp_path)
    state = tmp_path / "models" / "tiny.gguf.part.json"
    state.write_text(json.dumps({**json.loads(state.read_text()), "url": "https://elsewhere.example/x"}))
    assert quick(hub, tmp_path).resumed_from == 0


@pytest.mark.parametrize("left", ["{", "[]", '{"url": 5}'])
def test_damaged_state_starts_over(hub: Hub, tmp_path: Path, left: str) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf.part").write_bytes(b"rubbish")
    (folder / "tiny.gguf.part.json").write_text(left)
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


def test_part_that_is_too_long_starts_over(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf.part").write_bytes(bytes(len(hub.content) + 1))
    (folder / "tiny.gguf.part.json").write_text(json.dumps({"url": hub.url, "etag": hub.etag}))
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


def test_finished_part_needs_no_network(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "tiny.gguf.part").write_bytes(hub.content)
    (folder / "tiny.gguf.part.json").write_text(json.dumps({"url": hub.url, "etag": hub.etag}))
    assert quick(hub, tmp_path).path.read_bytes() == hub.content
    assert hub.requests == []


def test_wrong_bytes_are_removed(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["garbage"]
    with pytest.raises(ChecksumError, match="arrived damaged"):
        quick(hub, tmp_path)
    assert files(tmp_path) == set()


def test_damaged_part_is_found_and_the_next_pull_works(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["cut 5000", *["status 503"] * 3]
    with pytest.raises(DownloadError):
        quick(hub, tmp_path)
    part = tmp_path / "models" / "tiny.gguf.part"
    part.write_bytes(bytes(5000))
    with pytest.raises(ChecksumError):
        quick(hub, tmp_path)
    assert quick(hub, tmp_path).path.read_bytes() == hub.content


@pytest.mark.parametrize(
    ("status", "advice"),
    [(404, "Update Burnish"), (401, "not public"), (403, "proxy or firewall"), (410, "Try again later")],
)
def test_refusals_are_final_and_say_what_to_do(hub: Hub, tmp_path: Path, status: int, advice: str) -> None:
    hub.script = [f"status {status}"]
    with pytest.raises(DownloadError, match=rf"answered {status} .*{advice}"):
        quick(hub, tmp_path)
    assert len(hub.requests) == 1


def test_other_size_is_refused_before_anything_is_fetched(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ChecksumError, match="it is another file"):
        quick(hub, tmp_path, size_bytes=len(hub.content) + 1)
    assert files(tmp_path) == set()


def test_hub_s_checksum_is_used_where_the_catalogue_has_none(hub: Hub, tmp_path: Path) -> None:
    hub.redirect = True
    hub.linked_etag = hashlib.sha256(hub.content).hexdigest()
    result = quick(hub, tmp_path, sha256=None)
    assert result.verified_by == "hub"
    hub.linked_etag = "0" * 64
    with pytest.raises(ChecksumError, match="arrived damaged"):
        quick(hub, tmp_path / "other", sha256=None)


def test_hub_with_another_checksum_is_refused_at_once(hub: Hub, tmp_path: Path) -> None:
    hub.redirect = True
    hub.linked_etag = "0" * 64
    with pytest.raises(ChecksumError, match="nothing was fetched"):
        quick(hub, tmp_path)
    assert files(tmp_path) == set()


def test_first_use_is_recorded_and_compared_later(hub: Hub, tmp_path: Path) -> None:
    result = quick(hub, tmp_path, sha256=None)
    assert result.verified_by == "first-use"
    record = json.loads((tmp_path / "models" / "tiny.gguf.json").read_text())
    assert record["sha256"] == hashlib.sha256(hub.content).hexdigest()
    assert quick(hub, tmp_path, sha256=None).fetched_bytes == 0
    result.path.write_bytes(bytes(len(hub.content)))
    assert quick(hub, tmp_path, sha256=None).fetched_bytes == len(hub.content)


def test_file_that_is_no_model_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(b"<html>Please log in</html>") as page:
        with pytest.raises(DownloadError, match="no usable model and was removed"):
            quick(page, tmp_path)
        assert files(tmp_path) == set()


def test_full_disk_is_seen_before(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=1 << 29)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DiskSpaceError, match="only 512 MiB are free"):
        quick(hub, tmp_path)
    assert hub.requests == []


def test_disk_that_fills_up_keeps_the_part(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    written = 0

    def limited(handle: int, data: bytes) -> int:
        nonlocal written
        if os.fstat(handle).st_size + len(data) > 12_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        written += len(data)
        return real(handle, data)

    monkeypatch.setattr(transfer.os, "write", limited)
    with pytest.raises(DiskSpaceError, match="is full"):
        quick(hub, tmp_path)
    monkeypatch.undo()
    assert quick(hub, tmp_path).resumed_from == written > 0


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes")
def test_file_system_that_refuses_large_files(hub: Hub, tmp_path: Path) -> None:
    script = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))\n" + CHILD
    done = subprocess.run(child_command(hub, tmp_path, script), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "cannot hold so large a file" in done.stderr
    assert "tiny.gguf" not in files(tmp_path)
    assert quick(hub, tmp_path).resumed_from == 12_000


def test_cancel_keeps_the_part(hub: Hub, tmp_path: Path) -> None:
    cancel = threading.Event()

    def stop(progress: PullProgress) -> None:
        if progress.done >= 8000:
            cancel.set()

    with pytest.raises(DownloadCancelledError, match="pull again"):
        pull(hub.entry(), tmp_path, stop, cancel, QUICK)
    assert "tiny.gguf" not in files(tmp_path)
    assert quick(hub, tmp_path).resumed_from >= 8000


def test_cancel_ends_a_wait(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["after 50"]
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(DownloadCancelledError):
        pull(hub.entry(), tmp_path, None, cancel, QUICK)
    assert time.monotonic() - started < 10


def test_stalled_server_times_out(hub: Hub, tmp_path: Path) -> None:
    hub.script = ["stall", "ok"]
    policy = RetryPolicy(attempts=10, first_wait=0.01, longest_wait=0.02, timeout=1.0)
    result = pull(hub.entry(), tmp_path, policy=policy)
    assert result.path.read_bytes() == hub.content
    assert hub.requests[-1]["Range"] == "bytes=100-"


def test_nobody_listens(tmp_path: Path, hub: Hub) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
        with pytest.raises(DownloadError, match=r"cannot be reached .*Check the network"):
            quick(hub, tmp_path, url=url)


def test_redirect_away_from_https_is_refused() -> None:
    handler = http_source._Redirects(http_source._Linked())
    request = urllib.request.Request("https://hub.example/file")
    with pytest.raises(DownloadError, match="not encrypted"):
        handler.redirect_request(request, None, 302, "", {}, "http://elsewhere.example/x")  # type: ignore[arg-type]


def test_two_pulls_at_once(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with (
        FileLock(tmp_path / "models" / ".tiny.gguf.lock"),
        pytest.raises(DownloadError, match="by another process already"),
    ):
        quick(hub, tmp_path)


def test_folder_that_cannot_be_made(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogError, match="Cannot make the folder"):
        quick(hub, tmp_path / "file")


@pytest.mark.skipif(os.name != "posix", reason="kills with a signal")
def test_killed_download_is_resumed(hub: Hub, tmp_path: Path) -> None:
    """kill -9 in mid-download: no file under the final name, and the next pull goes on."""
    hub.script = ["stall"]
    child = subprocess.Popen(child_command(hub, tmp_path, CHILD))
    part = tmp_path / "models" / "tiny.gguf.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size >= 100):
        assert time.monotonic() < deadline
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.wait()
    assert "tiny.gguf" not in files(tmp_path)
    result = quick(hub, tmp_path)
    assert result.resumed_from == 100
    assert result.path.read_bytes() == hub.content
