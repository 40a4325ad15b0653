"""What is kept between two commands: used again, and never trusted where somebody else could have written it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonicfab import sandbox
from sonicfab.caches import keep, kept
from sonicfab.sandbox import Sandbox


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "one.j2").write_text("made of {{ 6 * 7 }}")
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted((folder / "cache/sonicfab/templates").iterdir())


def made(folder: Path) -> str:
    return Sandbox([folder / "templates"]).get_template("one.j2").render()


def test_a_template_is_compiled_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(folder) == "made of 42"
    (file,) = files(folder)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    with monkeypatch.context() as patched:
        patched.setattr(sandbox.Sandbox, "_generate", None)  # compiling would call it
        assert made(folder) == "made of 42"
    (folder / "templates" / "one.j2").write_text("made of {{ 6 * 8 }}")
    assert made(folder) == "made of 48"
    assert len(files(folder)) == 2


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_damaged_cache_is_made_again(folder: Path, damage: bytes | None) -> None:
    made(folder)
    (file,) = files(folder)
    whole = file.read_bytes()
    file.write_bytes(whole[:-20] if damage is None else damage)
    assert made(folder) == "made of 42"
    assert file.read_bytes() == whole


def test_what_others_can_write_is_not_read(folder: Path) -> None:
    made(folder)
    (file,) = files(folder)
    for path, mode in ((file, 0o620), (file.parent, 0o777)):
        before = path.stat().st_mode
        path.chmod(mode)
        assert kept(file) is None
        assert made(folder) == "made of 42"
        path.chmod(before)
    assert kept(file) is not None


def test_a_user_without_a_home_does_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", nobody)
    assert made(folder) == "made of 42"


def test_nothing_is_written_below_a_folder_of_others(folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open").chmod(0o777)
    keep(folder / "open" / "below" / "file", b"code")
    assert list((folder / "open").iterdir()) == []
