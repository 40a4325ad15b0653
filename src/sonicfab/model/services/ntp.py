"""NTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from sonicfab.model.fields import HostName, OneOrMany, SecretOrNone, Strict
from sonicfab.model.services import Get, Mistake, Service, given


class NtpOptions(Strict):
    """How all of the servers are asked. hostcfgd's NtpCfg restarts the daemon for it (202311 on)."""

    iburst: bool | None = given("True asks fast at the start, so that the clock is right soon.")
    pool: bool | None = given("True when each name stands for several servers.")
    source: str | None = given("Interface that the servers are asked from, instead of eth0.")
    key: SecretOrNone | None = given(
        "Reference to the key that the servers share with the switch; an empty text says none.",
        title="the secret that the inventory refers to",
    )
    key_id: Annotated[int, Field(ge=1, le=65535)] | None = given(
        "Number of the key, as the servers know it; required with `key`."
    )
    key_type: Literal["md5", "sha1", "sha256", "sha384", "sha512"] | None = given(
        "Kind of the key; required with `key`."
    )


class Ntp(Service):
    """The clock."""

    ntp: OneOrMany[HostName] | None = given(
        "NTP servers, addresses or names; an empty list says none.",
        title="an NTP server of the inventory",
        max_length=10,
    )
    ntp_options: NtpOptions = Field(default=NtpOptions(), description="How the NTP servers are asked.")
    needs: ClassVar = {
        "ntp_options.iburst": "NTP_SERVER iburst",
        "ntp_options.pool": "NTP_SERVER association_type",
        "ntp_options.key": "NTP_KEY",
    }

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """Options of no server; a key of which the servers cannot tell what it is."""
        said = [key for key in NtpOptions.model_fields if get(f"ntp_options.{key}") not in (None, "")]
        if said and not get("ntp"):
            yield Mistake(f"ntp_options.{said[0]}", "there is no NTP server that this is about", "name them: `ntp`")
        if get("ntp_options.key"):
            for key in ("key_id", "key_type"):
                if get(f"ntp_options.{key}") is None:
                    yield Mistake("ntp_options.key", f"a key needs its `{key}`")
