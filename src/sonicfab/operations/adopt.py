"""Switches that run already, taken into the two files: from folders, or from the switches themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from sonicfab.access import connect_ssh
from sonicfab.adopt.live import read_switch
from sonicfab.adopt.source import Source, read_folders
from sonicfab.adopt.whole import NOTHING_GIVEN, Adopted, Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.errors import ExitCode, InputError, SonicfabError, TransportError
from sonicfab.lab.access import open_lab_switch
from sonicfab.lab.state import LabState
from sonicfab.load import Secrets
from sonicfab.model.fields import SecretRef, parse_jump_host
from sonicfab.operations.site import QUIET, Progress
from sonicfab.output import OutputFile, write_files
from sonicfab.switch.operations import Switch
from sonicfab.transport import Transport
from sonicfab.transport.target import SshTarget

_AT_ONCE = 8


@dataclass(frozen=True)
class Login:
    """How switches are logged in to that are in no inventory yet; secrets are references.

    Attributes:
        lab: its switches are meant, and the hosts are their names.
    """

    user: str = "admin"
    key: SecretRef | None = None
    password: SecretRef | None = None
    known_hosts: str = ""
    lab: LabState | None = None


_AS_ADMIN = Login()


@dataclass(frozen=True)
class AdoptResult:
    """What was made of the configs and written.

    Attributes:
        folder: where the files are.
        written: those of them that were not there like this.
    """

    adopted: Adopted
    folder: Path
    written: Sequence[str] = field(default=())

    @property
    def exit_code(self) -> ExitCode:
        """OK when every switch is in the files and a push of them would change none, else CHANGES."""
        return ExitCode.OK if self.adopted.unchanged else ExitCode.CHANGES


def adopt_files(
    places: Sequence[str | Path],
    output: str | Path = "site",
    given: Given = NOTHING_GIVEN,
    *,
    force: bool = False,
) -> AdoptResult:
    """Read configs from folders or files, and write the inventory, the topology and the numbers file.

    Raises:
        InputError: a config cannot be read, an option names what there is not, or the files are there already.
        OutputError: they cannot be written.
    """
    return _written(read_folders([Path(place) for place in places]), Path(output), given, force=force)


def adopt_live(
    hosts: Sequence[str],
    output: str | Path = "site",
    given: Given = NOTHING_GIVEN,
    login: Login = Login(),
    *,
    force: bool = False,
    progress: Progress = QUIET,
) -> AdoptResult:
    """The same from switches that run: `[user@]host[:port]`, or a lab's by name, all of them without any.

    Nothing is changed on them.

    Raises:
        InputError: a host is none, an option names what there is not, or the files are there already.
        HostKeyError, LoginError, TransportError, SwitchError: a switch cannot be reached or read; all such switches are
            told, and nothing is written.
        OutputError: the files cannot be written.
    """
    hosts = hosts or list(login.lab.switches if login.lab else ())
    targets = {host: None if login.lab else _target(host, login) for host in dict.fromkeys(hosts)}
    progress.expect(len(targets))

    def ask(host: str) -> Source:
        target = targets[host]
        transport = connect_ssh(target) if target else _of_lab(login.lab, host)
        progress.tell(host, "reading")
        switch = Switch(host, transport)
        try:
            return read_switch(switch, target)
        finally:
            switch.close()
            progress.finish(host)

    sources: list[Source] = []
    failed: list[SonicfabError] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for future in [pool.submit(ask, host) for host in targets]:
            try:
                sources.append(future.result())
            except SonicfabError as err:
                failed.append(err)
    if len(failed) > 1:
        raise TransportError("; ".join(map(str, failed)), failed[0].hint)
    if failed:
        raise failed[0]
    return _written(sources, Path(output), given, force=force)


def _of_lab(lab: LabState | None, name: str) -> Transport:
    if lab is None:
        raise InputError(f"--live {name}: no lab")
    return open_lab_switch(lab, name)


def _target(host: str, login: Login) -> SshTarget:
    try:
        place = parse_jump_host(host)
    except ValueError as err:
        raise InputError(f"--live {host}: no host", "such as 10.10.23.110, admin@leaf1 or [2001:db8::1]:22") from err
    secrets = Secrets(Path())
    return SshTarget(
        host=place.host,
        port=place.port or 22,
        user=place.user or login.user,
        password=secrets.resolve(login.password, "SSH password") if login.password else None,
        key=_key(login.key, secrets),
        known_hosts=login.known_hosts,
    )


def _key(ref: SecretRef | None, secrets: Secrets) -> str | Path | None:
    if ref is None:
        return None
    return secrets.path(ref) if ref.scheme == "file" else secrets.resolve(ref, "SSH key")


def _written(sources: Sequence[Source], folder: Path, given: Given, *, force: bool) -> AdoptResult:
    adopted = adopt(sources, Catalog.load(), given)
    return AdoptResult(adopted, folder, write_draft(folder, adopted.files, force=force))


def write_draft(folder: Path, files: Mapping[str, str], *, force: bool) -> list[str]:
    """Write the files, none of them over one that is there; those that were not there like this.

    Raises:
        InputError: one is there, and `force` is not given.
        OutputError: they cannot be written.
    """
    there = [str(folder / name) for name in files if (folder / name).exists()]
    if there and not force:
        hint = "--force writes them anew, or --output names another folder"
        raise InputError(f"{' and '.join(there)}: there already, nothing was written", hint)
    return write_files(folder, {name: OutputFile(text) for name, text in files.items()}, durable=True)
