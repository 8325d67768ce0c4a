"""Evaluation: how good a served model is, measured on the served stack."""
