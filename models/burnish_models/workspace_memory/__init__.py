"""A model of the user's workspace that learns at once: an ∞-gram over its tokens, mixed into every prediction."""

from burnish_models.workspace_memory.mixing import Evidence, Observation, Shares, Weights, fit, shares
from burnish_models.workspace_memory.recall import Recall
from burnish_models.workspace_memory.store import WorkspaceMemory

__all__ = ["Evidence", "Observation", "Recall", "Shares", "Weights", "WorkspaceMemory", "fit", "shares"]
