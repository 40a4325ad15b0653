"""The image of `light` nodes: Debian 12 with FRR, redis, sshd and lldpd, and the command layer of the embedded lab."""

from __future__ import annotations

import shutil
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from sonicfab import __version__
from sonicfab.errors import LabError
from sonicfab.lab.debian import PACKAGES, Tell, make_tar
from sonicfab.lab.docker import docker
from sonicfab.lab.files import program_files
from sonicfab.lab.seed import write_programs

DEFAULT_IMAGE = f"sonicfab/light:{__version__}"
RELEASE = "bookworm"
REGISTRY_IMAGE = "debian:bookworm-slim"
_BASE = f"sonicfab/base:{RELEASE}"
_ENTRY = "/usr/local/lib/sonic/container-root.sh"


def build_image(tag: str, base: str, cache: Path, tell: Tell) -> int:
    """Build the image and return its size in bytes; `base` is `registry`, `debootstrap`, or `auto` for whichever works.

    Raises:
        LabError: docker or debootstrap fails.
    """
    source = _registry(tell) if base in ("auto", "registry") else None
    if base == "registry" and source is None:
        raise LabError(f"Docker cannot get {REGISTRY_IMAGE}", "--base debootstrap needs no registry")
    if source is None:
        source = _debootstrap(cache, tell)
    tell("adding SONiC's commands")
    install = f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
    with tempfile.TemporaryDirectory(prefix="sonicfab-image-") as folder:
        _write_context(Path(folder), source, install if source == REGISTRY_IMAGE else "")
        docker("build", "--quiet", "--tag", tag, folder, timeout=1800)
    return int(docker("image", "inspect", "--format", "{{.Size}}", tag))


def _write_context(folder: Path, source: str, install: str) -> None:
    """What `docker build` reads: the layer of programs, laid out as in the image."""
    layer = folder / "layer"
    write_programs(layer, program_files(Path("/usr/bin/python3")))
    for entry in sorted((layer / "files").iterdir()):
        entry.rename(layer / entry.name)
    (layer / "files").rmdir()
    entry_text = (files("sonicfab") / "lab" / "container-root.sh").read_text(encoding="utf-8")
    (layer / _ENTRY.lstrip("/")).write_text(entry_text, encoding="utf-8")
    lines = [f"FROM {source}", install, "COPY layer/ /", f'ENTRYPOINT ["sh", "{_ENTRY}"]']
    (folder / "Dockerfile").write_text("\n".join([*filter(None, lines), ""]), encoding="utf-8")


def _registry(tell: Tell) -> str | None:
    """Debian's image from a registry, where one answers."""
    tell(f"asking for {REGISTRY_IMAGE}")
    try:
        docker("pull", "--quiet", REGISTRY_IMAGE)
    except LabError as err:
        if shutil.which("docker") is None:
            raise
        tell(f"no registry: {err}")
        return None
    return REGISTRY_IMAGE


def _debootstrap(cache: Path, tell: Tell) -> str:
    """A Debian of our own, kept as a tar in `cache`: it takes minutes."""
    tar = cache / f"{RELEASE}.tar"
    if not tar.exists():
        started = time.monotonic()
        tell("debootstrap: minutes, and only the first time")
        make_tar(RELEASE, tar)
        tell(f"debootstrap took {time.monotonic() - started:.0f} s; kept as {tar}")
    docker("import", "-", _BASE, stdin=tar)
    return _BASE
