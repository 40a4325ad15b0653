#!/bin/sh
# All that a push of sonicfab writes on a switch goes through here, and so does the way back. docs/push-guard.md tells
# what it is for. In short: `arm` notes the config as it is and starts a timer; unless `confirm` comes first, the timer
# (`fire`), the next boot (`boot`) or whoever asks (`restore`) puts everything back as it was noted.
#
#   arm ID SECONDS BYTES QUIET < holder, alike  stage ID FOLDER         status [ID]
#   apply-frr ID SECONDS CALL                  apply-patch ID SECONDS CALL   restart-bgp ID SECONDS CALL
#   reload ID CALL       reload-result ID      extend ID SECONDS        confirm ID         restore ID
# Each may come twice where its answer was lost: `arm` knows its push by ID and holder, a step by CALL, its own number.
# Of its own: fire ID (the timer), boot (the boot unit), job NAME COMMAND... (a step, in a session of its own).
#
# What is on the disk of the switch, readable by root alone for it holds secrets:
#   guard/          there is a push in progress; it came into place and goes away in one rename(2) each
#     id holder alike deadline seconds quiet timers begun restoring failed count.* *.call staged reserve
#     guard.sh
#     stored/       config_db.json, frr.conf and owned.json from before, or NAME.absent
#     running/      CONFIG_DB and FRR's running config from before, and which services ran
#     candidate/    what this push brings
#   ended/ID/record how the last pushes ended
#   owned.json      which rows and parts of frr.conf were rendered when the config was last confirmed
set -u
umask 077
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

ETC=/etc/sonic
BASE=$ETC/sonicfab
GUARD=$BASE/guard
ENDED=$BASE/ended
BACKUPS=$BASE/backup
RUN=/run/sonicfab       # forgotten at a boot, and so says whether there was one
STORED="config_db.json frr/frr.conf sonicfab/owned.json"   # below $ETC: new or old, all of them
UNITS=/etc/systemd/system
UNIT=sonicfab-guard.service

# exit codes of refusals, far from those of vtysh and config
HELD=70 REFUSED=71 FULL=72 LATE=73 BUSY=74

AGAIN=30                # seconds until the timer comes again, should what it started have been killed
KEPT=5                  # backups
RECORDS=10              # of how pushes ended

refuse() {
  code=$1
  shift
  echo "$*" >&2
  exit "$code"
}

# ---- time: seconds since the boot, so that no change of the clock moves a deadline -------------------------------

