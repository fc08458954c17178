#!/usr/bin/env bash
# Asks the supervising loop of sub_start.sh to stop this site, after a question: answer y or n.

set -u

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
SOURCE=${DIR%/*}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# The same rule as in sub_start.sh.
WORKSPACE=${NVFL_WORKSPACE:-}
if [ -z "$WORKSPACE" ]; then
  case $SOURCE in
    /user_config) WORKSPACE=/vault/workspace ;;
    /user_config/*) WORKSPACE=/vault/workspace/${SOURCE##*/} ;;
    *) WORKSPACE=$SOURCE ;;
  esac
fi
if [ -z "$WORKSPACE" ] || [ "$WORKSPACE" -ef / ]; then
  fail "The workspace must be a folder of its own, not '$WORKSPACE'." \
    "Set NVFL_WORKSPACE to another folder, or move the kit into one."
fi

echo "The proper way to stop a site is the shutdown command of the FLARE console (fl_admin.sh)."
echo "This script is the last resort: a client stopped here does not sign off, so the server"
echo "shows it as connected for some time, and running jobs are cut off."
answer=''
read -r -n 1 -p "Stop this site now (y/N)? " answer
echo

case $answer in
  y | Y) ;;
  *)
    echo "Nothing was stopped."
    exit 0
    ;;
esac

{ mkdir -p -- "$WORKSPACE" && touch -- "$WORKSPACE/shutdown.fl"; } ||
  fail "The request to stop could not be written: $WORKSPACE/shutdown.fl"
if [ -e "$WORKSPACE/daemon_pid.fl" ]; then
  echo "Asked to stop. The processes of this site end within about 15 seconds."
else
  echo "Asked to stop, but no running site is recorded in $WORKSPACE (there is no daemon_pid.fl)."
  echo "If it was started with NVFL_WORKSPACE set, set it now as well. A site started with --once"
  echo "does not watch for this request: stop its process."
fi
