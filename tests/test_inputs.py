"""Files that are too large or too deep once they are read, time zones, jump hosts, and the schema for editors."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError

from conftest import Run, example_files
from known import get_build
from sonicfab.document import read_document
from sonicfab.errors import Diagnostic, InputError, Place
from sonicfab.load import load_topology
from sonicfab.model.fields import JumpHost, PortList, parse_jump_host, timezones
from sonicfab.push.approved import read_approved
from sonicfab.schema.facts import _bare, schema_of
from sonicfab.verify.kept import read_verification

MEGABYTES = 1024 * 1024


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_an_alias_bomb_costs_little_time_and_memory(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yml"
    file.write_text(bomb(40))  # 9 ** 40 values
    code = (
        "import sys; from pathlib import Path; from sonicfab.load import load_inventory; "
        "from sonicfab.errors import InputError\n"
        "try: load_inventory(Path(sys.argv[1]))\n"
        "except InputError as err: print(err.diagnostics[0])"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1024 * MEGABYTES, 1024 * MEGABYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))

    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, preexec_fn=limit, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "more than 1000000 values" in done.stdout


@pytest.mark.parametrize("depth", [150, 950, 20000])
@pytest.mark.parametrize("kind", ["[", "{a: ", "- "])
def test_deep_nesting_is_a_mistake_with_a_place(tmp_path: Path, kind: str, depth: int) -> None:
    file = tmp_path / "topology.yml"
    ends = {"[": "]", "{a: ": "}", "- ": "x"}
    file.write_text(kind * depth + ends[kind] * (1 if kind == "- " else depth))
    with pytest.raises(InputError) as caught:
        read_document(file, "topology")
    (diagnostic,) = caught.value.diagnostics
    assert "nest" in diagnostic.message
    assert diagnostic.place.line == 1
    assert len(str(diagnostic)) < 1000, "a long line is shown around the place"


def test_aliases_within_reason_are_followed(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_text(bomb(4))
    assert read_document(file, "topology")[1]["a3"][8][8][8][8] == "x"


def test_a_long_line_is_shown_around_its_place() -> None:
    told = str(Diagnostic("error", "x", Place("f", 1, 5001), excerpt="a" * 5000 + "B" + "c" * 5000)).splitlines()
    assert told[1][told[2].index("^")] == "B"
    assert len(told[1]) < 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jump", JumpHost("", "jump", 0)),
        ("admin@jump.example.net:2222", JumpHost("admin", "jump.example.net", 2222)),
        ("192.0.2.9:22", JumpHost("", "192.0.2.9", 22)),
        ("[2001:db8::1]:22", JumpHost("", "2001:db8::1", 22)),
        ("a@[2001:db8::1]", JumpHost("a", "2001:db8::1", 0)),
        ("2001:db8::1", JumpHost("", "2001:db8::1", 0)),
    ],
)
def test_jump_hosts(text: str, expected: JumpHost) -> None:
    assert parse_jump_host(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "@jump", "jump:", "jump:0", "jump:65536", "jump:x", "a b@jump", "-x@jump", "192.0.2.300", "[jump]:22", "j;rm"],
)
def test_what_is_no_jump_host(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse_jump_host(text)


def test_time_zones() -> None:
    assert {"Europe/Berlin", "Etc/UTC", "UTC", "America/Argentina/Ushuaia", "US/Pacific"} <= set(timezones())
    assert list(timezones()) == sorted(set(timezones()))


def test_what_an_unknown_key_may_have_meant_is_not_missed(tmp_path: Path) -> None:
    """`ipvv6` is the mistake, not an underlay without IPv6."""
    file = tmp_path / "topology.yml"
    file.write_text(
        "name: x\nloopbacks: {ipv4: 10.0.0.0/24, ipv6: 'fd00::/64'}\n"
        "underlay: {ipv4: 10.1.0.0/24, ipvv6: 'fd01::/64'}\n"
    )
    inventory = tmp_path / "inventory.yml"
    inventory.write_text("devices: {a: {role: leaf}}\n")
    from sonicfab.fabric import read_fabric

    with pytest.raises(InputError) as caught:
        read_fabric(inventory, file)
    assert [one.message for one in caught.value.diagnostics] == ["unknown key 'ipvv6'"]
    with pytest.raises(InputError):
        load_topology(file)


@pytest.mark.parametrize("which", ["inventory", "topology"])
def test_the_schema_for_editors_tells_every_key(sonicfab: Run, which: str) -> None:
    value = json.loads(sonicfab("schema", which).stdout)
    models = [value, *value["$defs"].values()]
    keys = [(one["title"], key, said) for one in models for key, said in one.get("properties", {}).items()]
    assert len(keys) > 20
    untold = [
        (model, key) for model, key, said in keys if not re.fullmatch(r"[A-Z][^\n]{5,}\.", said.get("description", ""))
    ]
    assert untold == []
    if which == "inventory":
        service = {"ntp", "dns", "syslog", "timezone", "snmp"}
        assert service <= {key for model, key, _ in keys if model == "Device"}, "each is a module of model/services"


def test_the_schema_for_editors_knows_builds_platforms_roles_and_time_zones(sonicfab: Run) -> None:
    value = json.loads(sonicfab("schema", "inventory").stdout)
    for key, some in (
        ("image_build", {"community-202411", "edgecore-202111"}),
        ("platform", {"as7326-56x", "as7726-32x"}),
        ("role", {"leaf", "spine"}),
        ("timezone", {"Europe/Berlin"}),
    ):
        for model in ("Settings", "Device"):
            kinds = value["$defs"][model]["properties"][key]["anyOf"]
            assert some <= set(next(kind["enum"] for kind in kinds if "enum" in kind)), key
    topology = json.loads(sonicfab("schema", "topology").stdout)
    assert topology["$defs"]["Link"]["properties"]["fec"]["anyOf"][0]["enum"] == ["rs", "fc", "none"]


def test_a_pattern_is_told_as_it_is_written() -> None:
    """sonic-snmp.yang has [^\\n]+ for the location: everything but a line break, not everything but a space."""
    assert _bare(re.compile("^(?:[^\n]+)$(?!\\n\\Z)")) == r"[^\n]+"
    assert _bare(re.compile("^(?:[^\n\r]+)$(?!\\n\\Z)")) == r"[^\n\r]+"


@pytest.mark.parametrize("command", ["render", "validate"])
def test_a_file_without_an_end(command: str, sonicfab: Run, tmp_path: Path) -> None:
    """A device, a pipe, a dump of a disk: refused after 64 MB, not read until the memory is full."""
    done = sonicfab(command, *example_files("scs-lab")[:2], "-t", "/dev/zero", cwd=tmp_path)
    assert done.returncode == 2
    assert "/dev/zero: error: cannot read the topology: it has more than 64 MB" in done.stderr
    done = sonicfab("validate", "/dev/zero", "--image-build", "community-202411")
    assert (done.returncode, done.stderr) == (2, "error: cannot read /dev/zero: it has more than 64 MB\n")


def test_a_range_of_ports_that_is_too_long_is_called_that() -> None:
    with pytest.raises(ValueError, match="expected a range of at most 1000 ports, got 'Ethernet0-99999999'"):
        TypeAdapter(PortList).validate_python("Ethernet0-99999999")


def test_a_length_is_told_beside_a_pattern() -> None:
    """A community of three letters was refused with a pattern that it fits."""
    schema = schema_of(get_build("community-202411"))
    assert schema is not None
    (key,) = schema["SNMP_COMMUNITY"].lists[0].keys
    assert key.type.described() == r"text of 4 to 32 characters like [^ ',@\\]*"


@pytest.mark.parametrize("reader", [read_approved, lambda path: read_verification(path, "x")], ids=["plan", "verify"])
def test_a_file_that_never_ends_is_no_kept_one(reader: Callable[[Path], object]) -> None:
    with pytest.raises(InputError, match="cannot read /dev/zero: it has more than 256 MB"):
        reader(Path("/dev/zero"))
