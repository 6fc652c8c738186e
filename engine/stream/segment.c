/* ssmtranslate: a segment under translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/segment.h"
#include "kernels/float-mode.h"

#include <string.h>

/* --- life ----------------------------------------------------------------- */

void
ssmt_segment_init (SsmtSegment *segment, SsmtStream *stream, SsmtBudget *budget, GError **error)
{
  *segment = (SsmtSegment){ .stream = stream,
    .budget = budget,
    .error = error,
    .at = stream->carried,
    .holds = { TRUE, TRUE },
    .target = g_array_new (FALSE, FALSE, sizeof (gint32)) };
  ssmt_place_acquire (&segment->at, stream->arenas);
  ssmt_place_copy (&segment->at, stream->arenas, &stream->carried, stream->arenas);
  if (!stream->is_inner)
    ssmt_scheduler_enter (stream->model->scheduler);
}

static void
release_before (SsmtSegment *segment)
{
  if (segment->holds_before)
    ssmt_arena_release (&segment->stream->arenas[SSMT_STACK_DECODER], segment->before);
  segment->holds_before = FALSE;
}

static void
clear_piece (SsmtSegment *segment)
{
  g_clear_pointer (&segment->piece, g_free);
  g_clear_pointer (&segment->translation, g_free);
  g_clear_pointer (&segment->scores, g_free);
  ssmt_prompt_clear (&segment->prompt);
  g_array_set_size (segment->target, 0);
}

void
ssmt_segment_clear (SsmtSegment *segment)
{
  if (segment->stream == NULL)
    return;
  for (guint stack = 0; stack < 2; stack++)
    if (segment->holds[stack])
      ssmt_arena_release (&segment->stream->arenas[stack], segment->at.slots[stack]);
  release_before (segment);
  clear_piece (segment);
  g_array_unref (segment->target);
  if (!segment->stream->is_inner)
    ssmt_scheduler_leave (segment->stream->model->scheduler);
}

/* --- where it stands -------------------------------------------------------- */

gboolean
ssmt_segment_is_carried (const SsmtStream *stream)
{
  return stream->params.context == SSMT_CONTEXT_DOCUMENT && stream->model->config->carry;
}

void
ssmt_segment_begin (SsmtSegment *segment)
{
  if (!ssmt_segment_is_carried (segment->stream))
    ssmt_segment_restart (segment);
}

void
ssmt_segment_restart (SsmtSegment *segment)
{
  ssmt_stream_reset_place (segment->stream, &segment->at);
}

gboolean
ssmt_segment_has_room (const SsmtSegment *segment)
{
  SsmtStream *stream = segment->stream;
  const SsmtConfig *config = stream->model->config;
  guint64 rows = 1 + config->max_source
      + ssmt_template_get_overhead (ssmt_stream_get_template (stream)) + config->max_target;

  for (guint stack = 0; stack < 2; stack++)
    if (!ssmt_arena_check_room (&stream->arenas[stack], segment->at.slots[stack], rows, NULL))
      return FALSE;
  return TRUE;
}

void
ssmt_segment_commit_always (SsmtSegment *segment)
{
  SsmtPlace old = segment->stream->carried;

  segment->stream->carried = segment->at;
  segment->at = old;
  segment->stream->carried.n_segments++;
  segment->stream->n_source += segment->tally.n_source;
  segment->stream->n_target += segment->tally.n_target;
}

void
ssmt_segment_commit (SsmtSegment *segment)
{
  SsmtStream *stream = segment->stream;

  if (ssmt_segment_is_carried (stream)) {
    ssmt_segment_commit_always (segment);
    return;
  }
  stream->carried.n_segments++;
  stream->n_source += segment->tally.n_source;
  stream->n_target += segment->tally.n_target;
}

/* --- texts ------------------------------------------------------------------ */

