/* ssmtranslate: pieces that came out wrong, searched again
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * In a stream beside, with a beam and slots of its own, which is made when it is needed first: the
 * stream itself stays as small and as quick as it is.
 */
#include "engine/stream/retry.h"

#include <string.h>

#include "engine/guard/phrases.h"
#include "engine/guard/token-flags.h"
#include "engine/network/logits.h"

#define SMALL_BEAM 4 /* where nothing, or little, is asked for */
#define BEAM 8
#define MAX_BEAM_BYTES (64 << 20) /* of states, that large models do not take more */
#define SHORT_RATIO 1.2f
#define TEMPLATE 8 /* tokens around a text, at most */
/* Of a translation that lacks only a term: what is shorter has lost more. */
#define LEAST_LENGTH 0.75

static SsmtStream *
get_stream (SsmtStream *self, SsmtBudget *budget, GError **error)
{
  SsmtStreamParams params = self->params;
  gsize bytes = ssmt_model_get_state_bytes (self->model);

  if (self->again != NULL)
    return self->again;
  params.guard = FALSE;
  params.beam_size =
      MAX (params.beam_size, bytes > 0 ? CLAMP (MAX_BEAM_BYTES / bytes, 2, BEAM) : BEAM);
  params.max_length_ratio = MIN (params.max_length_ratio, SHORT_RATIO);
  self->again = ssmt_stream_new (self->model, &params, error);
  if (self->again != NULL && self->target_language != NULL
      && !ssmt_stream_set_target_language (self->again, self->target_language, error))
    g_clear_object (&self->again);
  if (self->again == NULL)
    return NULL;
  self->again->is_inner = TRUE;
  self->again->beam = params.beam_size;
  self->again->token_flags = ssmt_token_flags_new (
      self->model->tokenizers.target, self->model->config->vocab_size, budget);
  if (!ssmt_budget_check (budget, error))
    g_clear_object (&self->again);
  return self->again;
}

static gboolean
bring_state (const SsmtRetry *retry, SsmtStream *from, SsmtStream *to, GError **error)
{
  g_autoptr (SsmtState) state = NULL;

  if (retry->is_fresh) {
    if (!ssmt_stream_set_start (to, from->start, error))
      return FALSE;
    ssmt_stream_reset (to);
    return TRUE;
  }
  state =
      retry->before != NULL ? ssmt_state_ref (retry->before) : ssmt_stream_get_state (from, error);
  return state != NULL && ssmt_stream_set_state (to, state, error);
}

/* A term that is missing is better than nothing at all. */
static gboolean
is_better (SsmtFaults faults, SsmtFaults than)
{
  return (faults & ~SSMT_GUARD_FAULT_TERM) == 0
      && (faults == 0 || (than & ~SSMT_GUARD_FAULT_TERM) != 0);
}

/* The tokens of the best target that is better than one with the faults `left`, which are then its
 * own; NULL: there is none. */
static const SsmtEnded *
find_right (
    const SsmtRetry *retry, const SsmtSegment *segment, const GPtrArray *ended, SsmtFaults *left)
{
  g_autofree char *now = ssmt_segment_decode (segment, segment->target);
  gsize least = *left == SSMT_GUARD_FAULT_TERM ? (gsize) (LEAST_LENGTH * strlen (now)) : 1;
  const SsmtEnded *right = NULL;

  for (guint i = 0; i < ended->len && *left != 0; i++) {
    const SsmtEnded *one = ended->pdata[i];
    g_autofree char *text = ssmt_segment_decode (segment, one->tokens);
    SsmtFaults faults = ssmt_guarded_check (retry->guarded, retry->text, text);

    if (strlen (text) < MAX (least, 1) || !is_better (faults, *left))
      continue;
    right = one;
    *left = faults;
  }
  return right;
}

/* Searches in `again`, a new segment, for targets of `text` with the phrases of `force`. */
static gboolean
search (const SsmtRetry *retry, SsmtSegment *again, const char *text, const SsmtForce *force,
    GPtrArray *ended)
{
  g_autofree float *logits =
      ssmt_logits_new (1, again->stream->model->config->vocab_size, again->error);
  gboolean done;

  g_ptr_array_set_size (ended, 0);
  if (logits == NULL)
    return FALSE;
  again->force = force;
  again->logits = logits;
  again->ended = ended;
  done = ssmt_segment_translate (again, text, retry->begin);
  again->logits = NULL;
  return done;
}