now() { # hundredths of a second since the boot
  read -r up _ < /proc/uptime
  echo $((${up%.*} * 100 + 1${up#*.} - 100))
}

left() { # hundredths of a second until the guard lapses; 0 when it has, or when the switch has booted since
  if [ "$(cat "$RUN/armed" 2> /dev/null)" != "$(cat "$GUARD/id" 2> /dev/null)" ]; then
    echo 0
    return
  fi
  rest=$(($(cat "$GUARD/deadline") - $(now)))
  [ "$rest" -gt 0 ] || rest=0
  echo "$rest"
}

seconds_left() { echo $((($(left) + 99) / 100)); }

# ---- the lock: one verb at a time; what a verb starts must not inherit it ------------------------------------------

lock() {
  mkdir -p "$RUN/jobs" || exit 1
  exec 9> "$RUN/lock" || exit 1
  flock -w "${1:-120}" 9 || refuse $BUSY "another command of sonicfab on this switch does not end"
}

unlock() { exec 9>&-; }

free() { "$@" 8>&- 9>&-; }

# ---- jobs: steps that take long, each in a session of its own, so that they outlive the connection and can be ended --

born() { # when a process started; nothing when there is none
  sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | cut -d ' ' -f 20
}

begin() { # NAME SECONDS COMMAND...: start a job; the lock passes to it, and it lets it go once its number is written
  name=$1
  shift
  rm -f "$GUARD/$name.exit" "$GUARD/$name.log" "$GUARD/$name.err"
  setsid sh "$0" job "$name" "$@" < /dev/null > /dev/null 2>&1 &
  job=$!
}

run() { # NAME SECONDS COMMAND...: a job, to its end; its output is in NAME.log and NAME.err
  begin "$@"
  unlock
  wait "$job"
  code=$(cat "$GUARD/$name.exit" 2> /dev/null) || code=137
  return "${code:-137}"
}

job() {
  name=$1 seconds=$2
  shift 2
  echo "$$ $(born $$)" > "$RUN/jobs/$name" || exit 1
  unlock
  exec 8>&-
  log=$GUARD/$name.log err=$GUARD/$name.err
  # not `:`, a special builtin: dash ends where it cannot redirect one
  true 2> /dev/null > "$log" || log=/dev/null   # a full or read-only disk keeps nobody from going back
  true 2> /dev/null > "$err" || err=/dev/null
  umask 022 # what SONiC's commands write is theirs
  timeout -k 10 "$seconds" "$@" > "$log" 2> "$err"
  code=$?
  echo $code > "$GUARD/$name.exit.part" && mv -f "$GUARD/$name.exit.part" "$GUARD/$name.exit"
  rm -f "$RUN/jobs/$name"
}

running_jobs() { # the files of those that live
  for file in "$RUN"/jobs/*; do
    [ -e "$file" ] || continue
    read -r pid since < "$file" || continue
    found=$(born "$pid")
    # a number that belongs to another process by now: ours has ended, and its whole session before it
    [ -z "$found" ] || [ "$found" = "$since" ] || continue
    if pgrep -s "$pid" > /dev/null; then echo "$file"; fi
  done
}

kill_jobs() {
  for file in $(running_jobs); do
    read -r pid since < "$file" || continue
    tries=0
    pkill -TERM -s "$pid"
    while pgrep -s "$pid" > /dev/null && [ $tries -lt 50 ]; do
      sleep 0.1
      tries=$((tries + 1))
    done
    pkill -KILL -s "$pid"
  done
  rm -f "$RUN"/jobs/*
}

# ---- who may do what ------------------------------------------------------------------------------------------------

known() { # ID: a name that is safe in paths and in names of units
  case $1 in
    '' | -* | .* | *[!A-Za-z0-9._-]*) refuse 64 "'$1' is no name of a push" ;;
  esac
}

number() {
  case $1 in
    '' | *[!0-9]*) refuse 64 "'$1' is no number" ;;
  esac
}

ours() { # ID: the guard is that of this push, and nobody is undoing it
  if [ ! -d "$GUARD" ]; then
    [ -e "$ENDED/$1/record" ] || refuse $REFUSED "push $1 is not in progress on this switch"
    refuse $REFUSED "push $1 is over on this switch: $(value state "$ENDED/$1/record"), by $(value ended_by "$ENDED/$1/record")"
  fi
  [ "$(cat "$GUARD/id")" = "$1" ] ||
    refuse $REFUSED "push $(cat "$GUARD/id") of $(cat "$GUARD/holder") is in progress on this switch, not $1"
  [ ! -e "$GUARD/restoring" ] || refuse $REFUSED "the old config is being put back already, by $(cat "$GUARD/restoring")"
}

in_time() { # enough of it is left for a step to begin: 10 s, or a quarter of a short guard
  margin=$(($(cat "$GUARD/seconds") * 25))
  [ $margin -lt 1000 ] || margin=1000
  [ "$(left)" -gt $margin ] || refuse $LATE "only $(seconds_left) s are left until the old config is put back"
}

step() { # ID NAME CALL: take the lock, look whether the step may begin, and note that it has; fails when it had before
  lock
  ours "$1"
  [ -z "$3" ] || [ "$(cat "$GUARD/$2.call" 2> /dev/null)" != "$3" ] || return 1
  in_time
  [ -z "$(running_jobs)" ] || refuse $BUSY "a step of this push is still going on"
  free systemctl is-active --quiet "$(tail -n 1 "$GUARD/timers").timer" ||
    refuse $REFUSED "the timer that would put the old config back is gone: nothing is done without it"
  if ! begun "$2"; then
    echo "$2" >> "$GUARD/begun" && begun "$2" || refuse $FULL "the step cannot be noted: the disk is full"
  fi
  echo "$3" > "$GUARD/$2.call" || refuse $FULL "the step cannot be noted: the disk is full"
}

ended() { # NAME: wait for the end of a step that this call has begun before, and whose answer was lost; its exit code
  unlock
  tries=0
  until [ -e "$GUARD/$1.exit" ] && [ -z "$(running_jobs)" ]; do
    if [ -n "$(running_jobs)" ]; then tries=0; else tries=$((tries + 1)); fi
    [ $tries -lt 30 ] || return 137   # what began it was killed between two of its jobs
    sleep 0.2
  done
  return "$(cat "$GUARD/$1.exit")"
}

begun() { grep -qx "$1" "$GUARD/begun"; }

candidate() { [ -e "$GUARD/candidate/$1" ] || refuse $REFUSED "$1 was not staged"; }

value() { sed -n "s/^$1=//p" "$2"; }

# ---- timer and boot unit --------------------------------------------------------------------------------------------

start_timer() { # ID SECONDS: it comes again until it is stopped, should what it starts be killed
  unit=sonicfab-guard-$1:$(now)   # a colon, which no ID has: no pattern of one push matches those of another
  free systemd-run --quiet --unit="$unit" --description="sonicfab: puts the old config back, push $1" \
    --on-active="$2" --on-unit-inactive=$AGAIN --timer-property=AccuracySec=1s \
    /bin/sh "$BASE/guard.sh" fire "$1" > /dev/null || return 1
  free systemctl is-active --quiet "$unit.timer"
}

stop_timers() { # ID: what they have started goes on
  free systemctl stop "sonicfab-guard-$1:*.timer" 2> /dev/null
}

unit_text() {
  # database.service fills CONFIG_DB from config_db.json when its container starts, config-setup.service makes a config
  # where there is none, bgp.service starts FRR from frr.conf (sonic-buildimage files/build_templates/
  # {docker_image_ctl,config-setup.service,per_namespace/bgp.service}.j2); rc-local.service comes before all of them
  cat << UNIT
[Unit]
Description=Puts the config back that a sonicfab push has not confirmed
ConditionPathExists=$GUARD
Before=rc-local.service docker.service database.service config-setup.service sonic.target swss.service bgp.service

[Service]
Type=oneshot
ExecStart=/bin/sh $GUARD/guard.sh boot
TimeoutStartSec=300

[Install]
WantedBy=multi-user.target
UNIT
}

install_unit() { # it does nothing while there is no guard, so it stays
  if ! unit_text | cmp -s - "$UNITS/$UNIT"; then
    [ -e "$UNITS/$UNIT" ] || own_unit=yes
    mkdir -p $UNITS && unit_text > "$UNITS/.$UNIT" && chmod 644 "$UNITS/.$UNIT" && mv -f "$UNITS/.$UNIT" "$UNITS/$UNIT" || return 1
    free systemctl daemon-reload || return 1
  fi
  free systemctl is-enabled --quiet $UNIT 2> /dev/null || free systemctl --quiet enable $UNIT
}

# ---- files of SONiC -------------------------------------------------------------------------------------------------

# /etc/sonic/frr and what is in it belong to the user of the bgp container (sonic-buildimage docker_image_ctl.j2 mounts
# it there): whoever has taken that over can put a link there at any time. Root follows none: files are read without
# following, written aside in root's own folder, and take the place of whatever stands there in one rename.

there() { [ -e "$1" ] || [ -L "$1" ]; }

plain() { # FILE: a file, with no other name
  case $(stat -c '%h %F' "$1" 2> /dev/null) in '1 regular file' | '1 regular empty file') ;; *) return 1 ;; esac
}

content() { # FILE: what is in it; it is opened so that a link that was put there just now leads nowhere
  plain "$1" && dd if="$1" bs=64k iflag=nofollow,nonblock status=none
}

same() { # FILE KEPT: there is a file, and what is in it is what was kept
  { content "$1" || echo 'it is no file'; } | cmp -s - "$2"
}

fit() { # FILE: the way to it is such that the old one can come back; else $seen says why not
  if [ -L "${1%/*}" ]; then seen="${1%/*} is a link, which no push follows"; return 1; fi
  if [ "${1%/*}" != $ETC ] && mountpoint -q "${1%/*}"; then
    seen="${1%/*} is a file system of its own, which no rename leads to"
    return 1
  fi
  if there "$1" && ! plain "$1"; then
    seen="$1 is $(stat -c '%F with %h name(s)' "$1"): a push writes and reads nothing but a file of its own"
    return 1
  fi
}

keep() { # FILE COPY: with its owner and mode, but for bits that root must not hand on
  content "$1" > "$2" && same "$1" "$2" || return 1
  mode=00$(stat -c %a "$1") && chmod "${mode#"${mode%???}"}" "$2" && chown -h "$(stat -c %u:%g "$1")" "$2"
}

swap() { # PART TARGET: whole or not at all
  if [ -d "$2" ] && [ ! -L "$2" ]; then rm -rf "$2"; fi   # no rename replaces a folder
  mv -fT "$1" "$2"
}

place() { # FILE TARGET OWNER MODE
  rm -rf "$GUARD/part"
  cp "$1" "$GUARD/part" && chown -h "$3" "$GUARD/part" && chmod "$4" "$GUARD/part" && swap "$GUARD/part" "$2"
}

place_as_kept() { # FILE TARGET
  rm -rf "$GUARD/part"
  mkdir -p "${2%/*}" && cp -p "$1" "$GUARD/part" && swap "$GUARD/part" "$2"
}

# ---- arm ------------------------------------------------------------------------------------------------------------

room() { df -Pk "$BASE" | awk 'NR == 2 { print $4 }'; }

arm() {
  id=$1 seconds=$2 bytes=$3 quiet=$4
  read -r holder   # not `head`, which would take of what follows
  holder=$(printf '%s' "$holder" | tr -d '\000-\037')
  lock
  if [ -d "$GUARD" ] && [ "$(cat "$GUARD/id")" = "$id" ] && [ "$(cat "$GUARD/holder")" = "$holder" ] &&
    [ ! -e "$GUARD/restoring" ] && [ ! -s "$GUARD/begun" ]; then
    extend "$id" "$seconds"   # it is armed already, and the answer was lost: its time counts from now
    return
  fi
  if [ -d "$GUARD" ]; then
    echo "holder=$(cat "$GUARD/holder")"
    echo "seconds_left=$(seconds_left)"
    what="is in progress; it lapses in $(seconds_left) s"
    [ ! -e "$GUARD/restoring" ] || what="was not confirmed, and its old config is being put back"
    refuse $HELD "push $(cat "$GUARD/id") of $(cat "$GUARD/holder") $what"
  fi
  mkdir -p "$BASE" && chmod 700 "$BASE"
  rm -rf "$BASE"/.new
  new=$BASE/.new own_backup='' own_unit=''
  [ -e "$BACKUPS/$id" ] || own_backup=$BACKUPS/$id
  needs=$((bytes / 1024 + 1024))
  [ "$(room)" -ge $needs ] || refuse $FULL "the disk is too full: $(room) KiB are free and $needs are needed"
  trap 'code=$?; undo_arm; exit $code' EXIT
  note || refuse 1 "the present config cannot be noted: ${seen:-it cannot be read or written}"
  # files are written aside and moved into place: twice what is there now, and what the caller brings
  needs=$(($(du -sk "$new" | cut -f 1) * 2 + bytes / 1024 + 1024))
  [ "$(room)" -ge $needs ] || refuse $FULL "the disk is too full: $(room) KiB are free and $needs are needed"
  # going back must not fail for a disk that fills up meanwhile
  size=$(($(du -sk "$new/stored" "$new/running" | awk '{ sum += $1 } END { print sum }') + 256))
  dd if=/dev/zero of="$new/reserve" bs=1024 count=$size 2> /dev/null || refuse $FULL "the disk is too full"
  backup || refuse 1 "the backup cannot be written"
  install_unit || refuse 1 "the unit that puts the old config back at a boot cannot be installed"
  echo $(($(now) + seconds * 100)) > "$new/deadline" && echo "$id" > "$RUN/armed" || refuse 1 "cannot write the guard"
  start_timer "$id" "$seconds" || refuse 1 "the timer that puts the old config back cannot be started"
  echo "$unit" > "$new/timers" && sync -f "$BASE" || refuse 1 "cannot write the guard"
  # one rename; the overlay that is SONiC's root does it for folders that the image does not have
  mv -T "$new" "$GUARD" || refuse 1 "cannot put the guard in place"
  trap - EXIT
  sync -f "$BASE"
  # shellcheck disable=SC2012 # the names are those of pushes
  ls -1d "$BACKUPS"/* | head -n -$KEPT | xargs -r rm -rf
}

undo_arm() {
  rm -rf "$new" ${own_backup:+"$own_backup"}
  stop_timers "$id"
  rm -f "$RUN/armed"
  [ -z "$own_unit" ] || { free systemctl --quiet disable $UNIT; rm -f "$UNITS/$UNIT"; free systemctl daemon-reload; } 2> /dev/null
}

note() { # everything as it is now; where it cannot be, $seen may say why
  seen=
  mkdir -p "$new/stored" "$new/running" "$new/candidate" || return 1
  printf '%s' "$holder" > "$new/holder" && cat > "$new/alike" || return 1
  cp "$0" "$new/guard.sh" && : > "$new/begun" || return 1
  echo "$id" > "$new/id" && echo "$seconds" > "$new/seconds" && echo "$quiet" > "$new/quiet" || return 1
  for name in $STORED; do
    kept=$new/stored/${name##*/}
    fit "$ETC/$name" || return 1
    if there "$ETC/$name"; then
      keep "$ETC/$name" "$kept" || return 1
    else
      : > "$kept.absent" || return 1
    fi
  done
  seen="CONFIG_DB cannot be read"
  free timeout 60 sonic-cfggen -d --print-data > "$new/running/config_db.json" || return 1
  seen=
  # a bgp container that does not run has nothing to go back to
  if ! free timeout 60 vtysh -c 'show running-config' > "$new/running/frr.conf" 2> /dev/null; then
    rm -f "$new/running/frr.conf"
  fi
  active swss syncd teamd bgp > "$new/running/services" || return 1
}

active() { # SERVICE...: those that run, all asked at once; systemctl(1) answers in their order, a line for each
  free systemctl is-active "$@" 2> /dev/null | for service; do
    read -r state || state=
    case $state in active | reloading) echo "$service" || exit 1 ;; esac   # as `is-active --quiet` has it
  done
}

backup() {
  mkdir -p "$BACKUPS/$id" || return 1
  for name in config_db.json frr.conf; do
    [ ! -e "$new/stored/$name" ] || cp -p "$new/stored/$name" "$BACKUPS/$id/" || return 1
  done
  # shellcheck disable=SC2094 # find leaves that file out
  (cd "$BACKUPS/$id" && find . -maxdepth 1 -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
}

# ---- stage and the steps ----------------------------------------------------------------------------------------------

together() { # NAME...: FRR understands all of them, told by one start of vtysh, which takes longer than to read them
  [ $# -gt 1 ] || return 1
  for name; do   # each from the top level on: a route-map is known there alone, and to leave it stays there
    printf '\nroute-map SONICFAB permit 1\nexit\n' && cat "$GUARD/candidate/$name" || return 1
  done > "$GUARD/check.frr" && free timeout 60 vtysh -C -f "$GUARD/check.frr" > /dev/null 2>&1
}

each() { # NAME...: the same, and which of them it is that FRR does not understand
  for name; do
    if ! free timeout 60 vtysh -C -f "$GUARD/candidate/$name" > "$GUARD/check.log" 2>&1; then
      # a stopped bgp container cannot check; the push that starts it again is not to be refused for that
      grep -q 'is not running' "$GUARD/check.log" ||
        refuse 1 "FRR does not understand $name: $(grep -m 1 '^line ' "$GUARD/check.log" || tail -n 1 "$GUARD/check.log")"
    fi
  done
}

stage() { # ID FOLDER
  lock
  ours "$1"
  if grep -qxF "$2" "$GUARD/staged" 2> /dev/null; then exit 0; fi   # the answer was lost
  for file in "$2"/*; do
    name=${file##*/}
    case $name in
      config_db.json | frr.conf | frr.delta | frr.delta2 | frr.undo | frr.undo2 | patch.json | undo.json | owned.json) ;;
      frr.first | frr.undo-first) ;;
      *) refuse 64 "$name is no file of a push" ;;
    esac
    install -m 600 "$file" "$GUARD/candidate/.$name" && mv -f "$GUARD/candidate/.$name" "$GUARD/candidate/$name" ||
      refuse $FULL "cannot write $name: is the disk full?"
  done
  if [ -e "$2/config_db.json" ]; then
    # SONiC's own loader: `config reload` finds broken JSON only after it has stopped everything
    free timeout 60 sonic-cfggen -j "$GUARD/candidate/config_db.json" --print-data > /dev/null 2> "$GUARD/check.log" ||
      refuse 1 "SONiC cannot read config_db.json: $(tail -n 1 "$GUARD/check.log")"
  fi
  names=
  for name in frr.conf frr.delta frr.delta2 frr.undo frr.undo2 frr.first frr.undo-first; do
    [ ! -s "$2/$name" ] || names="$names $name"
  done
  # shellcheck disable=SC2086 # names without blanks
  together $names || each $names
  echo "$2" >> "$GUARD/staged" || refuse $FULL "cannot write the guard: is the disk full?"
}

