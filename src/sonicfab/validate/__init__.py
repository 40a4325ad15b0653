"""Configs checked before they are pushed: against their build's schema, row against row, switch against switch."""
