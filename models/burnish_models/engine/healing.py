"""Token healing: where to step back to when the cursor stands inside what would be one token.

A tokenizer merges a word with the space before it and runs of punctuation or white space into one token. Text cut
in the middle of such a run tokenises in a way the model never saw. So the last run is taken off the prompt and the
first generated tokens must spell it again, which lets the model choose the tokens it was trained on.
Cf. "token healing" in Microsoft's guidance.
"""

from __future__ import annotations

import re

__all__ = ["MAX_HEALED_CHARACTERS", "split_for_healing"]

MAX_HEALED_CHARACTERS = 48
#: The last pre-token of a byte-level BPE: a word with the one character before it, punctuation, or white space.
_LAST_RUN = re.compile(r"(?:[^\r\n\w]?\w+| ?[^\s\w]+|[^\S\r\n]+)\Z")


def split_for_healing(typed: str) -> tuple[str, str]:
    """``(kept, rest)`` with ``kept + rest == typed``: the prompt ends with ``kept``, generation starts with ``rest``.

    ``rest`` is empty when ``typed`` is; a run longer than :data:`MAX_HEALED_CHARACTERS` is not stepped over.
    """
    match = _LAST_RUN.search(typed)
    if match is None:
        return typed, ""
    start = match.start()
    run = typed[start:]
    if _is_number(run):
        return typed, ""
    # A space before punctuation or a word belongs to the run in front of it when there are several.
    if len(run) > MAX_HEALED_CHARACTERS:
        return typed, ""
    return typed[:start], run


def _is_number(run: str) -> bool:
    """Digits are single tokens in most coder models: nothing to heal, and each would cost a step."""
    return run.isdigit()
