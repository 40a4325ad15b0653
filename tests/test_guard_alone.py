"""guard.sh in a folder, with programs that only say that they are SONiC's: how it judges, and which way back it takes.

On the switches of a lab, with real programs: test_push_guard.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from patience import Patience
from sonicfab import tables
from sonicfab.configdb import ConfigDb
from sonicfab.frr import conf
from sonicfab.lab.sonic import gcu
from sonicfab.switch import guard

SCRIPT = (ROOT / "src" / "sonicfab" / "switch" / "guard.sh").read_text()
GOLDEN = sorted((ROOT / "tests" / "golden").glob("*/*/frr.conf"))

# What the programs do to what runs: a file that FRR or the config updater is given is called by what it leads to.
PROGRAMS = {
    "sonic-cfggen": "cat $W/now/config_db.json",
    "vtysh": """
        case $1 in
          -c) cat $W/now/frr.conf ;;
          -C)
            echo "$3" >> $W/checks
            if grep -n nonsense "$3" | sed 's/^/line /' | grep .; then exit 2; fi ;;
          -f) echo "vtysh $(head -n 1 "$2")" >> $W/log; to "$(head -n 1 "$2")" frr.conf ;;
        esac""",
    "config": """
        case $1 in
          apply-patch) echo "patch $(head -n 1 "$2")" >> $W/log; to "$(head -n 1 "$2")" config_db.json ;;
          reload)
            echo reload >> $W/log
            [ ! -e $W/refuses ] || { echo 'System is not up'; exit 1; }
            if [ $# -gt 3 ]; then from=$4; else from=$3; fi
            [ -e "${from:-}" ] || from=$W/etc/config_db.json
            cp "$from" $W/now/config_db.json; cp $W/etc/frr/frr.conf $W/now/frr.conf
            cp $W/all-services $W/now/services ;;
          save) cp $W/now/config_db.json "$3" ;;
        esac""",
    "systemctl": """
        case "$*" in
          'is-active --quiet '*.timer | is-enabled*) ;;
          'is-active '*) shift; for one; do grep -qx $one $W/now/services && echo active || echo inactive; done ;;
          'restart bgp')
            echo restart >> $W/log; cp $W/etc/frr/frr.conf $W/now/frr.conf
            grep -qx bgp $W/now/services || echo bgp >> $W/now/services ;;
        esac""",
    "systemd-run": "true",
}
PREFACE = """#!/bin/sh
W={folder}
to() {{ [ ! -e "$W/$1/$2" ] || cp "$W/$1/$2" "$W/now/$2"; }}
"""
DB: ConfigDb = {
    "PORT": {"Ethernet0": {"mtu": "9100"}},
    "BUFFER_PG": {"Ethernet0|3-4": {"profile": "a"}},
    "NTP": {"global": {}},
}
OLD = "frr version 8.5\nrouter bgp 65001\n neighbor A peer-group\nexit\n"
NEW = OLD.replace(" neighbor", " bgp bestpath as-path multipath-relax\n neighbor")


class Machine:
    """A folder in which guard.sh believes to be on a switch."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.script = folder, folder / "guard.sh"
        for name in ("bin", "etc/frr", "units", "run", "now", "old", "new"):
            (folder / name).mkdir(parents=True)
        for name, body in PROGRAMS.items():
            (folder / "bin" / name).write_text(PREFACE.format(folder=folder) + body)
            (folder / "bin" / name).chmod(0o755)
        places = {"ETC": "etc", "RUN": "run", "UNITS": "units"}
        text = re.sub(r"(?m)^(ETC|RUN|UNITS)=\S+", lambda hit: f"{hit[1]}={folder / places[hit[1]]}", SCRIPT)
        self.script.write_text(text.replace("PATH=", f"PATH={folder / 'bin'}:", 1))

    def judge(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run functions of the script, but none of its verbs."""
        functions = self.script.read_text().partition("# ---- verbs")[0]
        (self.folder / "functions").write_text(functions)
        words = ["sh", "-c", f". {self.folder}/functions\n{script}"]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)

    def verb(self, *words: str, stdin: str = "") -> str:
        command = ["sh", str(self.script), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done
        return done.stdout

    def ran(self, name: str, config_db: ConfigDb, frr: str) -> None:
        (self.folder / name / "config_db.json").write_text(json.dumps(config_db, indent=4))
        (self.folder / name / "frr.conf").write_text(frr)

    def now(self) -> tuple[str, ...]:
        return tuple((self.folder / "now" / name).read_text() for name in ("config_db.json", "frr.conf", "services"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    one = Machine(tmp_path / "switch")
    one.ran("old", DB, OLD)
    one.ran("new", {**DB, "PORT": {"Ethernet0": {"mtu": "1500"}}}, NEW)
    (one.folder / "all-services").write_text("swss\nsyncd\nteamd\nbgp\n")
    for name in ("config_db.json", "frr.conf"):
        shutil.copy(one.folder / "old" / name, one.folder / "now")
    shutil.copy(one.folder / "all-services", one.folder / "now" / "services")
    shutil.copy(one.folder / "old" / "config_db.json", one.folder / "etc")
    shutil.copy(one.folder / "old" / "frr.conf", one.folder / "etc" / "frr")
    return one


# ---- what is the same ----


def frr_texts() -> Iterator[str]:
    """Configs of the examples, and each without one of its lines, with one more, or with two parts changed about."""
    seen: set[str] = set()
    for path in GOLDEN:
        if path.parent.name.rpartition("-")[2][:4] in seen:
            continue  # one of each kind of switch
        seen.add(path.parent.name.rpartition("-")[2][:4])
        lines = path.read_text().splitlines(keepends=True)
        yield "".join(lines)
        yield from ("".join(lines[:index] + lines[index + 1 :]) for index in range(len(lines)))
        for line in ("log syslog debugging\n", "ip route 10.0.0.0/8 Null0\n", "hostname another\n", "ip forwarding\n"):
            yield line + "".join(lines)
        parts = "".join(lines).split("!\n")
        yield "!\n".join(reversed(parts))


def test_both_call_the_same_configs_of_frr_the_same(machine: Machine) -> None:
    """Each text against the whole one of its switch, by the guard's lines and by what sonicfab makes of it."""
    (machine.folder / "alike").write_text(guard.alike())
    texts = list(frr_texts())
    folder = machine.folder / "texts"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}").write_text(text)
    done = machine.judge(f"GUARD={machine.folder}; for f in {folder}/*; do canonical frr < $f > $f.lines; done")
    assert done.returncode == 0, done
    whole, differing = 0, 0
    for number, text in enumerate(texts):
        if text in {path.read_text() for path in GOLDEN}:
            whole = number
        same = (folder / f"{number}.lines").read_text() == (folder / f"{whole}.lines").read_text()
        assert same == (not conf.diff(texts[whole], text, printed=True)), text
        differing += not same
    assert 100 < differing < len(texts) - 50


