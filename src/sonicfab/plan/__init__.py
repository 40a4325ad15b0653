"""Inventory and topology to a plan: everything decided, nothing rendered."""