place_frr() { # FILE: 300 is the user and group frr of the bgp container (sonic-buildimage rules/config FRR_USER_UID)
  owner=$(stat -c %u:%g "$GUARD/stored/frr.conf" 2> /dev/null) || owner=300:300   # what is in its place now may be a link
  mkdir -p $ETC/frr && place "$1" $ETC/frr/frr.conf "$owner" 640
}

new_frr() { # from here on until confirm the disk holds a new frr.conf beside an old config_db.json: see `boot`
  [ ! -e "$GUARD/candidate/frr.conf" ] || same $ETC/frr/frr.conf "$GUARD/candidate/frr.conf" || place_frr "$GUARD/candidate/frr.conf" ||
    refuse $FULL "cannot write frr.conf: is the disk full?"
}

told() { # NAME: what a job has printed
  cat "$GUARD/$1.log" "$GUARD/$1.err" 2> /dev/null
}

# two runs: all list lines of one are one transaction in bgpd, which loses an entry that moves up (docs/frr-delta.md).
# From FRR 9 on, vtysh tells its daemons side by side unless it is told not to: an address would come before its neighbour
# has gone (vtysh/vtysh_main.c OPTION_NOFORK)
# shellcheck disable=SC2016 # it is for another shell
VTYSH_FILES='one=; if vtysh --help 2>&1 | grep -q -e --no-fork; then one=--no-fork; fi
  worst=0; for file do [ -s "$file" ] || continue; vtysh $one -f "$file" || worst=$?; done; exit $worst'

