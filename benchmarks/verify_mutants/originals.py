"""Functions as a performance fix leaves them. The other files of this folder plant one fault each into them."""

# ruff: noqa: D101, D102, D103, B905, SIM102, SIM110, RUF007

from __future__ import annotations

import bisect
import heapq
import itertools
import math
import re
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


def dedupe(items: list[int]) -> list[int]:
    return list(dict.fromkeys(items))


def common(left: list[str], right: list[str]) -> list[str]:
    known = set(right)
    return [word for word in left if word in known]


def count_words(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in text.lower().split():
        counts[word] = counts.get(word, 0) + 1
    return counts


def two_sum(numbers: list[int], target: int) -> tuple[int, int] | None:
    seen: dict[int, int] = {}
    for index, number in enumerate(numbers):
        other = target - number
        if other in seen:
            return seen[other], index
        if number not in seen:
            seen[number] = index
    return None


def prefix_sums(values: list[float]) -> list[float]:
    totals = []
    total = 0.0
    for value in values:
        total += value
        totals.append(total)
    return totals


def mean(values: list[float]) -> float:
    if not values:
        raise ValueError("mean of nothing")
    return sum(values) / len(values)


def variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        raise ValueError("at least two values are needed")
    middle = sum(values) / len(values)
    return sum((value - middle) ** 2 for value in values) / (len(values) - 1)


def dot(left: list[float], right: list[float]) -> float:
    if len(left) != len(right):
        raise ValueError(f"lengths differ: {len(left)} and {len(right)}")
    total = 0.0
    for a, b in zip(left, right):
        total += a * b
    return total


def remove_negative(values: list[int]) -> int:
    kept = [value for value in values if value >= 0]
    removed = len(values) - len(kept)
    values[:] = kept
    return removed


def group_by_length(words: Iterable[str]) -> dict[int, list[str]]:
    groups: dict[int, list[str]] = defaultdict(list)
    for word in words:
        groups[len(word)].append(word)
    return dict(groups)


def is_prime(n: int) -> bool:
    if n < 2:
        return False
    for divisor in range(2, math.isqrt(n) + 1):
        if n % divisor == 0:
            return False
    return True


def primes(limit: int) -> list[int]:
    sieve = [True] * (limit + 1)
    found = []
    for number in range(2, limit + 1):
        if sieve[number]:
            found.append(number)
            for multiple in range(number * number, limit + 1, number):
                sieve[multiple] = False
    return found


def chunks(items: list[T], size: int) -> Iterator[list[T]]:
    if size < 1:
        raise ValueError("size must be positive")
    for start in range(0, len(items), size):
        yield items[start : start + size]


def window_maximum(values: list[int], width: int) -> list[int]:
    if width <= 0:
        raise ValueError("width must be positive")
    candidates: deque[int] = deque()
    found = []
    for index, value in enumerate(values):
        while candidates and values[candidates[-1]] <= value:
            candidates.pop()
        candidates.append(index)
        if candidates[0] <= index - width:
            candidates.popleft()
        if index >= width - 1:
            found.append(values[candidates[0]])
    return found


def merge_sorted(left: list[int], right: list[int]) -> list[int]:
    merged = []
    i = j = 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            merged.append(left[i])
            i += 1
        else:
            merged.append(right[j])
            j += 1
    merged.extend(left[i:])
    merged.extend(right[j:])
    return merged


def binary_search(values: list[int], wanted: int) -> int:
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    if low < len(values) and values[low] == wanted:
        return low
    raise ValueError(f"{wanted} is not in the list")


def slugify(title: str) -> str:
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words)


def parse_pairs(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(";"):
        if not part.strip():
            continue
        key, separator, value = part.partition("=")
        if not separator:
            raise ValueError(f"no value: {part!r}")
        found[key.strip()] = value.strip()
    return found


def invert(mapping: dict[str, int]) -> dict[int, list[str]]:
    inverted: dict[int, list[str]] = {}
    for key, value in mapping.items():
        inverted.setdefault(value, []).append(key)
    return inverted


def merge_counts(target: dict[str, int], source: Mapping[str, int]) -> dict[str, int]:
    for key, value in source.items():
        target[key] = target.get(key, 0) + value
    return target


def flatten(nested: list[list[int]]) -> list[int]:
    return list(itertools.chain.from_iterable(nested))


def transpose(rows: list[list[int]]) -> list[list[int]]:
    return [list(column) for column in zip(*rows)]


def top(scores: list[int], count: int) -> list[int]:
    return heapq.nlargest(count, scores)


def grade(score: int) -> str:
    limits = [50, 65, 80, 95]
    if score < 0 or score > 100:
        raise ValueError(f"score {score} out of range")
    return "FDCBA"[bisect.bisect_right(limits, score)]


def clamp(value: float, low: float, high: float) -> float:
    if low > high:
        raise ValueError("low above high")
    return max(low, min(value, high))


def running_average(values: Iterable[float]) -> Iterator[float]:
    total = 0.0
    for count, value in enumerate(values, 1):
        total += value
        yield total / count


def take_while_positive(values: Iterable[int]) -> Iterator[int]:
    for value in values:
        if value <= 0:
            return
        yield value


def pairs_with_difference(values: list[int], difference: int) -> list[tuple[int, int]]:
    present = set(values)
    return [(value, value + difference) for value in values if value + difference in present]


def sort_by_length(words: list[str]) -> list[str]:
    return sorted(words, key=len)


def rotate(items: list[int], steps: int) -> None:
    if not items:
        return
    steps %= len(items)
    items[:] = items[-steps:] + items[:-steps]


def majority(votes: list[str]) -> str | None:
    if not votes:
        return None
    winner, count = Counter(votes).most_common(1)[0]
    return winner if count * 2 > len(votes) else None


def fibonacci(n: int) -> int:
    if n < 0:
        raise ValueError("n must not be negative")
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def edit_distance(a: str, b: str) -> int:
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            current.append(min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (x != y)))
        previous = current
    return previous[-1]


