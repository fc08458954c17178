#!/usr/bin/env bash
# Runs this server in a container.
#
#   docker.sh -d   starts the server in the background
#   docker.sh      opens a shell in the container, in which startup/start.sh can be run
#
# Environment:
#   SVR_NAME   the container's name; flserver if unset or empty

set -u

IMAGE=@IMAGE@
ORG=@ORG@
CONFIG_FOLDER=@CONFIG_FOLDER@

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
KIT=${DIR%/*}

command -v docker >/dev/null || {
  echo "docker was not found. Install it, or start the server without it: startup/start.sh" >&2
  exit 1
}

# The clients' ports are those of this computer.
run=(docker run --rm "--name=${SVR_NAME:-flserver}" -v "$KIT:/workspace/" -w /workspace/
  --ipc=host --net=host)

echo "Starting docker with $IMAGE"
if [ "${1:-}" = -d ]; then
  exec "${run[@]}" -d "$IMAGE" python -u -m nvflare.private.fed.app.server.server_train \
    -m /workspace -s fed_server.json \
    --set secure_train=true "config_folder=$CONFIG_FOLDER" "org=$ORG"
fi
exec "${run[@]}" -it "$IMAGE" /bin/bash
