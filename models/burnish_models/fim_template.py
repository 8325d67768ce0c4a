"""Fill-in-the-middle prompts: one template for each model family, and how a family is recognised.

A template turns a :class:`~burnish_models.engine.base.FimPrompt` into segments. Markers are *special*
segments, each of which is exactly one token of the vocabulary; everything that comes from the user's files
is a *text* segment and must be tokenised without special tokens, so a file that contains ``<|fim_middle|>``
cannot break out of its place.

Segments come in order of stability: repository context, prefix and suffix, and last what the user is
typing. The typed part stands after the middle marker, as the beginning of the answer, so each keystroke
only appends to the prompt and everything evaluated before stays valid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from burnish_models.engine.base import ContextFile, FimPrompt

__all__ = ["FileLayout", "FimTemplate", "Part", "Segment"]

Part = Literal["context", "prefix", "suffix", "middle"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a prompt: a marker (``special``, one vocabulary token) or text to tokenise as plain text.

    ``part`` says which of the prompt's parts it belongs to. A marker belongs to the part it opens.
    """

    text: str
    special: bool
    part: Part


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How a family writes several files into one prompt.

    ``repo_token`` opens the repository's name, which ``repo_end`` closes; ``file_token`` opens each file
    (or closes it, where ``token_closes``). ``lead`` is text in front of a path. ``inside_prefix`` puts the
    other files after the prefix marker, ``path_in_prefix`` only the current file's path.
    """

    repo_token: str | None = None
    repo_end: str = ""
    file_token: str | None = None
    token_closes: bool = False
    lead: str = ""
    inside_prefix: bool = False
    path_in_prefix: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """The markers this layout needs in the vocabulary."""
        return tuple(token for token in (self.repo_token, self.file_token) if token is not None)

    def header(self, prompt: FimPrompt) -> Iterator[Segment]:
        """The repository's name, the other files and the current file's opening, in that order."""
        if not prompt.context:
            return
        if self.repo_token is not None:
            yield Segment(self.repo_token, True, "context")
            if prompt.repository or self.repo_end:
                yield Segment(prompt.repository + self.repo_end, False, "context")
        for file in prompt.context:
            yield from self._file(file)
        if self.file_token is not None and not self.token_closes:
            yield Segment(self.file_token, True, "context")
        if prompt.path and not self.path_in_prefix:
            yield Segment(f"{self.lead}{prompt.path}\n", False, "context")

    def _file(self, file: ContextFile) -> Iterator[Segment]:
        end = "" if file.text.endswith("\n") else "\n"
        text = Segment(f"{self.lead}{file.path}\n{file.text}{end}", False, "context")
        marker = [Segment(self.file_token, True, "context")] if self.file_token is not None else []
        yield from [text, *marker] if self.token_closes else [*marker, text]


@dataclass(frozen=True, slots=True)
class FimTemplate:
    """One family's fill-in-the-middle prompt.

    ``order`` is ``psm`` (prefix, suffix, middle) or ``spm`` (suffix first). ``middle_token`` is ``None``
    where the answer follows the prefix directly. ``stop_tokens`` end an answer besides the model's own end
    tokens; names that a vocabulary lacks were removed by :func:`detect_family`. ``typed_after_middle``
    tells whether the typed part stands after a middle marker; where it is false the typed part still comes
    last, right after the prefix. ``leading_space`` is true for SentencePiece families whose prefix is
    tokenised with SentencePiece's implicit leading space; their suffix and middle, like all text of the
    other families, are tokenised without it.
    """

    family: str
    prefix_token: str
    suffix_token: str
    middle_token: str | None
    order: Literal["psm", "spm"] = "psm"
    layout: FileLayout = FileLayout()
    stop_tokens: tuple[str, ...] = ()
    leading_space: bool = False

    @property
    def typed_after_middle(self) -> bool:
        """Whether the typed part is the beginning of the middle (and not the end of the prefix)."""
        return self.middle_token is not None

    @property
    def markers(self) -> tuple[str, ...]:
        """The three (or two) tokens the family cannot do without."""
        middle = () if self.middle_token is None else (self.middle_token,)
        return (self.prefix_token, self.suffix_token, *middle)

    @property
    def special_tokens(self) -> tuple[str, ...]:
        """Every token name the template uses, without repetition: markers, file markers, stop tokens."""
        return tuple(dict.fromkeys((*self.markers, *self.layout.tokens, *self.stop_tokens)))

    def render(self, prompt: FimPrompt) -> tuple[Segment, ...]:
        """The prompt's segments in evaluation order; empty text segments are left out."""
        header = list(self.layout.header(prompt))
        inside = header if self.layout.inside_prefix else []
        path = f"{prompt.path}\n" if self.layout.path_in_prefix and prompt.context and prompt.path else ""
        prefix = [
            Segment(self.prefix_token, True, "prefix"),
            *inside,
            Segment(path + prompt.prefix, False, "prefix"),
        ]
        suffix = [Segment(self.suffix_token, True, "suffix"), Segment(prompt.suffix, False, "suffix")]
        middle = [] if self.middle_token is None else [Segment(self.middle_token, True, "middle")]
        typed = Segment(prompt.typed, False, "middle")
        body = [*prefix, *suffix] if self.order == "psm" else [*suffix, *prefix]
        segments = [*([] if inside else header), *body, *middle, typed]
        return tuple(segment for segment in segments if segment.text)
