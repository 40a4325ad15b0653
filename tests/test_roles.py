"""A role is one line: whatever asks for a role asks it."""

from __future__ import annotations

import re

import pytest

from conftest import ROOT
from sonicfab.compare.grouping import who
from sonicfab.roles import Role

WORDS = "|".join(Role)
COMPARED = re.compile(rf"""role\S* *(?:==|!=|in) *[(\["']|["'](?:{WORDS})["'] *[:,)\]]""")


def test_no_module_or_template_has_words_of_roles_of_its_own() -> None:
    files = [*(ROOT / "src" / "sonicfab").rglob("*.py"), *(ROOT / "templates").rglob("*.j2")]
    found = [
        f"{path.name}:{number}: {line}"
        for path in files
        if path.name != "roles.py"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if COMPARED.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("role", Role)
def test_a_role_is_its_word_and_knows_the_rest(role: Role) -> None:
    assert str(role) == f"{role}" == role.value == role
    assert {role.value: 1}[role] == 1
    assert who(["a", "b"], {"a": role, "b": role, "c": None}) == f"all 2 {role.plural}"
