/* ssmt convert: how far a converted model is from the one it was made of
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both read the same tokens in lockstep, one row at a time, each with its own carried state, so that
 * equal weights give a difference of exactly 0.
 */
#include <math.h>
#include <string.h>

#include "engine/cli/convert.h"
#include "engine/network/scheduler.h"
#include "engine/tokens/pieces.h"
#include "engine/tokens/tokenizers.h"

#define MAX_TOKENS 256 /* of a line's target where the model makes it */
#define RANDOM_LINES 8
#define RANDOM_TOKENS 24

/* One model and what it has read. */
typedef struct {
  const CliNetwork *model;
  SsmtScheduler *scheduler;
  guint memory; /* its rows of segment memory */
  gboolean has_memory;
  SsmtArena arenas[2]; /* by stack; one slot */
  float *logits;       /* of the last row */
} Side;

typedef struct {
  Side sides[2];
  const SsmtConfig *config;
  guint32 vocab;
  gboolean *forbidden;       /* (vocab) */
  SsmtTokenizers tokenizers; /* NULLs: none */
  gint32 pending;            /* ends the target before, not read yet; -1: none */
  Comparison *result;
  double sum, low, high; /* of changes; of the first model's logits */
  double log_likelihood[2];
  guint64 n_same;
} Reader;

/* --- reading -------------------------------------------------------------- */

static void
side_clear (Side *side)
{
  for (guint i = 0; i < 2; i++)
    ssmt_arena_clear (&side->arenas[i]);
  if (side->has_memory)
    ssmt_scheduler_give_memory (side->scheduler, side->memory);
  ssmt_scheduler_free (side->scheduler);
  g_free (side->logits);
}

static void
reader_clear (Reader *self)
{
  side_clear (&self->sides[0]);
  side_clear (&self->sides[1]);
  ssmt_tokenizers_clear (&self->tokenizers);
  g_free (self->forbidden);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean
no_memory (GError **error)
{
  g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory to compare the models");
  return FALSE;
}

static gboolean
side_init (Side *side, const CliNetwork *model, guint rows, GError **error)
{
  const SsmtNetwork *network = model->network;

  side->model = model;
  side->logits = g_new (float, model->config->vocab_size);
  for (guint i = 0; i < 2; i++)
    if (!ssmt_network_init_arena (network, i, &side->arenas[i], 0, 1))
      return no_memory (error);
  side->scheduler = ssmt_scheduler_new (network, rows, 0);
  side->has_memory = ssmt_scheduler_take_memory (side->scheduler, &side->memory);
  return side->has_memory || no_memory (error);
}

static gboolean
read_tokens (Reader *self, SsmtStack stack, const GArray *tokens, guint memory_rows, GError **error)
{
  const SsmtRows run = { 0, tokens->len, 0, memory_rows };
  guint32 last = tokens->len - 1;
  gboolean want = stack == SSMT_STACK_DECODER;

  for (guint i = 0; i < 2 && tokens->len > 0; i++) {
    Side *side = &self->sides[i];
    const SsmtRequest request = { .stack = stack,
      .arena = &side->arenas[stack],
      .runs = &run,
      .n_runs = 1,
      .tokens = (const gint32 *) tokens->data,
      .memory = side->memory,
      .logit_rows = &last,
      .n_logit_rows = want ? 1 : 0,
      .logits = want ? side->logits : NULL };

    if (!ssmt_scheduler_run (side->scheduler, &request, error))
      return FALSE;
  }
  return TRUE;
}

static void
append_id (GArray *ids, gint32 id)
{
  if (id >= 0)
    g_array_append_val (ids, id);
}

/* Growing caches that the next line might not fit into are emptied: a new document. */
static void
make_room (Reader *self, guint n_source)
{
  guint64 rows = n_source + self->config->max_target + 2;

  for (guint i = 0; i < 2; i++) {
    const SsmtArena *arena = &self->sides[0].arenas[i];

    if (arena->token_bytes == 0 || arena->positions[0] + rows <= arena->max_tokens)
      continue;
    for (guint s = 0; s < 2; s++) {
      ssmt_arena_reset_slot (&self->sides[s].arenas[SSMT_STACK_ENCODER], 0);
      ssmt_arena_reset_slot (&self->sides[s].arenas[SSMT_STACK_DECODER], 0);
    }
    self->pending = -1;
  }
}

/* As a stream reads a segment (segment.c). */
static gboolean
read_source (Reader *self, const GArray *source, guint *memory_rows, GError **error)
{
  g_autoptr (GArray) prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  make_room (self, source->len);
  append_id (prompt, self->pending);
  *memory_rows = 0;
  if (ssmt_network_has_encoder (self->sides[0].model->network)) {
    *memory_rows = source->len;
    if (!read_tokens (self, SSMT_STACK_ENCODER, source, 0, error))
      return FALSE;
  } else {
    g_array_append_vals (prompt, source->data, source->len);
  }
  if (self->tokenizers.segment) {
    const GArray *start = ssmt_template_get_target (self->tokenizers.segment);

    g_array_append_vals (prompt, start->data, start->len);
  } else if (self->config->text.target_start != -1) {
    g_array_append_val (prompt, self->config->text.target_start);
  }
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
    self->log_likelihood[s] += log_probability (self->sides[s].logits, self->vocab, id);
  result->n_tokens++;
  return id;
}

/* `target`: what is to come; NULL: what the first model makes of it. */
static gboolean
compare_line (Reader *self, const GArray *source, const GArray *target, GError **error)
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
    gint32 id = !target ? -1 : i < limit ? g_array_index (target, gint32, i) : config->target_end;

    if (!target && i == limit) /* it never ends */
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

static gboolean
compare_piece (Reader *self, const char *source, const GArray *target, GError **error)
{
  g_auto (SsmtPrompt) prompt = { NULL };

  return ssmt_template_compose (self->tokenizers.segment, source, &prompt, NULL, error)
      && compare_line (self, prompt.ids, target, error);
}

static gboolean
compare_pair (Reader *self, const char *source, const char *target, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *plain = ssmt_text_normalize (target);

  if (!ssmt_tokenizer_encode (self->tokenizers.target, plain, -1, ids, NULL, error))
    return FALSE;
  if (ids->len > self->config->max_target)
    g_array_set_size (ids, self->config->max_target);
  return compare_piece (self, source, ids, error);
}

static gboolean
compare_text (Reader *self, const char *text, GError **error)
{
  const char *tab = strchr (text, '\t');
  g_autofree char *left = tab ? g_strndup (text, tab - text) : g_strdup (text);
  g_autofree char *plain = ssmt_text_normalize (left);
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  g_auto (SsmtBudget) budget = { NULL };

  if (!ssmt_text_has_letter (plain))
    return TRUE;
  ssmt_budget_init (&budget, strlen (plain), NULL);
  if (tab)
    return compare_pair (self, plain, tab + 1, error);
  self->result->own_target = TRUE;
  if (!ssmt_text_split (
          self->tokenizers.source, plain, self->config->max_source, pieces, &budget, error))
    return FALSE;
  for (guint i = 0; i < pieces->len; i++)
    if (!compare_piece (self, pieces->pdata[i], NULL, error))
      return FALSE;
  return TRUE;
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
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "%s: is not UTF-8 text", path);
    return FALSE;
  }
  lines = g_strsplit (content, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (!compare_text (self, lines[i], error))
      return FALSE;
  if (self->result->n_lines > 0)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "%s: has no line with a letter in it", path);
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
    append_id (source, self->config->text.source_end);
    if (!compare_line (self, source, NULL, error))
      return FALSE;
  }
  return TRUE;
}

