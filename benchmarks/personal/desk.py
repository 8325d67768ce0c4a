"""A pipeline with an engine, workspace memory and an adapter that are chosen for every arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from burnish_analysis.syntax import SyntaxTree
from burnish_models.calibration import Calibration
from burnish_models.engine import EngineSettings, LlamaCppEngine
from burnish_models.gguf_file import file_sha256
from burnish_models.selection import resolve_model
from burnish_server.completion.model import CompletionRequest, CompletionResult
from burnish_server.completion.pipeline import Pipeline
from burnish_server.documents import SourceText
from burnish_server.settings import CompletionSettings

__all__ = ["Adapter", "Desk", "request_at"]

#: The workspace's name in the engine's memory.
WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter's identity and file."""

    id: str
    path: Path


def request_at(
    path: str, text: str, offset: int, tree: SyntaxTree | None, *, memory: bool, gate: bool
) -> CompletionRequest:
    """A completion asked for while typing."""
    return CompletionRequest(
        uri=f"file:///{path}",
        source=SourceText(text),
        offset=offset,
        path=path,
        tree=tree,
        memory=WORKSPACE if memory else "",
        gate=gate,
    )


class Desk:
    """One engine and the pipeline in front of it; single lines only, every answer awaited."""

    def __init__(self, model: Path | None, threads: int) -> None:
        found = resolve_model(Path.home(), str(model) if model else None)
        self.model = found.path
        self.sha256 = file_sha256(found.path)
        self.judge = (
            Calibration.load(found.calibration_path) if found.calibration_path else Calibration.default()
        )
        self.engine = LlamaCppEngine(found.path, EngineSettings(threads=threads))
        self.unavailable = ("engine-stopped", "")
        self.adapter: Adapter | None = None
        settings = CompletionSettings(
            multiline=False, debounce_ms=0, max_latency_ms=60_000, work_ahead="never"
        )
        self.pipeline = Pipeline(self, settings)

    async def __aenter__(self) -> Desk:
        await self.engine.load()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.close()

    def note_latency(self, _milliseconds: float) -> None:
        """Nobody looks at it here."""

    async def remember(self, files: Mapping[str, str]) -> None:
        """Add files to the workspace memory."""
        await self.engine.remember(WORKSPACE, dict(files))

    async def serve(self, adapter: Adapter | None) -> None:
        """Answer with this adapter from now on."""
        if adapter != self.adapter:
            await self.engine.set_adapter(None if adapter is None else str(adapter.path))
            self.adapter = adapter
            self.pipeline.swapped()

    async def complete(self, request: CompletionRequest) -> CompletionResult:
        """Answer a request."""
        return await self.pipeline.complete(request)
