"""The engine for teams: a completion endpoint over HTTP (engine.py), with the local model behind it (fallback.py).

Import its modules by name: only who uses an endpoint pays for loading the HTTP client.
"""
