"""``python -m burnish_cli``: the same as ``burnish``."""

from burnish_cli.main import main

if __name__ == "__main__":
    main()
