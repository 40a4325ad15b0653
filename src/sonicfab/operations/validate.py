"""The configs of a site, or files, judged before anything is pushed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from sonicfab.catalog import Catalog
from sonicfab.errors import InputError
from sonicfab.hints import did_you_mean
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.plan.switches import forget
from sonicfab.render import SwitchConfig
from sonicfab.validate.codes import codes
from sonicfab.validate.run import Engine, Validation, Validator
from sonicfab.validate.subjects import links_of, of_paths, one_by_one


def known_codes(given: Collection[str]) -> frozenset[str]:
    """Codes of findings to leave out, each one that exists.

    Raises:
        InputError: one does not exist.
    """
    for code in given:
        if code not in codes():
            raise InputError(f"--ignore {code}: no such code", did_you_mean(code, codes()))
    return frozenset(given)


def validate(
    site: OpenSite,
    *,
    yang_dir: Path | None = None,
    models: bool = True,
    engine: Engine = "auto",
    vtysh: bool = True,
    ignore: Collection[str] = (),
    progress: Progress = QUIET,
) -> Validation:
    """Judge what would be pushed: against the image builds, row against row, switch against switch.

    `models`: by YANG models, where there are any; `vtysh`: frr.conf by an FRR that is installed here.

    Raises:
        InputError: with every mistake in the files, a template or a reference; or the models cannot be read.
    """
    validator = Validator(yang_dir=yang_dir, models=models, engine=engine, vtysh=vtysh)
    left_out = known_codes(ignore)
    progress.expect(len(site.names))
    subjects = one_by_one(site.fabric.plan, _forgotten(site), site.fabric.topology)
    return validator.validate(subjects, links_of(site.fabric.plan), left_out, progress.finish)


def _forgotten(site: OpenSite) -> Iterator[SwitchConfig]:
    """The configs of a site, of whose switches no more is kept."""
    for config in site.configs():
        yield config
        forget(site.fabric.plan, config.switch)


def validate_files(
    paths: Sequence[str | Path],
    image_build: str = "",
    *,
    yang_dir: Path | None = None,
    models: bool = True,
    engine: Engine = "auto",
    ignore: Collection[str] = (),
    progress: Progress = QUIET,
) -> Validation:
    """The same for config_db.json, frr.conf, folders of switches and of fabrics; "" is the build that they tell of.

    Raises:
        InputError: a file cannot be read, or it is not clear for which build it is.
    """
    validator = Validator(yang_dir=yang_dir, models=models, engine=engine)
    subjects, links = of_paths([Path(path) for path in paths], image_build, Catalog.load())
    progress.expect(len(subjects))
    return validator.validate(subjects, links, known_codes(ignore), progress.finish)
