/* ssmt convert: how far a converted model is from the one it was made of
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both read the same tokens in lockstep, one row at a time, each with its own carried state, so that
 * equal weights give a difference of exactly 0.
 */
#include <math.h>
#include <string.h>

#include "engine/cli/convert.h"
#include "engine/ssmt-text.h"
#include "engine/ssmt-tokenizer.h"

#define MAX_TOKENS 256          /* of a line's source and of its target */
#define RANDOM_LINES 8
#define RANDOM_TOKENS 24

/* One model and what it has read. */
typedef struct
{
  const CliNetwork *model;
  SsmtWorkspace *workspace;
  SsmtArena arenas[2];          /* by stack; one slot */
  float *logits;                /* of the last row */
} Side;

typedef struct
{
  Side sides[2];
  const SsmtConfig *config;
  guint32 vocab;
  gboolean *forbidden;          /* (vocab) */
  SsmtTokenizer *source, *target;       /* the same when joint; NULL: none */
  gint32 pending;               /* ends the target before, not read yet; -1: none */
  Comparison *result;
  double sum, low, high;        /* of changes; of the first model's logits */
  double log_likelihood[2];
  guint64 n_same;
} Reader;

/* --- reading -------------------------------------------------------------- */

static void
side_clear (Side *side)
{
  if (side->workspace)
    ssmt_workspace_free (side->workspace);
  for (guint i = 0; i < 2; i++)
    ssmt_arena_clear (&side->arenas[i]);
  g_free (side->logits);
}

static void
reader_clear (Reader *self)
{
  side_clear (&self->sides[0]);
  side_clear (&self->sides[1]);
  if (self->target != self->source)
    g_clear_pointer (&self->target, ssmt_tokenizer_free);
  g_clear_pointer (&self->source, ssmt_tokenizer_free);
  g_free (self->forbidden);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
no_memory (GError **error)
{
  g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "no memory to compare the models");
  return FALSE;
}

static gboolean
side_init (Side *side, const CliNetwork *model, GError **error)
{
  const SsmtNetwork *network = model->network;
  guint rows = MAX_TOKENS + 4;

  side->model = model;
  side->logits = g_new (float, model->config->vocab_size);
  for (guint i = 0; i < 2; i++)
    if (!ssmt_arena_init (&side->arenas[i], model->device,
            ssmt_network_get_state_bytes (network, i), 1))
      return no_memory (error);
  side->workspace = ssmt_workspace_new (network, rows,
      ssmt_network_has_encoder (network) ? rows : 0);
  return side->workspace || no_memory (error);
}

static gboolean
read_tokens (Reader *self, SsmtStack stack, const GArray *tokens,
    guint memory_rows, GError **error)
{
  const SsmtSpan span = { 0, tokens->len, 0, memory_rows };
  guint32 last = tokens->len - 1;
  gboolean want = stack == SSMT_STACK_DECODER;

  for (guint i = 0; i < 2 && tokens->len > 0; i++) {
    Side *side = &self->sides[i];
    const SsmtNetwork *network = side->model->network;

    if (!ssmt_network_forward (network, side->workspace, stack,
            &side->arenas[stack], &span, 1, (const gint32 *) tokens->data,
            &last, want ? 1 : 0))
      return no_memory (error);
    if (want)
      ssmt_network_read_logits (network, side->workspace, side->logits);
  }
  return TRUE;
}

static void
append_id (GArray *ids, gint32 id)
{
  if (id >= 0)
    g_array_append_val (ids, id);
}

/* As a stream reads a segment (ssmt-translate.c). */
static gboolean
read_source (Reader *self, GArray *source, guint *memory_rows, GError **error)
{
  const SsmtConfig *config = self->config;
  g_autoptr (GArray) prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  append_id (source, config->source_end);
  append_id (prompt, self->pending);
  *memory_rows = 0;
  if (ssmt_network_has_encoder (self->sides[0].model->network)) {
    *memory_rows = source->len;
    if (!read_tokens (self, SSMT_STACK_ENCODER, source, 0, error))
      return FALSE;
  } else {
    g_array_append_vals (prompt, source->data, source->len);
  }
  append_id (prompt, config->target_start);
  return read_tokens (self, SSMT_STACK_DECODER, prompt, *memory_rows, error);
}

