#!/usr/bin/env bash
# Starts this site in the background and returns at once.
#
#   start.sh [--once] [--verify]       on this computer; sub_start.sh explains the options
#   start.sh --cloud azure|aws [...]   in a cloud, where the project's builders added that script

set -u

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

cloud_asked=no
cloud=''
previous=''
for argument in "$@"; do
  if [ "$argument" = --cloud ]; then cloud_asked=yes; fi
  if [ "$previous" = --cloud ]; then cloud=$argument; fi
  previous=$argument
done

if [ "$cloud_asked" = yes ]; then
  case $cloud in
    azure | aws) ;;
    *) fail "--cloud takes 'azure' or 'aws', not '$cloud'." ;;
  esac
  script=$DIR/${cloud}_start.sh
  if [ ! -f "$script" ]; then
    fail "This kit has no ${cloud}_start.sh: it was made without the builder for that cloud." \
      "To start the site on this computer, leave --cloud away."
  fi
  exec bash "$script" "$@"
fi

# The site outlives the terminal: it ignores its closing (SIGHUP) and reads nothing from it.
# "bash" is named because copies of a kit often lose the right to execute.
(
  trap '' HUP
  exec bash "$DIR/sub_start.sh" "$@"
) </dev/null &
