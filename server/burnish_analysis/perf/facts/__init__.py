"""What can be shown from the code alone: ``types`` (of expressions), ``effects`` (of evaluating them), ``flow`` (whether values change)."""
