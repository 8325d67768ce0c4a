"""From an edit to its performance findings, in the editor: a real server over stdio and a file of 2,000 lines.

    python benchmarks/perf_latency.py [--file FILE] [--lines N] [--edits N] [--all-rules] [--json]

A file is cut to at most N lines of complete statements and opened: enum.py of the standard library unless another is
named, as no other of its length has more findings. Then a line in its middle is edited again and again, each edit more
than a second after the one before, as one that stands alone. What is measured runs from just before the change is sent
until the answer to the pull that follows it is decoded: the server's wait for further edits, the analysis in its process,
and both directions of the protocol. Then code actions at a finding are asked for. While the analysis runs, a hover in an
empty place is timed every 10 ms: the server must not stall.

Exit status 1 where the median from edit to findings is above 150 ms.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import enum
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import describe

BOUND_MS = 150.0
_ALONE_S = 1.1


def cut(text: str, lines: int) -> str:
    """The beginning of a module, at most so many lines, that is complete."""
    body = ast.parse(text).body
    last = max((node.end_lineno or 0 for node in body if (node.end_lineno or 0) <= lines), default=0)
    kept = text.split("\n")[:last]
    room = lines - last
    following = next((node for node in body if node.lineno > last), None)
    if isinstance(following, ast.ClassDef) and room > 20:
        # A class may be cut between its methods.
        ends = [node.end_lineno or 0 for node in following.body if (node.end_lineno or 0) <= lines]
        kept = text.split("\n")[: max(ends, default=last)]
    return "\n".join(kept) + "\n"


class Session:
    """A client with a server of its own."""

    def __init__(self, folder: Path) -> None:
        self.client = LanguageClient("perf-latency", "1")
        self.folder = folder
        self.version = 1

    async def start(self) -> None:
        """Start the server, without a model."""
        home = self.folder / "home"
        await self.client.start_io(
            *(sys.executable, "-m", "burnish_cli", "--home", str(home), "serve", "--stdio")
        )
        text = types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities())
        # As VS Code does, it pulls again when asked to; the server then tells findings without waiting for figures.
        refreshes = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
        self.client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)(lambda *_: None)
        settings = {"completion": {"enabled": False}}
        await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(
                    text_document=text, workspace=types.WorkspaceClientCapabilities(diagnostics=refreshes)
                ),
                initialization_options={"settings": settings},
                workspace_folders=[types.WorkspaceFolder(self.folder.as_uri(), "project")],
            )
        )
        self.client.initialized(types.InitializedParams())

    async def findings(self, uri: str) -> list[types.Diagnostic]:
        """Pull."""
        identifier = types.TextDocumentIdentifier(uri)
        report = await self.client.text_document_diagnostic_async(types.DocumentDiagnosticParams(identifier))
        return list(getattr(report, "items", ()))

    def edit(self, uri: str, line: int, text: str, remove: int) -> None:
        """Replace the first characters of a line."""
        self.version += 1
        where = types.Range(types.Position(line, 0), types.Position(line, remove))
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=self.version)
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def stop(self) -> None:
        """End in order."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()  # type: ignore[no-untyped-call]


async def measure(text: str, edits: int, folder: Path) -> dict[str, object]:
    """The times of one session, in milliseconds."""
    session = Session(folder)
    await session.start()
    file = folder / "module.py"
    file.write_text(text, encoding="utf-8")
    uri = file.as_uri()
    item = types.TextDocumentItem(uri, "python", 1, text)
    session.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    began = time.perf_counter()
    found = await session.findings(uri)
    first = (time.perf_counter() - began) * 1000
    middle = _blank_line(text)
    pulls, actions, stalls = [], [], []
    for number in range(edits):
        await asyncio.sleep(_ALONE_S)
        began = time.perf_counter()
        # Another text each time: the process of the analysis remembers the last ones.
        session.edit(uri, middle, f"x = {number:4}", 8 if number else 0)
        done = asyncio.Event()
        watch = asyncio.create_task(_hovers(session, uri, stalls, done))
        found = await session.findings(uri)
        pulls.append((time.perf_counter() - began) * 1000)
        done.set()
        await watch
        began = time.perf_counter()
        where = (
            found[len(found) // 2].range if found else types.Range(types.Position(0, 0), types.Position(0, 0))
        )
        context = types.CodeActionContext([])
        await session.client.protocol.send_request_async(
            types.TEXT_DOCUMENT_CODE_ACTION,
            types.CodeActionParams(types.TextDocumentIdentifier(uri), where, context),
        )
        actions.append((time.perf_counter() - began) * 1000)
    await session.stop()
    return {
        "lines": text.count("\n"),
        "findings": len(found),
        "first_ms": round(first, 1),
        "edit_to_findings_ms": _spread(pulls),
        "code_action_ms": _spread(actions),
        "hover_meanwhile_ms": _spread(stalls),
    }


async def _hovers(session: Session, uri: str, times: list[float], done: asyncio.Event) -> None:
    while not done.is_set():
        began = time.perf_counter()
        params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(0, 0))
        await session.client.text_document_hover_async(params)
        times.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.01)


def _blank_line(text: str) -> int:
    lines = text.split("\n")
    return next(n for n in range(len(lines) // 2, len(lines)) if not lines[n] and not lines[n - 1])


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
        "most": round(ordered[-1], 1),
    }


def main() -> None:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--file", type=Path, default=Path(enum.__file__))
    parser.add_argument("--lines", type=int, default=2000)
    parser.add_argument("--edits", type=int, default=30)
    parser.add_argument("--all-rules", action="store_true", help="also those that are off by default")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    text = cut(options.file.read_text(encoding="utf-8"), options.lines)
    with tempfile.TemporaryDirectory(prefix="burnish-perf-") as scratch:
        folder = Path(scratch)
        if options.all_rules:
            from burnish_analysis.perf.catalogue import all_rules

            (folder / "pyproject.toml").write_text(
                f"[tool.burnish]\nselect = {json.dumps(sorted(all_rules()))}\n"
            )
        report = asyncio.run(measure(text, options.edits, folder))
    report |= {"file": options.file.name, "machine": describe()}
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        for key, value in report.items():
            print(f"{key}: {value}")
    spread = report["edit_to_findings_ms"]
    assert isinstance(spread, dict)
    sys.exit(0 if spread["median"] <= BOUND_MS else 1)


if __name__ == "__main__":
    main()
