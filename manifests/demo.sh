#!/usr/bin/env bash
# Runs the example from nothing to applied, and shows that a second plan is empty.
# It works on a copy, so each run starts fresh and leaves nothing behind.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cp -R -- "$here" "$work/example"
cd -- "$work/example"
rm -rf -- .dsac

# The example is about the embedded remote, whatever the shell is set up for.
unset DSAC_REMOTE SEGMENTS_API_KEY SEGMENTS_API_KEY_FILE

step() {
  printf '\n$ %s\n' "$*"
  "$@"
}

step dsac validate
step dsac plan
step dsac apply --auto-approve
step dsac plan | tee "$work/plan.txt"

if [[ $(grep -v '^[[:space:]]*$' "$work/plan.txt" | tail -n 1) != "No changes."* ]]; then
  echo "demo: the plan after the apply still has changes" >&2
  exit 1
fi
