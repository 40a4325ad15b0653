"""libyang in its own process: the verdicts of yangson, also when the process dies, hangs or talks nonsense."""

from __future__ import annotations

import copy
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import YANG, Run
from known import subject
from probes import BUILDS, CHANGES, Config, probe
from sonicfab.configdb import ConfigDb
from sonicfab.errors import InputError
from sonicfab.schema.facts import builtin
from sonicfab.validate import libyang, libyang_child
from sonicfab.validate.libyang import LibyangCheck, libyang_folder
from sonicfab.validate.reading import as_config_db
from sonicfab.validate.run import Validator
from sonicfab.validate.yang import YangCheck
from test_schema import OWN_MODEL, mutate, needs_models, recorded, verdict, wide

needs_libyang = pytest.mark.skipif(not libyang_folder(), reason="libyang is not installed (the extra `fast`)")
CHILD = Path(libyang_child.__file__)
BUILD = "community-202411"
GOOD, BAD = {"r1": {"height": "42"}}, {"r1": {"height": "42"}, "r2": {"height": "49", "next": "r9"}}


def racks(rows: Config) -> ConfigDb:
    return as_config_db({"RACK": rows})[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model of our own."""
    path = tmp_path_factory.mktemp("models")
    (path / "sonic-rack.yang").write_text(OWN_MODEL)
    return path


@pytest.fixture(scope="module")
def yangson(folder: Path) -> YangCheck:
    return YangCheck(folder)


@pytest.fixture
def fast(folder: Path, yangson: YangCheck) -> Iterator[LibyangCheck]:
    with LibyangCheck(folder, yangson.schema) as check:
        yield check


@needs_models
@needs_libyang
@pytest.mark.parametrize("build", BUILDS)
def test_the_verdicts_are_yangsons_and_the_recorded_ones(build: str) -> None:
    slow = YangCheck(YANG / build, builtin(build))
    chance, base, refused = random.Random(f"libyang {build}"), wide(), 0
    with LibyangCheck(YANG / build, builtin(build)) as fast:
        said = {name: verdict(fast, probe(name)) for name in CHANGES}
        assert {name for name, one in said.items() if one not in recorded(name, build)} == set()
        assert verdict(fast, base) == "ok"
        for _ in range(60):
            config = copy.deepcopy(base)
            mutate(config, chance)
            tables, _ = as_config_db(config)
            found = fast.check(tables)
            refused += bool(found)
            assert found == slow.check(tables), json.dumps(config)
        assert fast.engine == "libyang", "it gave every answer itself"
    assert 15 < refused < 58, "the mutants are neither all good nor all bad"


@needs_models
@needs_libyang
@pytest.mark.parametrize("build", BUILDS)
def test_a_bad_list_key_does_not_crash(build: str) -> None:
    """It crashes libyang when MultiError is on."""
    config = {**wide(), "VLAN_INTERFACE": {"Vlan100": {}, "Vlan100|-1": {}}}
    with LibyangCheck(YANG / build, builtin(build)) as fast:
        places = {one.place for one in fast.check(as_config_db(config)[0])}
        assert fast.engine == "libyang"
    assert places == {"VLAN_INTERFACE|Vlan100|-1"}


@needs_models
@needs_libyang
def test_what_libyang_alone_refuses_is_told_at_its_row() -> None:
    """The rule that yangson's copy of the models lacks because it is slow there; the schema facts have it, too."""
    config = wide()
    config["VLAN"]["Vlan101"] = {"vlanid": "101"}
    config["VLAN_MEMBER"]["Vlan101|Ethernet3"] = {"tagging_mode": "untagged"}
    tables, _ = as_config_db(config)
    with LibyangCheck(YANG / "202605", builtin("202605")) as fast:
        (found,) = fast.check(tables)
    assert (found.code, found.place) == ("SF-150", "VLAN_MEMBER|Vlan100|Ethernet3")
    assert "at most one VLAN" in found.message
    for engine in ("yangson", "libyang"):
        validator = Validator(yang_dir=YANG, vtysh=False, engine=engine)
        result = validator.validate([subject("community-202605", tables)])
        assert [one.code for one in result.findings].count("SF-129") == 2
        assert "SF-150" not in {one.code for one in result.findings}, "one mistake is told once"


@needs_models
@needs_libyang
def test_a_secret_is_in_no_message() -> None:
    config = {**wide(), "SNMP_COMMUNITY": {"abc\x01": {"TYPE": "RO"}}}  # no XML can hold that character
    with LibyangCheck(YANG / "202605", builtin("202605")) as fast:
        found = fast.check(as_config_db(config)[0])
    assert found
    assert not any("abc" in f"{one.place} {one.message}" for one in found)


@needs_libyang
def test_models_of_ones_own(folder: Path, yangson: YangCheck, fast: LibyangCheck) -> None:
    all_rows: list[Config] = [GOOD, BAD, {"r1": {"height": "42", "next": "r1"}}, {"r1": {}}, {"r1": {"colour": "x"}}]
    for rows in all_rows:
        assert fast.check(racks(rows)) == yangson.check(racks(rows))
    with LibyangCheck(folder) as alone:  # without facts
        assert alone.check(racks(BAD)) == yangson.check(racks(BAD)) != []
    assert fast.engine == alone.engine == "libyang"


@needs_libyang
@pytest.mark.parametrize("text", ["a\x00b", "a\x01b", "\ud800", "<&>]]>\"'", "\u2028ä", "a\r\nb", "x" * 200_000])
def test_any_text_survives_the_way(text: str, tmp_path: Path) -> None:
    """Or is refused: no XML can hold some characters, and YANG has none of them in a string."""
    (tmp_path / "sonic-rack.yang").write_text(OWN_MODEL.replace('pattern "r[0-9]+";', 'length "1..max";'))
    slow = YangCheck(tmp_path)
    with LibyangCheck(tmp_path, slow.schema) as fast:
        found = fast.check(racks({text: {"height": "42"}}))
        assert bool(found) == any(sign in text for sign in "\x00\x01\ud800")
        assert fast.engine == "libyang"
        assert fast.check(racks(GOOD)) == []


def test_no_models_or_others(tmp_path: Path, yangson: YangCheck) -> None:
    with pytest.raises(InputError, match="no YANG models"):
        LibyangCheck(tmp_path, yangson.schema)
    (tmp_path / "sonic-other.yang").write_text(OWN_MODEL.replace("sonic-rack", "sonic-other"))
    for check in (YangCheck(tmp_path, yangson.schema), LibyangCheck(tmp_path, yangson.schema)):
        with pytest.raises(InputError, match="have no sonic-rack, which RACK"):
            check.check(racks(GOOD))


@needs_libyang
def test_models_that_yangson_or_neither_can_read(tmp_path: Path, yangson: YangCheck) -> None:
    # libyang knows its own metadata module, yangson does not
    only_libyang = OWN_MODEL.replace("prefix rack;", "prefix rack; import yang { prefix y; }")
    (tmp_path / "sonic-rack.yang").write_text(only_libyang)
    with LibyangCheck(tmp_path, yangson.schema) as fast:
        assert fast.check(racks(GOOD)) == []
        (found,) = fast.check(racks(BAD))
        assert (found.place, found.source) == ("RACK|r2 height", "sonic-rack.yang")
    (tmp_path / "sonic-rack.yang").write_text(OWN_MODEL.replace("leaf height {", "leaf height {{"))
    with LibyangCheck(tmp_path, yangson.schema) as fast:
        with pytest.raises(InputError, match="cannot be compiled"):
            fast.check(racks(GOOD))
        assert "cannot read the models" in fast.engine


def program(tmp_path: Path, what: str) -> str:
    """A child that does `what` when it gets a config that holds "r2", and is the real one otherwise."""
    path = tmp_path / "child.py"
    real = CHILD.read_text().replace('if __name__ == "__main__":\n    main()\n', "")
    path.write_text(
        f"{real}\nimport ctypes, time\n_really = check\n"
        f"def check(context, xml):\n    if 'r2' in xml:\n        {what}\n    return _really(context, xml)\nmain()\n"
    )
    return str(path)


LOST = {
    "ctypes.string_at(0)": "it crashed (SIGSEGV)",
    "os.abort()": "it crashed (SIGABRT)",
    "os._exit(3)": "it ended with 3",
    "raise ValueError": "it ended with 1",
    "time.sleep(60)": "no answer within 1 s",
    "os.kill(os.getpid(), signal.SIGSTOP)": "no answer within 1 s",
    "os.closerange(3, 30); time.sleep(60)": "it closed its output",
    "os.write(3, b'garbage\\n')": "it gave an answer that is none",
    "os.write(3, b'[]\\n')": "it gave an answer that is none",
    "os.write(3, b'{}\\n')": "it gave an answer that is none",
    "os.write(3, b'null\\n')": "it gave an answer that is none",
    "os.write(3, b'\\xff\\x00\\n')": "it gave an answer that is none",
    "os.write(3, b'x' * (1 << 21))": "it gave an answer that is none",
}


@needs_libyang
@pytest.mark.parametrize("what", LOST)
def test_a_child_that_is_lost(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yangson: YangCheck, fast: LibyangCheck
) -> None:
    """Yangson checks that config, another child the next."""
    monkeypatch.setattr(libyang_child, "__file__", program(tmp_path, what))
    assert fast.check(racks(GOOD)) == []
    monkeypatch.setattr(libyang, "LIMIT", 1.0)
    assert fast.check(racks(BAD)) == yangson.check(racks(BAD)) != []
    monkeypatch.setattr(libyang, "LIMIT", 30.0)
    assert fast.check(racks(GOOD)) == []
    assert fast.engine == f"libyang, 1 config by yangson (libyang: {LOST[what]})"


@needs_libyang
def test_a_child_that_is_lost_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yangson: YangCheck, fast: LibyangCheck
) -> None:
    """It is not started for ever."""
    starts = tmp_path / "starts"
    monkeypatch.setattr(
        libyang_child, "__file__", program(tmp_path, f"open({str(starts)!r}, 'a').write('x'); os.abort()")
    )
    for _ in range(6):
        assert fast.check(racks(BAD)) == yangson.check(racks(BAD)) != []
    assert starts.read_text() == "xxx"
    assert fast.engine == "yangson (libyang: it crashed (SIGABRT))"


