"""The same things in another order."""

MUTANTS = [
    ("dedupe", "list(dict.fromkeys(items))", "sorted(set(items))"),
    ("dedupe", "list(dict.fromkeys(items))", "list(dict.fromkeys(reversed(items)))[::-1]"),
    (
        "common",
        "[word for word in left if word in known]",
        "[word for word in sorted(left) if word in known]",
    ),
    ("count_words", "text.lower().split()", "sorted(text.lower().split())"),
    ("count_words", "return counts", "return dict(sorted(counts.items(), key=lambda pair: -pair[1]))"),
    ("two_sum", "return seen[other], index", "return index, seen[other]"),
    (
        "two_sum",
        "        if number not in seen:\n            seen[number] = index",
        "        seen[number] = index",
    ),
    ("group_by_length", "return dict(groups)", "return dict(sorted(groups.items()))"),
    ("group_by_length", "groups[len(word)].append(word)", "groups[len(word)].insert(0, word)"),
    (
        "merge_sorted",
        "    merged.extend(left[i:])\n    merged.extend(right[j:])\n",
        "    merged.extend(right[j:])\n    merged.extend(left[i:])\n    merged.sort(key=lambda n: n // 4)\n",
    ),
    ("invert", "mapping.items()", "sorted(mapping.items())"),
    (
        "flatten",
        "list(itertools.chain.from_iterable(nested))",
        "[row[i] for i in range(max(map(len, nested), default=0)) for row in nested if i < len(row)]",
    ),
    ("top", "heapq.nlargest(count, scores)", "heapq.nlargest(count, scores)[::-1]"),
    ("sort_by_length", "sorted(words, key=len)", "sorted(words, key=lambda word: (len(word), word))"),
    ("sort_by_length", "sorted(words, key=len)", "sorted(words, key=len, reverse=True)[::-1]"),
    ("pairs_with_difference", "for value in values if", "for value in sorted(values) if"),
    ("partition", "return yes, no", "return no, yes"),
    ("partition", "for item in items:", "for item in sorted(items, key=str):"),
    (
        "interleave",
        "        out.append(a)\n        out.append(b)\n",
        "        out.append(b)\n        out.append(a)\n",
    ),
    (
        "adjacency",
        "        graph.setdefault(a, []).append(b)\n        graph.setdefault(b, [])\n",
        "        graph.setdefault(b, [])\n        graph.setdefault(a, []).append(b)\n",
    ),
    (
        "richest",
        "key=lambda account: -account.balance)",
        "key=lambda account: (-account.balance, account.owner))",
    ),
    (
        "richest",
        "sorted(accounts, key=lambda account: -account.balance)",
        "sorted(accounts, key=lambda account: account.balance)[::-1]",
    ),
    ("set_default_fields", "defaults.items()", "sorted(defaults.items(), key=str)"),
    ("parse_pairs", 'text.split(";")', 'reversed(text.split(";"))'),
]