apply_frr() { # ID SECONDS CALL
  candidate frr.delta
  if step "$1" frr "$3"; then
    run frr "$2" sh -c "$VTYSH_FILES" vtysh "$GUARD/candidate/frr.delta" "$GUARD/candidate/frr.delta2"
  else
    ended frr
  fi
  code=$?
  told frr
  exit $code
}

apply_patch() { # ID SECONDS CALL
  candidate patch.json
  if step "$1" patch "$3"; then patch "$1" "$2"; else ended patch; fi
  code=$?
  cat "$GUARD/patch.log" 2> /dev/null
  cat "$GUARD/patch.err" 2> /dev/null >&2   # the reason of a refusal is there, its progress on stdout
  exit $code
}

patch() { # ID SECONDS
  rm -f "$GUARD/patch.exit"   # of a call before this one
  # neighbours of ports that get addresses go before: bgpd would keep a pointer to one that it frees (docs/frr-delta.md)
  if [ -s "$GUARD/candidate/frr.first" ]; then
    begun frr || { echo frr >> "$GUARD/begun" && begun frr; } || refuse $FULL "the step cannot be noted: the disk is full"
    run first 60 vtysh -f "$GUARD/candidate/frr.first" || { code=$?; told first >&2; exit $code; }
    lock
    ours "$1"
  fi
  run patch "$2" config apply-patch "$GUARD/candidate/patch.json"
}

