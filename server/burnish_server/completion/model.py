"""The data that travels through the pipeline."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from burnish_analysis.syntax import SyntaxTree
from burnish_models.engine.base import Timings
from burnish_server.documents import SourceText

if TYPE_CHECKING:
    from burnish_server.completion.confidence import TokenPiece
    from burnish_server.completion.generation import Answer

__all__ = ["CompletionRequest", "CompletionResult", "Origin", "SelectedItem", "TokenCounts"]


@dataclass(frozen=True, slots=True)
class SelectedItem:
    """The item selected in the editor's own completion list: it replaces ``[start, end)`` with ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A completion asked for at ``offset`` (an index into ``source.text``).

    ``tree`` is a syntax tree of this text or an earlier one of the same document, where the caller has one.
    ``invoked`` means that the user asked by a gesture rather than by typing. ``fresh`` asks the model
    even where an earlier answer would do. ``max_latency_ms`` replaces the setting for this request. ``memory`` names
    the workspace whose memory counts; empty for none. Without ``gate`` even what the model is not sure of is shown.
    """

    uri: str
    source: SourceText
    offset: int
    path: str = ""
    language: str = "python"
    invoked: bool = False
    fresh: bool = False
    max_latency_ms: int | None = None
    selected: SelectedItem | None = None
    tree: SyntaxTree | None = None
    memory: str = ""
    gate: bool = True


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens of the prompt, how many of them were reused from an earlier one, and tokens generated."""

    prompt: int = 0
    cached: int = 0
    generated: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a result comes from, for whoever learns from it: the model's answer, what was left of it at the request's place,
    and the confidence that was needed for it to be shown.
    """

    answer: Answer
    left: tuple[TokenPiece, ...]
    threshold: float


@dataclass(frozen=True, slots=True)
class CompletionResult:
    """What came of a request.

    ``text`` replaces ``[start, end)`` of the document; it is empty when ``dropped`` names the rule that
    silenced it, and ``reason`` says so in one sentence. ``candidate`` is what the model wrote, for the
    log of reasons. ``imports`` are the statements that ``text`` needs at the top of the file. ``origin`` is ``None`` where the
    model was not asked.
    """

    text: str
    start: int
    end: int
    confidence: float | None = None
    timings: Timings = field(default_factory=Timings)
    tokens: TokenCounts = TokenCounts()
    model: str = ""
    adapter: str | None = None
    dropped: str | None = None
    reason: str = ""
    candidate: str = ""
    reused: bool = False
    imports: tuple[str, ...] = ()
    origin: Origin | None = None

    def as_contract(self) -> dict[str, Any]:
        """The JSON object of ``burnish complete``; ``imports`` is there only where the text needs some."""
        contract = {
            "text": self.text,
            "confidence": self.confidence,
            "model": self.model,
            "adapter": self.adapter,
            "timings": {key: round(value, 3) for key, value in asdict(self.timings).items()},
            "tokens": asdict(self.tokens),
            "dropped": self.dropped,
        }
        return {**contract, "imports": list(self.imports)} if self.imports else contract
