"""Commands and options that are named in what sonicfab prints exist, wherever in the code the words stand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from conftest import ROOT
from sonicfab.cli.app import app
from sonicfab.push.refusals import saved_by

SOURCE = ROOT / "src" / "sonicfab"
OTHERS = ("lab/sonic", "switch/commands.py", "switch/guard.py")
"""Programs of other people: what runs inside a switch."""
FOREIGN = frozenset(
    re.findall(
        r"--[a-z_-]+",
        """
        dask: --resources --nthreads
        containerlab: --topo --cleanup
        docker: --tail --quiet --host
        apt-get, usermod: --no-install-recommends --add-subuids --add-subgids
        unshare, nsenter: --user --map-root-user --map-auto --net --mount --pid --fork --kill-child --mount-proc
            --target --preserve-credentials --uts --ipc --root --wd --ignore-signal
        mmdebstrap, tar: --variant --include --exclude
        redis-server: --port --unixsocket --unixsocketperm --save --appendonly --daemonize --databases --logfile
            --pidfile --dir
        sonic-cfggen: --print-data
        git: --init
        """,
    )
)
"""Options of other programs that are named in strings, besides those of sonicfab."""
SAID = re.compile(r"sonicfab((?: [a-z][a-z-]*)+)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+[a-z]")


def commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by what is typed."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, f"{path} {name}".strip())


TREE = dict(commands(typer.main.get_command(app)))
OPTIONS = {
    word for one in TREE.values() for parameter in one.params for word in (*parameter.opts, *parameter.secondary_opts)
} | {"--help"}


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a module, f-strings with `{}` for what is filled in; docstrings are for readers of the code."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inner or id(node) in docs:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)


def command_of(words: str) -> str:
    """The longest beginning of the words that is a command; "" when none is."""
    found, path = "", ""
    for word in words.split():
        path = f"{path} {word}".strip()
        if path in TREE:
            found = path
    return found


def named() -> list[tuple[str, int, str]]:
    """(file, line, text) of every text that is printed and may name a command."""
    return [
        (str(path.relative_to(SOURCE)), line, text)
        for path in sorted(SOURCE.rglob("*.py"))
        if not str(path.relative_to(SOURCE)).startswith(OTHERS)
        for line, text in strings(path)
    ]


def test_every_command_that_is_named_exists() -> None:
    seen = [(file, line, words) for file, line, text in named() for words in SAID.findall(text)]
    # `sonicfab does it` is prose: what is meant to be typed begins with a command
    typed = [one for one in seen if one[2].split()[0] in {path.split()[0] for path in TREE if path}]
    assert len(typed) > 30
    groups = {path for path, one in TREE.items() if hasattr(one, "commands")}
    bad = [one for one in typed if command_of(one[2]) in groups]
    assert not bad


def test_every_option_that_is_named_exists() -> None:
    seen = {
        (file, line, word)
        for file, line, text in named()
        if file.split("/")[0] not in ("cli",)
        for word in OPTION.findall(text)
    }
    bad = sorted(one for one in seen if one[2] not in OPTIONS | FOREIGN)
    assert not bad
    ours = {word for _, _, word in seen if word in OPTIONS}
    assert len(ours) > 15


@pytest.mark.parametrize("path", [path for path, one in TREE.items() if not hasattr(one, "commands")])
def test_options_of_examples_are_those_of_their_command(path: str) -> None:
    """`Example:` in the help of a command, with the options of that very command."""
    command = TREE[path]
    own = {word for parameter in command.params for word in (*parameter.opts, *parameter.secondary_opts)}
    for line in (command.help or "").splitlines():
        if line.strip().startswith("Example:"):
            mine = line.partition(f"sonicfab {path}")[2].partition(" -- ")[0]
            assert set(OPTION.findall(mine)) <= own | {"--help"}, line


@pytest.mark.parametrize(
    ("drift", "commands_"),
    [
        (["+ NTP_SERVER|192.0.2.99"], "`sudo config save -y`"),
        (["frr: + router bgp 1 / neighbor x shutdown"], "`sudo vtysh -c 'write memory'`"),
        (["frr: + x", "+ y"], "`sudo config save -y` and `sudo vtysh -c 'write memory'`"),
    ],
)
def test_what_saves_a_change_by_hand_depends_on_what_was_changed(drift: list[str], commands_: str) -> None:
    assert saved_by(drift) == commands_
