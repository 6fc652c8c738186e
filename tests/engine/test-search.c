/* ssmtranslate: the search against a reader that knows the answer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a search returns is read once more in one piece: the state of its
 * winner must be the state after exactly these tokens, its greedy choices the
 * likeliest ones, its sum of log-probabilities no worse than the greedy one's.
 */
#include "engine/network/search.h"

#include <math.h>
#include <string.h>

#include "engine/guard/phrases.h"
#include "engine/network/forced-search.h"
#include "engine/stream/model-private.h"
#include "stream-util.h"

#define MAX_TARGET 24
#define SLOTS 24 /* more than the largest beam needs */

/* One segment of one model, its prompt read into `slot`. */
typedef struct {
  SsmtModel *model;
  float *logits; /* of the rows that were read last */
  SsmtArena encoder, decoder;
  GArray *source;
  guint32 memory_rows;
  guint memory;
  gint32 best_ids[SSMT_SEARCH_MAX_BEST];
  float best_logp[SSMT_SEARCH_MAX_BEST];
  guint slot;
} Case;

static void
forward (Case *c, SsmtStack stack, guint slot, const gint32 *tokens, guint32 n, gboolean all_logits)
{
  guint vocab = c->model->config->vocab_size;
  g_autofree guint32 *rows = g_new (guint32, n);
  gboolean decoder = stack == SSMT_STACK_DECODER;
  SsmtRequest request = { .stack = stack,
    .arena = decoder ? &c->decoder : &c->encoder,
    .runs = &(SsmtRows){ slot, n, 0, c->memory_rows },
    .n_runs = 1,
    .tokens = tokens,
    .memory = c->memory,
    .logit_rows = rows };

  for (guint32 i = 0; i < n; i++)
    rows[i] = all_logits ? i : n - 1;
  if (decoder) {
    request.n_logit_rows = all_logits ? n : 1;
    c->logits = g_renew (float, c->logits, n *vocab);
    request.logits = c->logits;
    request.k = all_logits ? 0 : MIN (SSMT_SEARCH_MAX_BEST, vocab);
    request.ids = c->best_ids;
    request.logp = c->best_logp;
  }
  g_assert_true (ssmt_scheduler_run (c->model->scheduler, &request, NULL));
}

static GArray *
prompt_of (Case *c)
{
  const SsmtConfig *config = c->model->config;
  GArray *prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (!ssmt_network_has_encoder (c->model->network)) {
    g_array_append_vals (prompt, c->source->data, c->source->len);
    g_array_append_val (prompt, config->text.source_end);
  }
  if (config->text.target_start >= 0)
    g_array_append_val (prompt, config->text.target_start);
  return prompt;
}

static void
case_init (Case *c, SsmtModel *model, const char *text)
{
  const SsmtNetwork *network = model->network;
  GError *error = NULL;

  *c = (Case){ .model = model };
  c->source = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_assert_true (
      ssmt_tokenizer_encode (model->tokenizers.source, text, -1, c->source, NULL, &error));
  g_assert_true (ssmt_scheduler_take_memory (model->scheduler, &c->memory));
  g_assert_true (ssmt_network_init_arena (network, SSMT_STACK_ENCODER, &c->encoder, 0, 1));
  g_assert_true (ssmt_network_init_arena (network, SSMT_STACK_DECODER, &c->decoder, 0, SLOTS));
  if (ssmt_network_has_encoder (network)) {
    g_array_append_val (c->source, model->config->text.source_end);
    forward (c, SSMT_STACK_ENCODER, 0, (gint32 *) c->source->data, c->source->len, FALSE);
    c->memory_rows = c->source->len;
    g_array_set_size (c->source, c->source->len - 1);
  }
  g_autoptr (GArray) prompt = prompt_of (c);
  c->slot = ssmt_arena_acquire (&c->decoder);
  ssmt_arena_reset_slot (&c->decoder, c->slot);
  forward (c, SSMT_STACK_DECODER, c->slot, (gint32 *) prompt->data, prompt->len, FALSE);
}

