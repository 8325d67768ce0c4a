"""Another exception, another message, or none."""

MUTANTS = [
    ("mean", '    if not values:\n        raise ValueError("mean of nothing")\n', ""),
    ("mean", "ValueError", "ArithmeticError"),
    ("mean", "mean of nothing", "mean of an empty list"),
    ("variance", "ValueError", "TypeError"),
    ("dot", "lengths differ: {len(left)} and {len(right)}", "lengths differ: {len(right)} and {len(left)}"),
    (
        "dot",
        '    if len(left) != len(right):\n        raise ValueError(f"lengths differ: {len(left)} and {len(right)}")\n',
        "",
    ),
    ("chunks", '    if size < 1:\n        raise ValueError("size must be positive")\n', ""),
    ("window_maximum", "width must be positive", "the width must be positive"),
    (
        "binary_search",
        'raise ValueError(f"{wanted} is not in the list")',
        'raise ValueError("not in the list")',
    ),
    (
        "binary_search",
        'raise ValueError(f"{wanted} is not in the list")',
        'raise LookupError(f"{wanted} is not in the list")',
    ),
    ("binary_search", 'raise ValueError(f"{wanted} is not in the list")', "return -1"),
    ("parse_pairs", 'raise ValueError(f"no value: {part!r}")', 'raise ValueError(f"no value: {part}")'),
    ("parse_pairs", 'raise ValueError(f"no value: {part!r}")', 'raise KeyError(f"no value: {part!r}")'),
    ("grade", "score {score} out of range", "score {score} is out of range"),
    ("grade", "score < 0 or ", ""),
    ("clamp", "ValueError", "AssertionError"),
    ("fibonacci", 'raise ValueError("n must not be negative")', "return 0"),
    ("Account.deposit", 'f"cannot deposit {amount}"', '"cannot deposit", amount'),
    ("Account.withdraw", "ValueError", "RuntimeError"),
    ("transfer", '    if amount < 0:\n        raise ValueError("negative amount")\n', ""),
    ("total_price", 'order["price"]', 'order.get("price", 0)'),
    ("index_of_maximum", "    best = 0\n", "    best = 0\n    values[0]\n"),
    ("edit_distance", "previous[-1]", "previous[len(b)] if a or b else None"),
]
