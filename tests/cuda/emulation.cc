/* ssmtranslate: CUDA kernels on a CPU: fibers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "emulation.h"

#include <csetjmp>
#include <mutex>
#include <ucontext.h>
#include <memory>
#include <vector>

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulation
{

enum State { RUNS, AT_BARRIER, AT_EXCHANGE, ENDED };

const size_t STACK = 128 * 1024;
const unsigned WARP = 32;

struct Fiber {
  State state;
  bool entered;
  uint64_t value;
  jmp_buf place;
  ucontext_t context;
  std::unique_ptr<char[]> stack;
};

static std::vector<Fiber> fibers;
static std::vector<char> shared;
static unsigned current, n_threads;
static jmp_buf scheduler;
static ucontext_t scheduler_context;
static const std::function<void ()> *kernel_now;

static void
enter ()
{
  (*kernel_now) ();
  fibers[current].state = ENDED;
  _longjmp (scheduler, 1);
}

static void
place_thread (unsigned i)
{
  threadIdx.x = i % blockDim.x;
  threadIdx.y = i / blockDim.x % blockDim.y;
  threadIdx.z = i / blockDim.x / blockDim.y;
}

/* Runs thread i until it waits or ends. */
static void
resume (unsigned i)
{
  Fiber &fiber = fibers[i];

  current = i;
  place_thread (i);
  if (_setjmp (scheduler) != 0)
    return;
  if (fiber.entered)
    _longjmp (fiber.place, 1);
  fiber.entered = true;
  if (!fiber.stack)
    fiber.stack.reset (new char[STACK]);
  getcontext (&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get ();
  fiber.context.uc_stack.ss_size = STACK;
  fiber.context.uc_link = &scheduler_context;
  makecontext (&fiber.context, enter, 0);
  setcontext (&fiber.context);
}

static void
wait_as (State state)
{
  unsigned me = current;

  fibers[me].state = state;
  if (_setjmp (fibers[me].place) == 0)
    _longjmp (scheduler, 1);
  current = me;
  place_thread (me);
}

void
barrier ()
{
  wait_as (AT_BARRIER);
}
unsigned
lane ()
{
  return current % WARP;
}

uint64_t
exchange (uint64_t mine, unsigned from)
{
  unsigned warp = current / WARP * WARP;

  fibers[current].value = mine;
  wait_as (AT_EXCHANGE);
  uint64_t value = warp + from < n_threads ? fibers[warp + from].value : mine;
  /* nobody brings the next value before all have taken this one */
  wait_as (AT_EXCHANGE);
  return value;
}

void
warp_barrier ()
{
  wait_as (AT_EXCHANGE);
}

static void
fail (const char *what)
{
  fprintf (stderr, "emulation: block (%u, %u, %u): %s\n", blockIdx.x, blockIdx.y, blockIdx.z, what);
  abort ();
}

/* Lets the threads [first, end) go on where all of them wait for the same. */
static bool
release (unsigned first, unsigned end, State state)
{
  unsigned n_waiting = 0, n_ended = 0;

  for (unsigned i = first; i < end; i++) {
    n_waiting += fibers[i].state == state;
    n_ended += fibers[i].state == ENDED;
  }
  if (n_waiting == 0 || n_waiting + n_ended < end - first)
    return false;
  if (n_ended > 0)
    fail ("threads have ended before a barrier or a shuffle of the others");
  for (unsigned i = first; i < end; i++)
    fibers[i].state = RUNS;
  return true;
}

static void
run_block ()
{
  for (Fiber &fiber : fibers) {
    fiber.state = RUNS;
    fiber.entered = false;
  }
  for (;;) {
    bool goes_on = false;
    unsigned n_ended = 0;

    for (unsigned i = 0; i < n_threads; i++)
      if (fibers[i].state == RUNS)
        resume (i);
    for (unsigned i = 0; i < n_threads; i += WARP)
      goes_on |= release (i, i + WARP < n_threads ? i + WARP : n_threads, AT_EXCHANGE);
    for (unsigned i = 0; i < n_threads; i++)
      n_ended += fibers[i].state == ENDED;
    if (n_ended == n_threads)
      return;
    if (!goes_on && !release (0, n_threads, AT_BARRIER))
      fail ("threads wait for each other at different places");
  }
}

static std::mutex gpu; /* there is one, whatever the number of devices */

void *
dynamic_shared ()
{
  return shared.data ();
}

void
launch (dim3 grid, dim3 block, size_t shared_bytes, const std::function<void ()> &kernel)
{
  std::lock_guard<std::mutex> lock (gpu);

  gridDim = grid;
  blockDim = block;
  n_threads = block.x * block.y * block.z;
  if (n_threads > 1024 || shared_bytes > 227 * 1024 || grid.y > 65535 || grid.z > 65535)
    fail ("more than a GPU can launch");
  if (n_threads == 0 || grid.x == 0 || grid.y == 0 || grid.z == 0)
    fail ("nothing, which a GPU refuses to launch");
  if (fibers.size () < n_threads)
    fibers.resize (n_threads);
  kernel_now = &kernel;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = dim3 (x, y, z);
        shared.assign (shared_bytes + 16, (char) 0x7f);
        run_block ();
      }
}

} // namespace emulation
