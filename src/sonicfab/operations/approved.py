"""What was approved is what is applied: a plan that is kept in a file, and a push that does just that."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sonicfab import __version__
from sonicfab.builds import Build
from sonicfab.datafiles import as_plain, packaged_templates
from sonicfab.errors import InputError
from sonicfab.operations import push as pushes
from sonicfab.operations.push import Intent, Planned
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.platforms import Platform
from sonicfab.push.approved import (
    FORMAT_VERSION,
    KIND,
    Approved,
    ApprovedOptions,
    approved_step,
    approved_switch,
    read_approved,
    rendered_prints,
    steps_of,
    what_changed,
)
from sonicfab.push.prints import differences, hashed, told
from sonicfab.push.results import PushResult
from sonicfab.push.run import PushOptions
from sonicfab.push.single import holder
from sonicfab.render import template_folders
from sonicfab.sandbox import template_files

_AGAIN = "`sonicfab plan -o FILE` makes a new one, to be looked at and approved again"


def plan(
    site: OpenSite,
    options: PushOptions | None = None,
    *,
    take_over: Collection[str] = (),
    ignore: Collection[str] = (),
    keep: str | Path | None = None,
    progress: Progress = QUIET,
) -> Planned:
    """Compare the switches with what they are to run, and decide; nothing is changed. `keep` is a file for `push`.

    `take_over` names switches on which what another has put into our tables goes, `ignore` codes of findings.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet; a way does not lead there; it is to
            be kept, and a switch could not be asked or must be left alone.
        InvalidConfigsError: the rendered configs are not valid.
        LabError: the lab does not run.
        OutputError: the file cannot be written.
    """
    planned = pushes.plan(site, options, take_over=take_over, ignore=ignore, progress=progress)
    if keep is not None:
        approve(planned, ignore).write(Path(keep))
    return planned


def push(
    site: OpenSite,
    options: PushOptions | None = None,
    *,
    plan: str | Path | None = None,
    take_over: Collection[str] = (),
    ignore: Collection[str] = (),
    output: str | Path = "build",
    progress: Progress = QUIET,
) -> PushResult:
    """Plan and apply: bring the configs onto the switches and prove that they run.

    With `plan`, a file that was kept, just that is done; it has the options that decide what is done.

    Raises:
        InputError, InvalidConfigsError, LabError: as `plan`; what the plan was made of has changed since.
        OutputError, InterruptedPushError: as `Planned.apply`.
    """
    if plan is None:
        return pushes.push(site, options, take_over=take_over, ignore=ignore, output=output, progress=progress)
    if take_over or ignore or (options and ApprovedOptions.of(options) != ApprovedOptions()):
        raise InputError("a plan that was kept has its own options: what decides what is done is said there")
    approved = read_approved(Path(plan))
    site = of_approved(site, approved)
    intent = intend_again(site, approved)
    return look_again(site, approved, intent, options or PushOptions(), progress).apply(output, progress)


def approve(planned: Planned, ignore: Collection[str] = ()) -> Approved:
    """What was shown, to be kept.

    Raises:
        InputError: nothing would be done, because a switch could not be asked or must be left alone.
    """
    if planned.refused:
        raise InputError("the plan is not kept: it cannot be done as it stands", "see above; --limit leaves some out")
    salt = os.urandom(16).hex()
    return Approved(
        format_version=FORMAT_VERSION,
        kind=KIND,
        sonicfab=__version__,
        fabric=planned.site.name,
        made=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        by=planned.options.holder or holder(),
        lab=planned.site.in_lab,
        salt=salt,
        inputs=inputs_of(planned.site),
        options=ApprovedOptions.of(planned.options),
        ignore=tuple(sorted(ignore)),
        steps=tuple(map(approved_step, planned.decision.batches)),
        switches={
            name: approved_switch(look.found.target or planned.targets[name], look, planned.decision.ways[name], salt)
            for name, look in planned.looks.items()
        },
    )


def of_approved(site: OpenSite, approved: Approved) -> OpenSite:
    """The site, of the switches of the plan alone, or of those of them that `limit` names.

    Raises:
        InputError: it is the plan of another fabric, or what it was made of has changed: all of that is told.
    """
    if approved.fabric != site.name:
        raise InputError(f"the plan is of the fabric {approved.fabric}, not of {site.name}")
    if approved.lab != site.in_lab:
        there, here = ("a lab", "the switches") if approved.lab else ("the switches", "a lab")
        raise InputError(f"the plan is for {there}, and this would go to {here}", "--lab says which")
    changed = list(_changed(approved.inputs, inputs_of(site)))
    if changed:
        raise InputError("since the plan was made, what it was made of has changed:\n  " + "\n  ".join(changed), _AGAIN)
    if not site.limit:
        return replace(site, limit=tuple(approved.switches))
    if more := [one.name for one in site.switches if one.name not in approved.switches]:
        raise InputError(f"the plan has no {', '.join(more)}", f"it has {', '.join(approved.switches)}")
    return site


def intend_again(site: OpenSite, approved: Approved) -> Intent:
    """What the switches are to run, which is what was approved.

    Raises:
        InputError, InvalidConfigsError: as `intend`; or a rendered config is another: each is told, with what differs.
    """
    intent = pushes.intend(
        site, approved.options.over(PushOptions()), take_over=approved.take_over, ignore=approved.ignore
    )
    others: list[str] = []
    for name, target in intent.targets.items():
        before = approved.switches[name].rendered
        if found := differences(before, rendered_prints(target, approved.salt)):
            others.append(f"{name}: {told(found)}")
    if others:
        said = "since the plan was made, what is rendered has changed:\n  " + "\n  ".join(others)
        raise InputError(said, _AGAIN)
    return intent


def look_again(
    site: OpenSite, approved: Approved | None, intent: Intent, options: PushOptions, progress: Progress = QUIET
) -> Planned:
    """Look at the switches; those that are not as they were are refused, and so nothing is done to any.

    `options` says how long may be waited, and how many may fail; what is done is the plan's. Without a plan that was
    approved everything is decided here.

    Raises:
        InputError, InvalidConfigsError: as `compare`.
    """
    if approved is None:
        return pushes.compare(site.for_push(), intent, options, progress)
    planned = pushes.compare(site.for_push(), intent, approved.options.over(options), progress)
    refused = dict(planned.decision.refused)
    for name, look in planned.looks.items():
        target, way = look.found.target or planned.targets[name], planned.decision.ways[name]
        if why := what_changed(approved.switches[name], target, look, way, approved.salt):
            refused[name] = ". ".join(filter(None, (why, refused.get(name))))
    decision = steps_of(approved, replace(planned.decision, refused=refused))
    return replace(planned, decision=decision, approved=approved.named)


def inputs_of(site: OpenSite) -> dict[str, str]:
    """What a plan is made of beside the switches -> its hash."""
    found = {f"the {name}": hashed("\n".join(one.lines)) for name, one in site.files.documents.items()}
    switches = site.fabric.plan.switches.values()
    for build in {one.build.name: one.build for one in switches}.values():
        found[f"the facts of the build {build.name}"] = _plain(Build, build)
    for platform in {one.platform.name: one.platform for one in switches}.values():
        found[f"the facts of the model {platform.name}"] = _plain(Platform, platform)
    shipped = packaged_templates()
    for folder in template_folders(site.templates):
        texts = {Path(file).relative_to(folder): Path(file).read_bytes() for file in template_files([folder])}
        if folder == shipped:
            whole = "\n".join(f"{name}\0{hashed(text.hex())}" for name, text in sorted(texts.items()))
            found["the templates of sonicfab"] = hashed(whole)
        else:
            found |= {f"the template {name} of the site": hashed(text.hex()) for name, text in texts.items()}
    return found


def _plain(shape: type[Build | Platform], value: Build | Platform) -> str:
    return hashed(json.dumps(as_plain(shape, value), sort_keys=True))


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *now]):
        if name not in now:
            yield f"{name} is gone"
        elif before.get(name) != now[name]:
            yield f"{name} is another" if name in before else f"{name} is new"