/* --- comparing ------------------------------------------------------------ */

static gint32
best_allowed (const Reader *self, const float *logits)
{
  gint32 best = -1;

  for (guint32 i = 0; i < self->vocab; i++)
    if (!self->forbidden[i] && (best < 0 || logits[i] > logits[best]))
      best = i;
  return best;
}

static double
log_probability (const float *logits, guint32 n, gint32 id)
{
  double largest = -INFINITY, sum = 0;

  for (guint32 i = 0; i < n; i++)
    largest = MAX (largest, logits[i]);
  for (guint32 i = 0; i < n; i++)
    sum += exp (logits[i] - largest);
  return logits[id] - largest - log (sum);
}

/* The logits of the last row, of which token `id` (-1: the first model's choice) comes; returns it. */
static gint32
compare_row (Reader *self, gint32 id)
{
  const float *a = self->sides[0].logits, *b = self->sides[1].logits;
  gint32 choice[2] = { best_allowed (self, a), best_allowed (self, b) };
  Comparison *result = self->result;

  if (id < 0)
    id = choice[0];
  for (guint32 i = 0; i < self->vocab; i++) {
    double change = fabs ((double) a[i] - b[i]);

    self->sum += change;
    /* not MAX: a NaN must not vanish */
    if (!(change <= result->largest))
      result->largest = change;
    self->low = MIN (self->low, a[i]);
    self->high = MAX (self->high, a[i]);
  }
  self->n_same += choice[0] == choice[1];
  for (guint s = 0; s < 2; s++)
    self->log_likelihood[s] +=
        log_probability (self->sides[s].logits, self->vocab, id);
  result->n_tokens++;
  return id;
}

/* `target`: what is to come; NULL: what the first model makes of it. */
static gboolean
compare_line (Reader *self, GArray *source, const GArray *target,
    GError **error)
{
  const SsmtConfig *config = self->config;
  g_autoptr (GArray) one = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint limit = MIN (config->max_target, MIN (3 * source->len + 16, MAX_TOKENS));
  guint memory_rows;

  if (target)
    limit = target->len;
  if (!read_source (self, source, &memory_rows, error))
    return FALSE;
  for (guint i = 0; i <= limit; i++) {
    gint32 id = !target ? -1 : i < limit
        ? g_array_index (target, gint32, i) : config->target_end;

    if (!target && i == limit)  /* it never ends */
      break;
    id = compare_row (self, id);
    if (id == config->target_end)
      break;
    g_array_set_size (one, 0);
    g_array_append_val (one, id);
    if (!read_tokens (self, SSMT_STACK_DECODER, one, memory_rows, error))
      return FALSE;
  }
  self->pending = config->carry_end ? config->target_end : -1;
  self->result->n_lines++;
  return TRUE;
}

/* --- lines ---------------------------------------------------------------- */

static GArray *
encode (const SsmtTokenizer *tokenizer, const char *text, guint max,
    GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *plain = ssmt_text_normalize (text);

  if (!ssmt_tokenizer_encode (tokenizer, plain, -1, ids, error))
    return NULL;
  if (ids->len > max)
    g_array_set_size (ids, max);
  return g_steal_pointer (&ids);
}

static gboolean
compare_text (Reader *self, const char *text, GError **error)
{
  const SsmtConfig *config = self->config;
  const char *tab = strchr (text, '\t');
  g_autofree char *left = tab ? g_strndup (text, tab - text) : g_strdup (text);
  g_autoptr (GArray) source = NULL;
  g_autoptr (GArray) target = NULL;

  if (!ssmt_text_has_letter (left))
    return TRUE;
  source = encode (self->source, left, MIN (config->max_source, MAX_TOKENS),
      error);
  if (tab)
    target = encode (self->target, tab + 1, MIN (config->max_target,
            MAX_TOKENS), error);
  else
    self->result->own_target = TRUE;
  return source && (target || !tab)
      && compare_line (self, source, target, error);
}

