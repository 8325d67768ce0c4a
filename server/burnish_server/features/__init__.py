"""What the server can do, one module a feature; each has a ``register(server)``."""
