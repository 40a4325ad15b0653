"""How one logs in: what sshd allows, and what a password must be. CONFIG_DB has no table of the accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from sonicfab.model.fields import Strict
from sonicfab.model.services import Get, Mistake, Service, given


class SshServer(Strict):
    """What sshd of the switch allows; its ports stay: caclmgrd lets SSH in at port 22 alone."""

    retries: Annotated[int, Field(ge=1, le=100)] | None = given("Attempts to log in, for each connection.")
    login_timeout: Annotated[int, Field(ge=1, le=600)] | None = given("Seconds that a login may take.")
    idle_timeout: Annotated[int, Field(ge=0, le=35000)] | None = given(
        "Minutes after which who does nothing is logged out; 0 for never."
    )
    max_sessions: Annotated[int, Field(ge=0, le=100)] | None = given("Logins at a time; 0 for any number.")
    passwords: bool | None = given("Whether one may log in by a password, and not by a key alone.")


class PasswordRules(Strict):
    """What a password must be when somebody changes it."""

    enabled: bool | None = given("Whether passwords are judged.")
    min_length: Annotated[int, Field(ge=1, le=32)] | None = given("The least number of characters.")
    expire_days: Annotated[int, Field(ge=-1, le=365)] | None = given("Days until it must be changed; -1 for never.")
    history: Annotated[int, Field(ge=1, le=100)] | None = given("Old passwords that may not come back.")


class Logins(Service):
    """hostcfgd's SshServer (202311 to 202605) and PasswHardening (202305 to 202605)."""

    in_network: ClassVar[bool] = False

    ssh_server: SshServer = Field(default=SshServer(), description="What sshd of the switch allows.")
    password_rules: PasswordRules = Field(default=PasswordRules(), description="What a new password must be.")
    needs: ClassVar = {
        "ssh_server.retries": "SSH_SERVER authentication_retries",
        "ssh_server.login_timeout": "SSH_SERVER login_timeout",
        "ssh_server.idle_timeout": "SSH_SERVER inactivity_timeout",
        "ssh_server.max_sessions": "SSH_SERVER max_sessions",
        "ssh_server.passwords": "SSH_SERVER password_authentication",
        **{f"password_rules.{key}": "PASSW_HARDENING" for key in PasswordRules.model_fields},
    }

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """What would lock sonicfab out, or let its own password lapse."""
        if get("ssh_server.passwords") is False and get("ssh.password"):
            hint = "log in by a key: `ssh.key`, and no `ssh.password`"
            yield Mistake("ssh_server.passwords", "sonicfab itself logs in by a password: `ssh.password`", hint)
        if get("password_rules.enabled") and (get("password_rules.expire_days") or 0) > 0 and get("ssh.password"):
            message = "the password by which sonicfab logs in would lapse, too: `ssh.password`"
            yield Mistake("password_rules.expire_days", message, "log in by a key: `ssh.key`, or -1 for never")
