"""AAA: whom the switch asks when somebody logs in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from sonicfab.model.fields import OneOrMany, Strict, expected
from sonicfab.model.services import Get, Mistake, Service, given

Method = Literal["local", "tacacs+", "radius"]


def _order(value: tuple[str, ...]) -> tuple[str, ...]:
    if value and "local" not in value:
        hint = "without `local` nobody can log in while no server answers"
        raise expected("an order that has local in it", ", ".join(value), hint)
    if len(set(value)) < len(value):
        raise expected("each method once", ", ".join(value))
    return value


class Aaa(Strict):
    """Whom the switch asks, in this order."""

    login: Annotated[OneOrMany[Method], AfterValidator(_order)] | None = given(
        "Methods in the order in which they are asked: local, tacacs+, radius; an empty list says none.",
        title="the order of the inventory",
    )
    failthrough: bool | None = given("Whether the next method is asked when one has refused a login.")


class Login(Service):
    """The order of logging in. hostcfgd's AaaCfg makes /etc/pam.d/common-auth-sonic of it (202305 to 202605)."""

    aaa: Aaa = Field(default=Aaa(), description="Whom the switch asks when somebody logs in.")
    needs: ClassVar = {"aaa.login": "AAA login", "aaa.failthrough": "AAA failthrough"}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """A method that has no server, or no key to talk to it; failthrough without an order."""
        order = get("aaa.login") or ()
        for method, service in (("tacacs+", "tacacs"), ("radius", "radius")):
            if method in order:
                lacks = [key for key in ("servers", "key") if not get(f"{service}.{key}")]
                if lacks:
                    yield Mistake("aaa.login", f"login asks {method}, and `{service}` has no {' and no '.join(lacks)}")
        if get("aaa.failthrough") is not None and not order:
            yield Mistake("aaa.failthrough", "`failthrough` is about an order, and there is no `login`")