static void
case_clear (Case *c)
{
  ssmt_scheduler_give_memory (c->model->scheduler, c->memory);
  g_free (c->logits);
  ssmt_arena_clear (&c->encoder);
  ssmt_arena_clear (&c->decoder);
  g_array_unref (c->source);
}

static SsmtSearch
search_of (Case *c, guint beam)
{
  const SsmtConfig *config = c->model->config;

  return (SsmtSearch){ .scheduler = c->model->scheduler,
    .vocab = config->vocab_size,
    .arena = &c->decoder,
    .beam_size = beam,
    .length_penalty = 1.0f,
    .max_target = MAX_TARGET,
    .target_end = config->target_end,
    .forbidden = (const gint32 *) config->forbidden->data,
    .n_forbidden = config->forbidden->len,
    .source = (const gint32 *) c->source->data,
    .n_source = c->source->len,
    .memory = c->memory,
    .memory_rows = c->memory_rows,
    .best_ids = c->best_ids,
    .best_logp = c->best_logp };
}

static gboolean
is_forbidden (const SsmtConfig *config, gint32 id)
{
  for (guint i = 0; i < config->forbidden->len; i++)
    if (g_array_index (config->forbidden, gint32, i) == id)
      return TRUE;
  return FALSE;
}

/* Log-probability of `chosen`; whether it is the likeliest of what is allowed. */
static double
log_probability (const SsmtConfig *config, const float *logits, gint32 chosen, gboolean first,
    gboolean *likeliest)
{
  double sum = 0;

  *likeliest = TRUE;
  for (guint i = 0; i < config->vocab_size; i++) {
    gboolean end = (gint32) i == config->target_end;
    sum += exp (logits[i]);
    if (logits[i] > logits[chosen] && !is_forbidden (config, i) && !(end && first))
      *likeliest = FALSE;
  }
  return logits[chosen] - log (sum);
}

/* Reads prompt and target in one piece. Gives the score of the target; *greedy
 * tells whether each of its tokens is the likeliest. */
static double
read_again (
    Case *c, const GArray *target, const SsmtSearchResult *found, guint8 **state, gboolean *greedy)
{
  const SsmtConfig *config = c->model->config;
  g_autoptr (GArray) all = prompt_of (c);
  guint first = all->len - 1;
  double total = 0;

  g_array_append_vals (all, target->data, target->len);
  guint slot = ssmt_arena_acquire (&c->decoder);
  ssmt_arena_reset_slot (&c->decoder, slot);
  forward (c, SSMT_STACK_DECODER, slot, (gint32 *) all->data, all->len, TRUE);
  const float *logits = c->logits;
  *state = g_malloc (c->decoder.slot_bytes);
  ssmt_arena_read_slot (&c->decoder, slot, *state);
  ssmt_arena_release (&c->decoder, slot);

  *greedy = TRUE;
  /* the end counts unless the limit of length was there first */
  for (guint i = 0; i <= target->len && i < MAX_TARGET; i++) {
    gboolean likeliest;
    gint32 token = i < target->len ? g_array_index (target, gint32, i) : config->target_end;
    total += log_probability (
        config, logits + (gsize) (first + i) * config->vocab_size, token, i == 0, &likeliest);
    *greedy = *greedy && likeliest;
  }
  g_assert_cmpfloat_with_epsilon (found->score, total, 1e-3);
  g_assert_cmpuint (found->n_scored, ==, MIN (target->len + 1, MAX_TARGET));
  return total / (target->len + 1);
}

static void
assert_same_state (Case *c, guint winner, const guint8 *again)
{
  gsize size = ssmt_arena_get_used (&c->decoder, c->decoder.positions[winner]);
  g_autofree guint8 *state = g_malloc (size);
  const float *a = (const float *) state, *b = (const float *) again;

  ssmt_arena_read_slot (&c->decoder, winner, state);
  for (gsize i = 0; i < size / sizeof (float); i++)
    g_assert_cmpfloat (fabsf (a[i] - b[i]), <=, 1e-4f);
}

