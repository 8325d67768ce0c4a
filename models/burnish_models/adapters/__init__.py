"""Trained adapters: their files, their checks, and the registry that says which one is served."""