/* A model that writes several languages must know which. */
static gboolean
check_language (const SsmtSegment *segment)
{
  const SsmtTokenizers *tokenizers = &segment->stream->model->tokenizers;
  g_autofree char *all = NULL;

  if (tokenizers->languages == NULL || tokenizers->language != NULL
      || segment->stream->target_language != NULL)
    return TRUE;
  all = g_strjoinv (", ", tokenizers->languages);
  g_set_error (segment->error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
      "the model writes several languages, and none was chosen of %.400s", all);
  return FALSE;
}

static gboolean
set_piece (SsmtSegment *segment, const char *piece)
{
  clear_piece (segment);
  segment->piece = g_strdup (piece);
  return check_language (segment)
      && ssmt_template_compose (ssmt_stream_get_template (segment->stream), piece, &segment->prompt,
          segment->budget, segment->error);
}

gboolean
ssmt_segment_set_tokens (SsmtSegment *segment, const char *piece, const GArray *tokens)
{
  if (!set_piece (segment, piece))
    return FALSE;
  g_array_append_vals (segment->target, tokens->data, tokens->len);
  return TRUE;
}

static gboolean
fail_pair (SsmtSegment *segment, const char *what, const char *problem)
{
  g_set_error (segment->error, SSMT_ERROR, SSMT_ERROR_TEXT, "the %s of a pair %s", what, problem);
  return FALSE;
}

/* One line of text, or NULL. */
static char *
dup_side (SsmtSegment *segment, const char *text, const char *what)
{
  g_autofree char *plain = NULL;

  if (!g_utf8_validate (text, -1, NULL)) {
    fail_pair (segment, what, "is not valid UTF-8");
    return NULL;
  }
  plain = ssmt_text_normalize (text);
  if (*plain != '\0')
    return g_steal_pointer (&plain);
  fail_pair (segment, what, "is empty");
  return NULL;
}

gboolean
ssmt_segment_set_pair (SsmtSegment *segment, const char *source, const char *target)
{
  const SsmtModel *model = segment->stream->model;
  g_autofree char *piece = dup_side (segment, source, "source");
  g_autofree char *translation = NULL;

  if (piece == NULL)
    return FALSE;
  translation = dup_side (segment, target, "target");
  if (translation == NULL || !set_piece (segment, piece)
      || !ssmt_tokenizer_encode (model->tokenizers.target, translation, -1, segment->target,
          segment->budget, segment->error))
    return FALSE;
  segment->translation = g_steal_pointer (&translation);
  if (segment->prompt.source->len > model->config->max_source)
    return fail_pair (segment, "source", "is longer than a segment");
  if (segment->target->len > model->config->max_target)
    return fail_pair (segment, "target", "is longer than a segment");
  return TRUE;
}

char *
ssmt_segment_decode (const SsmtSegment *segment, const GArray *tokens)
{
  g_autofree char *decoded = ssmt_tokenizer_decode (segment->stream->model->tokenizers.target,
      (const gint32 *) tokens->data, tokens->len, segment->budget);

  /* Byte pieces can spell line breaks: one line in, one line out. */
  return ssmt_text_normalize (decoded);
}

char *
ssmt_segment_dup_text (const SsmtSegment *segment)
{
  g_autofree char *text = ssmt_segment_decode (segment, segment->target);

  return *text != '\0' ? g_steal_pointer (&text) : g_strdup (segment->piece);
}

/* --- reading ------------------------------------------------------------------ */

/* Scores are those of the whole vocabulary. */
static const SsmtColumns *
segment_get_columns (const SsmtSegment *segment)
{
  return segment->logits != NULL ? NULL : segment->stream->columns;
}

/* Tokens that a target may have. */
static guint
segment_count_columns (const SsmtSegment *segment)
{
  const SsmtColumns *columns = segment_get_columns (segment);

  return columns != NULL ? ssmt_columns_get_count (columns)
                         : segment->stream->model->config->vocab_size;
}