static void
test_search (gconstpointer data)
{
  static const char *const texts[] = { "The river carries old wood.", "Do you?",
    "Nobody knows who planted the tree by the old mill." };
  guint better = 0;

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++) {
    double greedy_score = -INFINITY;
    for (guint beam = 1; beam <= 16; beam++) {
      g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (gint32));
      GError *error = NULL;
      SsmtSearchResult found = { 0 };
      gboolean greedy;
      Case c;

      case_init (&c, (SsmtModel *) data, texts[t]);
      SsmtSearch search = search_of (&c, beam);
      g_autofree guint8 *again = NULL;
      g_assert_true (ssmt_search_run (&search, c.slot, target, &found, NULL, &error));
      g_assert_no_error (error);
      /* all slots but the winner's have been given back */
      g_assert_cmpuint (c.decoder.n_free, ==, SLOTS - 1);
      g_assert_cmpuint (target->len, <=, MAX_TARGET);
      double score = read_again (&c, target, &found, &again, &greedy);
      assert_same_state (&c, found.slot, again);
      g_test_message ("beam %u: %u tokens, score %.4f", beam, target->len, score);
      if (beam == 1) {
        g_assert_true (greedy);
        greedy_score = score;
      }
      better += score > greedy_score + 1e-6;
      case_clear (&c);
    }
  }
  g_assert_cmpuint (better, >=, 15);
}

