"""Refactorings that cross functions and files: what is offered at a place, and the changes of the one that is chosen.

What names mean in other files is rope's answer. Texts are changed by edits of our own wherever rope would print code anew.
"""