reload() { # ID CALL: it goes on when it takes the management interface down, and has no end but its own or the guard's
  candidate config_db.json
  step "$1" reload "$2" || return 0
  if cut_off; then : > "$GUARD/cut"; fi
  new_frr
  begin reload 86400 config reload -y "$GUARD/candidate/config_db.json"
  unlock
  lock   # it has begun once it lets go of the lock
}

reload_result() { # ID: a line with its exit code, empty while it goes on; then what it has printed
  [ -d "$GUARD" ] && [ "$(cat "$GUARD/id")" = "$1" ] || ours "$1"
  if [ -e "$RUN/jobs/reload" ] && [ -n "$(running_jobs)" ]; then
    echo   # also where it has its exit code already: the next step is refused while it is there
  else
    cat "$GUARD/reload.exit" 2> /dev/null || echo 137
  fi
  told reload
}

restart_bgp() { # ID SECONDS CALL
  if step "$1" bgp "$3"; then
    new_frr
    run bgp "$2" sh -c "$RESTART"
  else
    ended bgp
  fi
  code=$?
  told bgp
  exit $code
}

# bgp.service may start three times in 20 minutes (StartLimitBurst, StartLimitIntervalSec: per_namespace/bgp.service.j2).
# reset-failed forgets the starts before, so this one is never refused; it counts as the first of three for what follows.
RESTART='systemctl reset-failed bgp; systemctl restart bgp'

extend() { # ID SECONDS from now; the new timer runs before the old one goes
  lock
  ours "$1"
  [ "$(left)" -gt 0 ] || refuse $LATE "the guard has lapsed: the old config is about to be put back"
  old=$(cat "$GUARD/timers")
  echo $(($(now) + $2 * 100)) > "$GUARD/deadline.part" || refuse $FULL "cannot write the deadline"
  start_timer "$1" "$2" || refuse 1 "the timer cannot be started; the old one stays"
  echo "$unit" > "$GUARD/timers" && mv -f "$GUARD/deadline.part" "$GUARD/deadline" || refuse $FULL "cannot write the deadline"
  echo "$2" > "$GUARD/seconds"
  for one in $old; do free systemctl stop "$one.timer"; done
}

# ---- confirm ----------------------------------------------------------------------------------------------------------