/* --- all of it ------------------------------------------------------------ */

/* A folder without them is read in random tokens. */
static gboolean
load_tokenizers (Reader *self, const char *folder, GError **error)
{
  const char *name = self->config->text.source_tokenizer;
  g_autofree char *path = name ? g_build_filename (folder, name, NULL) : NULL;

  return !path || !g_file_test (path, G_FILE_TEST_EXISTS)
      || ssmt_tokenizers_load (&self->tokenizers, &self->config->text, folder, error);
}

static gboolean
reader_init (Reader *self, const CliNetwork *before, const CliNetwork *after, const char *folder,
    GError **error)
{
  const GArray *forbidden = before->config->forbidden;
  guint rows;

  self->config = before->config;
  self->vocab = before->config->vocab_size;
  self->pending = -1;
  self->low = INFINITY;
  self->high = -INFINITY;
  self->forbidden = g_new0 (gboolean, self->vocab);
  for (guint i = 0; i < forbidden->len; i++)
    self->forbidden[g_array_index (forbidden, gint32, i)] = TRUE;
  if (!load_tokenizers (self, folder, error))
    return FALSE;
  rows = 4
      + MAX (RANDOM_TOKENS,
          self->config->max_source
              + (self->tokenizers.segment ? ssmt_template_get_overhead (self->tokenizers.segment)
                                          : 0));
  return side_init (&self->sides[0], before, rows, error)
      && side_init (&self->sides[1], after, rows, error);
}

static gboolean
compare_all (Reader *self, const char *sample, GError **error)
{
  if (!self->tokenizers.segment)
    return compare_random (self, error);
  if (sample)
    return compare_file (self, sample, error);
  for (guint i = 0; convert_sample[i]; i++)
    if (!compare_text (self, convert_sample[i], error))
      return FALSE;
  return TRUE;
}

gboolean
convert_compare (const CliNetwork *before, const CliNetwork *after, const char *folder,
    const char *sample, Comparison *result, GError **error)
{
  g_auto (Reader) self = { .result = result };

  memset (result, 0, sizeof *result);
  if (!reader_init (&self, before, after, folder, error) || !compare_all (&self, sample, error))
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
