"""Accounts of switches: changes are told without secrets, keys of others stay, references are read strictly."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conftest import example_files
from sonicfab.errors import InputError
from sonicfab.operations.site import OpenSite
from sonicfab.operations.users import plan_users
from sonicfab.switch.state.accounts import USERS, HasAccount, has_accounts
from sonicfab.switch.users import BEGIN, END, Wanted, changes, with_keys
from test_services import refused

FILES = example_files("scs-lab")[1::2]
ONE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1111111111111111111111111111111111111111 alice@desk"
TWO = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB2222222222222222222222222222222222222222 bob@desk"
HASH, OTHER = "$6$salt$abcdefghijklmnopqrstuvwxyz", "$y$j9T$salt$zyxwvutsrqponmlkjihgfedcba"


def test_keys_of_others_stay() -> None:
    there = ("# mine", TWO, "")
    once = with_keys(there, [ONE])
    assert once == ("# mine", TWO, "", BEGIN, ONE, END)
    assert with_keys(once, [ONE]) == once
    assert with_keys(once, []) == there
    assert with_keys(once, [TWO]) == ("# mine", "", BEGIN, TWO, END), "it is ours now"
    assert with_keys((BEGIN, ONE), [TWO]) == (BEGIN, TWO, END), "a block that was cut off"


@pytest.mark.parametrize(
    ("has", "wanted", "told"),
    [
        (None, Wanted(HASH, (ONE,)), ["the account is made", "its password", "+ key alice@desk"]),
        (HasAccount(HASH, ()), Wanted(HASH), []),
        (HasAccount(HASH, ()), Wanted(OTHER), ["its password"]),
        (HasAccount(HASH, (TWO,)), Wanted(None, (ONE,)), ["+ key alice@desk"]),
        (HasAccount(HASH, (BEGIN, TWO, END)), Wanted(None, (ONE,)), ["+ key alice@desk", "- key bob@desk"]),
        (HasAccount(HASH, (BEGIN, ONE, END)), Wanted(HASH, (ONE,)), []),
        (HasAccount(HASH, (BEGIN, ONE, END)), Wanted(), []),
        (HasAccount(HASH, (ONE,)), Wanted(None, (ONE.rpartition(" ")[0],)), ["+ key ssh-ed25519 …11111111"]),
    ],
)
def test_what_would_change_has_no_secret(has: HasAccount | None, wanted: Wanted, told: list[str]) -> None:
    assert changes(has, wanted) == told
    assert HASH not in repr((has, wanted))


def test_what_the_switch_says_of_accounts() -> None:
    found = has_accounts(f"user admin\nhash {HASH}\nkey {ONE}\nkey \nuser nobody-yet\nuser bob\nhash *\n")
    assert found == {"admin": HasAccount(HASH, (ONE, "")), "bob": HasAccount("*", ())}


def test_its_question_on_this_machine() -> None:
    command = USERS.of(names="root no-such-account").command.replace("sudo -n ", "")
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert has_accounts(done.stdout).keys() == {"root"}


CONTRADICTIONS: list[tuple[list[dict[str, Any]], str]] = [
    ([{"name": "admin", "keys": "env:K"}] * 2, "the account admin is there twice"),
    ([{"name": "root", "keys": "env:K"}], "SONiC has no login of root"),
    ([{"name": "alice"}], "nothing is said of alice: neither `password` nor `keys`"),
]


@pytest.mark.parametrize(("users", "said"), CONTRADICTIONS)
def test_what_is_refused(users: list[dict[str, Any]], said: str) -> None:
    assert said in [message for _, message in refused({"users": users})]


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("password: file:secret", "a password", "file:secret has no hash of crypt"),
        ("password: file:secret", "$6$x:y$zzzzzzzzzz", "file:secret has no hash of crypt"),
        ("keys: file:secret", "-----BEGIN OPENSSH PRIVATE KEY-----", "file:secret has no public key"),
        ("keys: file:secret", 'command="x" ssh-ed25519 AAAA', "file:secret has no public key"),
        ("keys: file:secret", "", "secret is empty"),
        ("keys: env:NO_SUCH_KEY", "", "NO_SUCH_KEY is not set"),
    ],
)
def test_references_are_read_strictly(tmp_path: Path, line: str, text: str, said: str) -> None:
    inventory = tmp_path / "inventory.yml"
    shutil.copy(FILES[0], inventory)
    said_there = f"defaults:\n  users: [{{name: admin, {line}}}]\n"
    inventory.write_text(inventory.read_text().replace("defaults:\n", said_there, 1))
    (tmp_path / "secret").write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        plan_users(OpenSite.open(inventory, FILES[1]))
    assert "a password" not in str(caught.value)


def test_without_users_there_is_nothing_to_do() -> None:
    with pytest.raises(InputError, match="the inventory has no `users`"):
        plan_users(OpenSite.open(*FILES))