@needs_libyang
def test_a_child_that_is_killed_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yangson: YangCheck, fast: LibyangCheck
) -> None:
    ready = tmp_path / "pid"
    what = f"open({str(ready)!r}, 'w').write(str(os.getpid()) + '.'); time.sleep(60)"
    monkeypatch.setattr(libyang_child, "__file__", program(tmp_path, what))

    def kill() -> None:
        wait_for(lambda: ready.exists() and ready.read_text().endswith("."))
        os.kill(int(ready.read_text().rstrip(".")), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    assert fast.check(racks(BAD)) == yangson.check(racks(BAD)) != []
    killer.join()
    assert fast.engine == "yangson (libyang: it crashed (SIGKILL))"


@pytest.mark.parametrize("what", ["not a program", "import sys; sys.exit(1)", "print('{}'); input()"])
def test_a_child_that_does_not_even_start(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, yangson: YangCheck, fast: LibyangCheck
) -> None:
    (tmp_path / "child.py").write_text(what)
    monkeypatch.setattr(libyang_child, "__file__", str(tmp_path / "child.py"))
    assert fast.check(racks(GOOD)) == []
    assert fast.check(racks(BAD)) == yangson.check(racks(BAD)) != []
    assert fast.engine.startswith("yangson (libyang: it ")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    assert fast.check(racks(GOOD)) == []


def wait_for(condition: Callable[[], bool], limit: float = 20.0) -> None:
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


PARENT = """
import sys, time
from pathlib import Path
from sonicfab.schema.facts import Schema
from sonicfab.validate import libyang, libyang_child
from sonicfab.validate.libyang import LibyangCheck
folder, program, rows = Path(sys.argv[1]), sys.argv[2], eval(sys.argv[3])
libyang_child.__file__ = program
check = LibyangCheck(folder)
check.check({"RACK": {"r1": {"height": "42"}}})
print(check._process._process.pid, flush=True)
check.check({"RACK": rows})
time.sleep(60)
"""


@needs_libyang
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("rows", [GOOD, BAD], ids=["idle", "hung"])
def test_the_child_dies_with_its_parent(end: signal.Signals, rows: Config, folder: Path, tmp_path: Path) -> None:
    """By the end of its stdin; where it hangs inside the library, by its own alarm."""
    child = Path(program(tmp_path, "time.sleep(60)"))
    child.write_text(child.read_text().replace("LIMIT = 120", "LIMIT = 2"))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), str(child), repr(rows)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        assert command == [os.fsencode(sys.executable), b"-I", os.fsencode(child), b""], "nothing of the user's"
        parent.send_signal(end)
        wait_for(lambda: ended(pid))


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@needs_libyang
def test_closing_leaves_nothing_behind(fast: LibyangCheck) -> None:
    assert fast.check(racks(GOOD)) == []
    assert fast._process is not None
    pid = fast._process._process.pid
    fast.close()
    assert not Path(f"/proc/{pid}").exists()
    assert fast.check(racks(GOOD)) == []