/* What the source may be translated with, where there is a shortlist. */
static gboolean
segment_pick_columns (SsmtSegment *segment)
{
  SsmtStream *stream = segment->stream;
  g_autoptr (GArray) ids = NULL;

  if (stream->model->shortlist == NULL || segment->logits != NULL)
    return TRUE;
  if (stream->columns == NULL)
    stream->columns = ssmt_columns_new (stream->model->network);
  ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  ssmt_shortlist_pick (stream->model->shortlist, segment->prompt.ids, ids);
  if (ssmt_columns_pick (stream->columns, (const gint32 *) ids->data, ids->len))
    return TRUE;
  g_set_error (segment->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "the device has no memory for a shortlist of %u tokens", ids->len);
  return FALSE;
}

/* Where the encoder's output is. */
static guint
segment_get_memory (const SsmtSegment *segment)
{
  return segment->reader != NULL ? segment->reader->stream->memory : segment->stream->memory;
}

/* Reads tokens into a slot, in requests of as many rows as one may have. Of the decoder's last
 * row the best are wanted, or (`scores`: (n tokens, memory_rows)) what all rows look at. */
static gboolean
segment_read (
    SsmtSegment *segment, SsmtStack stack, guint slot, const GArray *tokens, float *scores)
{
  SsmtStream *stream = segment->stream;
  SsmtScheduler *scheduler = stream->model->scheduler;
  gboolean encoder = stack == SSMT_STACK_ENCODER;
  guint max_rows = ssmt_scheduler_get_max_rows (scheduler), rows;

  if (!ssmt_arena_check_room (&stream->arenas[stack], slot, tokens->len, segment->error))
    return FALSE;
  for (guint done = 0; done < tokens->len; done += rows) {
    guint32 last = MIN (tokens->len - done, max_rows) - 1;
    SsmtRows run = { slot, last + 1, encoder ? done : 0, encoder ? 0 : segment->memory_rows };
    SsmtRequest request = { .stack = stack,
      .arena = &stream->arenas[stack],
      .runs = &run,
      .n_runs = 1,
      .tokens = (const gint32 *) tokens->data + done,
      .memory = segment_get_memory (segment) };

    rows = run.rows;
    if (g_cancellable_set_error_if_cancelled (segment->budget->cancellable, segment->error))
      return FALSE;
    stream->n_rows[stack] += rows;
    if (scores != NULL) {
      request.scores = SSMT_SCORES_CROSS;
      request.score_columns = segment->memory_rows;
      request.score_values = scores + (gsize) done * segment->memory_rows;
    } else if (!encoder && done + rows == tokens->len) {
      request.logit_rows = &last;
      request.n_logit_rows = 1;
      request.columns = segment_get_columns (segment);
      request.k = MIN (SSMT_SEARCH_MAX_BEST, segment_count_columns (segment));
      request.ids = segment->best_ids;
      request.logp = segment->best_logp;
      request.logits = segment->logits;
    }
    if (!ssmt_scheduler_run (scheduler, &request, segment->error))
      return FALSE;
  }
  return TRUE;
}

/* What the decoder reads around the source: the end of the target before, and what a target
 * begins with. */
static GArray *
new_prompt (const SsmtSegment *segment, gint32 pending, const GArray *source)
{
  const GArray *start = ssmt_template_get_target (ssmt_stream_get_template (segment->stream));
  GArray *prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (pending >= 0)
    g_array_append_val (prompt, pending);
  if (source != NULL)
    g_array_append_vals (prompt, source->data, source->len);
  g_array_append_vals (prompt, start->data, start->len);
  return prompt;
}

/* The state before the piece, for ssmt_segment_read_scores(). */
static void
keep_before (SsmtSegment *segment)
{
  SsmtArena *arena = &segment->stream->arenas[SSMT_STACK_DECODER];

  if (!segment->holds_before)
    segment->before = ssmt_arena_acquire (arena);
  segment->holds_before = TRUE;
  ssmt_arena_copy_slot (arena, segment->before, arena, segment->at.slots[SSMT_STACK_DECODER]);
  segment->pending_before = segment->at.pending;
}

