/* ssmtranslate: the layers against what the reference implementations compute
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/data/vectors holds models, what they read, and the logits and carried
 * states that others' code makes of it in one piece (tests/reference). Here
 * the same is read whole, in pieces of all lengths, token by token and by
 * several slots at once. Environment: SSMT_TEST_DEVICE (default "cpu").
 */
#include "vectors.h"

#include <string.h>

/* Largest error, as a part of the range of the expected values. */
#define AGAINST_REFERENCE 1e-4
#define BETWEEN_SPLITS 1e-5
/* What a forgotten state must at least change, or the rest proves nothing. */
#define WITHOUT_STATE 1e-2

static const char *const systems[] = { "mamba", "mamba2", "mamba-local", "mamba2-hybrid",
  "mamba-encdec", "mamba2-encdec", "transformerpp", "transformer-encdec", "mamba-mha", "mamba2-gqa",
  "mamba-encdec-own", "retnet", "retnet-fla", "gla", "delta-net", "gated-delta-net",
  "recurrent-hybrid", "post-norm", "mixed-norms", "layer-norms" };

/* Activations are rounded too: to int8 with I8 weights, to bfloat16 in those
 * variants that multiply in bfloat16. */
static const struct {
  const char *name;
  double tolerance;
} quantised[] = {
  { "mamba2-hybrid-f16", AGAINST_REFERENCE },
  { "mamba2-hybrid-bf16", 1.5e-2 },
  { "mamba2-hybrid-i8", 3e-2 },
  { "mamba2-hybrid-q4", 3e-2 },
};

/* --- comparing ---------------------------------------------------------- */

static void
check (const System *sys, const char *what, double error, double allowed)
{
  g_test_message ("%s: %.1e of the range (%.0e allowed)", what, error, allowed);
  if (!(error <= allowed)) {
    g_test_message ("FAILED: %s on %s", what, sys->device->description);
    g_test_fail ();
  }
}

static Reader *
read_alone (const System *sys, guint32 longest, guint32 seed)
{
  Reader *r = reader_new (sys, 1, longest, seed);
  Session *s = session_new (sys, &r, 1);

  session_run (s);
  session_free (s);
  return r;
}

/* --- checks ------------------------------------------------------------- */

typedef void (*LayerFunc) (
    const System *sys, const char *name, const float *expected, gsize at, gsize n, gpointer data);

/* For each layer that carries a state: the reference's, and its place in a slot. */
static void
foreach_state (System *sys, SsmtStack stack, LayerFunc func, gpointer data)
{
  GPtrArray *layers =
      stack == SSMT_STACK_ENCODER ? sys->config->encoder.layers : sys->config->decoder.layers;
  gsize at = 0;

  for (guint i = 0; layers != NULL && i < layers->len; i++) {
    g_autofree char *size_name = g_strdup_printf (
        "state_size.%s.%u", stack == SSMT_STACK_ENCODER ? "encoder" : "decoder", i);
    if (!ssmt_tensor_source_has (sys->expected, size_name))
      continue;
    g_autofree char *name =
        g_strdup_printf ("state.%s.%u", stack == SSMT_STACK_ENCODER ? "encoder" : "decoder", i);
    g_autofree gint32 *sizes = system_expected_numbers (sys, size_name, 2, 1);
    gsize n = (gsize) sizes[0] + sizes[1];
    g_autofree float *expected = system_expected_floats (sys, name, n, 1);

    /* the convolution's inputs and what the scan carries have ranges of their own */
    if (sizes[0] > 0)
      func (sys, name, expected, at, sizes[0], data);
    func (sys, name, expected + sizes[0], at + sizes[0], sizes[1], data);
    at += (n + 15) / 16 * 16;
  }
  g_assert_cmpuint (at * sizeof (float), ==, ssmt_network_get_state_bytes (sys->network, stack));
}

typedef struct {
  const guint8 *state, *whole;
  gsize state_bytes;
  double worst_reference, worst_split;
} StateCheck;

static void
compare_state (
    const System *sys, const char *name, const float *expected, gsize at, gsize n, gpointer data)
{
  StateCheck *c = data;
  const float *ours = (const float *) c->state + at;
  double error = difference (ours, expected, n);

  if (error > AGAINST_REFERENCE)
    g_test_message ("%s at float %" G_GSIZE_FORMAT ": %.1e", name, at, error);
  if (!(error <= c->worst_reference))
    c->worst_reference = error;
  error = difference (ours, (const float *) c->whole + at, n);
  if (!(error <= c->worst_split))
    c->worst_split = error;
}

