"""Real source typed again, as a developer would: recorded traces, playing them, and what came of it."""
