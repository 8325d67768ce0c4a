"""Stripped words, each kept once; every word is there twice."""


def before(lines: list[str]) -> list[str]:
    found = []
    for line in lines:
        word = line.strip()
        if word not in found:
            found.append(word)
    return found


def arguments(n: int) -> tuple[list[str]]:
    return ([f"word{i % (n // 2)} " for i in range(n)],)
