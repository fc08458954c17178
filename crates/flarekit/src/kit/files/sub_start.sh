#!/usr/bin/env bash
# Runs this site's FLARE process and starts it again when it dies. Usually called by start.sh.
#
#   --once     become the FLARE process, without supervision (for containers and service managers)
#   --verify   check the kit against its signature.json first, and don't start if that fails
#
# Environment:
#   NVFL_WORKSPACE      folder for logs and state; the kit itself if unset or empty
#   NVFL_POLL_SECONDS   time between two looks at the process and the files below; 5 if unset
#   MALLOC_ARENA_MAX    memory arenas of glibc; 4 if unset (2 is enough for a small client)
#   NVFLARE_ENABLE_JEMALLOC_PRELOAD   "true" runs Python with jemalloc, if installed
#
# Files in the workspace, which FLARE's own programs read and write too:
#   daemon_pid.fl   pid of this loop            pid.fl       pid of Python
#   shutdown.fl     asks this loop to stop      restart.fl   asks for a new Python

set -u

# What differs between kits. "nvflare preflight_check" finds a client's name in UID_ARGUMENT: it
# takes the first word of this file that has the form of that argument.
MODULE=@MODULE@
CONFIG=@CONFIG@
UID_ARGUMENT=@UID_ARGUMENT@
ORG=@ORG@
CONFIG_FOLDER=@CONFIG_FOLDER@

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
SOURCE=${DIR%/*}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

once=no
verify=no
for argument in "$@"; do
  case $argument in
    --once) once=yes ;;
    --verify) verify=yes ;;
    *) echo "Ignored an unknown argument: $argument" ;;
  esac
done

# --- The workspace -------------------------------------------------------------------------------

# A kit under /user_config is mounted there by a cloud, often read-only. stop_fl.sh has this rule
# too.
WORKSPACE=${NVFL_WORKSPACE:-}
if [ -z "$WORKSPACE" ]; then
  case $SOURCE in
    /user_config) WORKSPACE=/vault/workspace ;;
    /user_config/*) WORKSPACE=/vault/workspace/${SOURCE##*/} ;;
    *) WORKSPACE=$SOURCE ;;
  esac
