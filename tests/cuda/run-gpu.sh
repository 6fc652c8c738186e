#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# On a machine with an NVIDIA GPU and its CUDA toolkit: the operations against the C reference, under
# compute-sanitizer too, the engine's tests on the GPU, and the benchmarks. Usage: tests/cuda/run-gpu.sh [LOG]
# Everything is printed, and kept in LOG (gpu.log). The last line says what failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
log=${1:-gpu.log}
failed=
SSMT_MODULE_PATH=$PWD/build/kernels/cuda
G_TEST_SRCDIR=$PWD/tests
export SSMT_MODULE_PATH G_TEST_SRCDIR

# step NAME COMMAND...
step () {
  name=$1
  shift
  echo "=== $name: $*"
  "$@" || failed="$failed $name"
}

main () {
  date
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
  test -f build/build.ninja || meson setup build -Dcuda=enabled || exit 1
  ninja -C build || exit 1
  step operations build/tests/checkasm/checkasm --device=cuda
  for tool in memcheck racecheck synccheck; do
    command -v compute-sanitizer > /dev/null || { echo "(no compute-sanitizer)"; break; }
    step "$tool" compute-sanitizer --tool "$tool" --error-exitcode 9 build/tests/checkasm/checkasm --device=cuda
  done
  for test in parity document search stream stream-text growing prime score translation scheduler context; do
    step "$test" env SSMT_TEST_DEVICE=cuda "build/tests/engine/test-$test"
  done
  step bench-operations build/tests/checkasm/checkasm --bench --device=cuda
  for shape in paper-mamba paper-mamba2 paper-mamba-local; do
    step "bench-$shape" build/engine/cli/ssmt bench --device cuda --shape "$shape" --dtype bf16 --threads 1
    step "streams-$shape" build/engine/cli/ssmt bench --device cuda --shape "$shape" --dtype bf16 --threads 1 \
      --streams 1,8,64,512,4096
  done
  step live build/engine/cli/ssmt bench --device cuda --shape paper-mamba --dtype bf16 --threads 1 \
    --streams 64,512,1024,4096 --live
  echo "failed:${failed:- nothing}"
  test -z "$failed"
}

status=$(mktemp)
{ main; echo $? > "$status"; } 2>&1 | tee "$log"
code=$(cat "$status")
rm -f "$status"
exit "$code"
