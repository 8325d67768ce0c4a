"""From prompt text to token lists that fit the context window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from burnish_models.engine.base import FimPrompt
from burnish_models.engine.healing import split_for_healing
from burnish_models.fim_template import FimTemplate

__all__ = ["PromptTokenizer", "PromptTokens"]

#: The window's start moves in steps of this many tokens, so that it stays put while one types.
_STEP = 256
_SUFFIX_SHARE = 0.25
_CONTEXT_SHARE = 0.4
_CACHED_TEXTS = 256


@dataclass(frozen=True, slots=True)
class PromptTokens:
    """A prompt ready to evaluate, and the text the first generated tokens must spell again."""

    tokens: list[int]
    healing: str


class PromptTokenizer:
    """Tokenises prompts of one model.

    Args:
        template: the model's fill-in-the-middle template.
        special: id of every special token the template names.
        tokenize: plain text to ids, special tokens never parsed.
        bos: id to begin every prompt with, or None.
    """

    def __init__(
        self,
        template: FimTemplate,
        special: Mapping[str, int],
        tokenize: Callable[[str], list[int]],
        bos: int | None = None,
    ) -> None:
        self._template = template
        self._special = dict(special)
        self._tokenize = tokenize
        self._bos = bos
        self._cache: dict[str, list[int]] = {}

    def build(self, prompt: FimPrompt, room: int) -> PromptTokens:
        """Tokens of ``prompt``, at most ``room`` of them.

        Where it does not fit, context files give way first, then the suffix's end, then the prefix's start. The
        typed part is kept whole unless it alone is too long; then its start goes.
        """
        kept, rest = split_for_healing(prompt.typed)
        healed = FimPrompt(prompt.prefix, kept, prompt.suffix, prompt.path, prompt.repository, prompt.context)
        parts: list[tuple[str, bool, list[int]]] = []
        for segment in self._template.render(healed):
            if segment.special:
                parts.append((segment.part, True, [self._special[segment.text]]))
            else:
                parts.append(
                    (segment.part, False, self._tokens(segment.text, cached=segment.part != "middle"))
                )
        begin = [] if self._bos is None else [self._bos]
        fitted = self._fit(parts, room - len(begin))
        return PromptTokens(begin + fitted, rest)

    def first_token(self, text: str) -> int | None:
        """The token that ``text`` begins with by itself; None where it has none."""
        tokens = self._tokenize(text)
        return tokens[0] if tokens else None

    def _tokens(self, text: str, *, cached: bool) -> list[int]:
        if not cached:
            return self._tokenize(text)
        tokens = self._cache.pop(text, None)
        if tokens is None:
            tokens = self._tokenize(text)
        self._cache[text] = tokens
        if len(self._cache) > _CACHED_TEXTS:
            del self._cache[next(iter(self._cache))]
        return tokens

    @staticmethod
    def _fit(parts: list[tuple[str, bool, list[int]]], room: int) -> list[int]:
        sizes = dict.fromkeys(("context", "prefix", "suffix", "middle"), 0)
        for part, special, tokens in parts:
            sizes[part] += 0 if special else len(tokens)
        markers = sum(len(tokens) for _, special, tokens in parts if special)
        excess = sum(sizes.values()) + markers - room
        cuts = dict.fromkeys(sizes, 0)
        floors = {
            "context": int(room * _CONTEXT_SHARE),
            "suffix": int(room * _SUFFIX_SHARE),
            "prefix": 0,
            "middle": 0,
        }
        for part in ("context", "suffix", "prefix", "suffix", "context", "middle"):
            floor = floors[part] if cuts[part] == 0 and part in {"context", "suffix"} else 0
            give = min(max(0, excess), max(0, sizes[part] - cuts[part] - floor))
            cuts[part] += give
            excess -= give
        out: list[int] = []
        for part, special, tokens in parts:
            if special or not cuts[part]:
                out += tokens
            elif part == "suffix":
                out += tokens[: max(0, len(tokens) - cuts[part])]
                cuts[part] = max(0, cuts[part] - len(tokens))
            else:
                step = 1 if part == "middle" else _STEP
                cut = min(len(tokens), -(-cuts[part] // step) * step)
                out += tokens[cut:]
                cuts[part] = max(0, cuts[part] - cut)
        return out