static gboolean
segment_encode (SsmtSegment *segment)
{
  SsmtArena *arena = &segment->stream->arenas[SSMT_STACK_ENCODER];
  guint slot = segment->at.slots[SSMT_STACK_ENCODER], other;
  const SsmtArena *from;

  if (segment->reader == NULL)
    return segment_read (segment, SSMT_STACK_ENCODER, slot, segment->prompt.ids, NULL);
  other = segment->reader->at.slots[SSMT_STACK_ENCODER];
  from = &segment->reader->stream->arenas[SSMT_STACK_ENCODER];
  if (!ssmt_arena_reserve (arena, from->positions[other])) {
    g_set_error_literal (segment->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for the state of a segment");
    return FALSE;
  }
  ssmt_arena_copy_slot (arena, slot, from, other);
  return TRUE;
}

gboolean
ssmt_segment_read_source (SsmtSegment *segment)
{
  gboolean encoder = ssmt_network_has_encoder (segment->stream->model->network);
  const GArray *ids = segment->prompt.ids;
  g_autoptr (GArray) prompt = new_prompt (segment, segment->at.pending, encoder ? NULL : ids);

  for (guint stack = 0; stack < 2; stack++)
    ssmt_arena_begin_segment (&segment->stream->arenas[stack], segment->at.slots[stack]);
  if (segment->wants_scores)
    keep_before (segment);
  segment->memory_rows = encoder ? ids->len : 0;
  segment->tally.n_source += segment->prompt.source->len;
  return segment_pick_columns (segment) && (!encoder || segment_encode (segment))
      && segment_read (
          segment, SSMT_STACK_DECODER, segment->at.slots[SSMT_STACK_DECODER], prompt, NULL);
}

static gint32
end_to_read (const SsmtSegment *segment)
{
  const SsmtConfig *config = segment->stream->model->config;

  return config->carry_end ? config->target_end : -1;
}

gboolean
ssmt_segment_read_target (SsmtSegment *segment)
{
  if (!segment_read (segment, SSMT_STACK_DECODER, segment->at.slots[SSMT_STACK_DECODER],
          segment->target, NULL))
    return FALSE;
  segment->at.pending = end_to_read (segment);
  return TRUE;
}

static guint
get_max_target (const SsmtSegment *segment)
{
  double ratio = segment->stream->params.max_length_ratio * segment->prompt.source->len + 16;

  return MIN (ratio, segment->stream->model->config->max_target);
}

/* The best target that begins with `target`; it has been read then. */
static gboolean
search_target (SsmtSegment *segment)
{
  SsmtStream *stream = segment->stream;
  const SsmtConfig *config = stream->model->config;
  GCancellable *cancellable = segment->budget->cancellable;
  g_autoptr (GArray) prefix = g_array_copy (segment->target);
  const GArray *source = segment->prompt.source;
  guint *slot = &segment->at.slots[SSMT_STACK_DECODER];
  SsmtSearch search = { .scheduler = stream->model->scheduler,
    .vocab = segment_count_columns (segment),
    .columns = segment_get_columns (segment),
    .arena = &stream->arenas[SSMT_STACK_DECODER],
    .beam_size = stream->params.beam_size,
    .length_penalty = stream->params.length_penalty,
    .max_target = MAX (get_max_target (segment), prefix->len),
    .max_ngram = stream->params.no_repeat_ngram,
    .target_end = config->target_end,
    .forbidden = (const gint32 *) config->forbidden->data,
    .n_forbidden = config->forbidden->len,
    .n_pieces = ssmt_tokenizer_get_size (stream->model->tokenizers.target),
    .prefix = (const gint32 *) prefix->data,
    .n_prefix = prefix->len,
    .source = (const gint32 *) source->data,
    .n_source = source->len,
    .memory = segment_get_memory (segment),
    .memory_rows = segment->memory_rows,
    .best_ids = segment->best_ids,
    .best_logp = segment->best_logp,
    .ended = segment->ended,
    .n_rows = &stream->n_rows[SSMT_STACK_DECODER] };
  SsmtSearchResult found;
  gboolean good;
  guint64 mode;

  if (prefix->len > 0 && !ssmt_segment_read_target (segment))
    return FALSE;
  g_array_set_size (segment->target, 0);
  segment->holds[SSMT_STACK_DECODER] = FALSE;
  /* sums of logarithms, too, are the same in whatever mode the host computes */
  mode = ssmt_float_mode_enter ();
  good = segment->force != NULL
      ? ssmt_forced_search_run (&search, segment->force, segment->logits, *slot, segment->target,
          &found, &segment->is_found, cancellable, segment->error)
      : ssmt_search_run (&search, *slot, segment->target, &found, cancellable, segment->error);
  ssmt_float_mode_leave (mode);
  if (!good)
    return FALSE;
  if (segment->force != NULL && !segment->is_found)
    return TRUE;
  segment->holds[SSMT_STACK_DECODER] = TRUE;
  *slot = found.slot;
  segment->tally.score += found.score;
  segment->tally.n_scored += found.n_scored;
  segment->at.pending = end_to_read (segment);
  segment->tally.n_target += segment->target->len;
  return TRUE;
}

#define MAX_SCORES ((guint64) 64 << 20)

float *
ssmt_segment_new_scores (SsmtSegment *segment, guint rows, guint columns)
{
  guint64 n = (guint64) rows * columns;
  float *scores = n <= MAX_SCORES ? g_try_new0 (float, n) : NULL;

  if (scores == NULL)
    g_set_error (segment->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory for what %u tokens look at among %u", rows, columns);
  return scores;
}

/* One pass over the translation that has been found: the search itself, and every
 * translation without an alignment, stay as fast as they are. */
gboolean
ssmt_segment_read_scores (SsmtSegment *segment)
{
  g_autoptr (GArray) tokens = new_prompt (segment, segment->pending_before, NULL);
  guint n_prompt = tokens->len, first = segment->prompt.first;
  g_autofree float *scores = NULL;

  if (n_prompt == 0 || segment->memory_rows == 0 || segment->prompt.joined
      || !ssmt_network_tells_scores (segment->stream->model->network, SSMT_SCORES_CROSS))
    return TRUE;
  g_array_append_vals (tokens, segment->target->data, segment->target->len);
  scores = ssmt_segment_new_scores (segment, tokens->len, segment->memory_rows);
  if (scores == NULL
      || !segment_read (segment, SSMT_STACK_DECODER, segment->before, tokens, scores))
    return FALSE;
  /* The row that chose a token, the one before its own, looks at what it translates; its own
   * looks for what comes next. */
  segment->columns = segment->memory_rows - first;
  for (gsize row = 0; row < segment->target->len; row++)
    memmove (scores + row * segment->columns,
        scores + (row + n_prompt - 1) * segment->memory_rows + first,
        segment->columns * sizeof (float));
  segment->scores = g_steal_pointer (&scores);
  return TRUE;
}

gboolean
ssmt_segment_translate (SsmtSegment *segment, const char *piece, const GArray *begin)
{
  if (!set_piece (segment, piece))
    return FALSE;
  if (begin != NULL && begin->len > 0)
    g_array_append_vals (segment->target, begin->data, begin->len);
  return ssmt_segment_read_source (segment) && search_target (segment)
      && (!segment->wants_scores || segment->target->len == 0
          || ssmt_segment_read_scores (segment));
}

gboolean
ssmt_segment_take (SsmtSegment *segment, const char *piece, const GArray *target)
{
  return ssmt_segment_set_tokens (segment, piece, target) && ssmt_segment_read_source (segment)
      && ssmt_segment_read_target (segment)
      && (!segment->wants_scores || ssmt_segment_read_scores (segment));
}
