"""The command line as a user meets it: help, exit codes, files that cannot be read or written, JSON."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperOption
from typer.main import get_command

from conftest import EXAMPLES, ROOT, Run, example_files
from patience import Patience, communicate
from sonicfab.cli.app import app
from sonicfab.errors import ExitCode


def commands(group: Any, *words: str) -> Iterator[str]:
    """Every command that the program has, with those of its groups."""
    for name, command in group.commands.items():
        yield " ".join((*words, name))
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)


COMMANDS = list(commands(get_command(app)))


def options(words: str) -> list[TyperOption]:
    """Those of a command, as they are typed."""
    found: Any = get_command(app)
    for word in words.split():
        found = found.commands[word]
    return [one for one in found.params if one.param_type_name == "option"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, sonicfab: Run) -> None:
    done = sonicfab(*command.split(), "--help", COLUMNS="80")
    assert done.returncode == 0
    is_group = any(one.startswith(f"{command} ") for one in COMMANDS)
    lines = done.stdout.splitlines()
    examples = [line for line in lines if line.startswith("  Example: sonicfab ")]
    assert is_group or examples, "in one line, as it is copied"
    assert len(examples) == done.stdout.count("Example:")
    assert all(len(line) <= 80 for line in lines if line not in examples)
    for option in options(command):
        for name in (*option.opts, *option.secondary_opts, str(option.envvar or "")):
            assert name in done.stdout, "no name is cut"
    assert "<bool>" not in done.stdout
    assert "<str>" not in done.stdout


def test_exit_codes_are_told(sonicfab: Run) -> None:
    help_text = " ".join(sonicfab("--help").stdout.split())
    page = (ROOT / "docs" / "cli.md").read_text()
    for code in ExitCode:
        assert f"| {code.value} |" in page, f"{code!r} is not in the table"
        assert f"{code.value} " in help_text.partition("Exit codes:")[2]


def test_version(sonicfab: Run) -> None:
    from sonicfab import __version__

    assert sonicfab("--version").stdout == f"sonicfab {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["render"],
        ["render", "--nosuch"],
        ["verify", "--timeout", "soon"],
        ["schema", "nosuch"],
        ["push", "-f", "xml"],
        ["--allow-secrets", "none"],
    ],
)
def test_wrong_usage_is_exit_2(arguments: list[str], sonicfab: Run) -> None:
    done = sonicfab(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr


@pytest.mark.parametrize("seconds", ["inf", "1e400", "nan", "1e11", "-1"])
@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--timeout"),
        ("push", "--timeout"),
        ("push", "--confirm-within"),
        ("ci", "--timeout"),
        ("lab", "up", "--swss-ready-after"),
    ],
)
def test_no_option_takes_more_seconds_than_a_clock_does(words: tuple[str, ...], seconds: str, sonicfab: Run) -> None:
    """`--timeout inf` ended in a traceback of a thread, OverflowError, and exit code 0."""
    done = sonicfab(*words, seconds, "-i", "nosuch.yml", "-t", "nosuch.yml")  # else it would go to the switches
    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 2
    assert f"Invalid value for '{words[-1]}'" in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--output"),
        ("graph", "--output"),
        ("verify", "--snapshot"),
        ("verify", "--junit"),
        ("verify", "--json"),
        ("verify", "--html"),
        ("push", "--html"),
        ("rollback", "--html"),
        ("ci", "--html"),
    ],
)
def test_no_command_writes_over_what_it_reads(words: tuple[str, str], sonicfab: Run, tmp_path: Path) -> None:
    """The topology was gone after `plan -t topo.yml -o topo.yml`, which ended with 0.

    It is refused before a file is read, so these are none of a fabric: no command goes to switches.
    """
    command, option = words
    for name in ("inv.yml", "topo.yml", "topo.numbers.yml"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "link.yml").symlink_to("topo.yml")
    given = {
        "inv.yml": "inventory",
        "./topo.yml": "topology",
        "topo.numbers.yml": "numbers file",
        "link.yml": "topology",
    }
    for file, name in given.items():
        done = sonicfab(command, "-i", "inv.yml", "-t", "topo.yml", option, file, cwd=tmp_path)
        assert done.returncode == 2
        assert f"{option} {Path(file)}: that is the {name}, and would be written over" in done.stderr
    assert {file.read_text() for file in tmp_path.iterdir()} == {"mine"}


@pytest.mark.parametrize("words", [("graph", "--verify", "--output"), ("push", "--plan", "--html")])
def test_nor_over_what_another_option_names(words: tuple[str, str, str], sonicfab: Run, tmp_path: Path) -> None:
    command, read, written = words
    done = sonicfab(command, "-i", "inv.yml", "-t", "topo.yml", read, "seen.json", written, "seen.json", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{written} seen.json: that is {read}, and would be written over" in done.stderr


def test_a_missing_file(sonicfab: Run) -> None:
    done = sonicfab("render", "-i", "nosuch.yml", "-t", "nowhere.yml")
    assert done.returncode == 2
    assert "nosuch.yml: error: cannot read the inventory: No such file or directory" in done.stderr
    assert "nowhere.yml: error: cannot read the topology: No such file or directory" in done.stderr


def test_a_file_that_is_no_text(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "inventory.yml").write_bytes(b"\xff\xfe\x00binary")
    done = sonicfab("render", "-i", "inventory.yml", *example_files("scs-lab")[2:], cwd=tmp_path)
    assert done.returncode == 2
    assert "it is not UTF-8 text" in done.stderr


def test_control_characters(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "inventory.yml").write_text("devices:\n  leaf1: {mac: \x07}\n")
    done = sonicfab("render", "-i", "inventory.yml", *example_files("scs-lab")[2:], cwd=tmp_path)
    assert done.returncode == 2
    assert "not valid YAML" in done.stderr


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_render_for_programs(inventory: str, sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("render", *example_files(inventory), "--format", "json", cwd=tmp_path)
    result = json.loads(done.stdout)
    assert result["format_version"] == 1
    for switch in result["switches"].values():
        assert switch["changed"]
        assert json.loads((tmp_path / switch["config_db"]).read_text())["PORT"]
        assert (tmp_path / switch["frr"]).read_text().startswith("frr version")
    again = json.loads(sonicfab("render", *example_files(inventory), "--format", "json", cwd=tmp_path).stdout)
    assert not any(switch["changed"] for switch in again["switches"].values())


def test_limit_renders_only_those(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("render", *example_files("dc-2x4"), "--limit", "spine", "--limit", "*leaf3", cwd=tmp_path)
    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "build" / "dc-2x4").iterdir()) == [
        "dc1-leaf3",
        "dc1-spine1",
        "dc1-spine2",
        "plan.json",
    ]
    done = sonicfab("render", *example_files("dc-2x4"), "--limit", "dc1-leaf33", cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'dc1-leaf3'?" in done.stderr


def test_a_switch_that_leaves_the_fabric_leaves_the_build(sonicfab: Run, tmp_path: Path) -> None:
    for source in example_files("dc-2x4")[1::2]:
        (tmp_path / f"{'inventory' if 'inventories' in source else 'topology'}.yml").write_text(
            Path(source).read_text()
        )
    files = ["-i", "inventory.yml", "-t", "topology.yml"]
    assert sonicfab("render", *files, cwd=tmp_path).returncode == 0
    kept = tmp_path / "build" / "dc-2x4" / "dc1-leaf4" / "my-notes.txt"
    kept.write_text("mine")
    text = (tmp_path / "topology.yml").read_text()
    text = text.replace("      dc1-leaf4: Ethernet12\n", "").replace(", dc1-leaf4", "")
    (tmp_path / "topology.yml").write_text(text)
    done = sonicfab("render", *files, cwd=tmp_path)
    assert "numbers: 3 released" in done.stderr
    assert sorted(path.name for path in kept.parent.iterdir()) == ["my-notes.txt"]


def test_numbers_must_have_been_seen(sonicfab: Run, tmp_path: Path) -> None:
    """Nothing goes to a switch with a number that is not in the numbers file."""
    inventory, topology = example_files("dc-2x4")[1::2]
    (tmp_path / "topology.yml").write_text(Path(topology).read_text())
    files = ["-i", inventory, "-t", "topology.yml"]
    for command in (["push", *files, "--dry-run"], ["verify", *files], ["lab", "up", *files]):
        done = sonicfab(*command, cwd=tmp_path)
        assert done.returncode == 2
        assert "topology.numbers.yml does not hold the numbers of dc1-leaf1" in done.stderr
        assert "run `sonicfab render` first" in done.stderr
    assert not (tmp_path / "topology.numbers.yml").exists()


def test_no_such_lab(sonicfab: Run) -> None:
    for command in ("push", "verify"):
        done = sonicfab(command, *example_files("scs-lab"), "--lab")
        assert done.returncode == 3
        assert "no lab spine-leaf-1x2 is running" in done.stderr
    assert sonicfab("lab", "down").returncode == 3
    assert sonicfab("lab", "down", "--all").returncode == 0
    assert sonicfab("lab", "status").stdout == "no lab is running\n"
    assert json.loads(sonicfab("lab", "status", "-f", "json").stdout) == {"format_version": 1, "labs": []}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(sonicfab: Run, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = sonicfab("render", *example_files("scs-lab"), "-o", tmp_path / "build")
    assert done.returncode == 3
    assert "Permission denied" in done.stderr


def test_an_output_that_is_a_file(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "build").write_text("mine")
    done = sonicfab("render", *example_files("scs-lab"), cwd=tmp_path)
    assert done.returncode == 3
    assert "cannot write" in done.stderr
    assert (tmp_path / "build").read_text() == "mine"


def test_a_full_disk_leaves_the_old_build(sonicfab: Run, tmp_path: Path) -> None:
    """The limit on a file's size stands for a disk that gets full in the middle of the second switch."""
    assert sonicfab("render", *example_files("scs-lab"), cwd=tmp_path).returncode == 0
    build = tmp_path / "build"
    before = {path: path.read_bytes() for path in build.rglob("*") if path.is_file()}
    (tmp_path / "topology.yml").write_text(
        Path(example_files("scs-lab")[3]).read_text().replace("mtu: 9100", "mtu: 9000")
    )

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    command = [sys.executable, "-m", "sonicfab", "render", "-i", example_files("scs-lab")[1], "-t", "topology.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert done.returncode == 3
    assert "cannot write" in done.stderr
    assert "File too large" in done.stderr
    assert {path: path.read_bytes() for path in build.rglob("*") if path.is_file()} == before, (
        "no new, half or temporary file"
    )


def test_ctrl_c(tmp_path: Path) -> None:
    """While it waits for the inventory to arrive through a pipe: no traceback, exit code 130."""
    os.mkfifo(tmp_path / "inventory.yml")
    command = [sys.executable, "-m", "sonicfab", "render", "-i", "inventory.yml", *example_files("scs-lab")[2:]]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    writer, patience = None, Patience(60)
    while writer is None:
        assert not patience.ended
        try:
            writer = os.open(tmp_path / "inventory.yml", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(0.02)
    while process.poll() is None and not patience.ended:  # between opening and reading Python hears of none
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    _, err = communicate(process, 30)
    os.close(writer)
    assert (process.returncode, err) == (130, "interrupted\n")


def test_a_mistake_of_ours_is_told_in_a_sentence(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sonicfab.fabric as f\nf.read_fabric = lambda *a: 1 / 0\n")
    done = sonicfab("render", *example_files("scs-lab"), PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "internal error: ZeroDivisionError: division by zero" in done.stderr
    assert "Traceback" not in done.stderr
    log = next(tmp_path.glob("sonicfab-debug-*.log"))
    assert "ZeroDivisionError" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_closed_pipe_is_no_error() -> None:
    command = f"{sys.executable} -m sonicfab schema topology | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("which", ["inventory", "topology"])
def test_schema_fits_the_examples(which: str, sonicfab: Run) -> None:
    """Every key of the examples is known to the schema, so an editor marks none of them."""
    schema = json.loads(sonicfab("schema", which).stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
    import yaml

    folder = {"inventory": "inventories", "topology": "topologies"}[which]
    for path in (ROOT / folder).glob("*.yml"):
        if not path.stem.endswith(".numbers"):
            assert yaml.safe_load(path.read_text()).keys() <= schema["properties"].keys()


def test_init_makes_files_that_render(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("init", "site", "--name", "rack1", cwd=tmp_path)
    assert done.returncode == 0
    command = done.stdout.splitlines()[-1].partition("sonicfab ")[2].split()
    assert sonicfab(*command, cwd=tmp_path).returncode == 0
    mine = (tmp_path / "site" / "inventories" / "rack1.yml").read_text()
    again = sonicfab("init", "site", "--name", "rack1", cwd=tmp_path)
    assert again.returncode == 2
    assert "there already, nothing was written" in again.stderr
    assert (tmp_path / "site" / "inventories" / "rack1.yml").read_text() == mine
    assert sonicfab("init", "site", "--name", "../../etc", cwd=tmp_path).returncode == 2


def test_colour_is_for_terminals_alone(sonicfab: Run) -> None:
    done = sonicfab("render", "-i", "nosuch.yml", "-t", "nosuch.yml")
    assert "\x1b[" not in done.stderr + done.stdout


def test_completion() -> None:
    """It is for the shell that asks."""
    command = f"{sys.executable} -m sonicfab --show-completion; exit $?"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sonicfab" in done.stdout


COMPLETIONS = {
    "render -i inventory.yml -t t.yml --limit sp": {"spine1", "spine"},
    "push -i inventory.yml -t t.yml --limit leaf1,sp": {"leaf1,spine1", "leaf1,spine"},
    "explain -i inventory.yml le": {"leaf1"},
    "ports -i inventory.yml le": {"leaf1"},
    "render --image-build community-20241": {"community-202411"},
    "diff --to community-20241": {"community-202411"},
    "builds show community-20241": {"community-202411"},
    "explain-code SF-104": {"SF-104"},
    "validate --ignore SF-104": {"SF-104"},
    "push --way patch": {"patch", "patch+frr-delta"},
    "verify --check bgp,ll": {"bgp,lldp"},
    "lab fault link-d": {"link-down", "link-delay"},
    "verify -i no-such-file.yml --limit ": {"spine", "leaf", "superspine", "borderleaf"},
}


@pytest.mark.parametrize("line", COMPLETIONS)
def test_values_are_completed(line: str, tmp_path: Path) -> None:
    """What bash is told for the last word of a line that is being typed."""
    (tmp_path / "inventory.yml").write_text("devices:\n  spine1: {role: spine}\n  leaf1: {role: leaf}\n")
    words = f"sonicfab {line}"
    asked = {"_SONICFAB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    done = subprocess.run(
        [Path(sys.executable).with_name("sonicfab")],
        cwd=tmp_path,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert set(done.stdout.split()) == COMPLETIONS[line]


def test_a_switch_called_as_before_is_understood(sonicfab: Run) -> None:
    """--build and --build-dir were names of --image-build and --output."""
    done = sonicfab("render", *example_files("scs-lab"), "--build", "nosuch")
    assert "--image-build nosuch" in done.stderr
    files = example_files("scs-lab")
    done = sonicfab("rollback", *files, "--build-dir", "elsewhere", "--lab")
    assert "No such option" not in done.stderr


def test_the_output_folder_has_one_name(sonicfab: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = sonicfab("render", *example_files("scs-lab"), SONICFAB_OUTPUT=str(folder))
    assert done.returncode == 0
    assert next(folder.rglob("config_db.json"))


@pytest.mark.parametrize("secret", ["key: file:nosuch", "password: env:NOSUCH"])
@pytest.mark.parametrize("command", [["verify", "--timeout", "600"], ["push", "--dry-run"]])
def test_a_login_without_its_secret_is_bad_input_at_once(
    secret: str, command: list[str], sonicfab: Run, tmp_path: Path
) -> None:
    base = ROOT / "tests" / "errors" / "base"
    (tmp_path / "t.yml").write_text((base / "topology.yml").read_text())
    inventory = (base / "inventory.yml").read_text().replace("defaults:\n", f"defaults:\n  ssh: {{{secret}}}\n")
    (tmp_path / "i.yml").write_text(inventory)
    files = ["-i", "i.yml", "-t", "t.yml"]
    assert sonicfab("render", *files, cwd=tmp_path).returncode == 0
    done = sonicfab(command[0], *files, *command[1:], cwd=tmp_path)
    assert done.returncode == 2
    assert "nosuch" in (done.stdout + done.stderr).lower()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_name_is_broken_in_a_narrow_terminal(width: int, tmp_path: Path) -> None:
    """A table that has no room for its words is told row by row."""
    import fcntl
    import pty
    import struct
    import termios

    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, width, 0, 0))
    command = [sys.executable, "-m", "sonicfab", "render", *example_files("scs-lab"), "-o", "o"]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=terminal, stderr=quiet, env=environment, cwd=tmp_path) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(controller):
            shown += chunk
    os.close(controller)
    assert process.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode()).splitlines()
    for word in ("st01-sw25g-r01-u34", "as7326-56x", "community-202411", "65404", "10.10.21.4"):
        assert any(word in line for line in lines), (word, lines)
    assert max(map(len, lines)) <= width


def _read(controller: int) -> bytes:
    try:
        return os.read(controller, 65536)
    except OSError:  # the other end is closed
        return b""