NAMES = st.text(st.sampled_from('ab"\\:{}[], é\n'), min_size=1, max_size=3)
ROWS = st.dictionaries(NAMES, NAMES | st.lists(NAMES, max_size=2), max_size=2)
TABLES = st.dictionaries(st.sampled_from(["PORT", "BUFFER_PG", "VLAN"]), st.dictionaries(NAMES, ROWS, min_size=1))


@given(TABLES, TABLES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_call_the_same_tables_the_same(
    machine: Machine, one: dict[str, dict[str, dict[str, str | list[str]]]], other: ConfigDb
) -> None:
    (machine.folder / "alike").write_text(guard.alike())
    # of two that are nearly the same, too: the order of what is printed, and what a daemon has written
    turned: ConfigDb = {table: dict(reversed(rows.items())) for table, rows in reversed(one.items())}
    written: ConfigDb = {**one, "BUFFER_PG": {"x": {"y": "z"}}}
    for name, config in (("one", one), ("other", other), ("turned", turned), ("written", written)):
        (machine.folder / name).write_text(json.dumps(config, indent=4, ensure_ascii=False))
    done = machine.judge(
        f"GUARD={machine.folder}; for f in one other turned written; "
        f"do canonical config_db < {machine.folder}/$f > {machine.folder}/$f.lines; done"
    )
    assert done.stderr == ""
    lines = {name: (machine.folder / f"{name}.lines").read_text() for name in ("one", "other", "turned", "written")}
    assert (lines["one"] == lines["other"]) == (not guard.unlike(one, "", other, ""))
    assert lines["one"] == lines["turned"]
    assert lines["one"] == lines["written"]
    assert guard.unlike(one, "", written, "") == []


def test_the_order_of_a_list_counts(machine: Machine) -> None:
    (machine.folder / "alike").write_text(guard.alike())
    said = [
        machine.judge(f"GUARD={machine.folder}; canonical config_db << END\n{json.dumps(one, indent=4)}\nEND\n").stdout
        for one in ({"T": {"k": {"f": ["a", "b"]}}}, {"T": {"k": {"f": ["b", "a"]}}})
    ]
    assert said[0] != said[1]


def test_what_daemons_write_is_known_in_one_place() -> None:
    """generic_config_updater change_applier.py; the lab, which knows nothing of sonicfab, has a tuple."""
    assert set(gcu._DAEMONS_TABLES) == tables.moving()
    assert not any(name in SCRIPT for name in tables.moving())
    before: ConfigDb = {"BUFFER_PG": {"Ethernet0|3-4": {"profile": "pg_lossless_100000_5m_profile"}}, "PORT": {}}
    after: ConfigDb = {"BUFFER_PG": {"Ethernet0|3-4": {"profile": "pg_lossless_100000_40m_profile"}}}
    assert guard.unlike(before, OLD, after, OLD) == []


def test_lines_of_the_host_are_no_difference(machine: Machine) -> None:
    """Else `log syslog debugging`, typed and gone with a restart of FRR, would have the guard reload the switch."""
    (machine.folder / "alike").write_text(guard.alike())

    def canonical(text: str, kind: str = "frr") -> str:
        return machine.judge(f"GUARD={machine.folder}; canonical {kind} << 'END'\n{text}END\n").stdout

    bgp = "router bgp 65001\n neighbor A peer-group\nexit\n"
    assert canonical(bgp) == "frr\nfrr / router bgp 65001\nfrr / router bgp 65001 / neighbor A peer-group\n"
    for line in conf.HOST_LINES:
        assert conf.diff(bgp, f"{line}x\n{bgp}") == []
        assert canonical(f"{line}x\n{bgp}") == canonical(bgp), line
    inside = "router bgp 65001\n log x\nexit\n"  # these words begin other lines, too, below the top level
    assert canonical(inside) == "frr\nfrr / router bgp 65001\nfrr / router bgp 65001 / log x\n"
    assert canonical(f"ip forwarding\n{bgp}") != canonical(bgp)
    assert "hostname" in canonical('{\n    "hostname ": {}\n}\n', "config_db")


# ---- the way back ----


def staged(machine: Machine, texts: dict[str, str], name: str = "files") -> Path:
    """A folder of files to stage."""
    folder = machine.folder / name
    folder.mkdir()
    for file, text in texts.items():
        (folder / file.replace("_undo", ".undo")).write_text(text)
    return folder


def reloaded(machine: Machine, step: Sequence[str]) -> None:
    """Wait for the end of a reload."""
    patience = Patience(30)
    while step[0] == "reload" and machine.verb("reload-result", "7").splitlines()[:1] != ["0"]:
        assert not patience.ended
        time.sleep(0.1)


def gone(machine: Machine, *steps: Sequence[str], **files: str) -> list[str]:
    """Arm, go these steps, and have the guard take them back; what it did."""
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    texts = {"frr.delta": "new", "frr.undo": "old", "patch.json": "new", "undo.json": "old"}
    whole = {"config_db.json": (machine.folder / "new" / "config_db.json").read_text(), "frr.conf": NEW}
    machine.verb("stage", "7", str(staged(machine, {**texts, **whole, **files})))
    for step in steps:
        machine.verb(*step)
        reloaded(machine, step)
    log = machine.folder / "log"
    log.write_text("")
    machine.verb("restore", "7")
    patience = Patience(60)
    while "state=restored" not in machine.verb("status", "7"):
        assert not patience.ended, machine.verb("status", "7")
        time.sleep(0.1)
    return log.read_text().splitlines()


FRR, PATCH, RELOAD, BGP = (
    ("apply-frr", "7", "60"),
    ("apply-patch", "7", "60"),
    ("reload", "7"),
    ("restart-bgp", "7", "60"),
)


@pytest.mark.parametrize(
    ("steps", "files", "ways"),
    [
        ((), {}, []),
        ((FRR,), {}, ["vtysh old"]),
        ((FRR,), {"frr_undo": "nothing"}, ["vtysh nothing", "restart"]),
        ((PATCH,), {}, ["patch old"]),
        ((PATCH,), {"undo.json": "nothing"}, ["patch nothing", "reload"]),
        ((PATCH, FRR), {}, ["patch old", "vtysh old"]),
        ((BGP,), {}, ["restart"]),
        ((FRR, BGP), {}, ["restart"]),
        ((RELOAD,), {}, ["reload"]),
        ((PATCH, FRR, RELOAD), {}, ["reload"]),
    ],
)
def test_the_cheapest_way_that_works_is_taken(
    steps: Sequence[Sequence[str]], files: dict[str, str], ways: list[str], machine: Machine
) -> None:
    before = machine.now()
    assert gone(machine, *steps, **files) == ways
    assert machine.now() == before
    assert (machine.folder / "etc" / "frr" / "frr.conf").read_text() == OLD
    assert sorted(one.name for one in (machine.folder / "etc" / "sonicfab").iterdir()) == ["backup", "ended"]


def test_frr_reads_all_files_at_once_and_the_one_that_is_wrong_alone(machine: Machine) -> None:
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    good = {"frr.conf": NEW, "frr.delta": "new", "frr.undo": "old", "frr.undo2": ""}
    machine.verb("stage", "7", str(staged(machine, good)))
    checks = machine.folder / "checks"
    assert checks.read_text().splitlines() == [f"{machine.folder}/etc/sonicfab/guard/check.frr"]
    with pytest.raises(AssertionError, match=r"FRR does not understand frr\.undo: line 1:nonsense"):
        machine.verb("stage", "7", str(staged(machine, {**good, "frr.undo": "nonsense"}, "more")))
    assert [Path(one).name for one in checks.read_text().splitlines()[2:]] == ["frr.conf", "frr.delta", "frr.undo"]


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("step", "does"), [(FRR, "vtysh new"), (PATCH, "patch new"), (RELOAD, "reload"), (BGP, "restart")]
)
def test_a_command_that_comes_twice_does_nothing_twice(
    step: tuple[str, ...], does: str, at_once: bool, machine: Machine
) -> None:
    """As its answer was lost: one after the other, or while the first one is still at it."""
    log = machine.folder / "log"

    def twice(*words: str, stdin: str = "") -> tuple[str, str]:
        if not at_once:
            return machine.verb(*words, stdin=stdin), machine.verb(*words, stdin=stdin)
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(machine.verb, *words, stdin=stdin) for _ in range(2)]
            return both[0].result(), both[1].result()

    for name in ("vtysh", "config", "systemctl"):  # each a little slower than what comes second
        program = machine.folder / "bin" / name
        program.write_text(program.read_text().replace("\nW=", "\nsleep 0.1\nW=", 1))
    arming = ("arm", "7", "300", "1000", "1")
    twice(*arming, stdin=f"ann\n{guard.alike()}")
    assert len(list((machine.folder / "etc" / "sonicfab" / "backup").iterdir())) == 1
    with pytest.raises(AssertionError, match="push 7 of ann is in progress"):
        machine.verb(*arming, stdin="bob\n")
    files = {"frr.delta": "new", "patch.json": "new", "frr.conf": NEW}
    folder = staged(machine, {**files, "config_db.json": (machine.folder / "new" / "config_db.json").read_text()})
    machine.verb("stage", "7", str(folder))
    shutil.rmtree(folder)  # as the command does that calls it
    machine.verb("stage", "7", str(folder))
    first, second = twice(*step, "call1")
    assert first == second
    reloaded(machine, step)
    assert log.read_text().splitlines() == [does]
    machine.verb(*step, "call2")
    reloaded(machine, step)
    assert log.read_text().splitlines() == [does, does], "another call is another step"
    with pytest.raises(AssertionError, match="push 7 of ann is in progress"):
        machine.verb(*arming, stdin=f"ann\n{guard.alike()}")
    twice("confirm", "7")
    assert "state=confirmed" in machine.verb("status", "7")


