"""The `burnish` command: a root group that finds its subcommands through entry points."""
