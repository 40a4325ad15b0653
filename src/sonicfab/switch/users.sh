#!/bin/sh
# Accounts of a switch, set by sonicfab with a way back: users.sh apply FOLDER SECONDS | confirm | back
#
# FOLDER has `names`, a name in each line, and for each of them `hash.NAME` (crypt(5)) or `keys.NAME`
# (authorized_keys), or both. What there was is kept in $KEPT, for root alone, until it is confirmed; a timer puts it
# back otherwise. Secrets are in files and on stdin, never in the words of a command, which others may see.
set -u
umask 077
KEPT=${SONICFAB_USERS:-/etc/sonic/sonicfab/users}
UNIT=sonicfab-users

die() { echo "$1" >&2; exit 1; }
hash_of() { getent shadow "$1" | cut -d: -f2; }
# as the account itself: its home is its own, and root writes through no link that lies there
as() {
  home=$(getent passwd "$1" | cut -d: -f6)
  setpriv --reuid="$1" --regid="$(id -g "$1")" --init-groups sh -c "$2" sh "$home"
}
set_hash() { { printf '%s:' "$1"; cat "$2"; } | chpasswd -e; }
# shellcheck disable=SC2016 # $1 is the home, in the shell of the account
set_keys() {
  as "$1" 'umask 077; mkdir -p "$1/.ssh" && cat > "$1/.ssh/authorized_keys.new" &&
    mv -f "$1/.ssh/authorized_keys.new" "$1/.ssh/authorized_keys"' < "$2"
}
# shellcheck disable=SC2016
no_keys() { as "$1" 'rm -f "$1/.ssh/authorized_keys"'; }
# shellcheck disable=SC2016
keys_of() { as "$1" '[ ! -f "$1/.ssh/authorized_keys" ] || cat "$1/.ssh/authorized_keys"'; }

keep() {
  # what there is of one account
  getent passwd "$1" > /dev/null || { : > "$KEPT/made.$1"; return; }
  hash_of "$1" | tr -d '\n' > "$KEPT/hash.$1" || return 1
  keys_of "$1" > "$KEPT/keys.$1"
}

back() {
  [ -d "$KEPT" ] || return 0
  failed=0
  while read -r name; do
    if [ -e "$KEPT/made.$name" ]; then
      ! getent passwd "$name" > /dev/null || userdel -r "$name" 2> /dev/null || userdel "$name" || failed=1
      continue
    fi
    set_hash "$name" "$KEPT/hash.$name" || failed=1
    if [ -s "$KEPT/keys.$name" ]; then set_keys "$name" "$KEPT/keys.$name" || failed=1; else no_keys "$name" || failed=1; fi
  done < "$KEPT/names"
  [ $failed = 0 ] || die "not all accounts could be put back: $KEPT has what they were"
  rm -rf "$KEPT"
}

apply() {
  if [ -d "$KEPT" ]; then
    ! systemctl is-active --quiet $UNIT.timer || die "another change of the accounts is under way"
    back # the switch was started anew before that was confirmed
  fi
  mkdir -p "$(dirname "$KEPT")" && mkdir "$KEPT" && cp "$1/names" "$KEPT/names" && cp "$0" "$KEPT/users.sh" ||
    { rm -rf "$KEPT"; die "cannot write $KEPT"; }
  while read -r name; do keep "$name" || { rm -rf "$KEPT"; die "cannot read what $name has"; }; done < "$1/names"
  systemctl reset-failed $UNIT.service 2> /dev/null
  systemd-run --quiet --unit=$UNIT --on-active="$2" sh "$KEPT/users.sh" back > /dev/null &&
    systemctl is-active --quiet $UNIT.timer || { rm -rf "$KEPT"; die "there is no timer that would put them back"; }
  while read -r name; do
    done=1
    getent passwd "$name" > /dev/null || useradd -m -s /bin/bash -G sudo "$name" || done=0
    [ ! -e "$1/hash.$name" ] || set_hash "$name" "$1/hash.$name" || done=0
    [ ! -e "$1/keys.$name" ] || set_keys "$name" "$1/keys.$name" || done=0
    [ $done = 1 ] || { which=$name; back; systemctl stop $UNIT.timer; die "$which could not be set; all are as they were"; }
  done < "$1/names"
}

case ${1:-} in
  apply) apply "$2" "$3" ;;
  confirm) systemctl stop $UNIT.timer 2> /dev/null; rm -rf "$KEPT" ;;
  back) back; code=$?; [ "${2:-}" != asked ] || systemctl stop $UNIT.timer 2> /dev/null; exit $code ;;
  *) die "users.sh apply FOLDER SECONDS | confirm | back" ;;
esac
