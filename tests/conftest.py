"""Fixtures of all tests, the network guard, and --update-golden."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
GUARD = Path(__file__).resolve().parent / "guard"
REFERENCE = ROOT.parent / "shared" / "data"
"""Recorded outputs and YANG models of SONiC, where they are at hand; tests that need them are skipped elsewhere."""

YANG = Path(os.environ.get("TEST_YANG_MODELS") or REFERENCE / "yang")
"""The YANG models of SONiC's branches, a folder for each."""
NO_YANG = (
    f"no YANG models of SONiC in {YANG}: scripts/yang-models makes them of a sonic-buildimage clone, and "
    "TEST_YANG_MODELS says where they are (CONTRIBUTING.md)"
)

EXAMPLES = {
    "scs-lab": "spine-leaf-1x2",
    "dc-2x4": "dc-2x4",
    "gns3-replacement": "gns3-replacement",
    "servers-2x2": "servers-2x2",
    "hall-oob": "hall-oob",
    "border-pair": "border-pair",
}
"""Inventory -> the topology that belongs to it."""

sys.path.insert(0, str(GUARD))
if not hasattr(sys.modules.get("sitecustomize"), "network"):  # Debian's Python brings a module of that name
    sys.modules.pop("sitecustomize", None)
import sitecustomize  # noqa: E402 - from here on this process is guarded

from forks import forks  # noqa: E402
from patience import progress, pytest_timeout_set_timer  # noqa: E402, F401 - the second is a hook of pytest-timeout

# how long an example takes to try tells of the machine, not of the code
settings.register_profile("sonicfab", deadline=None)
settings.load_profile("sonicfab")

os.environ["PYTHONPATH"] = os.pathsep.join([str(GUARD), *filter(None, [os.environ.get("PYTHONPATH")])])
for _name in [name for name in os.environ if name.startswith("SONICFAB_")]:
    del os.environ[_name]
if _tree := os.environ.get("FRR_OF_SONICFAB_TESTS"):  # a Debian whose FRR lab switches run: `make frr-test`
    os.environ["SONICFAB_FRR"] = _tree
_HOME = "HOME_OF_SONICFAB_TESTS"
"""A home for this run, with caches: nothing of the machine helps. The workers of pytest-xdist inherit it."""
_LABS = "LABS_OF_SONICFAB_TESTS"
"""The folder of all labs of this run; inherited in the same way from the process that begins the workers."""
_BEGUN_HERE = _LABS not in os.environ
if _BEGUN_HERE:
    for _variable, _prefix in ((_LABS, "sonicfab-labs-"), (_HOME, "sonicfab-home-")):
        os.environ[_variable] = tempfile.mkdtemp(prefix=_prefix)
        atexit.register(shutil.rmtree, os.environ[_variable], ignore_errors=True)
    # where nobody may leave: the guard
    os.environ["NETWORK_OF_SONICFAB_TESTS"] = sitecustomize.network()
    # what was downloaded is the same wherever it comes from: wheels, and Debian for light nodes and virtual machines
    _CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("PIP_CACHE_DIR", str(_CACHE / "pip"))
    os.environ.setdefault("DEBIAN_OF_SONICFAB_TESTS", str(_CACHE / "sonicfab" / "image"))
HOME = Path(os.environ[_HOME])
os.environ["HOME"] = str(HOME)
for _variable, _folder in (
    ("CACHE", ".cache"),
    ("STATE", ".local/state"),
    ("DATA", ".local/share"),
    ("CONFIG", ".config"),
):
    os.environ[f"XDG_{_variable}_HOME"] = str(HOME / _folder)
# a shell that starts the tests in the background has them ignore Ctrl-C, and so would what they start
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


SLOWEST = (
    "test_vm.py",
    "test_machine.py",
    "test_push_together.py",
    "test_push_lab.py",
    "test_lab_verify.py",
    "test_mends.py",
    "test_push_guard.py",
    "test_lab_fabric.py",
    "test_lab_faults.py",
    "test_push_faults.py",
    "test_lab_life.py",
    "test_napalm_config.py",
    "test_libyang.py",
    "test_lab_hosts.py",
    "test_lab_bundles.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take minutes come first, then those with labs, so that no worker is left with one in the end."""

    def rank(item: pytest.Item) -> int:
        if item.path.name in SLOWEST:
            return SLOWEST.index(item.path.name)
        return len(SLOWEST) + (item.path not in with_labs)

    with_labs = {item.path for item in items if item.get_closest_marker("lab")}
    items.sort(key=rank)


Golden = Callable[[Path, str], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text with a golden file, or write it with --update-golden."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing; pytest --update-golden writes it"
        assert text == path.read_text(encoding="utf-8"), f"{path} differs; if that is right: pytest --update-golden"

    return check


def with_rows(page: Path, first: str, rows: Iterable[str], kept: Callable[[str], bool] = lambda _: False) -> str:
    """A page of the docs with these rows in the table whose first column is called so; `kept` rows stay at its end."""
    text = page.read_text(encoding="utf-8")
    table = re.search(rf"^\| {first} \|.*\n\| --- .*\n((?:\|.*\n)*)", text, re.MULTILINE)
    assert table, f"{page} has no table of {first}"
    rest = [line for line in table[1].splitlines() if kept(line)]
    return text[: table.start(1)] + "".join(f"{row}\n" for row in [*rows, *rest]) + text[table.end(1) :]


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def sonicfab(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run the command line as a user does, in a folder of its own unless `cwd` says where."""

    def run(
        *arguments: object, cwd: Path | None = None, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        words, where = list(map(str, arguments)), cwd or tmp_path_factory.mktemp("cwd")
        own = {**os.environ, "COLUMNS": "100", **environment}
        if forks().fits(own):
            done = forks().run(words, where, own, stdin)
        else:
            done = subprocess.run(
                [sys.executable, "-m", "sonicfab", *words],
                cwd=where,
                env=own,
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
            )
        progress()
        return done

    return run


@pytest.fixture(scope="session", autouse=True)
def _labs_of_this_run() -> Iterator[None]:
    """Labs of the test run are apart from the user's own, and none outlives it."""
    os.environ["SONICFAB_LABS"] = tempfile.mkdtemp(dir=os.environ[_LABS])
    yield
    _stop_labs()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """A worker that was ended by a signal has not stopped its labs: the process that began it does, when all ended."""
    if _BEGUN_HERE:
        for folder in Path(os.environ[_LABS]).iterdir():
            os.environ["SONICFAB_LABS"] = str(folder)
            _stop_labs()


def _stop_labs() -> None:
    from sonicfab.lab.control import stop_lab
    from sonicfab.lab.state import running_labs

    for lab in running_labs():
        stop_lab(lab)


def example_files(inventory: str) -> list[str]:
    """-i and -t of an example."""
    topology = EXAMPLES[inventory]
    return ["-i", str(ROOT / "inventories" / f"{inventory}.yml"), "-t", str(ROOT / "topologies" / f"{topology}.yml")]


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of learned builds, of this test and process alone."""
    monkeypatch.setenv("SONICFAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "builds"
