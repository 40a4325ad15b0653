"""The schema facts of learned YANG models, for validation without compiling them each time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sonicfab.errors import InputError
from sonicfab.schema.generate import facts_of
from sonicfab.schema.models import compile_models


def schema_text(models: Mapping[str, str]) -> tuple[str, str]:
    """(the facts as JSON, "") of models by file name; ("", why not) when they cannot be compiled."""
    with tempfile.TemporaryDirectory(prefix="sonicfab-learn-") as folder:
        for name, text in models.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        try:
            return json.dumps(facts_of(compile_models(Path(folder)))), ""
        except InputError as err:
            return "", str(err).replace(f"{folder}: ", "")
