"""The base model as a PyTorch module: transformers' Qwen2, so that what is trained is what GGUF tools convert."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F
from transformers import Qwen2Config, Qwen2Model

from burnish_training.base.config import ModelShape

__all__ = ["BaseModel", "build_config"]


def build_config(shape: ModelShape, end_token: int) -> Qwen2Config:
    """transformers' configuration of ``shape``."""
    return Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.intermediate,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        rms_norm_eps=1e-6,
        tie_word_embeddings=True,
        use_cache=False,
        attention_dropout=0.0,
        bos_token_id=end_token,
        eos_token_id=end_token,
    )


class BaseModel(nn.Module):
    """Qwen2 with tied embeddings and a next-token loss."""

    def __init__(self, shape: ModelShape, end_token: int) -> None:
        super().__init__()
        self.config = build_config(shape, end_token)
        self.config._attn_implementation = "sdpa"
        self.body = Qwen2Model(self.config)
        for name, parameter in self.body.named_parameters():
            if parameter.ndim == 2:
                scale = 0.02 if "embed" in name else parameter.shape[1] ** -0.5
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    scale /= (2 * shape.layers) ** 0.5
                nn.init.normal_(parameter, std=scale)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy (nats) of predicting ``tokens[:, 1:]``; ``tokens`` is int64, (batch, length + 1)."""
        hidden: Any = self.body(input_ids=tokens[:, :-1], use_cache=False).last_hidden_state
        logits = F.linear(hidden, self.body.embed_tokens.weight)
        return F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
