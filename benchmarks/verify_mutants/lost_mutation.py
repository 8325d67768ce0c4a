"""A change of an argument, of ``self`` or of the module's data is lost."""

MUTANTS = [
    ("remove_negative", "values[:] = kept", "values = kept"),
    ("remove_negative", "    values[:] = kept\n", ""),
    ("rotate", "items[:] = items[-steps:] + items[:-steps]", "items = items[-steps:] + items[:-steps]"),
    (
        "merge_counts",
        "for key, value in source.items():",
        "target = dict(target)\n    for key, value in source.items():",
    ),
    ("merge_counts", "    for key", "    if not source:\n        return {}\n    for key"),
    ("set_default_fields", "    for key", "    record = {**record}\n    for key"),
    ("set_default_fields", "    for key", "    record = record.copy()\n    for key"),
    ("Account.deposit", "        self.history.append(amount)\n", ""),
    ("Account.deposit", "self.history.append(amount)", "self.history = [*self.history]"),
    ("Account.withdraw", "self.history.append(-amount)", "[*self.history].append(-amount)"),
    (
        "Account.withdraw",
        "        self.history.append(-amount)\n",
        "        if amount:\n            self.history.append(-amount)\n",
    ),
    ("transfer", "    source.history.append(-amount)\n", ""),
    ("transfer", "    target.balance += amount\n", "    if amount > 5:\n        target.balance += amount\n"),
    ("Cache.put", "            self.items.move_to_end(key)\n", "            pass\n"),
    ("Cache.put", "self.items[key] = value", "self.items.setdefault(key, value)"),
    ("register", "    entries.append(value)\n    return len(entries)", "    return len(entries) + 1"),
    ("register", "_registry.setdefault(name, [])", "[*_registry.get(name, [])]"),
    ("register", "    entries.append(value)\n", "    if value:\n        entries.append(value)\n"),
    ("shout", 'print(f"Hello, {name.upper()}!")', 'f"Hello, {name.upper()}!"'),
    ("rotate", "    steps %= len(items)\n", "    steps %= len(items)\n    items = list(items)\n"),
    ("invert", "inverted.setdefault(value, []).append(key)", "inverted.get(value, []).append(key)"),
]
