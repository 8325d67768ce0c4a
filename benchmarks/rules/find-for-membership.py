"""Lines of which every third one has the word."""


def before(lines: list[str], word: str) -> int:
    found = 0
    for line in lines:
        if line.find(word) != -1:
            found += 1
    return found


def arguments(n: int) -> tuple[list[str], str]:
    return [f"line {i} of the text" + " with a word" * (i % 3 == 0) for i in range(n)], "word"
