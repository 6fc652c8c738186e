/* ssmtranslate: reads the documents of tests/data/vectors in all sorts of pieces
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vectors.h"

#include <math.h>
#include <string.h>

/* --- a system from its folder ------------------------------------------- */

float *
system_expected_floats (const System *sys, const char *name, guint32 rows, guint32 cols)
{
  GError *error = NULL;
  float *values =
      ssmt_tensor_source_read_floats (sys->expected, name, rows, cols, SSMT_VALUES_WEIGHT, &error);

  g_assert_no_error (error);
  return values;
}

gint32 *
system_expected_numbers (const System *sys, const char *name, guint32 rows, guint32 cols)
{
  g_autofree float *values = system_expected_floats (sys, name, rows, cols);
  gint32 *numbers = g_new (gint32, (gsize) rows * cols);

  for (gsize i = 0; i < (gsize) rows * cols; i++)
    numbers[i] = (gint32) values[i];
  return numbers;
}

static void
system_open_device (System *sys, guint threads)
{
  const char *name = g_getenv ("SSMT_TEST_DEVICE"), *why = NULL;

  sys->device = ssmt_device_open (name ? name : "cpu", threads, &why);
  if (sys->device == NULL)
    g_error ("%s", why);
}

System *
system_open (const char *name, guint threads)
{
  System *sys = g_new0 (System, 1);
  g_autofree char *folder =
      g_test_build_filename (G_TEST_DIST, "data", strchr (name, '/') ? "." : "vectors", name, NULL);
  g_autofree char *vectors = g_build_filename (folder, "expected.safetensors", NULL);
  GError *error = NULL;

  system_open_device (sys, threads);
  sys->config = ssmt_config_load (folder, &error);
  g_assert_no_error (error);
  sys->weights = ssmt_config_open_tensors (sys->config, folder, sys->device, &error);
  g_assert_no_error (error);
  sys->expected = ssmt_tensor_source_open (vectors, sys->device, &error);
  g_assert_no_error (error);
  sys->network = ssmt_network_new (sys->config, sys->device, sys->weights, &error);
  g_assert_no_error (error);

  g_autofree gint32 *sizes = system_expected_numbers (sys, "sizes", 3, 1);
  sys->n_tokens = sizes[0];
  sys->n_source = sizes[1];
  sys->n_segments = sizes[2];
  sys->vocab = ssmt_network_get_vocab_size (sys->network);
  sys->tokens = system_expected_numbers (sys, "tokens", sys->n_tokens, 1);
  if (sys->n_source > 0)
    sys->source = system_expected_numbers (sys, "source", sys->n_source, 1);
  sys->segments = (guint32 *) system_expected_numbers (sys, "segments", sys->n_segments, 2);
  sys->logits = system_expected_floats (sys, "logits", sys->n_tokens, sys->vocab);
  return sys;
}

void
system_close (System *sys)
{
  g_free (sys->tokens);
  g_free (sys->source);
  g_free (sys->segments);
  g_free (sys->logits);
  ssmt_network_free (sys->network);
  ssmt_tensor_source_free (sys->weights);
  ssmt_tensor_source_free (sys->expected);
  ssmt_config_free (sys->config);
  ssmt_device_close (sys->device);
  g_free (sys);
}

/* --- reading ------------------------------------------------------------ */

Reader *
reader_new (const System *sys, guint slot, guint32 longest, guint32 seed)
{
  Reader *r = g_new0 (Reader, 1);

  r->slot = slot;
  r->longest = longest;
  r->chance = g_rand_new_with_seed (seed);
  r->source_left = sys->segments[0];
  r->target_left = sys->segments[1];
  r->logits = g_new0 (float, (gsize) sys->n_tokens * sys->vocab);
  return r;
}

void
reader_free (Reader *r)
{
  g_rand_free (r->chance);
  g_free (r->logits);
  g_free (r->state[SSMT_STACK_DECODER]);
  g_free (r->state[SSMT_STACK_ENCODER]);
  g_free (r);
}

gboolean
reader_equal (const System *sys, const Reader *a, const Reader *b)
{
  for (guint stack = 0; stack < 2; stack++) {
    gsize size = a->state_bytes[stack];
    if (size != b->state_bytes[stack])
      return FALSE;
    if (size > 0 && memcmp (a->state[stack], b->state[stack], size) != 0)
      return FALSE;
  }
  return memcmp (a->logits, b->logits, (gsize) sys->n_tokens * sys->vocab * sizeof (float)) == 0;
}

static guint32
reader_piece (Reader *r, guint32 left, gboolean whole)
{
  if (r->longest == WHOLE || whole)
    return left;
  return (guint32) g_rand_int_range (r->chance, 1, MIN (left, r->longest) + 1);
}

static void
reader_advance (Reader *r, const System *sys, SsmtStack stack, guint32 rows)
{
  if (stack == SSMT_STACK_ENCODER) {
    r->source_at += rows;
    r->source_left -= rows;
    return;
  }
  r->target_at += rows;
  r->target_left -= rows;
  if (r->target_left == 0 && ++r->segment < sys->n_segments) {
    r->source_left = sys->segments[2 * r->segment];
    r->target_left = sys->segments[2 * r->segment + 1];
  }
}

static gboolean
reader_wants (const Reader *r, SsmtStack stack)
{
  if (stack == SSMT_STACK_ENCODER)
    return r->source_left > 0;
  return r->source_left == 0 && r->target_left > 0;
}

