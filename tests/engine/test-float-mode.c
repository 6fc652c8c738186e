/* ssmtranslate: what a host's mode of arithmetic changes: nothing
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Its rounding and, on x86, its handling of subnormal numbers, before a model is loaded or while it
 * translates, on one thread and on two.
 */
#include "stream-util.h"

#include <fenv.h>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

#include "kernels/cpu/pool.h"
#include "test-util.h"

#define LINES 12

typedef struct {
  const char *name;
  int rounding;
  guint flush; /* FTZ and DAZ of MXCSR */
} Mode;

static const Mode modes[] = {
#ifdef FE_UPWARD
  { "upward", FE_UPWARD, 0 },
  { "downward", FE_DOWNWARD, 0 },
  { "toward zero", FE_TOWARDZERO, 0 },
#endif
#ifdef __SSE__
  { "subnormal is zero", FE_TONEAREST, 0x8040 },
#endif
};

static void
mode_set (const Mode *mode)
{
  g_assert_cmpint (fesetround (mode->rounding), ==, 0);
#ifdef __SSE__
  _mm_setcsr ((_mm_getcsr () & ~0x8040u) | mode->flush);
#endif
}

static void
assert_mode (const Mode *mode)
{
  g_assert_cmpint (fegetround (), ==, mode->rounding);
#ifdef __SSE__
  g_assert_cmphex (_mm_getcsr () & 0x8040, ==, mode->flush);
#endif
}

static const Mode standard = { "standard", FE_TONEAREST, 0 };

/* --- streams -------------------------------------------------------------- */

static SsmtModel *
load (const char *name, guint threads)
{
  g_autofree char *path = test_data (name);
  GError *error = NULL;
  SsmtModel *model = ssmt_model_load (path, "cpu", threads, &error);

  g_assert_no_error (error);
  return model;
}

/* Lines and the state after them, the mode taken for loading, for translating, or for both. */
static char *
translate (
    const char *name, guint threads, const Mode *loading, const Mode *translating, GBytes **state)
{
  mode_set (loading);
  g_autoptr (SsmtModel) model = load (name, threads);
  assert_mode (loading);
  mode_set (&standard);
  g_autoptr (SsmtStream) stream = stream_with (model, SSMT_CONTEXT_DOCUMENT, 3);

  mode_set (translating);
  char *lines = stream_translate_lines (stream, 0, LINES);
  assert_mode (translating);
  mode_set (&standard);
  *state = stream_save (stream);
  return lines;
}

static void
test_streams (gconstpointer name)
{
  g_autoptr (GBytes) expected_state = NULL;
  g_autofree char *expected = translate (name, 1, &standard, &standard, &expected_state);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    for (guint threads = 1; threads <= 2; threads++) {
      for (guint where = 1; where <= 3; where++) {
        g_autoptr (GBytes) state = NULL;
        g_autofree char *lines = translate (name, threads, where & 1 ? &modes[i] : &standard,
            where & 2 ? &modes[i] : &standard, &state);

        g_test_message ("%s, %u threads, %u", modes[i].name, threads, where);
        g_assert_cmpstr (lines, ==, expected);
        g_assert_true (g_bytes_equal (state, expected_state));
      }
    }
  }
}

/* --- the pool ------------------------------------------------------------- */

#define COUNT 64

typedef struct {
  int rounding[COUNT];
  gint n_others; /* chunks that another thread has had */
  GThread *caller;
} Task;

static void
look (const void *data, uint32_t begin, uint32_t end)
{
  Task *task = (Task *) data;

  for (uint32_t i = begin; i < end; i++)
    task->rounding[i] = fegetround ();
  if (g_thread_self () != task->caller)
    g_atomic_int_inc (&task->n_others);
  else if (g_atomic_int_get (&task->n_others) == 0)
    g_usleep (1000);
}

/* All threads of a pool that was made in another mode. */
static void
test_pool (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    Task task = { .caller = g_thread_self () };

    mode_set (&modes[i]);
    SsmtPool *pool = ssmt_pool_acquire (5);
    while (g_atomic_int_get (&task.n_others) == 0)
      ssmt_pool_run (pool, look, &task, COUNT, 1, 1000000000);
    ssmt_pool_release (pool);
    assert_mode (&modes[i]);
    mode_set (&standard);
    for (guint n = 0; n < COUNT; n++)
      g_assert_cmpint (task.rounding[n], ==, FE_TONEAREST);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/float-mode/pool", test_pool);
  g_test_add_data_func ("/float-mode/decoder", "tiny-decoder", test_streams);
  g_test_add_data_func ("/float-mode/encdec", "tiny-encdec", test_streams);
  return g_test_run ();
}
