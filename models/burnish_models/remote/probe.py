"""Finds out what an endpoint speaks and serves, by asking for what each kind of server is known to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from burnish_models.errors import ModelUnsupportedError
from burnish_models.fim import family_from_ids
from burnish_models.fim_families import FAMILIES, KNOWN_TOKENS
from burnish_models.fim_template import FimTemplate
from burnish_models.remote.dialects import Target
from burnish_models.remote.errors import (
    RemoteDialectError,
    RemoteError,
    RemoteKeyError,
    RemoteModelError,
    RemoteUnreachableError,
)
from burnish_models.remote.settings import RemoteSettings
from burnish_models.remote.transport import Transport

__all__ = ["DEFAULT_CONTEXT", "family_of_name", "probe"]

DEFAULT_CONTEXT = 4096
#: Parts of model names and the family they tell, the more telling ones first.
_NAMES = (
    ("codellama", "codellama"),
    ("code-llama", "codellama"),
    ("codegemma", "codegemma"),
    ("starcoder", "starcoder2"),
    ("deepseek-coder", "deepseek-coder"),
    ("codestral", "codestral"),
    ("mellum", "mellum"),
    ("granite", "granite"),
    ("qwen", "qwen2.5-coder"),
)
#: llama-server's and vLLM's, then llama-cpp-python's.
_TOKENIZERS = ("/tokenize", "/extras/tokenize")
_AT_ONCE = 2
_SUFFIX_FORM = {"openai": "openai-suffix", "llama-server": "llama-server-infill", "ollama": "ollama-suffix"}


async def probe(transport: Transport, settings: RemoteSettings) -> Target:
    """Ask the endpoint what it is; what the settings name is not asked for.

    Raises:
        RemoteError: unreachable, a wrong key, no completion endpoint, or not the model wanted.
    """
    kind = settings.dialect.partition("-suffix")[0].removesuffix("-infill")
    props = await transport.get_json("/props") if kind in {"", "llama-server"} else None
    if kind == "llama-server" or (isinstance(props, dict) and "default_generation_settings" in props):
        return await _llama_server(transport, settings, props if isinstance(props, dict) else {})
    tags = await transport.get_json("/api/tags") if kind in {"", "ollama"} else None
    if kind == "ollama" or (isinstance(tags, dict) and isinstance(tags.get("models"), list)):
        names = [str(item.get("name", "")) for item in _entries(tags, "models")]
        model = _chosen(settings, names, transport.host)
        return _finished(settings, "ollama", model, None, settings.context_tokens, "Ollama")
    return await _openai(transport, settings, kind)


async def _llama_server(transport: Transport, settings: RemoteSettings, props: Mapping[str, Any]) -> Target:
    generation = props.get("default_generation_settings")
    context = generation.get("n_ctx") if isinstance(generation, dict) else None
    model = settings.model or str(props.get("model_alias") or props.get("model_path") or "")
    if not model:
        listed = _entries(await transport.get_json("/v1/models"), "data")
        model = str(listed[0].get("id", "")) if listed else "model"
    template = None
    if not settings.dialect.endswith("-infill"):
        template = await _template(transport, settings, model)
    return _finished(settings, "llama-server", model, template, context, "llama-server")


async def _openai(transport: Transport, settings: RemoteSettings, kind: str) -> Target:
    document = await transport.get_json("/v1/models")
    listed = _entries(document, "data")
    if document is None and not settings.model:
        raise RemoteDialectError(
            f"{transport.host} is not a completion endpoint that Burnish knows: it has none of /props, /api/tags and "
            "/v1/models. Check the address, or name the dialect and the model in the settings."
        )
    model = _chosen(settings, [str(item.get("id", "")) for item in listed], transport.host)
    entry = next((item for item in listed if item.get("id") == model), {})
    owner = str(entry.get("owned_by", ""))
    dialect = kind or ("vllm" if owner == "vllm" else "openai")
    template, server = None, "vLLM" if dialect == "vllm" else "OpenAI-compatible server"
    if not settings.dialect.endswith("-suffix"):
        template = await _template(transport, settings, model)
    if dialect == "vllm" and template is None:
        raise RemoteModelError(
            f"{transport.host} serves {model}, whose fill-in-the-middle tokens are unknown, and vLLM takes no suffix. "
            f"Name its family in the settings: {', '.join(FAMILIES)}."
        )
    return _finished(settings, dialect, model, template, entry.get("max_model_len"), server)


def _finished(
    settings: RemoteSettings,
    dialect: str,
    model: str,
    template: FimTemplate | None,
    context: object,
    server: str,
) -> Target:
    """The target, in the form whose prompt the server renders where the family is not known here."""
    if template is None and not settings.dialect.endswith(("-suffix", "-infill")):
        name = settings.family or family_of_name(model)
        template = FAMILIES[name] if name else None
    if template is None:
        dialect = _SUFFIX_FORM.get(dialect, dialect)
    known = context if isinstance(context, int) and context > 0 else DEFAULT_CONTEXT
    return Target(dialect, model, template, settings.context_tokens or known, server)


def _entries(document: object, key: str) -> list[dict[str, Any]]:
    values = document.get(key) if isinstance(document, dict) else None
    return [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []


def _chosen(settings: RemoteSettings, names: list[str], host: str) -> str:
    """The model to ask for: the one set, else the only or first one listed."""
    names = [name for name in names if name]
    wanted = settings.model
    if not wanted:
        if not names:
            raise RemoteModelError(f"{host} lists no model. Load one there, or name one in the settings.")
        return next((name for name in names if family_of_name(name)), names[0])
    matching = [name for name in names if name == wanted or name == f"{wanted}:latest"]
    if names and not matching:
        shown = ", ".join(names[:5])
        raise RemoteModelError(f"{host} does not serve {wanted}. It serves: {shown}.")
    return matching[0] if matching else wanted


def family_of_name(model: str) -> str:
    """The fill-in-the-middle family that a model's name tells, or an empty string."""
    lowered = model.lower()
    return next((family for part, family in _NAMES if part in lowered), "")


