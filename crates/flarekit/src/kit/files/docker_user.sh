#!/usr/bin/env bash
# Opens a shell in a container, in which startup/fl_admin.sh opens the FLARE console.

set -u

IMAGE=@IMAGE@

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
KIT=${DIR%/*}

command -v docker >/dev/null || {
  echo "docker was not found. Install it, or open the console without it: startup/fl_admin.sh" >&2
  exit 1
}

echo "Starting docker with $IMAGE"
exec docker run --rm -it --name=fladmin -v "$KIT:/workspace/" -w /workspace/ "$IMAGE" /bin/bash
