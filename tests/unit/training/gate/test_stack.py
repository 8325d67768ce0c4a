"""The gate's server may end in the middle of a word."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from pygls.client import JsonRPCClient

from burnish_training.gate.errors import GateError
from burnish_training.gate.stack import ServedStack


@pytest.mark.parametrize("said", ["Content-Length: 100\\r\\n\\r\\nhalf", ""])
def test_a_server_that_dies_while_it_answers_is_an_error_of_the_gate(said: str, tmp_path: Path) -> None:
    async def close() -> None:
        stack = ServedStack(tmp_path, tmp_path / "model.gguf", ())
        stack._client = JsonRPCClient()
        program = f"import sys; sys.stdin.readline(); print('{said}', end='', flush=True)"
        await stack._client.start_io(sys.executable, "-c", program)
        stack._errors = asyncio.create_task(stack._client._server.stderr.read())
        with pytest.raises(GateError, match="did not answer"):
            await stack._request("initialize", {}, 30.0)
        await stack.close()

    asyncio.run(asyncio.wait_for(close(), 60))
