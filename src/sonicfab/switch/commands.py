"""Every command that changes something on a switch; those that ask are the questions of `switch.state`.

A test compares both with docs/switch-contract.md. Words in braces are filled in, quoted for the shell. Nothing here
ever holds a secret: what is secret travels in files, through stdin. Root is had with `sudo -n`: SONiC's admin needs no
password for it.
"""

from __future__ import annotations

STAGE = "/etc/sonic/sonicfab"
"""What sonicfab keeps on a switch: the candidate that is being loaded, and backups."""

UPLOAD_FOLDER = "mktemp -d /tmp/sonicfab.XXXXXX"

CHECK_PATCH = "sudo -n timeout -k 10 {seconds} config apply-patch -d {stage}/guard/candidate/patch.json"
"""A dry run: everything but the writing."""
GUARD_SCRIPT = (
    "sudo -n sh -c 'umask 077 && mkdir -p {stage} && cat > {stage}/guard.sh.$$ && "
    "[ $(wc -c < {stage}/guard.sh.$$) -eq {size} ] && mv -f {stage}/guard.sh.$$ {stage}/guard.sh || "
    "{{ rm -f {stage}/guard.sh.$$; exit 1; }}'"
)
"""Brings switch/guard.sh, on stdin; a script that runs goes on with the file that it was started from."""
GUARD_ARM = "sudo -n sh {stage}/guard.sh arm {id} {seconds} {needs} {quiet}"
"""Who pushes is on stdin, then patterns of what is no difference."""
GUARD_STAGE = "sudo -n sh {stage}/guard.sh stage {id} {folder}; code=$?; rm -rf {folder}; exit $code"
GUARD_APPLY_FRR = "sudo -n sh {stage}/guard.sh apply-frr {id} {seconds} {call}"
GUARD_APPLY_PATCH = "sudo -n sh {stage}/guard.sh apply-patch {id} {seconds} {call}"
GUARD_RELOAD = "sudo -n sh {stage}/guard.sh reload {id} {call}"
GUARD_RELOAD_RESULT = "sudo -n sh {stage}/guard.sh reload-result {id}"
GUARD_RESTART_BGP = "sudo -n sh {stage}/guard.sh restart-bgp {id} {seconds} {call}"
GUARD_EXTEND = "sudo -n sh {stage}/guard.sh extend {id} {seconds}"
GUARD_CONFIRM = "sudo -n sh {stage}/guard.sh confirm {id}"
GUARD_RESTORE = "sudo -n sh {stage}/guard.sh restore {id}"
GUARD_STATUS = (
    "sudo -n sh -c '[ -e {stage}/guard.sh ] || {{ echo state=none; exit 0; }}; exec sh {stage}/guard.sh status {id}'"
)

LAST_BACKUP = (
    "sudo -n sh -c 'cd {stage} 2> /dev/null || exit 0; for id in $(ls -r backup 2> /dev/null); do "
    "if grep -qx state=confirmed ended/$id/record 2> /dev/null; then "
    "cd backup/$id && sha256sum --status -c SHA256SUMS && echo $id; exit; fi; done'"
)
"""The last push that was confirmed, by its name, which begins with its time."""
BACKUP_FILE = "sudo -n sh -c '[ ! -e {stage}/backup/{id}/{name} ] || cat {stage}/backup/{id}/{name}'"

STOCK_BEGIN = (
    'sudo -n sh -c \'rm -f /run/sonicfab-start; {{ (i=0; until vtysh -c "show version" > /dev/null 2>&1; do '
    "i=$((i + 1)); [ $i -lt 600 ] || {{ echo FRR does not start; exit 1; }}; sleep 1; done; "
    "install -m 0644 {folder}/config_db.json /etc/sonic/config_db.json && "
    "install -m 0640 -o 300 -g 300 {folder}/frr.conf /etc/sonic/frr/frr.conf && "
    "config reload -y -f && config save -y); "
    "echo $? > /run/sonicfab-start; rm -rf {folder}; }} > /run/sonicfab-start.log 2>&1 < /dev/null &'"
)
"""A virtual machine of a stock image boots with a config of its own. The reload goes on when it cuts us off."""
STOCK_RESULT = "cat /run/sonicfab-start 2> /dev/null && tail -n 1 /run/sonicfab-start.log"

USERS_APPLY = "sudo -n sh {folder}/users.sh apply {folder} {seconds}; code=$?; rm -rf {folder}; exit $code"
"""What is set is in files of that folder, which were put there over stdin."""
USERS_CONFIRM = "sudo -n sh -c '[ ! -e {stage}/users/users.sh ] || exec sh {stage}/users/users.sh confirm'"
USERS_BACK = "sudo -n sh -c '[ ! -e {stage}/users/users.sh ] || exec sh {stage}/users/users.sh back asked'"
