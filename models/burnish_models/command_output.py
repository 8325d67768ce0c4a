"""What the ``burnish models`` commands print: plain documents for JSON and tables for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from burnish_models.catalog import CatalogEntry
from burnish_models.download import PullResult
from burnish_models.hardware import Hardware
from burnish_models.memory import readable_bytes
from burnish_models.selection import ResolvedModel, installed_path

if TYPE_CHECKING:
    from burnish_models.gguf_file import GgufInfo

__all__ = [
    "catalogue_document",
    "document_table",
    "entry_row",
    "file_document",
    "local_row",
    "models_table",
    "pull_document",
]


def pull_document(result: PullResult, *, selected: bool) -> dict[str, object]:
    """A finished pull as plain data."""
    return {
        "name": result.name,
        "path": str(result.path),
        "sha256": result.sha256,
        "size_bytes": result.size_bytes,
        "verified_by": result.verified_by,
        "fetched_bytes": result.fetched_bytes,
        "resumed_from": result.resumed_from,
        "selected": selected,
    }


def entry_row(
    home: Path,
    entry: CatalogEntry,
    hardware: Hardware,
    selected: ResolvedModel | None,
    best: CatalogEntry | None,
) -> dict[str, object]:
    """One catalogue model in the list."""
    path = installed_path(home, entry)
    suits = entry.suits(hardware)
    return {
        "name": entry.name,
        "title": entry.title,
        "summary": entry.summary,
        "parameters": entry.parameters,
        "quantization": entry.quantization,
        "size_bytes": entry.size_bytes,
        "memory_bytes": entry.memory_bytes(),
        "licence": entry.licence,
        "licence_note": entry.licence_note,
        "bundled": entry.bundled,
        "installed": path is not None,
        "path": None if path is None else str(path),
        "selected": path is not None and selected is not None and selected.path == path,
        "suits": suits.suits,
        "why": suits.why,
        "recommended": best is not None and best.name == entry.name,
    }


def local_row(path: Path, selected: ResolvedModel | None) -> dict[str, object]:
    """One of the user's own files in the list."""
    return {
        "name": str(path),
        "title": path.stem,
        "summary": "A file of your own.",
        "parameters": None,
        "quantization": None,
        "size_bytes": path.stat().st_size,
        "memory_bytes": None,
        "licence": None,
        "licence_note": "",
        "bundled": False,
        "installed": True,
        "path": str(path),
        "selected": selected is not None and selected.path == path,
        "suits": None,
        "why": "see: burnish models info PATH",
        "recommended": False,
    }


def models_table(rows: list[dict[str, object]]) -> Table:
    """The list for people."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "model", "size", "memory", "licence", "here", "this machine"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("model", "size", "memory"))
    for row in rows:
        memory = row["memory_bytes"]
        verdict = {True: "suits: ", False: "no: ", None: ""}[row["suits"]]  # type: ignore[index]
        table.add_row(
            "→" if row["selected"] else "",
            str(row["name"]),
            readable_bytes(int(str(row["size_bytes"]))),
            "" if memory is None else readable_bytes(int(str(memory))),
            str(row["licence"] or ""),
            "yes" if row["installed"] else "",
            ("recommended: " if row["recommended"] else verdict) + str(row["why"]),
        )
    return table


def catalogue_document(entry: CatalogEntry, context: int) -> dict[str, object]:
    """What is known of a model that is not downloaded."""
    return {
        "name": entry.name,
        "title": entry.title,
        "installed": False,
        "size_bytes": entry.size_bytes,
        "sha256": entry.sha256,
        "parameters": entry.parameters,
        "quantization": entry.quantization,
        "context_length": entry.context_length,
        "licence": entry.licence,
        "licence_note": entry.licence_note,
        "homepage": entry.homepage,
        "memory_bytes": entry.memory_bytes(context),
        "memory_context_tokens": context,
    }


def file_document(resolved: ResolvedModel, info: GgufInfo, context: int) -> dict[str, object]:
    """What a model file is."""
    return {
        "name": resolved.name,
        "title": info.name,
        "installed": True,
        "path": str(info.path),
        "size_bytes": info.size_bytes,
        "sha256": info.sha256(),
        "architecture": info.architecture,
        "parameters": info.parameters,
        "quantization": info.quantization,
        "context_length": info.context_length,
        "layers": info.block_count,
        "embedding_length": info.embedding_length,
        "heads": info.head_count,
        "heads_kv": info.head_count_kv,
        "vocabulary_size": info.vocabulary_size,
        "tokenizer": " ".join(part for part in (info.tokenizer_model, info.tokenizer_pre) if part),
        "fim_family": info.fim_family or None,
        "fim_problem": info.fim_problem,
        "licence": info.licence or None,
        "memory_bytes": info.memory_bytes(context),
        "memory_context_tokens": context,
        "kv_bytes_per_token": info.kv_bytes_per_token,
        "calibrated": resolved.calibration_path is not None,
        "note": resolved.note,
    }


def document_table(document: dict[str, object]) -> Table:
    """A document as two columns, empty values left out."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in document.items():
        if value not in (None, ""):
            shown = readable_bytes(value) if key.endswith("_bytes") and isinstance(value, int) else str(value)
            table.add_row(key.replace("_", " "), shown)
    return table