confirm() { # ID: until the rename that ends the guard a power cycle gives the old config, after it the new one
  lock
  if [ ! -d "$GUARD" ] && [ "$(value state "$ENDED/$1/record" 2> /dev/null)" = confirmed ]; then exit 0; fi
  ours "$1"
  [ "$(left)" -gt 0 ] || refuse $LATE "the guard has lapsed: the old config is about to be put back"
  [ -z "$(running_jobs)" ] || refuse $BUSY "a step of this push is still going on"
  id=$1 new=$GUARD/new
  rm -rf "$new"
  mkdir "$new" || refuse $FULL "cannot write the new config: is the disk full?"
  # aside first: `config save` into place would leave half a file on a full disk
  free timeout 120 config save -y "$new/config_db.json" > "$GUARD/save.log" 2>&1 &&
    free timeout 60 sonic-cfggen -j "$new/config_db.json" --print-data > /dev/null 2>> "$GUARD/save.log" ||
    refuse 1 "the new config cannot be saved: $(tail -n 1 "$GUARD/save.log")"
  if [ -e $ETC/config_db.json ]; then
    chown --reference=$ETC/config_db.json "$new/config_db.json" && chmod --reference=$ETC/config_db.json "$new/config_db.json"
  else
    chmod 644 "$new/config_db.json"
  fi || refuse 1 "cannot set the mode of config_db.json"
  record confirmed confirm '' || refuse $FULL "cannot write the record: is the disk full?"
  new_frr
  swap "$new/config_db.json" $ETC/config_db.json || refuse 1 "cannot put config_db.json in place"
  [ ! -e "$GUARD/candidate/owned.json" ] || swap "$GUARD/candidate/owned.json" $BASE/owned.json ||
    refuse 1 "cannot put owned.json in place"
  sync -f $BASE
  end
}

record() { # STATE BY SAID
  {
    echo "state=$1"
    echo "id=$id"
    echo "holder=$(cat "$GUARD/holder")"
    echo "seconds_left=0"
    echo "begun=$(tr '\n' ' ' < "$GUARD/begun")"
    echo "ended_by=$2"
    echo "said=$3"
  } > "$GUARD/record.part" && mv -f "$GUARD/record.part" "$GUARD/record"
}

end() { # the one step that ends the guard; what comes after it may be lost without harm
  rm -rf /tmp/sonicfab.??????   # of an upload that was cut off; nobody else is uploading
  mkdir -p "$ENDED" && rm -rf "${ENDED:?}/$id" && mv -T "$GUARD" "$ENDED/$id" || refuse 1 "cannot end the guard"
  sync -f $BASE
  rm -f "$RUN/armed"
  tidy
  stop_timers "$id"   # last: where this script is killed, the timer does the rest
}

tidy() { # all but the records; a killed `end` leaves that to the timer
  find "$ENDED" -mindepth 2 -maxdepth 2 ! -name record -exec rm -rf {} +
  # shellcheck disable=SC2012 # the names are those of pushes
  ls -1td "$ENDED"/* | tail -n +$((RECORDS + 1)) | xargs -r rm -rf
}

# ---- the way back -------------------------------------------------------------------------------------------------------

put_back() { # the stored files, as they were; a boot from here on gives the old config
  for name in $STORED; do
    kept=$GUARD/stored/${name##*/} target=$ETC/$name
    if [ -e "$kept" ]; then
      same "$target" "$kept" && continue
      place_as_kept "$kept" "$target" || { seen="$name cannot be put back"; return 1; }
    elif [ -e "$kept.absent" ]; then
      rm -rf "$target" || { seen="$name cannot be removed"; return 1; }
    fi
  done
  sync -f $ETC
}

# What runs is what ran when the lines below are the same, but for those that a pattern of `alike` fits: what daemons write
# as they go, and what of FRR's config belongs to the program or the host. sonicfab itself judges in the same way
# (switch/guard.py unlike), and brings the patterns.

canonical() { # KIND: each line with those that it stands below, in any order: FRR's config, or JSON with indents; and KIND
  awk -v kind="$1" '{
    line = $0; sub(/[ \t\r]+$/, "", line)
    match(line, /^ */); depth = RLENGTH; line = substr(line, depth + 1)
    if (line == "" || line ~ /^(!|end$|exit)/) next
    for (place in above) if (place + 0 >= depth) delete above[place]
    path = kind; for (i = 0; i < depth; i++) if (i in above) path = path " / " above[i]
    if (kind == "config_db") {
      sub(/,$/, "", line)
      if (line ~ /^[][{}]+$/) next
      if (line !~ /^"([^"\\]|\\.)*": /) line = ++member[path] " " line   # of a list, whose order counts
    }
    print path " / " line; above[depth] = line
  } END { print kind }' | grep -v -E -f "$GUARD/alike" | sort -u
}

wide() { begun patch || begun reload; }  # it is not about FRR alone

old_state() {
  if wide; then canonical config_db < "$GUARD/running/config_db.json"; fi
  [ ! -e "$GUARD/running/frr.conf" ] || canonical frr < "$GUARD/running/frr.conf"
  while read -r service; do
    if wide || [ "$service" = bgp ]; then echo "service / $service"; fi
  done < "$GUARD/running/services"
}

new_state() {
  if wide; then { free timeout 60 sonic-cfggen -d --print-data 2> /dev/null || echo '"it cannot be read"'; } | canonical config_db; fi
  if [ -e "$GUARD/running/frr.conf" ]; then
    { free timeout 60 vtysh -c 'show running-config' 2> /dev/null || echo 'it does not answer'; } | canonical frr
  fi
  names=$(if wide; then cat "$GUARD/running/services"; else grep -x bgp "$GUARD/running/services"; fi)
  # shellcheck disable=SC2086 # names without blanks
  [ -z "$names" ] || active $names | sed 's,^,service / ,'
}

