"""The site with its operations as methods: what programs use, as `sonicfab.Site`."""

from __future__ import annotations

from dataclasses import dataclass

from sonicfab.operations import approved
from sonicfab.operations import ci as whole_way
from sonicfab.operations import diff as differences
from sonicfab.operations import push as pushes
from sonicfab.operations import render as rendering
from sonicfab.operations import rollback as way_back
from sonicfab.operations import users as accounts
from sonicfab.operations import validate as validation
from sonicfab.operations import verify as verification
from sonicfab.operations.site import OpenSite


@dataclass(frozen=True)
class Site(OpenSite):
    """A fabric and the way to its switches: `Site.open(inventory, topology, lab=True)`.

    Each method does one thing and returns what came of it as a value; none prints, none asks.
    Mistakes in the files are `InputError`, what cannot be done is another `SonicfabError`.
    """

    render = rendering.render
    validate = validation.validate
    plan = approved.plan
    push = approved.push
    resume = pushes.resume
    rollback = way_back.rollback
    verify = verification.verify
    diff = differences.diff
    diff_live = differences.diff_live
    users = accounts.plan_users
    ci = whole_way.ci
