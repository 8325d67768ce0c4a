"""The package opens no connection: it goes through all it can do where the network is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.no_network import REFUSE

#: Consent, recording, secrets, labels, lineage, exports, statistics, erasure and every command.
EVERYTHING = """
import json
from pathlib import Path

from click.testing import CliRunner
from burnish_cli.main import root
from burnish_telemetry.erasure import Selection
from burnish_telemetry.export import export_lines
from burnish_telemetry.recorder import Recorder
from burnish_telemetry.store import Store, store_file
from tests.unit.telemetry.making import agree, dismissed, kept, suggested
from tests.unit.telemetry.planted import FORMATS, Planter

home = Path(sys.argv[1])
agree(home)
recorder = Recorder(home)
offer, other = suggested(), suggested("other()")
events = [*kept(offer), other, dismissed(other)]
assert all(recorder.record(event).result(60).stored for event in events)
for make in FORMATS.values():
    assert recorder.record(suggested(make(Planter(1))[0])).result(60).reason == "secret"
recorder.maintain().result(60)
assert recorder.close()
with Store(store_file(home)) as store:
    store.refresh_labels()
    store.learned("night-1", "tiny", [offer.id])
    for form in ("events", "kto", "supervised"):
        list(export_lines(store, form))
commands = (
    ["status"], ["on", "--yes"], ["stats"], ["export"], ["purge", "--folder", "/nowhere", "--yes"], ["purge", "--yes"], ["off"],
)
for command in commands:
    result = CliRunner().invoke(root, ["--home", str(home), "telemetry", *command])
    assert result.exit_code == 0, (command, result.output)
print(json.dumps({"network": network, "done": True}))
"""
EXPECTED = '{"network": [], "done": true}'
ROOT = Path(__file__).parents[3]


def run(*before: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", REFUSE + EVERYTHING, str(home)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_no_socket_is_used(tmp_path: Path) -> None:
    done = run(home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == EXPECTED


def test_it_works_without_a_network(tmp_path: Path) -> None:
    """In a network namespace of its own there is not even a loopback interface that is up."""
    unshare = shutil.which("unshare")
    if (
        unshare is None
        or subprocess.run([unshare, "-Urn", "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no network namespaces here")
    done = run(unshare, "-Urn", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == EXPECTED


def test_the_refusal_would_be_seen() -> None:
    """What the first test relies on: a connection attempt does raise under the hook."""
    attempt = "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9))\nexcept PermissionError:\n    print(network)\n"
    done = subprocess.run(
        [sys.executable, "-c", REFUSE + attempt], capture_output=True, text=True, timeout=60, check=False
    )
    assert "socket.getaddrinfo" in done.stdout
