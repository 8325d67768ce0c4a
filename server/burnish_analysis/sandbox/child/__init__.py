"""What runs in the sandbox's own processes. Imports the standard library only: it runs with nothing else on the path."""
