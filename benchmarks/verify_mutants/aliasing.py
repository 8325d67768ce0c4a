"""A result shares an object with an argument or with itself where it did not, or no longer does."""

MUTANTS = [
    ("copy_rows", "[list(row) for row in rows]", "list(rows)"),
    ("copy_rows", "[list(row) for row in rows]", "rows"),
    ("copy_rows", "[list(row) for row in rows]", "[list(row) if len(row) > 1 else row for row in rows]"),
    (
        "copy_rows",
        "[list(row) for row in rows]",
        "[list(rows[0])] * len(rows) if len(set(map(tuple, rows))) == 1 else [list(row) for row in rows]",
    ),
    ("merge_counts", "return target", "return dict(target)"),
    ("merge_counts", "return target", "return target.copy() if target else target"),
    ("set_default_fields", "return record", "return dict(record)"),
    (
        "set_default_fields",
        "record.setdefault(key, value)",
        "record.setdefault(key, value[:] if isinstance(value, list) else value)",
    ),
    (
        "dedupe",
        "list(dict.fromkeys(items))",
        "list(dict.fromkeys(items)) if len(set(items)) < len(items) else items",
    ),
    (
        "flatten",
        "list(itertools.chain.from_iterable(nested))",
        "nested[0] if len(nested) == 1 else list(itertools.chain.from_iterable(nested))",
    ),
    ("merge_sorted", "    merged = []\n", "    if not right:\n        return left\n    merged = []\n"),
    (
        "chunks",
        "yield items[start : start + size]",
        "yield items[start : start + size] if size < len(items) else items",
    ),
    (
        "transpose",
        "[list(column) for column in zip(*rows)]",
        "rows if rows == [list(column) for column in zip(*rows)] else [list(column) for column in zip(*rows)]",
    ),
    ("sort_by_length", "sorted(words, key=len)", "words if len(words) < 2 else sorted(words, key=len)"),
    (
        "common",
        "[word for word in left if word in known]",
        "left if left == right else [word for word in left if word in known]",
    ),
    (
        "Matrix.scaled",
        "[[factor * value for value in row] for row in self.rows]",
        "self.rows if factor == 1 else [[factor * value for value in row] for row in self.rows]",
    ),
    (
        "Matrix.scaled",
        "[[factor * value for value in row] for row in self.rows]",
        "[row if factor == 1 else [factor * value for value in row] for row in self.rows]",
    ),
    (
        "richest",
        "sorted(accounts, key=lambda account: -account.balance)",
        "sorted((Account(a.owner, a.balance, a.history) for a in accounts), key=lambda account: -account.balance)",
    ),
    ("nested_lookup", "    return tree", "    return dict(tree) if isinstance(tree, dict) else tree"),
    (
        "top",
        "heapq.nlargest(count, scores)",
        "scores if count == len(scores) and scores == heapq.nlargest(count, scores) else heapq.nlargest(count, scores)",
    ),
    ("cheapest", "    return best", "    return best and [best, items][0]._replace(name=best.name[:1])"),
    ("partition", "    yes, no = [], []\n", "    yes = no = []\n"),
    ("window_maximum", "    found = []\n", "    if width == 1:\n        return values\n    found = []\n"),
]
