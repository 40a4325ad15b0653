"""Render, push and verify SONiC spine-leaf fabrics from an inventory and a topology."""

__version__ = "0.1.0"