async def _template(transport: Transport, settings: RemoteSettings, model: str) -> FimTemplate | None:
    """The family's template: the one set, else from which markers the endpoint's tokenizer knows."""
    if settings.family:
        return FAMILIES[settings.family]
    names = sorted(KNOWN_TOKENS)
    path = ""
    for path in _TOKENIZERS:
        first = await _is_token(transport, path, model, names[0])
        if first is not None:
            break
    else:
        return None
    # A few at a time: small servers hold back connections beyond their number of threads.
    few = asyncio.Semaphore(_AT_ONCE)

    async def known(name: str) -> bool:
        async with few:
            return bool(await _is_token(transport, path, model, name))

    there = await asyncio.gather(*map(known, names))
    ids = {name: index for index, (name, found) in enumerate(zip(names, there, strict=True)) if found}
    try:
        return family_from_ids({"general.name": model}, ids, ())
    except ModelUnsupportedError:
        return None


async def _is_token(transport: Transport, path: str, model: str, text: str) -> bool | None:
    """Whether the endpoint's tokenizer has ``text`` as one token; ``None`` where it cannot be asked.

    One body for all: llama-server reads ``content``, vLLM ``prompt``, llama-cpp-python ``input``.
    """
    body = {"model": model, "content": text, "prompt": text, "input": text, "parse_special": True}
    try:
        answer = await transport.post_json(path, body | {"add_special_tokens": False})
    except (RemoteUnreachableError, RemoteKeyError):
        raise
    except RemoteError:
        return None
    tokens = answer.get("tokens") if isinstance(answer, dict) else None
    return len(tokens) == 1 if isinstance(tokens, list) else None
