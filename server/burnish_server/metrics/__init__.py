"""Figures of functions and files for the editor: measured in the analyser's process, kept in place while the text is edited."""
