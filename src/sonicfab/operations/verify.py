"""The switches of a site, looked at: are they as intended, and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicfab.access import Feature
from sonicfab.errors import InputError, TemplateError
from sonicfab.fabric import refuse_masked
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.render import SwitchConfig
from sonicfab.verify.check import Check
from sonicfab.verify.registry import chosen
from sonicfab.verify.run import Verification
from sonicfab.verify.run import verify as ask_until_as_intended


@dataclass(frozen=True)
class Looking:
    """What is to be looked for, made once for any number of looks.

    Attributes:
        configs: what the switches are to run; `no_config` is why that is not known.
        push: the command that pushes this fabric, for mends.
    """

    site: OpenSite
    checks: tuple[Check[Any], ...]
    configs: Mapping[str, SwitchConfig] = field(repr=False)
    no_config: str
    push: str

    def look(self, timeout: float, progress: Progress = QUIET) -> Verification:
        """Ask the switches; what is not as expected is asked again for `timeout` seconds.

        Raises:
            InputError: what a login needs is not where the inventory says.
        """

        def tell(switch: str, met: int, wanted: int) -> None:
            progress.tell(switch, f"{met} of {wanted} expectations met")
            if met == wanted:
                progress.finish(switch)

        progress.expect(len(self.site.switches))
        fabric = self.site.as_reached
        return ask_until_as_intended(
            self.site.access,
            fabric.plan,
            [fabric.plan.switches[switch.name] for switch in self.site.switches],
            timeout,
            tell,
            checks=self.checks,
            configs=self.configs,
            no_config=self.no_config,
            place_of=fabric.link_place,
            push=self.push,
        )


def looking_at(site: OpenSite, checks: Collection[str] = (), push: str = "sonicfab push") -> Looking:
    """Make ready to look at the switches; `checks` are names of some, all without any.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet; there is no such check.
        LabError: the lab does not run.
    """
    site.fabric.require_numbers()
    names = chosen(checks)
    configs: Mapping[str, SwitchConfig] = {}
    no_config = "a stock image has a config of its own" if Feature.IDENTITY not in site.access.provides else ""
    if not no_config and any(one.needs_configs for one in names):
        configs, no_config = _intended(site)
    return Looking(site, names, configs, no_config, push)


def verify(
    site: OpenSite, *, checks: Collection[str] = (), timeout: float = 60, progress: Progress = QUIET
) -> Verification:
    """Check that the switches are as intended, for at most `timeout` seconds, and say why where they are not.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet; there is no such check.
        LabError: the lab does not run.
    """
    return looking_at(site, checks).look(timeout, progress)


def _intended(site: OpenSite) -> tuple[Mapping[str, SwitchConfig], str]:
    """The intended configs; without a secret that they need, none of them, and why."""
    try:
        configs = {config.switch: config for config in site.configs()}
        if not site.in_lab:
            refuse_masked(configs.values())
        return configs, ""
    except TemplateError:
        raise
    except InputError as err:
        return {}, f"they cannot be rendered here: {err}"
