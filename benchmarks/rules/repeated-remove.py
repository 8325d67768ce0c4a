"""Words of which a third are short."""


def before(words: list[str]) -> None:
    for word in words[:]:
        if len(word) < 4:
            words.remove(word)


def arguments(n: int) -> tuple[list[str]]:
    return ["abc" + "d" * (i % 3) + str(i) * (i % 3) for i in range(n)],
