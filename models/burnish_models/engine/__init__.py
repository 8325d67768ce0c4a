"""Engines: what runs a model. The protocol is in base.py; llama.cpp runs in a worker process (client.py, worker.py)."""

from burnish_models.engine.base import (
    ChatMessage,
    ChatPrompt,
    Chunk,
    ContextFile,
    Engine,
    EngineInfo,
    FimPrompt,
    Finish,
    GenerateRequest,
    StopRules,
    Timings,
)
from burnish_models.engine.client import LlamaCppEngine
from burnish_models.engine.settings import EngineSettings

__all__ = [
    "ChatMessage",
    "ChatPrompt",
    "Chunk",
    "ContextFile",
    "Engine",
    "EngineInfo",
    "EngineSettings",
    "FimPrompt",
    "Finish",
    "GenerateRequest",
    "LlamaCppEngine",
    "StopRules",
    "Timings",
]