def test_a_step_that_was_killed_before_its_end_is_not_taken_for_done(machine: Machine) -> None:
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    machine.verb("stage", "7", str(staged(machine, {"patch.json": "new"})))
    (machine.folder / "etc" / "sonicfab" / "guard" / "patch.call").write_text("call1\n")
    with pytest.raises(AssertionError, match="returncode=137"):
        machine.verb(*PATCH, "call1")


def test_what_ran_and_was_not_stored_comes_back(machine: Machine) -> None:
    unsaved = OLD.replace(" neighbor", " bgp bestpath compare-routerid\n neighbor")
    (machine.folder / "now" / "frr.conf").write_text(unsaved)
    assert gone(machine, BGP) == ["restart", "restart"], "once from what is stored, once from what ran"
    assert machine.now()[1] == unsaved
    assert (machine.folder / "etc" / "frr" / "frr.conf").read_text() == OLD


def test_a_stopped_service_is_a_difference(machine: Machine) -> None:
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    (machine.folder / "now" / "services").write_text("swss\nsyncd\nteamd\n")
    script = 'echo {} > "$GUARD/begun"; if is_old; then echo old; else echo "$seen"; fi'
    assert "service / bgp" in machine.judge(script.format("frr")).stdout
    (machine.folder / "now" / "services").write_text("bgp\n")
    assert machine.judge(script.format("frr")).stdout == "old\n", "the others are of no matter to a change of FRR"
    assert "service / swss" in machine.judge(script.format("patch")).stdout


