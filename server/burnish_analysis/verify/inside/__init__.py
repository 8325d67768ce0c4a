"""What runs inside the sandbox, beside the code under test: handed over as text, imports nothing of this package."""
