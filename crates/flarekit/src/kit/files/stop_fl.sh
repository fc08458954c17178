#!/usr/bin/env bash
# Asks the supervising loop of sub_start.sh to stop this client or server, after a question.

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

# Who may shut down what follows from FLARE's usual rules, in local/authorization.json.default.
if [ -e "$DIR/fed_server.json" ]; then
  echo "This stops the server, for everybody, and cuts running jobs off."
  echo "If an org_admin or lead of the server's organisation is at the FLARE console (fl_admin.sh),"
  echo "it is better to stop all clients first and then to type there:  shutdown server"
else
  echo "This stops the client of this site and cuts its running jobs off. The client does not sign"
  echo "off: the server lists it for up to 10 more minutes."
  echo "If an org_admin or lead of your organisation is at the FLARE console (fl_admin.sh), it is"
  echo "better to type there, with this site's name:  shutdown client NAME"
fi
answer=''
read -r -n 1 -p "Stop it now (y/N)? " answer
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
  echo "Asked to stop. Its processes end within about 15 seconds."
else
  echo "Asked to stop, but nothing that runs is recorded in $WORKSPACE (there is no daemon_pid.fl)."
  echo "If it was started with NVFL_WORKSPACE set, set it now as well. What was started with --once"
  echo "does not watch for this request: stop its process."
fi