/* The segment as if it had come where `again` is, by this target. */
static gboolean
adopt (SsmtSegment *segment, SsmtSegment *again, const SsmtEnded *right)
{
  SsmtArena *arenas = again->stream->arenas;

  if (!ssmt_place_reserve (&again->at, arenas, segment->stream->arenas)) {
    g_set_error_literal (segment->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for the state of a segment");
    return FALSE;
  }
  ssmt_place_copy (&segment->at, segment->stream->arenas, &again->at, arenas);
  g_array_set_size (segment->target, 0);
  g_array_append_vals (segment->target, right->tokens->data, right->tokens->len);
  g_free (segment->scores);
  segment->scores = g_steal_pointer (&again->scores);
  segment->columns = again->columns;
  segment->tally.score = right->score;
  segment->tally.n_scored = right->n_scored;
  segment->tally.n_target = right->tokens->len;
  return TRUE;
}

/* Whether the segment stands behind the piece and these tokens. */
static gboolean
has_read (const SsmtSegment *segment, const char *piece, const GArray *tokens)
{
  return segment->is_found && strcmp (segment->piece, piece) == 0
      && segment->target->len == tokens->len
      && memcmp (segment->target->data, tokens->data, tokens->len * sizeof (gint32)) == 0;
}

/* The segment as if it had found these tokens; `again` has searched. */
static gboolean
take (const SsmtRetry *retry, SsmtSegment *segment, SsmtSegment *again, const SsmtEnded *right)
{
  SsmtStream *stream = again->stream;

  if (segment->wants_scores || !has_read (again, retry->text, right->tokens)) {
    ssmt_segment_clear (again);
    ssmt_segment_init (again, stream, segment->budget, segment->error);
    again->wants_scores = segment->wants_scores;
    again->reader = segment;
    if (!ssmt_segment_take (again, retry->text, right->tokens))
      return FALSE;
  }
  return adopt (segment, again, right);
}

/* How much is asked of a target.  What lacks is mostly said by some hypothesis unasked, and that is then
 * the likeliest: a search that asks for nothing is for where nothing lacks. */
typedef enum { WHAT_LACKS, ALL, N_LEVELS } Level;

static gboolean
try (const SsmtRetry *retry, SsmtSegment *segment, SsmtStream *stream, const char *first,
    SsmtFaults faults, Level level, SsmtFaults *left)
{
  const SsmtModel *model = stream->model;
  g_autoptr (GPtrArray) ended = ssmt_ended_new ();
  g_autofree guint8 *banned = ssmt_token_flags_ban (stream->token_flags, model->config->vocab_size,
      model->tokenizers.target, retry->guarded->settings, retry->text,
      level == ALL ? faults : faults & ~SSMT_GUARD_FAULT_NUMBER, segment->budget);
  g_autoptr (GArray) phrases = ssmt_phrases_new (retry->guarded, retry->text,
      level == ALL ? NULL : first, model->tokenizers.target, segment->budget);
  SsmtForce force = { (const SsmtPhrase *) phrases->data, phrases->len, banned };
  const SsmtEnded *right = NULL;
  g_auto (SsmtSegment) again = { NULL };

  if (level == ALL && phrases->len == 0)
    return TRUE;
  stream->params.beam_size = level == ALL ? stream->beam : MIN (stream->beam, SMALL_BEAM);
  ssmt_segment_init (&again, stream, segment->budget, segment->error);
  again.reader = segment;
  if (!search (retry, &again, retry->text, &force, ended))
    return FALSE;
  right = find_right (retry, segment, ended, left);
  return right == NULL || take (retry, segment, &again, right);
}

/* --- terms as names ------------------------------------------------------------------ */

/* The text with its terms as names, "X3". */
static SsmtEdits *
name_terms (const SsmtRetry *retry, const GArray *terms, GArray *phrases,
    const SsmtTokenizer *tokenizer, SsmtBudget *budget)
{
  SsmtEdits *edits = ssmt_edits_new (retry->text);

  for (guint i = 0; i < terms->len; i++) {
    g_autofree char *name = g_strdup_printf ("X%u", retry->guarded->names->len + i + 1);
    SsmtPhrase phrase = { ssmt_phrase_forms (tokenizer, (const char *[]){ name, NULL }, budget),
      FALSE };

    ssmt_edits_replace (edits, g_array_index (terms, SsmtTermMatch, i).range, name);
    g_array_append_val (phrases, phrase);
  }
  ssmt_edits_finish (edits);
  return edits;
}

/* Targets of terms in place of their names. */
static char *
put_targets (const SsmtRetry *retry, const GArray *terms, const char *text)
{
  GString *out = g_string_new (NULL);
  guint n_names = retry->guarded->names->len;

  while (*text != '\0') {
    char *end = NULL;
    guint64 n =
        *text == 'X' && g_ascii_isdigit (text[1]) ? g_ascii_strtoull (text + 1, &end, 10) : 0;

    if (n <= n_names || n > n_names + terms->len) {
      g_string_append_c (out, *text++);
      continue;
    }
    g_string_append (out, g_array_index (terms, SsmtTermMatch, n - n_names - 1).term->target);
    text = end;
  }
  return g_string_free (out, FALSE);
}

static gboolean
begins_with (const GArray *tokens, const GArray *begin)
{
  return begin == NULL
      || (tokens->len > begin->len
          && (begin->len == 0
              || memcmp (tokens->data, begin->data, begin->len * sizeof (gint32)) == 0));
}

/* What the search came to, with the targets. */
static void
put_all_targets (
    const SsmtRetry *retry, const SsmtSegment *segment, const GArray *terms, GPtrArray *ended)
{
  const SsmtTokenizer *tokenizer = segment->stream->model->tokenizers.target;

  for (guint i = ended->len; i-- > 0;) {
    SsmtEnded *one = ended->pdata[i];
    g_autofree char *text = ssmt_segment_decode (segment, one->tokens);
    g_autofree char *whole = put_targets (retry, terms, text);

    g_array_set_size (one->tokens, 0);
    if (!ssmt_tokenizer_encode (tokenizer, whole, -1, one->tokens, segment->budget, NULL)
        || !begins_with (one->tokens, retry->begin)
        || one->tokens->len > segment->stream->model->config->max_target)
      g_ptr_array_remove_index (ended, i);
  }
}

/* Terms of the piece that are translated. */
static GArray *
find_translated (const SsmtRetry *retry)
{
  GArray *terms = ssmt_guarded_find_terms (retry->guarded, retry->text, NULL);

  for (guint i = terms->len; i-- > 0;) {
    if (g_array_index (terms, SsmtTermMatch, i).term->target == NULL)
      g_array_remove_index (terms, i);
  }
  return terms;
}

/* Where no translation with a term is found: the model translates around it. */
static gboolean
try_names (const SsmtRetry *retry, SsmtSegment *segment, SsmtStream *stream, SsmtFaults *left)
{
  const SsmtTokenizer *tokenizer = stream->model->tokenizers.target;
  g_autoptr (GArray) terms = find_translated (retry);
  g_autoptr (GArray) phrases = ssmt_phrases_make_array ();
  g_autoptr (GPtrArray) ended = ssmt_ended_new ();
  g_autoptr (SsmtEdits) named = NULL;
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_auto (SsmtSegment) again = { NULL };
  SsmtForce force = { NULL };
  const SsmtEnded *right;

  if (terms->len > SSMT_FORCE_MAX_PHRASES)
    return TRUE;
  named = name_terms (retry, terms, phrases, tokenizer, segment->budget);
  force = (SsmtForce){ (const SsmtPhrase *) phrases->data, phrases->len, NULL };
  /* names may be more tokens than the terms */
  if (!ssmt_tokenizer_encode (stream->model->tokenizers.source, named->text->str, -1, tokens,
          segment->budget, NULL)
      || tokens->len + TEMPLATE > stream->model->config->max_source)
    return TRUE;
  stream->params.beam_size = MIN (stream->beam, SMALL_BEAM);
  ssmt_segment_init (&again, stream, segment->budget, segment->error);
  if (!search (retry, &again, named->text->str, &force, ended))
    return FALSE;
  put_all_targets (retry, segment, terms, ended);
  right = find_right (retry, segment, ended, left);
  return right == NULL || take (retry, segment, &again, right);
}

gboolean
ssmt_retry_run (const SsmtRetry *retry, SsmtSegment *segment, SsmtFaults faults, SsmtFaults *left)
{
  SsmtStream *self = segment->stream, *stream = get_stream (self, segment->budget, segment->error);
  g_autofree char *first = ssmt_segment_decode (segment, segment->target);

  *left = faults;
  if (stream == NULL || !bring_state (retry, self, stream, segment->error))
    return FALSE;
  for (Level level = WHAT_LACKS; level < N_LEVELS && *left != 0; level++) {
    if (!try (retry, segment, stream, first, faults, level, left))
      return FALSE;
  }
  if (*left & SSMT_GUARD_FAULT_TERM)
    return try_names (retry, segment, stream, left);
  return TRUE;
}
