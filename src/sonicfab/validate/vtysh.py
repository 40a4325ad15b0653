"""An frr.conf read by FRR itself: `vtysh -C`, where FRR is installed. Nothing is applied, no daemon is asked."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from functools import cache

from sonicfab.validate.findings import Finding

_ERROR = re.compile(r"^line (\d+): (.*)$")
_VERSION = re.compile(r"version ([\d.]+)")
_DAEMONS = "/usr/lib/frr:/usr/libexec/frr:/usr/sbin"
"""Where distributions keep FRR's daemons; vtysh does not tell its own version."""
_TIMEOUT = 60.0


@cache
def frr_version() -> str:
    """The version of FRR on this machine; "" when there is none, "unknown" when it does not tell."""
    if not shutil.which("vtysh"):
        return ""
    zebra = shutil.which("zebra", path=_DAEMONS)
    if not zebra:
        return "unknown"
    done = subprocess.run([zebra, "--version"], capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    found = _VERSION.search(done.stdout)
    return found[1] if found else "unknown"


def check_syntax(text: str, frr: str) -> list[Finding]:
    """The lines that vtysh does not understand; `frr` is the version of FRR in the image build.

    Without FRR on this machine there is nothing to say: `frr_version` tells.
    """
    here = frr_version()
    if not here:
        return []
    with tempfile.NamedTemporaryFile("w", prefix="sonicfab-frr-", suffix=".conf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = ["vtysh", "-C", "-f", file.name]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        said = (done.stderr + done.stdout).replace(file.name, "frr.conf")
    lines = text.splitlines()
    found: list[Finding] = []
    same = here == frr
    remark = "" if same else f" (FRR {here} of this machine; the build has {frr or 'another'})"
    for one in said.splitlines():
        if match := _ERROR.match(one):
            number = int(match[1])
            written = lines[number - 1].strip() if number <= len(lines) else ""
            message = f"`{written}`: {_reason(match[2])}{remark}"
            found.append(Finding("SF-401" if same else "SF-411", f"line {number}", message, line=number))
    if done.returncode != 0 and not found:
        found.append(
            Finding("SF-401", "", f"vtysh -C failed: {(said.strip().splitlines() or ['no reason given'])[-1]}")
        )
    return found


def _reason(said: str) -> str:
    """`% Unknown command[25]: neighbr x` -> Unknown command."""
    return re.sub(r"\[\d+\]", "", said.removeprefix("% ").partition(":")[0]).strip()
