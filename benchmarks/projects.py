"""Source files of installed packages, for benchmarks on real code."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from burnish_training.base.corpus import Document, is_data_table

__all__ = ["HELD_OUT", "sources"]

#: Packages that the bundled model never saw.
HELD_OUT = ("httpx", "rich", "click", "jinja2")


def sources(package: str, folder: Path | None = None) -> list[Document]:
    """The Python files of an installed package (or of one unpacked in ``folder``), without tests and generated tables.

    Exits with a sentence where it is not installed.
    """
    if folder is not None:
        paths = [(str(path.relative_to(folder)), path) for path in sorted((folder / package).rglob("*.py"))]
    else:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            raise SystemExit(
                f"{package} is not installed: pip install it, or choose other packages with --packages"
            ) from None
        paths = [(str(file), Path(str(file.locate()))) for file in files if file.suffix == ".py"]
    documents = []
    for name, path in paths:
        text = path.read_text(encoding="utf-8", errors="replace")
        if text.strip() and "test" not in name and not is_data_table(text):
            documents.append(Document(package, name, text))
    return documents
