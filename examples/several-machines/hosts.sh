#!/usr/bin/env bash
# Trains on several hosts, a process on each. On every host, with its own number from 0:
#
#   bash hosts.sh 0 4 10.0.0.1 --config recipe.ts --accumulate-batches 8
#
# Words: the host's number, how many there are, host 0's address as the others reach it, and what `train` is told.
set -euo pipefail
export RANK=$1 WORLD_SIZE=$2 MASTER_ADDR=$3 MASTER_PORT=${MASTER_PORT:-29500}
shift 3
exec npx deepspeech-ts train "$@"