/* This layer's part of each token's row, all tokens one after the other. */
static float *
gather_tokens (const guint8 *state, gsize first, gsize stride, gsize width, guint32 n)
{
  float *tokens = g_new (float, n *width);

  for (guint32 t = 0; t < n; t++)
    memcpy (tokens + t * width, state + first + t * stride, width * sizeof (float));
  return tokens;
}

/* Keys and values of layers that keep those of every token. */
static void
compare_tokens (System *sys, SsmtStack stack, StateCheck *c)
{
  GPtrArray *layers =
      stack == SSMT_STACK_ENCODER ? sys->config->encoder.layers : sys->config->decoder.layers;
  gsize fixed = ssmt_network_get_state_bytes (sys->network, stack);
  gsize stride = ssmt_network_get_token_bytes (sys->network, stack);
  guint32 n = stack == SSMT_STACK_ENCODER ? sys->n_source : sys->n_tokens;
  gsize at = 0;

  if (stride > 0)
    g_assert_cmpuint (c->state_bytes, ==, fixed + n * stride);
  for (guint i = 0; layers != NULL && i < layers->len; i++) {
    g_autofree char *size_name = g_strdup_printf (
        "token_size.%s.%u", stack == SSMT_STACK_ENCODER ? "encoder" : "decoder", i);
    g_autofree char *name =
        g_strdup_printf ("state.%s.%u", stack == SSMT_STACK_ENCODER ? "encoder" : "decoder", i);
    if (!ssmt_tensor_source_has (sys->expected, size_name))
      continue;
    g_autofree gint32 *width = system_expected_numbers (sys, size_name, 1, 1);
    g_autofree float *expected = system_expected_floats (sys, name, n * *width, 1);
    g_autofree float *ours = gather_tokens (c->state, fixed + at, stride, *width, n);
    g_autofree float *whole = gather_tokens (c->whole, fixed + at, stride, *width, n);
    double error = difference (ours, expected, (gsize) n * *width);
    if (error > AGAINST_REFERENCE)
      g_test_message ("%s: %.1e", name, error);
    if (!(error <= c->worst_reference))
      c->worst_reference = error;
    error = difference (ours, whole, (gsize) n * *width);
    if (!(error <= c->worst_split))
      c->worst_split = error;
    at += *width * sizeof (float);
  }
  g_assert_cmpuint (at, ==, stride);
}

static void
check_states (System *sys, const Reader *r, const Reader *whole)
{
  StateCheck c = { 0 };

  for (guint stack = 0; stack < 2; stack++) {
    c.state = r->state[stack];
    c.whole = whole->state[stack];
    c.state_bytes = r->state_bytes[stack];
    foreach_state (sys, stack, compare_state, &c);
    compare_tokens (sys, stack, &c);
  }
  check (sys, "states, reference", c.worst_reference, AGAINST_REFERENCE);
  if (r != whole)
    check (sys, "states, unsplit", c.worst_split, BETWEEN_SPLITS);
}

static void
check_reader (System *sys, const Reader *r, const Reader *whole)
{
  gsize n = (gsize) sys->n_tokens * sys->vocab;

  check (sys, "logits, reference", difference (r->logits, sys->logits, n), AGAINST_REFERENCE);
  if (r != whole)
    check (sys, "logits, unsplit", difference (r->logits, whole->logits, n), BETWEEN_SPLITS);
  check_states (sys, r, whole);
}

/* --- tests -------------------------------------------------------------- */

static void
test_split (gconstpointer name)
{
  static const guint32 longest[] = { WHOLE, 1, 3, 17, 64, 200, 512 };
  System *sys = system_open (name, 1);
  Reader *whole = read_alone (sys, WHOLE, 0);

  for (guint i = 0; i < G_N_ELEMENTS (longest); i++) {
    Reader *r = read_alone (sys, longest[i], 40 + i);
    g_test_message ("pieces of up to %u (0: whole segments)", longest[i]);
    check_reader (sys, r, whole);
    reader_free (r);
  }
  check_reader (sys, whole, whole);
  reader_free (whole);
  system_close (sys);
}

static gboolean
is_cpu (const System *sys)
{
  return g_str_equal (sys->device->name, "cpu");
}

