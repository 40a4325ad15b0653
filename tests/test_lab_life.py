"""Labs come and go without a trace: side by side, after a crash, after Ctrl-C; and without root."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run, example_files
from labs import LEAF1, SPINE, booted, host_links, lab_namespaces, lab_processes, needs_lab
from patience import communicate, wait_until
from sonicfab.lab.clab import deploy
from sonicfab.lab.clabfile import ClabLab
from sonicfab.lab.control import start_lab
from sonicfab.lab.spec import LabSpec
from sonicfab.lab.state import find_lab, labs_folder, running_labs

pytestmark = needs_lab


def test_nothing_is_left_after_down(sonicfab: Run) -> None:
    spaces = lab_namespaces()
    with booted(sonicfab, "traceless") as lab:
        assert len(lab_namespaces() - spaces) == 1 + len(lab.state.switches), "the holder's, and each switch's"
        assert len(lab_processes("traceless")) > len(lab.state.switches)
        ports = {port for port in lab.ports() if port.startswith("Ethernet")}
        assert ports
        assert not host_links() & ports, "the root namespace is never touched"
        assert lab.inside(SPINE, "true").code == 0
        folder = lab.state.folder
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "id_ed25519").stat().st_mode & 0o777 == 0o600
    assert not folder.exists()
    assert lab_processes("traceless") == {}
    assert wait_until(lambda: lab_namespaces() <= spaces)
    assert not host_links() & ports


def test_two_labs_side_by_side(sonicfab: Run) -> None:
    with booted(sonicfab, "one") as one, booted(sonicfab, "two", "dc-2x4") as two:
        ports = [node.port for lab in (one, two) for node in lab.state.switches.values()]
        assert len(set(ports)) == 9
        assert {state.name for state in running_labs()} >= {"one", "two"}
        done = sonicfab("lab", "down")
        assert done.returncode == 2
        assert "several labs run" in done.stderr
        status = json.loads(sonicfab("lab", "status", "--format", "json").stdout)
        assert {lab["name"] for lab in status["labs"]} >= {"one", "two"}
        assert one.inside(LEAF1, "hostname").out == two.inside("dc1-leaf1", "hostname").out == "sonic\n"
        done = sonicfab("lab", "up", *one.files, "--name", "one")
        assert done.returncode == 3
        assert "running already" in done.stderr
        assert one.state.alive, "the one that runs is untouched"


def test_a_lab_is_found_by_its_fabric_and_ended_only_when_meant(sonicfab: Run, tmp_path: Path) -> None:
    with booted(sonicfab, "other") as lab:
        asked = sonicfab("plan", *lab.files, "--lab", "--limit", LEAF1)
        assert asked.returncode in (0, 5), asked.stderr
        assert "would change" in asked.stdout, "the lab has another name than the fabric, and is the only one of it"
        wrong = sonicfab("plan", *example_files("dc-2x4"), "--lab")
        assert wrong.returncode == 3
        assert "no lab runs the fabric dc-2x4; there are other (fabric spine-leaf-1x2)" in wrong.stderr
        for words in (
            ["exec", SPINE, "--name", "other"],
            ["exec", SPINE, "-n", "other", "--"],
            ["ssh", SPINE, "--name=other"],
        ):
            assert sonicfab("lab", *words, "hostname").stdout == "sonic\n", words
        assert sonicfab("lab", "exec", SPINE, "--nam", "other", "hostname").returncode == 2
        assert "no command" in sonicfab("lab", "exec", SPINE, "--name", "other").stderr

        elsewhere = sonicfab("lab", "down", cwd=tmp_path)
        assert elsewhere.returncode == 2
        assert "sonicfab lab down --name other" in elsewhere.stderr
        assert sonicfab("lab", "down", "-t", example_files("dc-2x4")[3]).returncode == 3
        assert lab.state.alive, "it is another fabric's"
        assert sonicfab("lab", "down", SONICFAB_TOPOLOGY=lab.files[3]).stdout == "lab other: ended\n"


def test_a_killed_keeper_takes_everything_with_it(sonicfab: Run) -> None:
    spaces = lab_namespaces()
    with booted(sonicfab, "killed") as lab:
        state = lab.state
        os.kill(state.keeper, signal.SIGKILL)
        assert wait_until(lambda: not lab_processes("killed") and lab_namespaces() <= spaces)
        assert not state.alive
        assert "no lab killed is running" in lab.sonicfab("verify").stderr
        again = sonicfab("lab", "up", *lab.files, "--name", "killed")
        assert again.returncode == 0, "what the dead one left is no hindrance"
    assert not (labs_folder() / "killed").exists()


def test_down_tidies_up_after_a_killed_keeper(sonicfab: Run) -> None:
    with booted(sonicfab, "tidied") as lab:
        os.kill(lab.state.keeper, signal.SIGKILL)
        assert wait_until(lambda: not any(state.name == "tidied" for state in running_labs()))
        done = sonicfab("lab", "down", "--name", "tidied")
        assert done.returncode == 0
        assert "had ended already" in done.stdout
        assert not (labs_folder() / "tidied").exists()


@pytest.mark.parametrize("after", ["begun", "wired", "booted"])
def test_ctrl_c_while_booting(after: str, request: pytest.FixtureRequest, sonicfab: Run) -> None:
    request.addfinalizer(lambda: sonicfab("lab", "down", "--name", "interrupted"))  # should it have gone on
    spaces = lab_namespaces()
    command = [sys.executable, "-m", "sonicfab", "lab", "up", *example_files("dc-2x4"), "--name", "interrupted"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    if after == "begun":
        assert wait_until((labs_folder() / "interrupted").exists)
    else:
        told = {"wired": "cables", "booted": ": booted"}[after]
        assert any(told in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    _, err = communicate(process, 30)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert wait_until(lambda: not lab_processes("interrupted") and lab_namespaces() <= spaces)
    assert not (labs_folder() / "interrupted").exists()


@pytest.mark.parametrize("moment", ["claimed", "keeper", "containers"])
def test_ctrl_c_in_the_very_moment(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder has just got its name, or the keeper was just begun: nobody has noted either yet."""
    spec = LabSpec("momentary", "momentary", (), ())

    renames = Path.rename

    def renamed(part: Path, folder: Path) -> Path:
        renames(part, folder)
        signal.raise_signal(signal.SIGINT)
        return folder

    class Begun(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        if moment == "keeper":
            patch.setattr("sonicfab.lab.control.subprocess.Popen", Begun)
        else:
            patch.setattr(Path, "rename", renamed)
        with pytest.raises(KeyboardInterrupt):
            deploy(ClabLab(spec, "sonic-vm", "none"), print) if moment == "containers" else start_lab(spec, print)
    assert wait_until(lambda: not lab_processes("momentary"))
    assert not (labs_folder() / "momentary").exists()


def test_lab_up_killed_while_booting() -> None:
    spaces = lab_namespaces()
    command = [sys.executable, "-m", "sonicfab", "lab", "up", *example_files("dc-2x4"), "--name", "murdered"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("cables" in line for line in process.stderr)
    process.kill()
    process.communicate()
    assert wait_until(lambda: not lab_processes("murdered") and lab_namespaces() <= spaces, 30)
    assert not (labs_folder() / "murdered").exists()


def test_a_switch_that_does_not_start_says_why(sonicfab: Run, tmp_path: Path) -> None:
    """A lab of more than the kernel allows: here the limit on processes of a session stands for any such reason."""
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
        "sys.argv = ['sonicfab', *sys.argv[1:]]; runpy.run_module('sonicfab', run_name='__main__')"
    )
    arguments = ["lab", "up", *example_files("scs-lab"), "--name", "unlucky"]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "error:" in done.stderr
    assert not any(state.name == "unlucky" for state in running_labs())
    assert lab_processes("unlucky") == {}


def test_exec_passes_output_and_exit_code(sonicfab: Run) -> None:
    with booted(sonicfab, "exec"):
        done = sonicfab("lab", "exec", SPINE, "--", "sh", "-c", "echo hello; exit 7")
        assert (done.returncode, done.stdout) == (7, "hello\n")
        done = sonicfab("lab", "exec", "st01-sw100g-r01-u37", "--", "true")
        assert done.returncode == 3
        assert "did you mean" in done.stderr


def test_doctor(sonicfab: Run) -> None:
    done = sonicfab("lab", "doctor", "--format", "json")
    assert done.returncode == 0
    findings = {one["subject"]: one for one in json.loads(done.stdout)["findings"]}
    assert findings["programs"]["status"] == "ok"
    assert all(one["mend"] for one in findings.values() if one["status"] != "ok")


def test_doctor_says_what_is_missing(sonicfab: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from sonicfab.lab import doctor

    monkeypatch.setitem(doctor._PACKAGES, "nosuch", ("/usr/bin/nosuch", "nosuch-package"))
    lacks = doctor.missing(doctor.examine())
    assert [one.subject for one in lacks] == ["nosuch"]
    assert "apt-get install --no-install-recommends nosuch-package" in lacks[0].mend


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a plain user for the test")
@pytest.mark.skipif(shutil.which("newuidmap") is None, reason="package uidmap is not installed")
def test_a_plain_user_without_root(tmp_path_factory: pytest.TempPathFactory) -> None:
    """From a home of its own: boot, push, verify, end; everything in user namespaces."""
    user = f"sonicfab-{os.getpid()}"
    python = shutil.which("python3", path="/usr/bin") or "/usr/bin/python3"
    subprocess.run(["useradd", "--create-home", user], check=True, capture_output=True)
    home = Path(pwd.getpwnam(user).pw_dir)
    try:
        packages = ":".join(path for path in sys.path if path.endswith("site-packages"))
        copy = home / "checkout"
        shutil.copytree(packages, home / "packages", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("src", "templates", "inventories", "topologies"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["chown", "-R", f"{user}:{user}", home], check=True)
        environment = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games",  # Debian's, without sbin
            "PYTHONPATH": f"{os.environ['PYTHONPATH']}:{copy / 'src'}:{home / 'packages'}",
            "USER": user,
        }
        files = ["-i", "inventories/scs-lab.yml", "-t", "topologies/spine-leaf-1x2.yml"]

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [python, "-m", "sonicfab", *arguments],
                user=user,
                group=user,
                extra_groups=[],
                cwd=copy,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )

        for arguments in (
            ["lab", "up", *files],
            ["push", *files, "--lab", "--yes"],
            ["verify", *files, "--lab"],
            ["lab", "status"],
        ):
            done = run(*arguments)
            assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
            if arguments[0] == "verify":
                assert "as intended: all" in done.stdout, "without root there may be no LLDP"
            if arguments[:2] == ["lab", "status"]:
                assert "rootless" in done.stdout
        client = Path("/usr/sbin/lldpcli")
        if not (client.exists() and client.stat().st_mode & 0o001):
            refused = run("lab", "fault", "kill-lldpd", LEAF1)
            assert (refused.returncode, "lldpd does not run" in refused.stderr) == (3, True), refused.stderr
        lossy = run("lab", "fault", "link-loss", f"{LEAF1}:Ethernet76")
        assert lossy.returncode == 0 or "this kernel cannot lose or delay packets" in lossy.stderr
        assert "No such file" not in lossy.stderr, "tc is found"
        assert run("lab", "heal", "all").returncode == 0
        assert run("lab", "down").returncode == 0
        assert not (home / ".local" / "state" / "sonicfab").exists()
    finally:
        subprocess.run(["pkill", "-KILL", "-u", user], check=False)
        subprocess.run(["userdel", "--remove", user], check=False, capture_output=True)


def test_the_labs_folder_may_be_elsewhere(sonicfab: Run, tmp_path: Path) -> None:
    files = example_files("scs-lab")
    done = sonicfab("lab", "up", *files, SONICFAB_LABS=str(tmp_path / "mine"))
    assert done.returncode == 0, done.stderr
    try:
        assert (tmp_path / "mine" / "spine-leaf-1x2" / "state.json").exists()
        with pytest.raises(Exception, match="no lab spine-leaf-1x2 is running"):
            find_lab("spine-leaf-1x2")
    finally:
        assert sonicfab("lab", "down", "--all", SONICFAB_LABS=str(tmp_path / "mine")).returncode == 0


@pytest.mark.parametrize("size", ["8k", "300k"])  # before and after the keeper has begun
def test_a_full_disk(size: str, sonicfab: Run, tmp_path: Path) -> None:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    script = 'mount -t tmpfs -o "size=$1" full "$2" && shift 2 && "$@"; code=$?; find "$SONICFAB_LABS"; exit $code'
    command = [sys.executable, "-m", "sonicfab", "lab", "up", *example_files("scs-lab"), "--name", "fulldisk"]
    done = subprocess.run(
        ["unshare", *user, "--mount", "sh", "-c", script, "sh", size, str(tmp_path), *command],
        env={**os.environ, "SONICFAB_LABS": str(tmp_path / "labs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "No space left on device" in done.stderr
    assert "internal error" not in done.stderr
    assert done.stdout.split() == [str(tmp_path / "labs")], "no file is left"
    assert wait_until(lambda: not lab_processes(labs=tmp_path / "labs"))


def test_a_lab_that_is_being_started_twice(sonicfab: Run) -> None:
    command = [sys.executable, "-m", "sonicfab", "lab", "up", *example_files("scs-lab"), "--name", "twice"]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        said = [process.communicate()[1] for process in both]
        assert sorted(process.returncode for process in both) == [0, 3], said
        assert re.search("error: lab twice is (being started by another sonicfab|running already)", "".join(said))
        assert "lab twice" in sonicfab("lab", "status").stdout
    finally:
        sonicfab("lab", "down", "--name", "twice")
    assert lab_processes("twice") == {}