@pytest.mark.parametrize("lacks", ["awk", "sort", "alike"])
def test_what_cannot_be_judged_is_not_taken_for_old(lacks: str, machine: Machine) -> None:
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    script = (
        'echo patch > "$GUARD/begun"; is_old && echo old || echo "$seen"; differs config_db && differs frr && echo all'
    )
    assert machine.judge(script).stdout == "old\n"
    if lacks == "alike":
        (machine.folder / "etc" / "sonicfab" / "guard" / "alike").unlink()
    else:
        (machine.folder / "bin" / lacks).write_text("#!/bin/sh\nexit 1\n")
        (machine.folder / "bin" / lacks).chmod(0o755)
    assert machine.judge(script).stdout == "what ran cannot be told from what runs\nall\n"


def test_a_secret_is_in_no_message(machine: Machine) -> None:
    machine.ran("now", {**DB, "SNMP": {"x": {"password": "geheim"}}}, OLD)
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    machine.ran("now", {**DB, "SNMP": {"x": {"password": "geheimer"}}}, f"{OLD}router bgp 1\n neighbor A password p\n")
    said = machine.judge('echo patch > "$GUARD/begun"; is_old; echo "$seen"').stdout
    assert "SNMP|x|password" in said
    assert "geheim" not in said


def test_a_link_is_not_followed(machine: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("precious")
    before = machine.now()
    machine.verb("arm", "7", "300", "1000", "1", stdin=f"ann\n{guard.alike()}")
    placed = machine.folder / "etc" / "frr" / "frr.conf"
    placed.unlink()
    placed.symlink_to(elsewhere)
    machine.judge("put_back")
    assert elsewhere.read_text() == "precious"
    assert placed.read_text() == OLD
    assert not placed.is_symlink()
    assert machine.now() == before


@pytest.mark.parametrize("name", ["", "-x", ".x", "a/b", "a b", "a;b"])
def test_a_name_that_is_none_is_refused(name: str, machine: Machine) -> None:
    done = subprocess.run(["sh", str(machine.script), "confirm", name], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (64, f"'{name}' is no name of a push\n")
