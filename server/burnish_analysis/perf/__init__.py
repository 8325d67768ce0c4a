"""Performance rules: ``analyse.py`` finds, ``fixing.py`` applies, ``rules/`` holds the rules and ``facts/`` what they are shown from."""
