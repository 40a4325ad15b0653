"""Switches that run already, as the two files that describe them: read, understood, written, and proven.

Pure but for `source`, which reads folders, and `live`, which asks switches.
"""
