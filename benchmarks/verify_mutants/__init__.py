"""Planted faults: functions of ``originals.py``, and one file for each kind of fault.

A fault is ``(function, text, replacement)``: the text occurs exactly once in the function.
"""
