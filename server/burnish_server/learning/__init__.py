"""What becomes of suggestions, inferred from what the editor sends, and handed to the record where the user agreed."""
