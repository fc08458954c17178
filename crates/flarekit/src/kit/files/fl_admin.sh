#!/usr/bin/env bash
# Opens the FLARE console for the user of this kit. Arguments are passed on to the console.

set -u

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
KIT=${DIR%/*}

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

command -v python3 >/dev/null ||
  fail "python3 was not found. Install Python 3.10 or newer and NVFlare:" \
    "  python3 -m pip install 'nvflare~=2.9.0'"
python3 -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("nvflare") is None)' ||
  fail "$(command -v python3) has no NVFlare. Activate the environment that has it, or install the" \
    "version that your project uses, for example:  python3 -m pip install 'nvflare~=2.9.0'"

# The console sends files from this folder and puts downloads there.
mkdir -p -- "$KIT/transfer" || exit 1

exec python3 -m nvflare.fuel.hci.tools.admin -m "$KIT" -s fed_admin.json "$@"
