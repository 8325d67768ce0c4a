"""Running untrusted Python: ``run.py`` starts it, ``model.py`` says with what and with what outcome, ``child`` is what runs inside."""
