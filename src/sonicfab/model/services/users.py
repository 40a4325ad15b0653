"""Accounts: CONFIG_DB has no table of them on any build, so `sonicfab users` sets those of Linux itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from sonicfab.model.fields import OneOrMany, Secret, Strict
from sonicfab.model.services import Get, Mistake, Service, given

Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
"""useradd(8) of Debian takes no other."""


class User(Strict):
    """An account; who is not there yet is made, and may do everything with sudo."""

    name: Name = Field(description="Name of the account, such as admin.")
    password: Secret | None = Field(
        default=None, description="Reference to the hash of its password, as `openssl passwd -6` prints it."
    )
    keys: OneOrMany[Secret] | None = Field(
        default=None,
        description="References to its SSH public keys, such as file:keys/alice.pub; one may have several.",
    )


class Users(Service):
    """They are set over SSH, with a way back; `push` leaves them alone."""

    in_network: ClassVar[bool] = False

    users: tuple[User, ...] | None = given(
        "Accounts with their passwords and SSH keys, which `sonicfab users` sets; others stay.", title="an account"
    )

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """Accounts that are there twice, root, and those of which nothing is said."""
        names: set[str] = set()
        for one in get("users") or ():
            if one.name in names:
                yield Mistake("users", f"the account {one.name} is there twice")
            if one.name == "root":
                yield Mistake("users", "SONiC has no login of root", "an account of its own for each person")
            if one.password is None and one.keys is None:
                yield Mistake("users", f"nothing is said of {one.name}: neither `password` nor `keys`")
            names.add(one.name)
