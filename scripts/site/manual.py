"""Man pages and shell completions of the program that is installed here: `python manual.py FOLDER`.

What `--help` says as sonicfab(1) and one page for each command, and what bash, zsh and fish complete by; for packages
of distributions. A user of pip, pipx or uv has `sonicfab --help` and `sonicfab --install-completion`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from commands import tree
from typer.completion import get_completion_script  # type: ignore[attr-defined] # where typer itself has it from
from typer.main import get_command

from sonicfab import __version__
from sonicfab.cli.app import app

PROGRAM = "sonicfab"
COMPLETIONS = {"bash": f"{PROGRAM}.bash", "zsh": f"_{PROGRAM}", "fish": f"{PROGRAM}.fish"}


def pages() -> Iterator[tuple[str, str]]:
    """(file, text) of the program and of every command."""
    for words, command in tree(get_command(app), PROGRAM):
        yield f"{words.replace(' ', '-')}.1", "\n".join(page(command, words)) + "\n"


def page(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - typer's own classes
    """One page, in the man macros of groff_man(7)."""
    children = {key: one for key, one in getattr(command, "commands", {}).items() if not one.hidden}
    title = name.replace(" ", "-")
    first, _, rest = (command.help or "").strip().partition("\n\n")
    yield f'.TH "{title.upper()}" "1" "" "{PROGRAM} {__version__}" "{PROGRAM}"'
    yield ".SH NAME"
    yield f"{roff(title)} \\- {roff(one_line(first).rstrip('.'))}"
    yield ".SH SYNOPSIS"
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    shown = " ".join(one.metavar or one.name.upper() for one in arguments) or ("COMMAND [ARGS]..." if children else "")
    yield f".B {roff(name)}\n[OPTIONS] {roff(shown)}".rstrip()
    yield ".SH DESCRIPTION"
    for part in [first, *rest.split("\n\n")]:
        text = one_line(part)
        if text.startswith("Example: "):
            yield f".SH EXAMPLE\n.nf\n{roff(text.removeprefix('Example: '))}\n.fi"
        elif text:
            yield f"{roff(text)}\n.PP"
    for heading in ("ARGUMENT", "OPTION"):
        if told := list(parameters(command, name, heading.lower())):
            yield f".SH {heading}S"
            yield from told
    if children:
        yield ".SH COMMANDS"
        for key, one in children.items():
            said = one_line((one.help or "").partition("\n\n")[0])
            yield f".TP\n.BR {roff(f'{title}-{key}')} (1)\n{roff(said)}"
    if command.epilog:
        yield f".SH EXIT STATUS\n{roff(one_line(command.epilog).removeprefix('Exit codes: '))}"
    if parent := name.rpartition(" ")[0]:
        yield f".SH SEE ALSO\n.BR {roff(parent.replace(' ', '-'))} (1)"


def parameters(command: Any, name: str, kind: str) -> Iterator[str]:  # noqa: ANN401
    """The options or the arguments with their values, and what they are for."""
    context = command.make_context(name, [], resilient_parsing=True)
    for one in command.params:
        record = one.get_help_record(context) if one.param_type_name == kind else None
        if record:
            yield f".TP\n.B {roff(one_line(record[0]))}\n{roff(one_line(record[1]))}"


def zsh_function(script: str) -> str:
    """What zsh loads from its fpath when it completes for the first time: it is to complete then already."""
    last = f"compdef _{PROGRAM}_completion {PROGRAM}"
    call = f'if [ "$funcstack[1]" = "_{PROGRAM}" ]; then\n  _{PROGRAM}_completion "$@"\nelse\n  {last}\nfi'
    return script.replace(last, call)


def one_line(text: str) -> str:
    """A paragraph without its line breaks."""
    return " ".join(text.split())


def roff(text: str) -> str:
    """Text that begins no request and no escape of roff; hyphens are those that one types."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", safe)


def main() -> None:
    """All of it into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    made = dict(pages())
    variable = f"_{PROGRAM.upper()}_COMPLETE"
    for shell, file in COMPLETIONS.items():
        script = get_completion_script(prog_name=PROGRAM, complete_var=variable, shell=shell)
        made[file] = (zsh_function(script) if shell == "zsh" else script) + "\n"
    for file, text in made.items():
        (folder / file).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(made)} files in {folder}\n")


if __name__ == "__main__":
    main()