is_old() { # what runs is what ran; if not, $seen says in which way, without a value that may be a secret
  old_state > "$RUN/old"
  new_state > "$RUN/new"
  if { wide && ! grep -qx config_db "$RUN/old"; } || { [ -e "$GUARD/running/frr.conf" ] && ! grep -qx frr "$RUN/old"; }; then
    seen="what ran cannot be told from what runs"   # a full disk, a program that fails: as if all of it differed
    printf '< config_db\n< frr\n' > "$RUN/diff"
    return 1
  fi
  cmp -s "$RUN/old" "$RUN/new" && return 0
  diff "$RUN/old" "$RUN/new" | grep '^[<>]' > "$RUN/diff"
  first=$(head -n 1 "$RUN/diff" | cut -c 3- | sed 's/": { \/ "/|/g; s/ \/ "/ /; s/": .*//
    s/\(.*\(password\|secret\|key\|community\|md5\)\) .*/\1 .../')
  seen="what runs differs from before in $(wc -l < "$RUN/diff") lines, such as: $first"
  return 1
}

differs() { grep -q "^[<>] $1" "$RUN/diff"; }

becomes_old() { # SECONDS: what runs becomes what ran, and is given that long as long as nothing moves
  still=$(now) last=
  until is_old; do
    sum=$(cksum < "$RUN/new")
    [ "$sum" = "$last" ] || still=$(now) last=$sum
    [ $(($(now) - still)) -lt $(($1 * 100)) ] || return 1
    free sleep 1
  done
}

# A way that worked and did not help is not taken for ever: it would disturb the network each time. `restore` counts anew.
done_already() { # NAME: how often
  cat "$GUARD/count.$1" 2> /dev/null || echo 0
}

count() { # NAME
  echo $(($(done_already "$1") + 1)) > "$GUARD/count.$1"
}

back() { # NAME SECONDS COMMAND...: a job of the way back
  lock
  run "$@"
}

bgp_from() { # FILE: restart FRR with that frr.conf, then put the stored one in its place again
  [ "$(done_already bgp)" -lt 4 ] || return 1
  [ -z "$1" ] || place_frr "$1" || return 1
  back restore-bgp 300 sh -c "$RESTART" || { seen="bgp does not start: $(told restore-bgp | head -n 1)"; put_back; return 1; }
  count bgp
  becomes_old "$quiet"
  result=$?
  put_back || return 1
  return $result
}

frr_from_running() { # lines that were given to FRR and never stored: its running config can be loaded like any frr.conf
  [ -e "$GUARD/stored/frr.conf" ] && [ -e "$GUARD/running/frr.conf" ] || return 1
  grep -v -e '^Building configuration' -e '^Current configuration' "$GUARD/running/frr.conf" > "$GUARD/running/frr.loadable"
  bgp_from "$GUARD/running/frr.loadable"
}

reload_old() {
  if ! back restore-reload 1200 config reload -y -f "$GUARD/running/config_db.json"; then
    seen="config reload: $(told restore-reload | grep -v 'lock on\|^Disabling' | tail -n 1)"
    told restore-reload | grep -q 'Failed to acquire lock\|System is not up\|is not ready\|not up' && return 1
    told restore-reload | grep -q 'Stopping SONiC target' && return 1
    # from 202505 on a file that is named must pass the YANG models, which what ran need not; the default file need not
    # with -f (sonic-utilities config/main.py). A power cycle meanwhile is what `boot` is for
    place "$GUARD/running/config_db.json" $ETC/config_db.json root:root 644 || return 1
    back restore-reload 1200 config reload -y -f
    code=$?
    put_back || return 1
    [ $code -eq 0 ] || { seen="config reload: $(told restore-reload | tail -n 1)"; return 1; }
  fi
  # older builds refuse with exit code 0 (sonic-buildimage issue 8853)
  told restore-reload | grep -q 'Failed to acquire lock\|System is not up\|is not ready\|services are not up' &&
    { seen="config reload: $(told restore-reload | tail -n 1)"; return 1; }
  count reload
}

cut_off() { # a reload that had begun to stop services did not go through: systemd may still be at what it was told, so
  # that what runs now says nothing of what will run; only another reload is sure
  [ "$(cat "$GUARD/restore-reload.exit" 2> /dev/null)" != 0 ] || return 1
  [ ! -e "$GUARD/cut" ] || return 0
  told restore-reload | grep -q 'Stopping SONiC target' && return 0
  begun reload && [ "$(cat "$GUARD/reload.exit" 2> /dev/null)" != 0 ] && told reload | grep -q 'Stopping SONiC target'
}

bring_back() { # what runs, by the cheapest way that works; every way is looked at before the next one is taken
  quiet=$(cat "$GUARD/quiet")
  [ -s "$GUARD/begun" ] || return 0
  is_old && ! cut_off && return 0
  if ! begun reload; then
    if begun patch && differs config_db && [ -e "$GUARD/candidate/undo.json" ] && [ "$(done_already patch)" -lt 2 ]; then
      count patch
      # those that are not there are refused, and that does no harm
      if begun frr && [ -s "$GUARD/candidate/frr.undo-first" ]; then
        back restore-first 60 vtysh -f "$GUARD/candidate/frr.undo-first"
      fi
      back restore-patch 900 config apply-patch "$GUARD/candidate/undo.json"
      becomes_old 3 && return 0
    fi
    if begun frr && ! begun bgp && differs frr && [ -e "$GUARD/candidate/frr.undo" ] && [ "$(done_already frr)" -lt 2 ]; then
      count frr
      back restore-frr 120 sh -c "$VTYSH_FILES" vtysh "$GUARD/candidate/frr.undo" "$GUARD/candidate/frr.undo2"
      becomes_old 3 && return 0
    fi
  fi
  if cut_off || differs config_db || { differs service && ! only_bgp; }; then
    [ "$(done_already reload)" -lt 2 ] || return 1
    reload_old || return 1
    becomes_old "$quiet" && return 0
    if differs config_db; then return 1; fi
  else
    bgp_from '' && return 0
  fi
  frr_from_running
}

only_bgp() { ! grep '^[<>] service' "$RUN/diff" | grep -qv '/ bgp$'; }

fire() { # ID: goes on until what was noted is back
  id=$1
  lock
  if [ ! -d "$GUARD" ] || [ "$(cat "$GUARD/id")" != "$id" ]; then
    tidy
    stop_timers "$id"
    exit 0
  fi
  if [ ! -e "$GUARD/restoring" ]; then
    [ "$(left)" -eq 0 ] || exit 0   # it was extended
    rm -f "$GUARD/reserve"
    echo timer > "$GUARD/restoring"
  fi
  unlock
  exec 8> "$RUN/restoring" || exit 1
  flock -n 8 || exit 0              # somebody is at it
  # who waited for the lock may find the guard ended by now, or another one
  [ "$(cat "$GUARD/id" 2> /dev/null)" = "$id" ] || exit 0
  rm -f "$GUARD/reserve"
  free kill_jobs
  pause=5 seen=
  until put_back && bring_back; do
    echo "$seen" > "$GUARD/failed"
    free sleep $pause
    [ $pause -ge 60 ] || pause=$((pause * 2))
  done
  rm -f "$RUN/old" "$RUN/new" "$RUN/diff"
  lock
  record restored "$(cat "$GUARD/restoring")" "$(cat "$GUARD/failed" 2> /dev/null)" || exit 1
  end
}

restore() { # ID: as the timer would do, but now; detached
  lock
  if [ ! -d "$GUARD" ] && [ "$(value state "$ENDED/$1/record" 2> /dev/null)" = restored ]; then exit 0; fi
  [ -e "$GUARD/restoring" ] || ours "$1"
  [ "$(cat "$GUARD/id")" = "$1" ] || refuse $REFUSED "push $(cat "$GUARD/id") is in progress on this switch, not $1"
  rm -f "$GUARD/reserve" "$GUARD"/count.*
  [ -e "$GUARD/restoring" ] || echo asked > "$GUARD/restoring" || refuse $FULL "the disk is full"
  free setsid -f sh "$0" fire "$1" < /dev/null > /dev/null 2>&1
}

boot() { # before SONiC loads anything: whoever armed the guard has not confirmed, so the next start is that of before
  [ -d "$GUARD" ] || exit 0
  id=$(cat "$GUARD/id")
  lock
  rm -f "$GUARD/reserve"
  echo boot > "$GUARD/restoring"
  if ! put_back; then
    echo "${seen:-}" > "$GUARD/failed"
    start_timer "$id" 60
    exit 1
  fi
  record restored boot '' && end
}

# ---- status -------------------------------------------------------------------------------------------------------------

status() {
  if [ -d "$GUARD" ] && { [ -z "$1" ] || [ "$(cat "$GUARD/id")" = "$1" ]; }; then
    state=armed by='' said=''
    if [ -e "$GUARD/restoring" ]; then
      state=restoring by=$(cat "$GUARD/restoring")
      if [ -e "$GUARD/failed" ]; then state=failed said=$(cat "$GUARD/failed"); fi
    fi
    echo "state=$state"
    echo "id=$(cat "$GUARD/id")"
    echo "holder=$(cat "$GUARD/holder")"
    echo "seconds_left=$(seconds_left)"
    echo "begun=$(tr '\n' ' ' < "$GUARD/begun")"
    echo "ended_by=$by"
    echo "said=$said"
  elif [ -n "$1" ] && [ -e "$ENDED/$1/record" ]; then
    cat "$ENDED/$1/record"
  else
    echo state=none
  fi 2> /dev/null
}

# ---- verbs ----------------------------------------------------------------------------------------------------------------

verb=${1:-}
# the guard is ended by the script that has armed it, whichever was uploaded since
case $verb in
  arm | status | job | boot) ;;
  *) [ "$0" = "$GUARD/guard.sh" ] || [ ! -e "$GUARD/guard.sh" ] || exec sh "$GUARD/guard.sh" "$@" ;;
esac
[ $# -eq 0 ] || shift
case $verb in
  arm | extend | stage | apply-frr | apply-patch | reload | reload-result | restart-bgp | confirm | restore | fire)
    known "${1:-}"
    ;;
esac
case $verb in
  arm | extend | apply-frr | apply-patch | restart-bgp) number "${2:-}" ;;
esac
case $verb in
  arm)
    number "${3:-}"
    number "${4:-}"
    arm "$1" "$2" "$3" "$4"
    ;;
  stage) stage "$1" "${2:?}" ;;
  apply-frr) apply_frr "$1" "$2" "${3:-}" ;;
  apply-patch) apply_patch "$1" "$2" "${3:-}" ;;
  reload) reload "$1" "${2:-}" ;;
  reload-result) reload_result "$1" ;;
  restart-bgp) restart_bgp "$1" "$2" "${3:-}" ;;
  extend) extend "$1" "$2" ;;
  confirm) confirm "$1" ;;
  restore) restore "$1" ;;
  status) status "${1:-}" ;;
  fire) fire "$1" ;;
  boot) boot ;;
  job) job "$@" ;;
  *) refuse 64 "there is no verb '$verb'" ;;
esac
