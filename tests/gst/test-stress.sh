#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The stress program under the leaks tracer. Usage: test-stress.sh STRESS SECONDS MODEL...
# STRESS_SEED repeats what a run did; its output goes to STRESS_LOG.
stress=$1
seconds=$2
shift 2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
log=${STRESS_LOG:-$dir/log}

GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 "$stress" --seconds "$seconds" --seed "${STRESS_SEED:-0}" \
  "${@/#/--model=}" > "$log" 2>&1
status=$?
grep -v GST_TRACER "$log" | tail -n 200
# The tracer also prints the format of its records, with %s for values.
if grep 'object-alive, ' "$log" | grep -v '=(string)%s'; then
  echo "alive at the end: see above"
  exit 1
fi
exit $status
