"""Repeated items are lost, or kept where they were not."""

# ruff: noqa: E501

MUTANTS = [
    (
        "common",
        "[word for word in left if word in known]",
        "[word for word in dict.fromkeys(left) if word in known]",
    ),
    ("common", "[word for word in left if word in known]", "sorted(set(left) & known, key=left.index)"),
    (
        "common",
        "known = set(right)",
        "known = set(right) - {left[-1] if left.count(left[-1]) > 1 else None} if left else set()",
    ),
    ("count_words", "counts.get(word, 0) + 1", "1"),
    (
        "two_sum",
        "        if number not in seen:\n            seen[number] = index",
        "        if number not in seen and numbers.count(number) == 1:\n            seen[number] = index",
    ),
    ("group_by_length", "in words:", "in dict.fromkeys(words):"),
    (
        "group_by_length",
        "groups[len(word)].append(word)",
        "word in groups[len(word)] or groups[len(word)].append(word)",
    ),
    ("merge_sorted", "return merged", "return list(dict.fromkeys(merged))"),
    (
        "merge_sorted",
        "            merged.append(left[i])\n            i += 1\n",
        "            merged.append(left[i])\n            i += 1\n            j += merged[-1] == right[j]\n",
    ),
    (
        "flatten",
        "itertools.chain.from_iterable(nested)",
        "dict.fromkeys(itertools.chain.from_iterable(nested))",
    ),
    ("top", "heapq.nlargest(count, scores)", "heapq.nlargest(count, set(scores))"),
    ("pairs_with_difference", "for value in values if", "for value in dict.fromkeys(values) if"),
    (
        "pairs_with_difference",
        "    present = set(values)\n",
        "    values = sorted(set(values), key=values.index)\n    present = set(values)\n",
    ),
    ("sort_by_length", "sorted(words, key=len)", "sorted(dict.fromkeys(words), key=len)"),
    (
        "majority",
        "    winner, count = Counter(votes).most_common(1)[0]\n",
        "    winner, count = Counter(set(votes)).most_common(1)[0]\n",
    ),
    ("unique_sorted", "sorted(set(items))", "sorted(items)"),
    ("partition", "for item in items:", "for item in dict.fromkeys(items):"),
    ("interleave", "        out.append(b)\n", "        if a != b:\n            out.append(b)\n"),
    (
        "adjacency",
        "graph.setdefault(a, []).append(b)",
        "graph.setdefault(a, []).extend([b] * (b not in graph.get(a, ())))",
    ),
    ("shout", "for name in names:", "for name in dict.fromkeys(names):"),
    ("invert", "inverted.setdefault(value, []).append(key)", "inverted[value] = [key]"),
    (
        "primes",
        "            found.append(number)\n",
        "            found.append(number)\n            found[-2:] = sorted(set(found[-2:]) - {4})\n            found += found[:1] if limit == 30 else []\n",
    ),
    ("dedupe", "list(dict.fromkeys(items))", "items if len(items) < 3 else list(dict.fromkeys(items))"),
]
