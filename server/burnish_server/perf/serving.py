"""What every worker process does: answer a JSON object a line, until its input ends."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from burnish_analysis.errors import AnalysisError

__all__ = ["serve"]

log = logging.getLogger(__name__)

#: Objects after which the garbage collector may interrupt an operation, and after which it runs when one has been answered: to walk
#: the syntax trees that are kept takes as long as to look at a file.
_WITHIN, _BETWEEN = 1_000_000, 100_000


def serve(
    answer: Callable[[dict[str, Any]], dict[str, Any]], expected: tuple[type[Exception], ...] = ()
) -> int:
    """Serve standard input; the exit status. The program's first argument, where there is one, is its niceness.

    Args:
        expected: exceptions whose text is for users, besides those of the analysis and the system's.
    """
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    with contextlib.suppress(OSError, AttributeError):
        os.nice(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    sys.setrecursionlimit(3000)
    gc.set_threshold(_WITHIN, 10, 10)
    told: tuple[type[Exception], ...] = (AnalysisError, OSError, *expected)
    # What prints, by accident, must not end up between the answers.
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    # The parent may end at any moment.
    with contextlib.suppress(BrokenPipeError):
        for line in sys.stdin.buffer:
            try:
                answered = answer(json.loads(line))
            except told as error:
                answered = {"error": str(error)}
            except Exception as error:  # a fault of ours costs one answer, not the process
                log.exception("An operation failed")
                answered = {"error": f"{type(error).__name__}: {error}"}
            out.write(json.dumps(answered).encode() + b"\n")
            out.flush()
            if gc.get_count()[0] > _BETWEEN:
                gc.collect()
    return 0
