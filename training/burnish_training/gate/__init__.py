"""The gate: is a new adapter better than what is served today, on code that neither has seen?"""
