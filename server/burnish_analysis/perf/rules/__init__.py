"""The rules, a module each or a few that belong together. Every subclass of ``Rule`` in here is found by itself."""
