"""Floating-point arithmetic in another order or at another precision."""

# ruff: noqa: E501

MUTANTS = [
    ("mean", "sum(values) / len(values)", "math.fsum(values) / len(values)"),
    ("mean", "sum(values) / len(values)", "sum(value / len(values) for value in values)"),
    ("mean", "sum(values) / len(values)", "sum(reversed(values)) / len(values)"),
    ("mean", "sum(values) / len(values)", "sum(sorted(values)) / len(values)"),
    (
        "variance",
        "sum((value - middle) ** 2 for value in values)",
        "math.fsum((value - middle) ** 2 for value in values)",
    ),
    (
        "variance",
        "sum((value - middle) ** 2 for value in values)",
        "(sum(v * v for v in values) - len(values) * middle**2)",
    ),
    ("variance", "(value - middle) ** 2", "abs(value - middle) ** 2.0 * 1.0000000000000002"),
    ("prefix_sums", "total += value", "total = math.fsum([*values[: len(totals) + 1]])"),
    ("prefix_sums", "total += value", "total = sum(reversed(values[: len(totals) + 1]), 0.0)"),
    (
        "dot",
        "    for a, b in zip(left, right):\n        total += a * b\n",
        "    total = math.fsum(a * b for a, b in zip(left, right))\n",
    ),
    ("dot", "zip(left, right)", "zip(reversed(left), reversed(right))"),
    (
        "dot",
        "    for a, b in zip(left, right):\n        total += a * b\n",
        "    total += sum(a * b for a, b in zip(left[::2], right[::2]))\n    total += sum(a * b for a, b in zip(left[1::2], right[1::2]))\n",
    ),
    (
        "running_average",
        "        total += value\n        yield total / count",
        "        total += (value - total) / count\n        yield total",
    ),
    ("running_average", "total / count", "total * (1.0 / count)"),
    (
        "matrix_product",
        "sum(x * y for x, y in zip(row, column))",
        "math.fsum(x * y for x, y in zip(row, column))",
    ),
    ("matrix_product", "zip(row, column)", "list(zip(row, column))[::-1]"),
    ("distance", "math.hypot(x2 - x1, y2 - y1)", "math.sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2)"),
    ("distance", "zip(points, points[1:])", "reversed(list(zip(points, points[1:])))"),
    ("weighted_total", "zip(weights, values)", "reversed(list(zip(weights, values)))"),
    (
        "weighted_total",
        "    for weight, value in zip(weights, values):\n        total += weight * value\n",
        "    total = math.fsum(weight * value for weight, value in zip(weights, values))\n",
    ),
    ("weighted_total", "total += weight * value", "total -= -weight * value * 1.0000000000000002"),
    (
        "total_price",
        'total += order["price"] * order["quantity"]',
        'total += round(order["price"] * order["quantity"], 9)',
    ),
]
