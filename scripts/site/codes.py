"""What each code of validate means, what follows from it and what mends it."""

from __future__ import annotations

from sonicfab.datafiles import read_facts


def page() -> str:
    """A section for every code."""
    codes = read_facts("", "codes")["codes"]
    return "\n".join(
        f"### {name}: {one['title']}\n\n"
        f"{one['severity'].capitalize()}. {_sentence(one['consequence'])}\n\n"
        f"Mend: {_sentence(one['mend'])}\n\n"
        f"Source: {_source(one['source'])}\n"
        for name, one in codes.items()
    )


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[0].upper()}{text[1:]}."


def _source(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("_", "\\_")
