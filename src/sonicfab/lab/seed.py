"""Writes the files of lab switches, and makes their keys; for every kind of lab."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sonicfab.lab import files as lab_files
from sonicfab.lab.spec import LabSpec, LabSwitch


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files by their path below a folder."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_programs(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files that all switches share; those in usr/local/bin are programs."""
    write_texts(folder, texts)
    for program in (folder / "usr" / "local" / "bin").iterdir():
        program.chmod(0o755)


def write_switch(folder: Path, spec: LabSpec, switch: LabSwitch) -> None:
    """Write the files of one switch, its YANG models among them."""
    write_texts(folder, lab_files.switch_files(spec, switch))
    for model in sorted(Path(switch.yang).glob("*.yang")) if switch.yang else ():
        target = folder / "usr" / "local" / "yang-models"
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model, target / model.name)


def new_key(path: Path) -> str:
    """Make a key, write the private one for its owner alone, and return the public one."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
