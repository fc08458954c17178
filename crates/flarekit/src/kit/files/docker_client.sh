#!/usr/bin/env bash
# Runs this site in a container.
#
#   docker.sh -d   starts the site in the background
#   docker.sh      opens a shell in the container, in which startup/start.sh can be run
#
# Environment:
#   MY_DATA_DIR   the folder with the site's data, read-only as /data in the container;
#                 /home/flclient/data if unset or empty
#   GPU2USE       docker's option for GPUs, such as --gpus=all or --gpus=2; none if unset

set -u

IMAGE=@IMAGE@
NAME=@NAME@
ORG=@ORG@
CONFIG_FOLDER=@CONFIG_FOLDER@

DIR=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd) || exit 1
KIT=${DIR%/*}

command -v docker >/dev/null || {
  echo "docker was not found. Install it, or start the site without it: startup/start.sh" >&2
  exit 1
}

# The site's files belong to the user who starts it.
run=(docker run --rm "--name=$NAME")
if [ -n "${GPU2USE:-}" ]; then run+=("$GPU2USE"); fi
run+=(-u "$(id -u):$(id -g)" -v /etc/passwd:/etc/passwd -v /etc/group:/etc/group
  -v "$KIT:/workspace/" -v "${MY_DATA_DIR:-/home/flclient/data}:/data/:ro" -w /workspace/
  --ipc=host --net=host)

echo "Starting docker with $IMAGE"
if [ "${1:-}" = -d ]; then
  exec "${run[@]}" -d "$IMAGE" python -u -m nvflare.private.fed.app.client.client_train \
    -m /workspace -s fed_client.json \
    --set "uid=$NAME" secure_train=true "config_folder=$CONFIG_FOLDER" "org=$ORG"
fi
exec "${run[@]}" -it "$IMAGE" /bin/bash