static gboolean
compare_file (Reader *self, const char *path, GError **error)
{
  g_autofree char *content = NULL;
  g_auto (GStrv) lines = NULL;
  gsize length;

  if (!g_file_get_contents (path, &content, &length, error))
    return FALSE;
  if (!g_utf8_validate_len (content, length, NULL)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "%s: is not UTF-8 text",
        path);
    return FALSE;
  }
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (!compare_text (self, lines[i], error))
      return FALSE;
  if (self->result->n_lines > 0)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT,
      "%s: has no line with a letter in it", path);
  return FALSE;
}

static gboolean
compare_random (Reader *self, GError **error)
{
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);

  self->result->random_source = self->result->own_target = TRUE;
  for (guint line = 0; line < RANDOM_LINES; line++) {
    g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (gint32));

    for (guint i = 0; i < RANDOM_TOKENS; i++)
      append_id (source, g_rand_int_range (chance, 0, self->vocab));
    if (!compare_line (self, source, NULL, error))
      return FALSE;
  }
  return TRUE;
}

/* --- all of it ------------------------------------------------------------ */

static gboolean
check_size (const Reader *self, const SsmtTokenizer *tokenizer,
    const char *path, GError **error)
{
  guint32 size = ssmt_tokenizer_get_size (tokenizer);

  if (size <= self->vocab)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
      "%s: has %u pieces, but the model's vocabulary only %u", path, size,
      self->vocab);
  return FALSE;
}

/* FALSE with an error; without one where the folder has no tokenizer. */
static gboolean
load_tokenizers (Reader *self, const char *folder, GError **error)
{
  const SsmtConfig *config = self->config;
  g_autofree char *source =
      g_build_filename (folder, config->source_tokenizer, NULL);
  g_autofree char *target =
      g_build_filename (folder, config->target_tokenizer, NULL);

  if (!g_file_test (source, G_FILE_TEST_EXISTS))
    return FALSE;
  self->source = ssmt_tokenizer_load (source, error);
  if (self->source)
    self->target = strcmp (source, target) == 0 ? self->source
        : ssmt_tokenizer_load (target, error);
  return self->target != NULL
      && check_size (self, self->source, source, error)
      && check_size (self, self->target, target, error);
}

static gboolean
reader_init (Reader *self, const CliNetwork *before, const CliNetwork *after,
    GError **error)
{
  const GArray *forbidden = before->config->forbidden;

  self->config = before->config;
  self->vocab = before->config->vocab_size;
  self->pending = -1;
  self->low = INFINITY;
  self->high = -INFINITY;
  self->forbidden = g_new0 (gboolean, self->vocab);
  for (guint i = 0; i < forbidden->len; i++)
    self->forbidden[g_array_index (forbidden, gint32, i)] = TRUE;
  return side_init (&self->sides[0], before, error)
      && side_init (&self->sides[1], after, error);
}

static gboolean
compare_all (Reader *self, const char *folder, const char *sample,
    GError **error)
{
  GError *why = NULL;

  if (!load_tokenizers (self, folder, &why)) {
    if (why) {
      g_propagate_error (error, why);
      return FALSE;
    }
    return compare_random (self, error);
  }
  if (sample)
    return compare_file (self, sample, error);
  for (guint i = 0; convert_sample[i]; i++)
    if (!compare_text (self, convert_sample[i], error))
      return FALSE;
  return TRUE;
}

gboolean
convert_compare (const CliNetwork *before, const CliNetwork *after,
    const char *folder, const char *sample, Comparison *result, GError **error)
{
  g_auto (Reader) self = {.result = result };

  memset (result, 0, sizeof *result);
  if (!reader_init (&self, before, after, error)
      || !compare_all (&self, folder, sample, error))
    return FALSE;
  for (guint s = 0; s < 2; s++) {
    SsmtDevice *device = self.sides[s].model->device;

    if (device->ops->wait (device) != 0)
      return no_memory (error);
  }
  result->mean = self.sum / ((double) result->n_tokens * self.vocab);
  result->range = self.high - self.low;
  result->agreement = (double) self.n_same / result->n_tokens;
  for (guint s = 0; s < 2; s++)
    result->perplexity[s] = exp (-self.log_likelihood[s] / result->n_tokens);
  return TRUE;
}
