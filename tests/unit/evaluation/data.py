"""Small problems of our own in the public formats."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

HUMANEVAL: tuple[dict[str, Any], ...] = (
    {
        "task_id": "Own/0",
        "prompt": 'def double(n):\n    """Twice n."""\n',
        "entry_point": "double",
        "canonical_solution": "    return n * 2\n",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n",
    },
    {
        "task_id": "Own/1",
        "prompt": 'def longest(words):\n    """The longest word."""\n',
        "entry_point": "longest",
        "canonical_solution": "    return max(words, key=len)\n",
        "test": "def check(candidate):\n    assert candidate(['a', 'bb']) == 'bb'\n",
    },
)
INFILLING: tuple[dict[str, Any], ...] = (
    {
        "task_id": "Own/0/1",
        "prompt": "def double(n):\n    result = n",
        "suffix": " 2\n\n    return result\n",
        "canonical_solution": " *",
        "entry_point": "double",
        "test": HUMANEVAL[0]["test"],
    },
)
MBPP: tuple[dict[str, Any], ...] = (
    {
        "task_id": 11,
        "text": 'Write a function "twice" to double a """number""" \\N.',
        "code": "def twice(n):\r\n    return n * 2",
        "test_list": ["assert twice(2) == 4", "assert twice(math.floor(1.5)) == 2"],
        "test_setup_code": "import math",
        "challenge_test_list": [],
    },
    {
        "task_id": 12,
        "prompt": "Write a class Pair with a total.",
        "code": "class Pair:\n    def __init__(self, a, b):\n        self.total = a + b",
        "test_imports": ["from operator import add"],
        "test_list": ["assert Pair(1, 2).total == add(1, 2)"],
    },
)
BY_BENCHMARK = {"humaneval": HUMANEVAL, "infilling": INFILLING, "mbpp": MBPP}


def write(path: Path, records: Iterable[Mapping[str, Any]], *, zipped: bool = False) -> Path:
    data = "".join(json.dumps(record) + "\n" for record in records).encode()
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path