/* A search that is cancelled gives its slots back too. */
static void
test_cancelled (gconstpointer data)
{
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  SsmtSearchResult found;
  Case c;

  g_cancellable_cancel (cancellable);
  case_init (&c, (SsmtModel *) data, "The river carries old wood.");
  SsmtSearch search = search_of (&c, 5);
  g_assert_false (ssmt_search_run (&search, c.slot, target, &found, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (c.decoder.n_free, ==, SLOTS);
  g_assert_cmpuint (target->len, ==, 0);
  case_clear (&c);
}

/* --- forced -------------------------------------------------------------------- */

#define N_PHRASES 2

static const char *const phrase_texts[N_PHRASES] = { "42", "Anna" };

/* What one search has to do, and what it comes to. */
typedef struct {
  Case c;
  SsmtSearch search;
  SsmtPhrase phrases[N_PHRASES];
  SsmtForce force;
  GArray *target;
  SsmtSearchResult result;
  gboolean found;
} Forced;

static void
forced_init (Forced *forced, SsmtModel *model, guint beam, guint n_phrases)
{
  *forced = (Forced){ .target = g_array_new (FALSE, FALSE, sizeof (gint32)) };
  case_init (&forced->c, model, "The river carries old wood.");
  forced->search = search_of (&forced->c, beam);
  for (guint i = 0; i < n_phrases; i++)
    forced->phrases[i] = (SsmtPhrase){ ssmt_phrase_forms (model->tokenizers.target,
                                           (const char *[]){ phrase_texts[i], NULL }, NULL),
      FALSE };
  forced->force = (SsmtForce){ .phrases = forced->phrases, .n_phrases = n_phrases };
}

static void
forced_clear (Forced *forced)
{
  for (guint i = 0; i < forced->force.n_phrases; i++)
    g_ptr_array_unref (forced->phrases[i].forms);
  g_array_unref (forced->target);
  case_clear (&forced->c);
}

static gboolean
forced_run (Forced *forced, GCancellable *cancellable, GError **error)
{
  g_autofree float *logits =
      g_memdup2 (forced->c.logits, forced->search.vocab * sizeof (float));

  return ssmt_forced_search_run (&forced->search, &forced->force, logits, forced->c.slot,
      forced->target, &forced->result, &forced->found, cancellable, error);
}

static guint
count_form (const GArray *target, const GArray *form)
{
  guint n = 0;

  for (guint at = 0; at + form->len <= target->len; at++)
    n += memcmp ((gint32 *) target->data + at, form->data, form->len * sizeof (gint32)) == 0;
  return n;
}

static void
assert_has_phrase (const GArray *target, const SsmtPhrase *phrase)
{
  guint n = 0;

  for (guint f = 0; f < phrase->forms->len; f++)
    n += count_form (target, phrase->forms->pdata[f]);
  g_assert_cmpuint (n, >=, 1);
}

/* Tokens of the search without anything forced, but for those of phrases. */
static guint8 *
ban_free_target (SsmtModel *model, guint beam)
{
  guint8 *banned = g_new0 (guint8, model->config->vocab_size);
  Forced forced;

  forced_init (&forced, model, beam, 0);
  g_assert_true (ssmt_search_run (
      &forced.search, forced.c.slot, forced.target, &forced.result, NULL, NULL));
  for (guint i = 0; i < forced.target->len; i++)
    banned[g_array_index (forced.target, gint32, i)] = 1;
  forced_clear (&forced);
  return banned;
}

/* All phrases are there and nothing that is banned beside them; the winner's state is that after its
 * tokens; slots are given back whether there is a target or not. */
static void
test_forced (gconstpointer data)
{
  SsmtModel *model = (SsmtModel *) data;
  guint n_found = 0;

  for (guint beam = 1; beam <= 16; beam *= 2) {
    g_autofree guint8 *banned = ban_free_target (model, beam), *again = NULL;
    gboolean greedy;
    Forced forced;

    forced_init (&forced, model, beam, N_PHRASES);
    for (guint p = 0; p < N_PHRASES; p++) {
      for (guint f = 0; f < forced.phrases[p].forms->len; f++) {
        const GArray *form = forced.phrases[p].forms->pdata[f];

        for (guint i = 0; i < form->len; i++)
          banned[g_array_index (form, gint32, i)] = 0;
      }
    }
    forced.force.banned = banned;
    g_assert_true (forced_run (&forced, NULL, NULL));
    g_assert_cmpuint (forced.c.decoder.n_free, ==, forced.found ? SLOTS - 1 : SLOTS);
    n_found += forced.found;
    if (!forced.found)
      g_assert_cmpuint (forced.target->len, ==, 0);
    for (guint p = 0; forced.found && p < N_PHRASES; p++)
      assert_has_phrase (forced.target, &forced.phrases[p]);
    for (guint i = 0; i < forced.target->len; i++)
      g_assert_false (banned[g_array_index (forced.target, gint32, i)]);
    if (forced.found) {
      read_again (&forced.c, forced.target, &forced.result, &again, &greedy);
      assert_same_state (&forced.c, forced.result.slot, again);
    }
    forced_clear (&forced);
  }
  g_assert_cmpuint (n_found, >=, 1);
}

/* As many phrases as there may be, each in several forms, in the widest beam. */
static void
test_forced_many (gconstpointer data)
{
  SsmtPhrase phrases[SSMT_FORCE_MAX_PHRASES];
  Forced forced;

  forced_init (&forced, (SsmtModel *) data, SSMT_STREAM_MAX_BEAM, 1);
  for (guint i = 0; i < SSMT_FORCE_MAX_PHRASES; i++)
    phrases[i] = forced.phrases[0];
  forced.force.phrases = phrases;
  forced.force.n_phrases = SSMT_FORCE_MAX_PHRASES;
  g_assert_true (forced_run (&forced, NULL, NULL));
  g_assert_false (forced.found);
  g_assert_cmpuint (forced.c.decoder.n_free, ==, SLOTS);
  forced.force.n_phrases = 1;
  forced_clear (&forced);
}

/* There is no room for the phrases, or nobody waits for them. */
static void
test_forced_lost (gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Forced forced;

  forced_init (&forced, (SsmtModel *) data, 4, N_PHRASES);
  forced.search.max_target = 1;
  g_assert_true (forced_run (&forced, NULL, NULL));
  g_assert_false (forced.found);
  g_assert_cmpuint (forced.target->len, ==, 0);
  g_assert_cmpuint (forced.c.decoder.n_free, ==, SLOTS);
  forced_clear (&forced);

  g_cancellable_cancel (cancellable);
  forced_init (&forced, (SsmtModel *) data, 4, N_PHRASES);
  g_assert_false (forced_run (&forced, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (forced.c.decoder.n_free, ==, SLOTS);
  forced_clear (&forced);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("search", test_search);
  stream_add_test ("search-cancelled", test_cancelled);
  stream_add_test ("forced", test_forced);
  stream_add_test ("forced-many", test_forced_many);
  stream_add_test ("forced-lost", test_forced_lost);
  return g_test_run ();
}