fi
case $WORKSPACE in
  '' | /*) ;;
  *) WORKSPACE=$PWD/$WORKSPACE ;;
esac
while [ "$WORKSPACE" != "${WORKSPACE%/}" ]; do WORKSPACE=${WORKSPACE%/}; done
if [ -z "$WORKSPACE" ] || [ "$WORKSPACE" -ef / ]; then
  fail "The workspace must be a folder of its own, not '$WORKSPACE/'." \
    "Set NVFL_WORKSPACE to another folder, or move the kit into one."
fi
mkdir -p -- "$WORKSPACE" || fail "The workspace could not be made: $WORKSPACE"

if [ "$WORKSPACE" -ef "$SOURCE" ]; then KIT=$WORKSPACE; else KIT=$WORKSPACE/kit; fi
DAEMON_FILE=$WORKSPACE/daemon_pid.fl
PID_FILE=$WORKSPACE/pid.fl
SHUTDOWN_FILE=$WORKSPACE/shutdown.fl
RESTART_FILE=$WORKSPACE/restart.fl

# Prints the pid in file $1, or fails.
read_pid() {
  local number=''
  { read -r number <"$1"; } 2>/dev/null
  case $number in
    '' | 0* | *[!0-9]*) return 1 ;;
    *) echo "$number" ;;
  esac
}

# Whether process $1 runs and has $2 in its command line. The second part matters because the pid
# in a file left by a crash or a reboot may belong to another program now.
is_process() {
  local command
  if [ -e /proc/self/cmdline ]; then
    command=$({ tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null)
  else
    command=$(ps -ww -p "$1" -o args= 2>/dev/null)
  fi
  [[ $command == *"$2"* ]]
}

# Prints the pid of another loop that runs on this workspace, or fails. In a container, the pid in
# an old file is often this very process.
other_loop() {
  local pid
  pid=$(read_pid "$DAEMON_FILE") && [ "$pid" != $$ ] && is_process "$pid" sub_start.sh &&
    echo "$pid"
}

refuse_second_instance() {
  local pid
  pid=$(other_loop) || return 0
  echo "This site is already running (process $pid, workspace $WORKSPACE)."
  echo "If that is wrong, end process $pid, remove $DAEMON_FILE and start again."
  exit 0
}

# The new copy is complete before it takes the place of the old one. Modes are kept; the right to
# write is for the next start, which removes it: mounted kits are often read-only.
copy_kit() {
  rm -rf -- "$KIT.new" &&
    (umask 077 && cp -RPp -- "$SOURCE" "$KIT.new") &&
    chmod -R u+rwX -- "$KIT.new" &&
    chmod 700 -- "$KIT.new" &&
    rm -rf -- "$KIT" &&
    mv -- "$KIT.new" "$KIT"
}

# Copies the kit into the workspace, where FLARE finds it through two links.
move_kit() {
  chmod 700 -- "$WORKSPACE" || fail "The workspace belongs to someone else: $WORKSPACE"
  local name
  for name in startup local; do
    if [ -e "$WORKSPACE/$name" ] && [ ! -L "$WORKSPACE/$name" ]; then
      fail "The workspace $WORKSPACE has its own '$name' folder: it is another kit." \
        "Set NVFL_WORKSPACE to another folder."
    fi
  done
  if [ ! "$SOURCE" -ef "$KIT" ]; then
    case $WORKSPACE in
      "${SOURCE%/}"/*) fail "The workspace $WORKSPACE must not lie inside the kit ${SOURCE:-/}." ;;
    esac
    copy_kit || fail "The kit could not be copied to $KIT."
  fi
  for name in startup local; do
    rm -f -- "$WORKSPACE/$name"
    ln -s -- "$KIT/$name" "$WORKSPACE/$name" ||
      fail "The link $WORKSPACE/$name could not be made."
  done
}

refuse_second_instance
if [ "$KIT" != "$WORKSPACE" ]; then move_kit; fi

# --- What Python needs ---------------------------------------------------------------------------

export PYTHONPATH=/local/custom${PYTHONPATH:+:$PYTHONPATH}
# Fewer arenas keep glibc from holding on to freed memory; jemalloc ignores the setting.
export MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-4}

if [ "${NVFLARE_ENABLE_JEMALLOC_PRELOAD:-false}" = true ]; then
  jemalloc=''
  for library in /usr/lib/x86_64-linux-gnu/libjemalloc.so.2 \
    /usr/lib/aarch64-linux-gnu/libjemalloc.so.2 /usr/lib64/libjemalloc.so.2 \
    /usr/local/lib/libjemalloc.so; do
    if [ -f "$library" ]; then
      jemalloc=$library
      break
    fi
  done
  if [ -n "$jemalloc" ]; then
    export LD_PRELOAD=${LD_PRELOAD:+$LD_PRELOAD:}$jemalloc
    export MALLOC_CONF=${MALLOC_CONF:-dirty_decay_ms:5000,muzzy_decay_ms:5000}
    echo "Using jemalloc: $jemalloc"
  else
    echo "NVFLARE_ENABLE_JEMALLOC_PRELOAD is set, but jemalloc is not installed: starting without."
  fi
fi

command -v python3 >/dev/null ||
  fail "python3 was not found. Install Python 3.10 or newer and NVFlare:" \
    "  python3 -m pip install 'nvflare~=2.9.0'"
python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("nvflare") is None)' ||
  fail "$(command -v python3) has no NVFlare. Activate the environment that has it, or install the" \
    "version that your project uses, for example:  python3 -m pip install 'nvflare~=2.9.0'"

if [ "$verify" = yes ]; then
  [ -f "$KIT/startup/signature.json" ] ||
    fail "--verify: this kit has no signature.json, so there is nothing to verify it against." \
      "Kits of distributed provisioning are made at the site itself and are not signed as a whole." \
      "Start it without --verify."
  python3 -m nvflare.tool.verify_startup_kits -f "$KIT" -c "$KIT/startup/rootCA.pem" ||
    fail "--verify: a file of the kit $KIT is not as it was signed, or was added later (a log, for" \
      "instance). The site was not started."
fi

mkdir -p -- "$WORKSPACE/transfer" || fail "The folder could not be made: $WORKSPACE/transfer"
echo "Workspace: $WORKSPACE"
echo "PYTHONPATH: $PYTHONPATH"

become_python() {
  exec python3 -u -m "$MODULE" -m "$WORKSPACE" -s "$CONFIG" \
    --set secure_train=true ${UID_ARGUMENT:+"$UID_ARGUMENT"} "org=$ORG" \
    "config_folder=$CONFIG_FOLDER"
}

if [ "$once" = yes ]; then
  rm -f -- "$DAEMON_FILE" "$PID_FILE" "$SHUTDOWN_FILE" "$RESTART_FILE"
  become_python
fi

# --- Supervision ---------------------------------------------------------------------------------

child=''         # the Python that this loop started
restarts=0       # in a row, each within 300 s of the one before
last_launch=-300 # on the clock SECONDS, which began with this script

# Another kit may have been put into this one's place and started there: then the files are those
# of its loop, which has yet to read a request to stop.
clean_up() {
  other_loop >/dev/null || rm -f -- "$PID_FILE" "$SHUTDOWN_FILE" "$RESTART_FILE" "$DAEMON_FILE"
}

# Sets $pid. Our own child counts, whatever the file says, and needs no look at its command line,
# which it has only a moment after its launch. Before there is one, the file tells of a Python that
# an earlier loop left, which is taken over.
python_runs() {
  pid=$child
  if [ -n "$pid" ]; then
    kill -0 "$pid" 2>/dev/null
  else
    pid=$(read_pid "$PID_FILE") && is_process "$pid" "-m $WORKSPACE -s $CONFIG"
  fi
}

launch() {
  if [ -n "$child" ]; then
    wait "$child" 2>/dev/null
    echo "FLARE ended with status $?."
  fi
  if [ $((SECONDS - last_launch)) -lt 300 ]; then restarts=$((restarts + 1)); else restarts=0; fi
  if [ "$restarts" -ge 5 ]; then
    clean_up
    fail "FLARE ended five times in a row soon after its start. Giving up." \
      "The reason is in $WORKSPACE/error_log.txt or log.txt, or above."
  fi
  last_launch=$SECONDS
  become_python 2>&1 </dev/null &
  child=$!
  echo "$child" >"$PID_FILE"
  echo "Started FLARE (process $child)."
}

# Python ends by itself when the request came through FLARE's console; it has 5 s for that.
stop_python() {
  local second
  for second in 1 2 3 4 5; do
    python_runs || break
    sleep 1
  done
  if python_runs; then
    echo "Process $pid still runs after $second seconds: killed."
    kill -KILL "$pid"
  fi
  if [ -n "$child" ]; then wait "$child" 2>/dev/null; fi
  child=''
  rm -f -- "$PID_FILE"
}

# Two starts at the same moment: "set -C" makes the file only if it is not there.
refuse_second_instance
rm -f -- "$DAEMON_FILE"
if ! (set -C && echo $$ >"$DAEMON_FILE") 2>/dev/null; then
  refuse_second_instance
  fail "This file could not be written: $DAEMON_FILE"
fi
trap 'other_loop >/dev/null || rm -f -- "$DAEMON_FILE"' EXIT

# A request that came while nothing was running is of no use any more.
python_runs || rm -f -- "$SHUTDOWN_FILE" "$RESTART_FILE"

while :; do
  if [ -e "$SHUTDOWN_FILE" ]; then
    echo "Asked to stop."
    stop_python
    break
  fi
  if [ -e "$RESTART_FILE" ]; then
    echo "Asked to restart."
    stop_python
    rm -f -- "$RESTART_FILE"
    last_launch=$((SECONDS - 300)) # a restart on request is no failure
  fi
  python_runs || launch
  sleep "${NVFL_POLL_SECONDS:-5}" || sleep 5
done

clean_up
echo "The site has stopped."