Session *
session_new (const System *sys, Reader **readers, guint n_readers)
{
  Session *s = g_new0 (Session, 1);
  guint32 longest = MAX (sys->n_tokens, sys->n_source);
  gsize capacity = (gsize) longest * n_readers;

  s->sys = sys;
  s->readers = readers;
  s->n_readers = n_readers;
  /* readers take the odd slots; the even ones must stay as they are */
  for (guint i = 0; i < 2; i++)
    g_assert_true (ssmt_network_init_arena (sys->network, i, &s->arenas[i], 0, 2 * n_readers + 1));
  s->scheduler = ssmt_scheduler_new (sys->network, capacity, 0);
  g_assert_true (ssmt_scheduler_take_memory (s->scheduler, &s->memory));
  s->runs = g_new0 (SsmtRows, n_readers);
  s->tokens = g_new (gint32, capacity);
  s->rows = g_new (guint32, capacity);
  s->logits = g_new (float, capacity * sys->vocab);
  return s;
}

void
session_free (Session *s)
{
  ssmt_arena_clear (&s->arenas[0]);
  ssmt_arena_clear (&s->arenas[1]);
  ssmt_scheduler_give_memory (s->scheduler, s->memory);
  ssmt_scheduler_free (s->scheduler);
  g_free (s->runs);
  g_free (s->tokens);
  g_free (s->rows);
  g_free (s->logits);
  g_free (s);
}

/* Gathers a piece of each reader that is ready for `stack`; number of rows. */
static guint32
session_gather (Session *s, SsmtStack stack, Reader **active, guint *n)
{
  const System *sys = s->sys;
  guint32 rows = 0, memory = MAX (sys->n_tokens, sys->n_source);
  gboolean encoder = stack == SSMT_STACK_ENCODER;

  *n = 0;
  for (guint i = 0; i < s->n_readers; i++) {
    Reader *r = s->readers[i];
    if (!reader_wants (r, stack))
      continue;
    guint32 length = sys->segments[2 * r->segment];
    SsmtRows run = { .slot = r->slot, .memory = i * memory, .memory_rows = length };
    run.rows = encoder
        ? reader_piece (r, r->source_left, ssmt_network_needs_whole_segment (sys->network))
        : reader_piece (r, r->target_left, FALSE);
    if (encoder)
      run.memory += length - r->source_left;
    memcpy (s->tokens + rows, encoder ? sys->source + r->source_at : sys->tokens + r->target_at,
        run.rows * sizeof (gint32));
    rows += run.rows;
    active[*n] = r;
    s->runs[(*n)++] = run;
  }
  return rows;
}

void
session_step (Session *s, SsmtStack stack)
{
  const System *sys = s->sys;
  g_autofree Reader **active = g_new (Reader *, s->n_readers);
  guint n = 0;
  guint32 rows = session_gather (s, stack, active, &n);
  guint32 logit_rows = stack == SSMT_STACK_DECODER ? rows : 0;
  const float *from = s->logits;

  if (n == 0)
    return;
  for (guint32 i = 0; i < rows; i++)
    s->rows[i] = i;
  g_assert_true (ssmt_scheduler_run (s->scheduler,
      &(SsmtRequest){ .stack = stack,
          .arena = &s->arenas[stack],
          .runs = s->runs,
          .n_runs = n,
          .tokens = s->tokens,
          .memory = s->memory,
          .logit_rows = s->rows,
          .n_logit_rows = logit_rows,
          .logits = logit_rows > 0 ? s->logits : NULL },
      NULL));
  for (guint i = 0; i < n; i++) {
    gsize size = (gsize) s->runs[i].rows * sys->vocab;
    if (logit_rows > 0)
      memcpy (active[i]->logits + (gsize) active[i]->target_at * sys->vocab, from,
          size * sizeof (float));
    from += size;
    reader_advance (active[i], sys, stack, s->runs[i].rows);
  }
}

static gboolean
session_is_done (const Session *s)
{
  for (guint i = 0; i < s->n_readers; i++)
    if (s->readers[i]->segment < s->sys->n_segments)
      return FALSE;
  return TRUE;
}

void
session_keep_states (Session *s)
{
  for (guint i = 0; i < s->n_readers; i++)
    for (guint stack = 0; stack < 2; stack++) {
      Reader *r = s->readers[i];
      g_free (r->state[stack]);
      r->state_bytes[stack] =
          ssmt_arena_get_used (&s->arenas[stack], s->arenas[stack].positions[r->slot]);
      r->state[stack] = g_malloc0 (s->arenas[stack].slot_bytes);
      ssmt_arena_read_slot (&s->arenas[stack], r->slot, r->state[stack]);
    }
}

static void
session_check_other_slots (Session *s)
{
  for (guint stack = 0; stack < 2; stack++) {
    gsize size = s->arenas[stack].slot_bytes;
    g_autofree guint8 *bytes = g_malloc0 (size + 1);
    for (guint slot = 0; slot < s->arenas[stack].n_slots; slot += 2) {
      ssmt_arena_read_slot (&s->arenas[stack], slot, bytes);
      for (gsize i = 0; i < size; i++)
        g_assert_cmpuint (bytes[i], ==, 0);
      g_assert_cmpuint (s->arenas[stack].positions[slot], ==, 0);
    }
  }
}

void
session_run (Session *s)
{
  while (!session_is_done (s)) {
    session_step (s, SSMT_STACK_ENCODER);
    session_step (s, SSMT_STACK_DECODER);
  }
  session_keep_states (s);
  session_check_other_slots (s);
}

/* --- numbers ------------------------------------------------------------ */

double
difference (const float *ours, const float *right, gsize n)
{
  double low = INFINITY, high = -INFINITY, worst = 0;

  for (gsize i = 0; i < n; i++) {
    double d = fabs ((double) ours[i] - right[i]);
    low = MIN (low, right[i]);
    high = MAX (high, right[i]);
    /* not MAX: a NaN must not vanish */
    if (!(d <= worst))
      worst = d;
  }
  return worst / MAX (high - low, 1e-30);
}
