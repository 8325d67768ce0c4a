"""How much evidence counts before anything was measured on the user's own files.

Fitted by :func:`~burnish_models.workspace_memory.mixing.fit` with an earlier bundled model (14M tokens) on 750 random line remainders
of pelican 4.12.0, luigi 3.8.1, mkdocs 1.6.1, httpie 3.2.4 and locust 2.47.0, each file's own text left out of its workspace's
memory. Luigi turned out to be in that model's corpus; without it, and with the present model, the table looks much the same
(``benchmarks/memory_fit.py``). Fitting further on a project's own files gained at most 0.01 nats a token there, so none is done.
A larger model needs less of it: its weights are scaled down by :func:`weights_for`.
"""

from __future__ import annotations

import math

from burnish_models.workspace_memory.mixing import Weights

__all__ = ["DEFAULT_WEIGHTS", "weights_for"]

_FITTED_PARAMETERS = 6.8e6

DEFAULT_WEIGHTS = Weights(
    {
        ("file", 1, "agreed"): 0.14,
        ("file", 1, "mixed"): 0.08,
        ("file", 1, "once"): 0.03,
        ("file", 2, "agreed"): 0.21,
        ("file", 2, "mixed"): 0.16,
        ("file", 2, "once"): 0.09,
        ("file", 3, "agreed"): 0.21,
        ("file", 3, "mixed"): 0.07,
        ("file", 3, "once"): 0.14,
        ("file", 4, "agreed"): 0.29,
        ("file", 4, "mixed"): 0.13,
        ("file", 4, "once"): 0.16,
        ("file", 6, "agreed"): 0.26,
        ("file", 6, "mixed"): 0.06,
        ("file", 6, "once"): 0.39,
        ("file", 8, "agreed"): 0.2,
        ("file", 8, "mixed"): 0.2,
        ("file", 8, "once"): 0.45,
        ("file", 12, "agreed"): 0.57,
        ("file", 12, "mixed"): 0.08,
        ("file", 12, "once"): 0.65,
        ("workspace", 1, "agreed"): 0.04,
        ("workspace", 1, "mixed"): 0.01,
        ("workspace", 1, "once"): 0.01,
        ("workspace", 2, "agreed"): 0.11,
        ("workspace", 2, "mixed"): 0.05,
        ("workspace", 2, "once"): 0.05,
        ("workspace", 3, "agreed"): 0.26,
        ("workspace", 3, "mixed"): 0.06,
        ("workspace", 3, "once"): 0.1,
        ("workspace", 4, "agreed"): 0.3,
        ("workspace", 4, "mixed"): 0.12,
        ("workspace", 4, "once"): 0.19,
        ("workspace", 6, "agreed"): 0.18,
        ("workspace", 6, "mixed"): 0.08,
        ("workspace", 6, "once"): 0.27,
        ("workspace", 8, "agreed"): 0.47,
        ("workspace", 8, "mixed"): 0.21,
        ("workspace", 8, "once"): 0.5,
        ("workspace", 12, "agreed"): 0.67,
        ("workspace", 12, "mixed"): 0.2,
        ("workspace", 12, "once"): 0.65,
    }
)


def weights_for(parameters: int) -> Weights:
    """The weights for a model of so many parameters: halved for every factor of ten above the fitted one's.

    A cautious rule, not a measured one: no larger model was at hand.
    """
    scale = 0.5 ** max(0.0, math.log10(max(1, parameters) / _FITTED_PARAMETERS))
    return Weights({bucket: weight * scale for bucket, weight in DEFAULT_WEIGHTS.by_bucket.items()})