def balanced(text: str) -> bool:
    stack = []
    closing = {")": "(", "]": "[", "}": "{"}
    for character in text:
        if character in "([{":
            stack.append(character)
        elif character in closing:
            if not stack or stack.pop() != closing[character]:
                return False
    return not stack


def compress(text: str) -> str:
    return "".join(f"{letter}{len(list(run))}" for letter, run in itertools.groupby(text))


def matrix_product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    columns = list(zip(*b))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def distance(points: list[tuple[float, float]]) -> float:
    total = 0.0
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        total += math.hypot(x2 - x1, y2 - y1)
    return total


def apply_all(functions: list[Callable[[int], int]], value: int) -> list[int]:
    return [function(value) for function in functions]


def partition(items, predicate):
    yes, no = [], []
    for item in items:
        (yes if predicate(item) else no).append(item)
    return yes, no


def unique_sorted(items):
    return sorted(set(items))


def index_of_maximum(values):
    best = 0
    for index in range(1, len(values)):
        if values[index] > values[best]:
            best = index
    return best


def total_price(orders):
    total = 0
    for order in orders:
        total += order["price"] * order["quantity"]
    return total


def join_lines(lines, width):
    out = []
    for number, line in enumerate(lines, 1):
        out.append(f"{number:>{width}}: {line.rstrip()}")
    return "\n".join(out)


def set_default_fields(record, defaults):
    for key, value in defaults.items():
        record.setdefault(key, value)
    return record


def nested_lookup(tree, path, default=None):
    for key in path.split("."):
        if not isinstance(tree, dict) or key not in tree:
            return default
        tree = tree[key]
    return tree


def interleave(first, second):
    out = []
    for a, b in zip(first, second):
        out.append(a)
        out.append(b)
    return out


def shout(names):
    for name in names:
        print(f"Hello, {name.upper()}!")
    return len(names)


def weighted_total(weights, values):
    total = 0.0
    for weight, value in zip(weights, values):
        total += weight * value
    return total


def copy_rows(rows):
    return [list(row) for row in rows]


def adjacency(edges):
    graph = {}
    for a, b in edges:
        graph.setdefault(a, []).append(b)
        graph.setdefault(b, [])
    return graph


class Item(NamedTuple):
    name: str
    price: float


def cheapest(items: list[Item]) -> Item | None:
    best = None
    for item in items:
        if best is None or item.price < best.price:
            best = item
    return best


@dataclass
class Account:
    owner: str
    balance: int = 0
    history: list[int] = field(default_factory=list)

    def deposit(self, amount: int) -> int:
        if amount <= 0:
            raise ValueError(f"cannot deposit {amount}")
        self.balance += amount
        self.history.append(amount)
        return self.balance

    def withdraw(self, amount: int) -> int:
        if amount > self.balance:
            raise ValueError("not enough")
        self.balance -= amount
        self.history.append(-amount)
        return self.balance


def transfer(source: Account, target: Account, amount: int) -> None:
    if amount < 0:
        raise ValueError("negative amount")
    source.balance -= amount
    target.balance += amount
    source.history.append(-amount)
    target.history.append(amount)


def richest(accounts: list[Account]) -> list[Account]:
    return sorted(accounts, key=lambda account: -account.balance)


class Cache:
    def __init__(self, size: int) -> None:
        self.size = size
        self.items: OrderedDict[str, int] = OrderedDict()

    def put(self, key: str, value: int) -> None:
        if key in self.items:
            self.items.move_to_end(key)
        self.items[key] = value
        while len(self.items) > self.size:
            self.items.popitem(last=False)


class Matrix:
    def __init__(self, rows: list[list[int]]) -> None:
        self.rows = rows

    def row_sums(self) -> list[int]:
        return [sum(row) for row in self.rows]

    def scaled(self, factor: int) -> list[list[int]]:
        return [[factor * value for value in row] for row in self.rows]


_registry: dict[str, list[int]] = {}


def register(name: str, value: int) -> int:
    entries = _registry.setdefault(name, [])
    entries.append(value)
    return len(entries)


def describe(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:d}"
    if isinstance(value, str):
        return value.strip() or "-"
    return type(value).__name__