/* What a slot computes is the same with others beside it: on a CPU to the bit. */
static void
test_batch (gconstpointer name)
{
  static const guint32 longest[] = { WHOLE, 1, 5, 40, 300, 1 };
  System *sys = system_open (name, 1);
  Reader *readers[G_N_ELEMENTS (longest)];
  guint n = G_N_ELEMENTS (longest);

  for (guint i = 0; i < n; i++)
    readers[i] = reader_new (sys, 2 * i + 1, longest[i], 70 + i);
  Session *s = session_new (sys, readers, n);
  session_run (s);
  session_free (s);
  for (guint i = 0; i < n; i++) {
    Reader *alone = read_alone (sys, longest[i], 70 + i);
    check_reader (sys, readers[i], alone);
    if (is_cpu (sys) && !reader_equal (sys, readers[i], alone)) {
      g_test_message ("slot %u differs from the same alone", i);
      g_test_fail ();
    }
    reader_free (alone);
  }
  for (guint i = 0; i < n; i++)
    reader_free (readers[i]);
  system_close (sys);
}

static void
test_threads (gconstpointer name)
{
  System *one = system_open (name, 1), *three = system_open (name, 3);
  Reader *a = read_alone (one, 100, 5), *b = read_alone (three, 100, 5);

  g_assert_true (!is_cpu (one) || reader_equal (one, a, b));
  reader_free (a);
  reader_free (b);
  system_close (one);
  system_close (three);
}

/* Reads half (up to the end of a segment), moves the state to host memory and back into other arenas
 * (or forgets it), reads the rest. */
static Reader *
read_interrupted (const System *sys, gboolean forget)
{
  Reader *r = reader_new (sys, 1, 31, 9);
  Session *s = session_new (sys, &r, 1);
  guint64 positions[2];

  while (r->target_at < sys->n_tokens / 2 || r->source_left < sys->segments[2 * r->segment]) {
    session_step (s, SSMT_STACK_ENCODER);
    session_step (s, SSMT_STACK_DECODER);
  }
  session_keep_states (s);
  for (guint i = 0; i < 2; i++)
    positions[i] = s->arenas[i].positions[r->slot];
  g_assert_cmpuint (positions[SSMT_STACK_DECODER], ==, r->target_at);
  session_free (s);

  s = session_new (sys, &r, 1);
  for (guint i = 0; i < 2 && !forget; i++) {
    g_assert_true (ssmt_arena_reserve (&s->arenas[i], positions[i]));
    ssmt_arena_write_slot (&s->arenas[i], r->slot, r->state[i], positions[i]);
  }
  session_run (s);
  session_free (s);
  return r;
}

static void
test_carried (gconstpointer name)
{
  System *sys = system_open (name, 1);
  Reader *straight = read_alone (sys, 31, 9);
  Reader *restored = read_interrupted (sys, FALSE);
  Reader *forgetful = read_interrupted (sys, TRUE);
  gsize n = (gsize) sys->n_tokens * sys->vocab;

  g_assert_true (reader_equal (sys, straight, restored));
  double lost = difference (forgetful->logits, straight->logits, n);
  g_test_message ("without the state: %.1e of the range", lost);
  g_assert_cmpfloat (lost, >, WITHOUT_STATE);
  reader_free (straight);
  reader_free (restored);
  reader_free (forgetful);
  system_close (sys);
}

static void
test_quantised (gconstpointer data)
{
  guint which = GPOINTER_TO_UINT (data);
  System *sys = system_open (quantised[which].name, 1);
  Reader *whole = read_alone (sys, WHOLE, 0), *steps = read_alone (sys, 1, 0);
  gsize n = (gsize) sys->n_tokens * sys->vocab;

  check (sys, "logits, reference", difference (whole->logits, sys->logits, n),
      quantised[which].tolerance);
  check (sys, "logits by steps, reference", difference (steps->logits, sys->logits, n),
      quantised[which].tolerance);
  reader_free (whole);
  reader_free (steps);
  system_close (sys);
}

static void
add (const char *what, const char *name, gconstpointer data, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/parity/%s/%s", name, what);

  g_test_add_data_func (path, data, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (systems); i++) {
    add ("split", systems[i], systems[i], test_split);
    add ("batch", systems[i], systems[i], test_batch);
    add ("threads", systems[i], systems[i], test_threads);
    add ("carried", systems[i], systems[i], test_carried);
  }
  for (guint i = 0; i < G_N_ELEMENTS (quantised); i++)
    add ("dtype", quantised[i].name, GUINT_TO_POINTER (i), test_quantised);
  return g_test_run ();
}
