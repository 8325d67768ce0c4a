"""Refactorings: what can be written more simply at a place, what is worth suggesting unasked, and the changes that do it."""
