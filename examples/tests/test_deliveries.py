from stockroom.deliveries import delivery_report

ORDERED = {"A-1": 5, "B-2": 3, "C-3": 1}


def test_nothing_delivered_says_nothing() -> None:
    assert delivery_report("", ORDERED) == []
    assert delivery_report(" \n", {}) == []


def test_what_is_missing_too_much_and_not_ordered() -> None:
    note = "# Monday\na-1, 2\nA-1, 2\nB-2, 4\nD-4, 1\nE-5, 0\n"
    assert delivery_report(note, ORDERED) == [
        "9 pieces of 3 items",
        "Missing:",
        "  A-1: 1 missing",
        "  C-3: 1 missing",
        "Too many:",
        "  B-2: 1 too many",
        "  D-4: 1 not ordered",
    ]


def test_what_cannot_be_read_is_named() -> None:
    assert delivery_report("A-1\nA-1, five\nA-1, 5\n", {"A-1": 5}) == [
        "5 pieces of 1 items",
        "Not readable: line 1, line 2",
    ]
