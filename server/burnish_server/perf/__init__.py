"""Performance findings in the editor: found in a process of their own, followed through edits, verified before they are applied."""
