"""Refactorings in the editor: what is offered and suggested, what crosses files, and plans of several steps."""
