"""The page itself: all that it tells, put into its templates."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from sonicfab import __version__
from sonicfab.plan.cables import CableRun, cables
from sonicfab.plan.cabling import speed_text
from sonicfab.report.findings import counted
from sonicfab.report.page.contents import Contents
from sonicfab.report.page.history import pushed, result_told, steps_told
from sonicfab.report.page.sessions import matrices
from sonicfab.report.page.switches import anchor_of, switches_seen
from sonicfab.report.picture.fabric import picture_of
from sonicfab.report.picture.front import USES
from sonicfab.report.picture.states import MARKS, WORDS, State, worst_of
from sonicfab.report.picture.svg import styles, svg_text
from sonicfab.report.terminal import neutral
from sonicfab.report.validate import told
from sonicfab.verify.cables import Tick, tick

_OPEN_UP_TO = 6
"""So many switches are told without a click."""


def page_text(contents: Contents) -> str:
    """The HTML file: no link leads out of it, and nothing in it is loaded.

    Raises:
        InputError: the journal cannot be read.
    """
    folder = Path(str(files("sonicfab") / "data" / "page"))
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,  # names, descriptions and what switches say are text, whatever is in them
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    style = (folder / "page.css").read_text(encoding="utf-8") + styles()
    script = (folder / "page.js").read_text(encoding="utf-8")
    told = environment.get_template("page.html.j2").render(
        **_told(contents),
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return neutral(told)


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what may run: https://www.w3.org/TR/CSP3/#grammardef-hash-source."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _told(contents: Contents) -> dict[str, Any]:
    plan, verified = contents.plan, contents.verified
    picture = picture_of(plan, verified)
    switches = switches_seen(plan, verified)
    runs = cables(plan)
    state, verdict = _verdict(contents)
    ticks = tick(runs, verified.verification.results)[0] if verified.verification else {}
    return {
        "fabric": plan.name,
        "made": contents.made,
        "version": __version__,
        "state": state,
        "verdict": verdict,
        "verification": verified.verification,
        "counts": Counter(one.status for one in verified.verification.results) if verified.verification else {},
        "findings": verified.findings,
        "picture": svg_text(picture, anchor_of),  # drawn by ElementTree, which escapes
        "switches": switches,
        "opened": len(switches) <= _OPEN_UP_TO,
        "builds": Counter(one.image for one in switches),
        "links": len(plan.links),
        "frr": Counter(verified.verification.frr.values()) if verified.verification else {},
        "matrices": matrices(plan, verified),
        "cables": [(run, ticks.get(run, Tick("not known"))) for run in runs],
        "ticked": bool(ticks),
        "pushed": pushed(contents.journal) if contents.journal else None,
        "result": result_told(contents.result) if contents.result else (),
        "diffs": steps_told(contents.diff) if contents.diff else (),
        "steps": contents.steps,
        "validation": contents.validation,
        "flaws": told(contents.validation) if contents.validation else (),
        "uses": USES,
        "marks": MARKS,
        "words": WORDS,
        "anchor": anchor_of,
        "counted": counted,
        "speed": speed_text,
        "tick_states": _TICKS,
        "ends": _ends,
    }


def _verdict(contents: Contents) -> tuple[State, str]:
    """How it stands, in a word and in a sentence: what verify has seen, else the step that failed, else the push."""
    failed = next((name for name, code, *_ in contents.steps if code), "")
    verification, findings = contents.verified.verification, contents.verified.findings
    if verification:
        state = worst_of(result.status for result in verification.results)
        if findings:
            return state, f"Not as intended: {len(findings)} finding{'s' * (len(findings) > 1)}."
        if state == "ok" and not failed:
            return (
                state,
                f"As intended: all {sum(one.status == 'ok' for one in verification.results)} expectations met.",
            )
        return ("failed", f"{failed} failed.") if failed else (state, f"{WORDS[state].capitalize()}.")
    if failed:
        return "failed", f"{failed.capitalize()} failed."
    told = result_told(contents.result) if contents.result else ()
    if told:
        counts = Counter(one.said for one in told)
        told_of = contents.journal.manifest()["kind"] if contents.journal else "push"
        states = {one.state for one in told}
        state = "unknown" if "unknown" in states and "failed" not in states else worst_of(states)
        return state, f"{told_of.capitalize()}: {', '.join(f'{count} {said}' for said, count in counts.items())}."
    return "unknown", "Nobody has looked at the switches: this page tells what is intended."


_TICKS = {"seen": "ok", "wrong": "failed", "missing": "failed", "not known": "unknown"}


def _ends(run: CableRun) -> str:
    """The far end of a cable that goes to no switch, in words."""
    return run.to or run.purpose
