"""The scheduler by TLS, as docs/many-sites.md has it typed, and schedulers that are not what they should be."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT
from dasks import Cluster, cluster
from patience import slowness
from sonicfab.access import Access, Line
from sonicfab.errors import ExitCode, SonicfabError
from sonicfab.load import Secrets
from sonicfab.remote import scheduler as remote
from test_remote import Here, Placed

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")

PAGE = (ROOT / "docs" / "many-sites.md").read_text()
TYPED = re.search(r"```sh\n(openssl .*?)```", PAGE, re.DOTALL)
CONFIG = re.search(r"```yaml\n(distributed:.*?)```", PAGE, re.DOTALL)


def certificates(folder: Path) -> dict[str, Any]:
    """Dask's config with certificates that are made as the page says, in a folder."""
    assert TYPED
    assert CONFIG
    folder.mkdir()
    subprocess.run(["sh", "-ec", TYPED[1]], cwd=folder, check=True, capture_output=True)
    config: dict[str, Any] = yaml.safe_load(CONFIG[1].replace("/etc/sonicfab", str(folder)))
    return config


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return certificates(tmp_path_factory.mktemp("tls") / "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Another CA's."""
    return certificates(tmp_path_factory.mktemp("tls") / "theirs")


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory, ours: dict[str, Any]) -> Iterator[Cluster]:
    """A scheduler and a worker, for whom the config on the page is all there is."""
    folder = tmp_path_factory.mktemp("dask")
    (folder / "config").mkdir()
    (folder / "config" / "tls.yaml").write_text(yaml.safe_dump(ours))
    with cluster(
        folder, ("--protocol", "tls"), DASK_CONFIG=str(folder / "config"), PYTHONPATH=str(ROOT / "tests")
    ) as found:
        found.add("one")
        found.wait()
        yield found


@contextmanager
def configured(config: dict[str, Any]) -> Iterator[None]:
    with dask.config.set(dask.config.merge(dask.config.config, config)):
        yield


def test_work_by_tls(encrypted: Cluster, ours: dict[str, Any]) -> None:
    assert encrypted.address.startswith("tls://")
    places = [Placed("leaf1")]
    line: Line = Here()
    with configured(ours):
        scheduler = remote.Scheduler(encrypted.address, Secrets(Path()))
        far = remote.remote_access(
            scheduler, Access(lambda _: line.connect(Secrets(Path())), line=lambda _: line), places, places
        )
        assert far.connect(places[0]).run("echo $DASK_CONFIG").stdout.strip() == str(encrypted.folder / "config")  # type: ignore[arg-type]
        scheduler.close()


def refused(
    address: str, config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, seconds: float = 0.5
) -> SonicfabError:
    """How it is told that one does not come to a scheduler."""
    monkeypatch.setattr(remote, "_FIRST", seconds)
    with configured(config), pytest.raises(SonicfabError) as caught:
        remote.Scheduler(address, Secrets(Path()))
    assert address in str(caught.value) or caught.value.exit_code == ExitCode.INPUT
    assert caught.value.hint
    return caught.value


def test_who_has_no_certificate_of_the_ca_is_refused(
    encrypted: Cluster, ours: dict[str, Any], theirs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls, other = (one["distributed"]["comm"]["tls"] for one in (ours, theirs))

    def with_files(**files: Any) -> dict[str, Any]:
        return {"distributed": {"comm": {**ours["distributed"]["comm"], "tls": {**tls, **files}}}}

    absent = dict(tls["client"], cert="/nowhere/cert.pem")
    crossed = dict(tls["client"], key=other["client"]["key"])
    for config, code, told in (
        (
            with_files(client=other["client"]),
            ExitCode.UNREACHED,
            "it refuses the certificate that is shown to it",
        ),
        (with_files(**{"ca-file": other["ca-file"]}), ExitCode.UNREACHED, "its certificate is refused here"),
        ({}, ExitCode.INPUT, "has no ca-file, client.cert, client.key"),
        (with_files(client=absent), ExitCode.INPUT, "/nowhere/cert.pem: No such file or directory"),
        (with_files(client=crossed), ExitCode.INPUT, "do not belong together: key values mismatch"),
    ):
        err = refused(encrypted.address, config, monkeypatch, 5.0 * slowness())
        assert told in str(err)
        assert err.exit_code == code
    err = refused(encrypted.address.replace("tls", "tcp"), {}, monkeypatch)
    assert "it says nothing" in str(err)
    assert "tls://" in err.hint
    err = refused(encrypted.address.replace("tls", "tcp"), ours, monkeypatch)
    assert "require-encryption" in str(err)
    assert err.hint == encrypted.address


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.2p1\r\n"])
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_what_listens_is_no_scheduler(
    said: bytes, scheme: str, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that hangs, and one that is something else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as line:
                line.sendall(said)
                while line.recv(4096):
                    pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        err = refused(f"{scheme}://127.0.0.1:{server.getsockname()[1]}", ours if scheme == "tls" else {}, monkeypatch)
        thread.join(10)
    told = (
        {"tcp": "it says b'SSH-2.0-'", "tls": "it speaks no TLS: wrong version number"}[scheme]
        if said
        else "it says nothing"
    )
    assert told in str(err)
    assert err.exit_code == ExitCode.UNREACHED


def test_a_worker_that_hangs_is_not_waited_for(
    encrypted: Cluster, ours: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with configured(ours):
        scheduler = remote.Scheduler(encrypted.address, Secrets(Path()))
        monkeypatch.setattr(remote, "_FIRST", 0.5)
        encrypted.workers["one"].send_signal(signal.SIGSTOP)
        with pytest.raises(SonicfabError, match="or a worker of it does not") as caught:
            scheduler.prepare([Placed("leaf1")])
        encrypted.workers["one"].send_signal(signal.SIGCONT)
        scheduler.close()
    assert caught.value.exit_code == ExitCode.UNREACHED