def test_the_child_stands_alone() -> None:
    """It is started by its path and isolated: sonicfab is not in its reach."""
    assert not [line for line in CHILD.read_text().splitlines() if "import" in line.split() and "sonicfab." in line]
    done = subprocess.run([sys.executable, "-I", str(CHILD)], input=b"", capture_output=True, check=True)
    assert done.stdout == done.stderr == b""


def test_the_engine_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonicfab.validate.run.libyang_folder", lambda: "")
    with pytest.raises(InputError, match="not installed") as err:
        Validator(engine="libyang")
    assert "pip install 'sonicfab[fast]'" in err.value.hint
    if YANG.is_dir():
        result = Validator(yang_dir=YANG, vtysh=False).validate([subject(BUILD, {})])
        assert f"YANG models of {BUILD}, by yangson" in result.nets


@needs_models
@needs_libyang
def test_the_command_tells_the_engine(sonicfab: Run, tmp_path: Path) -> None:
    golden = Path(__file__).parent / "golden" / "dc-2x4" / "dc1-leaf1" / "config_db.json"
    for option, engine in (([], "libyang"), (["--engine", "libyang"], "libyang"), (["--engine", "yangson"], "yangson")):
        done = sonicfab("validate", golden, "--yang-dir", YANG, *option)
        assert done.returncode == 0, done.stderr
        assert f"checked: YANG models of {BUILD}, by {engine}\n" in done.stdout
    data = json.loads(golden.read_text())
    data["SYSLOG_SERVER"] = {"192.0.2.1": {"source": "2001:db8::1"}}
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(data))
    told = [
        sonicfab("validate", bad, "--yang-dir", YANG, "--engine", engine, "--format", "json")
        for engine in ("libyang", "yangson")
    ]
    findings = [json.loads(done.stdout)["findings"] for done in told]
    assert findings[0] == findings[1] != []
    assert [done.returncode for done in told] == [4, 4]
    assert sonicfab("validate", golden, "--engine", "libyong").returncode == 2
