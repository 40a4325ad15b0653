"""What `config apply-patch` says, as values. Pure; tested on recorded output of 202411.

The command (sonic-utilities config/main.py apply_patch) tells its progress on stdout. When it fails, it exits with 2
and gives the reason on stderr, twice: as it is caught, and as click tells it after `Error: `.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from sonicfab.transport import CommandResult

Outcome = Literal["applied", "possible", "refused", "unproven"]

_SUCCESS = "Patch applied successfully."
_DRY_RUN = "** DRY RUN EXECUTION **"
_APPLYING = re.compile(r"^Patch Applier: .*applying [1-9]\d* changes? in order", re.IGNORECASE | re.MULTILINE)
_SHOWN = 200
_TIMED_OUT = (124, 137)
"""Exit codes of timeout(1)."""
_TOLD = (1, 2)
"""Exit codes with which it ends by itself: no root, and click's for what it refuses or could not finish."""

_REASON = re.compile(r"^(?:Failed to apply patch due to|Error): (.*?)(?:^Usage: config |\Z)", re.DOTALL | re.MULTILINE)
"""The first of the two; 202305 gives only the second."""
_WRAPPERS = (
    re.compile(r"Failed to apply patch on the following scopes:\s+- localhost: "),
    re.compile(r"(?:localhost: )+"),
    re.compile(r"Validate json patch: .*? failed due to:", re.DOTALL),
    re.compile(r"Given patch will produce invalid config\. Error: "),
    re.compile(r"(?:Data Loading Failed:?\s*)+"),
)
_UNKNOWN_FIELD = re.compile(r"""All Keys are not parsed in (\S+)\s+dict_keys\((.*?)\)\s+exceptionList:\["'(.+?)'"\]""")
_DANGLING = re.compile(r'Leafref "[^"]*?(\w+)_LIST/[^"]*" of value "([^"]*)" points to a non-existing leaf')
_PLACE = re.compile(r"^libyang\[\d\]: .*\(path: \S*/(\w+_LIST\S*|\w+/\w+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PatchResult:
    """How `config apply-patch` ended.

    Attributes:
        outcome: applied; possible: a dry run found nothing against it; refused: nothing was written; unproven: it
            failed after it had begun to write, or was ended, or said nothing: look at CONFIG_DB.
        said: why, in one line; "" when it went well.
    """

    outcome: Outcome
    said: str = ""

    @property
    def ok(self) -> bool:
        """True when it did what was asked."""
        return self.outcome in ("applied", "possible")


def read_apply_patch(result: CommandResult, *, dry_run: bool) -> PatchResult:
    """From what the command printed. A dry run says that the patch was applied as well; only its first line tells."""
    dry = result.stdout.lstrip().startswith(_DRY_RUN)
    if result.ok and _SUCCESS in result.stdout:
        if dry != dry_run:
            return PatchResult("unproven", f"a {'dry run' if dry_run else 'patch'} was asked for, and it was the other")
        return PatchResult("possible" if dry else "applied")
    if result.exit_code in _TIMED_OUT:
        said = f"it did not end within {result.seconds:.0f} s"
    elif result.ok:
        said = f"it did not say how it ended: {result.said[:_SHOWN]}"
    else:
        said = _reason(result)
    # Recorded: a number in place of a string is written, and the command fails when it reads it back. What was killed
    # may have written without having said so: its stdout is buffered.
    refused = dry_run or (result.exit_code in _TOLD and not _APPLYING.search(result.stdout))
    return PatchResult("refused" if refused else "unproven", said)


def _reason(result: CommandResult) -> str:
    given = _REASON.search(result.stderr)
    if not given:
        return result.said[:_SHOWN]
    text = given[1]
    for wrapper in _WRAPPERS:
        text = wrapper.sub("", text, count=1)
    text = re.sub(r" not found in [{\[].*", " not found", text, flags=re.DOTALL)  # and then the whole config follows
    unknown = _UNKNOWN_FIELD.search(text)
    if unknown:
        text = f"{unknown[1]}: the models of this build do not know the field {unknown[3]}"
    text = _DANGLING.sub(r"\2 is referred to, and is not in \1", text)
    text = " ".join(text.split()).rstrip(".")
    place = _PLACE.search(result.stderr)
    where = f" ({place[1]})" if place else ""
    return f"{text[: _SHOWN - len(where)]}{where}" or result.said[:_SHOWN]
