"""`sonicfab builds learn`: what it reads is somebody else's, and may be anything."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
from pathlib import Path

import pytest

from known import PLATFORMS, build_names, get_build, get_platform
from learn_trees import LEAF_DEVICE, MODULE, START, checkout, image_root, write
from sonicfab.errors import InputError, OutputError
from sonicfab.lab.container import programs as lab_programs
from sonicfab.lab.container import start_script as lab_start_script
from sonicfab.learn import image, yang
from sonicfab.learn.findings import BY_VERSION
from sonicfab.learn.folder import learn_from_folder
from sonicfab.learn.portconfig import read_port_config
from sonicfab.learn.profile import given_facts, make_profile, write_profile


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it has no ports"),
        ("# name lanes alias index speed\n", "it has no ports"),
        ("# name lanes\nEthernet0\n", "ports:2: Ethernet0 has no lanes"),
        ("# name alias\nEthernet0 x\n", "ports:2: Ethernet0 has no lanes"),
        ("# name lanes\nEthernet0 1,x\n", "ports:2: Ethernet0 has no lanes: '1,x'"),
        ("# name lanes\nEthernet0 1 2 3\n", "ports:2: 4 values for 2 columns"),
        ("# name lanes speed index\nEthernet0 3 25000 1\nEthernet0 3 25000 1\n", "ports:3: Ethernet0 is there twice"),
        ("# name lanes speed index\n../x 3 25000 1\n", "ports:2: not a port: '../x'"),
        ("# name lanes speed index\nEthernet0 3 123 1\n", "has speed 123"),
        ("# name lanes speed index\nEthernet0 3 fast 1\n", "the speed of Ethernet0 is not a number"),
        ("# name lanes alias speed index\nEthernet0 3 {{x}} 25000 1\n", "the alias of Ethernet0 is not usable"),
        ("# name lanes\nEthernet0 77\n", "Ethernet0 has no index"),
    ],
)
def test_port_files_that_are_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        read_port_config(text, get_platform("as7326-56x"), "ports")


def test_ports_inside_the_switch_are_left_out() -> None:
    text = "# name lanes index speed\nEthernet0 3 1,2 25000\nEthernet-Rec0 200 9 10000\n"
    assert list(read_port_config(text, get_platform("as7326-56x"), "x").ports) == ["Ethernet0"]


@pytest.mark.parametrize(
    ("script", "mode", "lines"),
    [
        (START, "split-unified", ("fpm address 127.0.0.1", "no fpm use-next-hop-groups")),
        (START.replace("split-unified", "split"), "split", ("fpm address 127.0.0.1", "no fpm use-next-hop-groups")),
        (
            START.replace("    append /etc/frr/frr.conf\n", '    echo "log x" >> /etc/frr/frr.conf\n'),
            "split-unified",
            ("log x",),
        ),
        (START.replace("    append /etc/frr/frr.conf\n", ""), "split-unified", ()),
    ],
)
def test_start_scripts(script: str, mode: str, lines: tuple[str, ...]) -> None:
    found = image.start_script(script)
    assert found is not None
    assert found.keeping == (mode,)
    assert found.start_lines[mode] == lines


def test_a_start_script_that_keeps_nothing_or_is_none_of_ours_is_told(tmp_path: Path) -> None:
    script = START.replace("    append /etc/frr/frr.conf\n", "    rm -f /etc/frr/frr.conf\n")
    for text, why in ((script, "none of them keeps frr.conf"), ("# /etc/frr\nexec zebra\n", "cannot be made out")):
        root = image_root(tmp_path)
        write(root, {"var/lib/docker/overlay2/aa/diff/usr/bin/docker_init.sh": text})
        with pytest.raises(InputError, match=why):
            make_profile("x", learn_from_folder(root, BY_VERSION, PLATFORMS), {})


@pytest.mark.parametrize("name", build_names())
def test_what_the_lab_shows_of_a_build_reads_as_that_build(name: str) -> None:
    build = get_build(name)
    script, programs = image.start_script(lab_start_script(build)), image.programs(lab_programs(build))
    assert script is not None
    assert programs is not None
    assert script.keeping == (build.routing_config_mode,)
    assert script.start_lines[build.routing_config_mode] == build.frr_start_lines
    assert programs.fpm_module == build.fpm_module
    assert programs.bfd_needs_mgmt_framework == build.bfd_needs_mgmt_framework


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, content: str | None = None) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/shadow" if kind != tarfile.REGTYPE else ""
    text = MODULE.format(Path(name).stem) if content is None else content
    return info, text.encode() if kind == tarfile.REGTYPE else b""


GOOD = member("./own-port.yang")


def test_a_tar_of_models() -> None:
    models = yang.from_tar(packed(member("./", tarfile.DIRTYPE), GOOD, member("./README", content="x")), "tar")
    assert list(models.files) == ["own-port.yang"]
    assert models.notes == ("1 files beside the YANG models were left out",)


@pytest.mark.parametrize(
    ("tar", "why"),
    [
        (packed(GOOD)[:-20], "did not arrive whole"),
        (b"not a tar", "did not arrive whole"),
        (gzip.compress(b"x" * 2000), "did not arrive whole"),
        (gzip.compress(bytes(yang.MAX_ALL + 1)), "larger than 64 MB"),
        (packed(member("../own-port.yang")), "not a plain file in one folder"),
        (packed(member("/etc/own-port.yang")), "not a plain file in one folder"),
        (packed(member(".own-port.yang")), "not a plain file in one folder"),
        (packed(member("a/own-port.yang")), "not a plain file in one folder"),
        (packed(member("own-port.yang", tarfile.SYMTYPE)), "not a plain file in one folder"),
        (packed(member("own-port.yang", tarfile.LNKTYPE)), "not a plain file in one folder"),
        (packed(member("own-port.yang", tarfile.FIFOTYPE)), "not a plain file in one folder"),
        (packed(member("own port;.yang")), "is not the name of a YANG module"),
        (packed(member("own-port.yang", content="module other {}")), "does not hold the YANG module of its name"),
        (packed(member("own-port.yang", content=" " * (yang.MAX_FILE + 1))), "is larger than 4 MB"),
        (packed(*[member(f"m{n}.yang") for n in range(yang.MAX_FILES + 1)]), "more than 2000 files"),
    ],
    ids=range(15),
)
def test_tars_that_are_refused(tar: bytes, why: str) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        yang.from_tar(tar, "leaf1:/usr/local/yang-models")


def test_folders_that_cannot_be_learned_from(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="neither the root of an image"):
        learn_from_folder(tmp_path / "empty", BY_VERSION, PLATFORMS)
    with pytest.raises(InputError, match="no such folder"):
        learn_from_folder(tmp_path / "missing", BY_VERSION, PLATFORMS)
    root = image_root(tmp_path / "image")
    (root / f"usr/share/sonic/device/{LEAF_DEVICE}/port_config.ini").unlink()
    with pytest.raises(InputError, match=r"has no port_config\.ini of a switch model that sonicfab knows"):
        make_profile("x", learn_from_folder(root, BY_VERSION, PLATFORMS), {})


@pytest.mark.parametrize("absolute", [True, False])
def test_links_that_lead_out_of_the_folder_are_not_followed(absolute: bool, tmp_path: Path) -> None:
    """An absolute link in an unpacked image would mean a file of this machine."""
    (tmp_path / "outside").write_text("secret")
    root = image_root(tmp_path / "image")
    for path in ("etc/sonic/init_cfg.json", "usr/local/yang-models/own-port.yang", "etc/sonic/sonic_version.yml"):
        (root / path).unlink()
        outside = tmp_path / "outside"
        (root / path).symlink_to(outside if absolute else os.path.relpath(outside, (root / path).parent))
        with pytest.raises(InputError, match="a link that leads out of the folder"):
            learn_from_folder(root, BY_VERSION, PLATFORMS)
        (root / path).unlink()
        (root / path).write_text("{}" if path.endswith("json") else MODULE.format("own-port"))


def test_files_that_are_no_files_or_no_text_are_refused(tmp_path: Path) -> None:
    root = image_root(tmp_path / "image")
    config = root / "etc/sonic/init_cfg.json"
    for make, why in (
        (lambda: config.mkdir(), "not a plain file"),
        (lambda: os.mkfifo(config), "not a plain file"),
        (lambda: config.write_bytes(b"\xff\xfe{"), "not UTF-8 text"),
        (lambda: config.write_text(" " * (4 << 20) + " "), "larger than 4 MB"),
    ):
        config.unlink(missing_ok=True)
        make()
        with pytest.raises(InputError, match=why):
            learn_from_folder(root, BY_VERSION, PLATFORMS)
        if config.is_dir():
            config.rmdir()


def test_templates_of_a_checkout_are_rendered_in_a_sandbox(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    template = "src/sonic-yang-models/yang-templates/own-types.yang.j2"
    for text, why in (
        ("{{ ().__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{% include '/etc/passwd' %}", "passwd"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% if %}", "Expected an expression"),
    ):
        write(root, {template: text})
        with pytest.raises(InputError, match=f"own-types.yang.j2: it cannot be rendered: .*{why}"):
            learn_from_folder(root, BY_VERSION, PLATFORMS)


@pytest.mark.parametrize("setup", ["", "import os; os.abort()", "setup(", "data = [('yang-models', [])]"])
def test_setup_is_read_and_never_run(setup: str, tmp_path: Path) -> None:
    root = write(checkout(tmp_path), {"src/sonic-yang-models/setup.py": setup})
    with pytest.raises(InputError, match=r"setup\.py: (not Python|it does not say which YANG models)"):
        learn_from_folder(root, BY_VERSION, PLATFORMS)


def test_a_profile_that_cannot_be_written_leaves_the_old_one(
    tmp_path: Path, learned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = learn_from_folder(image_root(tmp_path / "image"), BY_VERSION, PLATFORMS)
    write_profile(make_profile("site-1", findings, {}), replace=False)
    before = {path: path.read_bytes() for path in learned.rglob("*") if path.is_file()}

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_profile(make_profile("site-1", findings, given_facts(["frr=9.9"])), replace=True)
    assert {path: path.read_bytes() for path in learned.rglob("*") if path.is_file()} == before
    assert get_build("site-1").frr == "10.0.1"


def test_a_profile_in_another_folder_than_its_own_is_refused(tmp_path: Path, learned: Path) -> None:
    write_profile(
        make_profile("site-1", learn_from_folder(image_root(tmp_path / "image"), BY_VERSION, PLATFORMS), {}),
        replace=False,
    )
    (learned / "site-1").rename(learned / "site-2")
    with pytest.raises(InputError, match="it is the profile of site-1"):
        get_build("site-2")
