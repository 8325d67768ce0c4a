"""What other files, and far parts of the same one, say about the place the user works at."""
