"""What `config apply-patch` says, read: on recorded output where it is at hand, and on facts written down here."""

from __future__ import annotations

import json

import pytest

from conftest import REFERENCE
from sonicfab.switch.patching import PatchResult, read_apply_patch
from sonicfab.transport import CommandResult

RECORDED = REFERENCE / "recorded" / "202411" / "config-write"


def result(code: int, out: str, err: str = "") -> CommandResult:
    return CommandResult("config apply-patch", code, out, err, 2.0)


def failure(reason: str) -> str:
    """As click tells it."""
    usage = 'Usage: config apply-patch [OPTIONS] PATCH_FILE_PATH\nTry "config apply-patch -h" for help.\n'
    return f"Failed to apply patch due to: {reason}\n{usage}\nError: {reason}\n"


WRITING = "Patch Applier: localhost: applying 1 change in order:\n"


def test_success_is_told_apart_from_a_dry_run() -> None:
    done = "Patch applied successfully.\n"
    dry = f"** DRY RUN EXECUTION **\n** DryRun: Would apply []\n{done}"
    assert read_apply_patch(result(0, done), dry_run=False) == PatchResult("applied")
    assert read_apply_patch(result(0, dry), dry_run=True) == PatchResult("possible")
    assert read_apply_patch(result(0, dry), dry_run=False).outcome == "unproven"
    assert read_apply_patch(result(0, done), dry_run=True).outcome == "unproven"
    assert not read_apply_patch(result(0, ""), dry_run=False).ok


def test_what_failed_after_it_began_to_write_is_not_called_refused() -> None:
    said = "localhost: after applying patch to config, there are still some parts not updated"
    err = failure(f"Failed to apply patch on the following scopes:\n- localhost: {said}")
    assert read_apply_patch(result(2, WRITING, err), dry_run=False) == PatchResult(
        "unproven", "after applying patch to config, there are still some parts not updated"
    )
    none = "Patch Applier: localhost: applying 0 changes in order.\n"
    assert read_apply_patch(result(2, none, err), dry_run=False).outcome == "refused"
    assert read_apply_patch(result(2, WRITING, err), dry_run=True).outcome == "refused"


@pytest.mark.parametrize("code", [124, 137, 143])
def test_what_was_ended_may_have_written(code: int) -> None:
    """What it had to say may still have been in its buffer."""
    assert read_apply_patch(result(code, ""), dry_run=False).outcome == "unproven"
    assert read_apply_patch(result(code, ""), dry_run=True).outcome == "refused"


def test_builds_that_give_the_reason_once() -> None:
    """202305: `Failed to apply patch` and no more."""
    err = "Failed to apply patch\nUsage: config apply-patch\nTry -h\n\nError: Given patch is not valid\n"
    assert read_apply_patch(result(2, "", err), dry_run=True) == PatchResult("refused", "Given patch is not valid")


def test_a_reason_never_carries_the_config() -> None:
    err = failure("Validate json patch: [] failed due to:member 'X' not found in {'SNMP_COMMUNITY': {'s3cr3t': {}}}")
    assert read_apply_patch(result(2, "", err), dry_run=False).said == "member 'X' not found"


def test_root_is_missing() -> None:
    said = "sudo: a password is required"
    assert read_apply_patch(result(1, "", said + "\n"), dry_run=False) == PatchResult("refused", said)


REASONS = {
    "patch_add_into_missing_table": "member 'PORTCHANNEL' not found",
    "patch_broken_json": "Expecting value: line 1 column 8 (char 7)",
    "patch_dry_run_bad": 'Invalid value "99999" in "mtu" element (PORT_LIST[name=\'Ethernet72\']/mtu)',
    "patch_fixing_the_invalid_row": 'Invalid value "99999" in "mtu" element',
    "patch_missing_file": "[Errno 2] No such file or directory: '/tmp/nosuch.json'",
    "patch_not_a_list": "Document is expected to be sequence of operations",
    "patch_port_lanes_duplicate": "'125' lane is used multiple times in PORT: {'Ethernet72', 'Ethernet76'}",
    "patch_remove_last_row_empty_table": "given patch is not valid because it will result in empty tables "
    "which is not allowed in ConfigDb. Table: VLAN_MEMBER",
    "patch_remove_missing_row": "can't remove a non-existent object 'Vlan999'",
    "patch_remove_referenced_row": "Ethernet72 is referred to, and is not in PORT "
    "(INTERFACE_LIST[name='Ethernet72']/name)",
    "patch_table_without_yang": "Given patch is not valid because it has changes to tables without YANG models",
    "patch_test_op_fails": "9100 (<class 'str'>) is not equal to tested value 1500 (<class 'str'>)",
    "patch_yang_failure_leafref": "Vlan999 is referred to, and is not in VLAN "
    "(VLAN_MEMBER_LIST[name='Vlan999'][port='Ethernet0']/name)",
    "patch_yang_failure_unknown_leaf": "PORT: the models of this build do not know the field nosuch",
}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings here")
@pytest.mark.parametrize("case", sorted(path.stem for path in RECORDED.glob("patch_*.json")))
def test_recorded_output(case: str) -> None:
    """Whether it was written is in the recording, too."""
    record = json.loads((RECORDED / f"{case}.json").read_text())
    dry = " -d " in record["command"]
    got = read_apply_patch(result(record["exit_code"], record["stdout"], record["stderr"]), dry_run=dry)
    assert got.ok == (record["exit_code"] == 0)
    if got.outcome == "refused":
        assert not any(record.get("config_db_diff", {}).values())
    if dry:
        assert got.outcome in ("possible", "refused")
    if not got.ok:
        assert got.said == REASONS.get(case, got.said)
        assert "\n" not in got.said
        assert 0 < len(got.said) <= 200
    assert case != "patch_int_value" or got.outcome == "unproven"
