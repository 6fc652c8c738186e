/* ssmtranslate: from a segment's text to its translation
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/aligner.h"
#include "engine/stream/stream-private.h"

#include <string.h>

/* --- reading ------------------------------------------------------------ */

/* What is wanted of the last of the tokens that are read. */
typedef struct {
  gboolean best;                /* best_ids and best_logp of the stream */
  float *logits;                /* (vocab_size), or NULL */
} Wanted;

static guint
stream_n_best (SsmtStream *self)
{
  return MIN (SSMT_SEARCH_MAX_BEST, self->model->config->vocab_size);
}

/* Runs `n` tokens through slot `slot`, in chunks that a call holds. */
static gboolean
stream_read (SsmtStream *self, SsmtStack stack, SsmtArena *arena, guint slot,
    const gint32 *tokens, guint n, guint memory_rows, Wanted wanted,
    GCancellable *cancellable, GError **error)
{
  guint max_rows = ssmt_scheduler_get_max_rows (self->model->scheduler);

  if (!ssmt_arena_check_room (arena, slot, n, error))
    return FALSE;
  for (guint done = 0; done < n;) {
    guint rows = MIN (n - done, max_rows);
    guint32 last = rows - 1;
    SsmtRows run = { slot, rows,
      stack == SSMT_STACK_ENCODER ? done : 0, memory_rows
    };
    SsmtRequest request = {.stack = stack,
      .arena = arena,.runs = &run,.n_runs = 1,
      .tokens = tokens + done,.memory = self->memory
    };

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (stack == SSMT_STACK_ENCODER)
      self->n_encoder_rows += rows;
    else
      self->n_decoder_rows += rows;
    if (done + rows == n && (wanted.best || wanted.logits != NULL)) {
      request.logit_rows = &last;
      request.n_logit_rows = 1;
      request.k = wanted.best ? stream_n_best (self) : 0;
      request.ids = self->best_ids;
      request.logp = self->best_logp;
      request.logits = wanted.logits;
    }
    if (!ssmt_scheduler_run (self->model->scheduler, &request, error))
      return FALSE;
    done += rows;
  }
  return TRUE;
}

static void
append_id (GArray *ids, gint32 id)
{
  if (id >= 0)
    g_array_append_val (ids, id);
}

gboolean
ssmt_segment_read_prompt (SsmtStream *self, SsmtCarried *work,
    const SsmtPrompt *segment, guint *memory_rows, float *logits,
    GCancellable *cancellable, GError **error)
{
  const GArray *ids = segment->ids;
  const GArray *start = ssmt_template_get_target (self->model->tokenizers.segment);
  g_autoptr (GArray) prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  append_id (prompt, work->pending);
  *memory_rows = 0;
  if (ssmt_network_has_encoder (self->model->network)) {
    *memory_rows = ids->len;
    if (!stream_read (self, SSMT_STACK_ENCODER, &self->encoder,
            work->encoder_slot, (gint32 *) ids->data, ids->len, 0,
            (Wanted) { FALSE }, cancellable, error))
      return FALSE;
  } else {
    g_array_append_vals (prompt, ids->data, ids->len);
  }
  g_array_append_vals (prompt, start->data, start->len);
  return stream_read (self, SSMT_STACK_DECODER, &self->decoder,
      work->decoder_slot, (gint32 *) prompt->data, prompt->len, *memory_rows,
      (Wanted) { TRUE, logits }, cancellable, error);
}

static guint
stream_max_target (SsmtStream *self, guint n_source)
{
  double ratio = self->params.max_length_ratio * n_source + 16;

  return MIN (ratio, self->model->config->max_target);
}

static gboolean
stream_run_search (SsmtStream *self, SsmtCarried *work, const GArray *source,
    guint memory_rows, GArray *target, GCancellable *cancellable,
    GError **error)
{
  const SsmtConfig *config = self->model->config;
  g_autoptr (GArray) prefix = g_array_copy (target);
  SsmtSearch search = {
    .scheduler = self->model->scheduler,.vocab = config->vocab_size,
    .arena = &self->decoder,.beam_size = self->params.beam_size,
    .length_penalty = self->params.length_penalty,
    .max_target = MAX (stream_max_target (self, source->len), prefix->len),
    .max_ngram = self->params.no_repeat_ngram,
    .target_end = config->target_end,
    .forbidden = (const gint32 *) config->forbidden->data,
    .n_forbidden = config->forbidden->len,
    .n_pieces = ssmt_tokenizer_get_size (self->model->tokenizers.target),
    .prefix = (const gint32 *) prefix->data,.n_prefix = prefix->len,
    .source = (const gint32 *) source->data,.n_source = source->len,
    .memory = self->memory,.memory_rows = memory_rows,
    .best_ids = self->best_ids,.best_logp = self->best_logp,
    .n_rows = &self->n_decoder_rows
  };

  g_array_set_size (target, 0);
  return ssmt_search_run (&search, work->decoder_slot, target,
      &work->decoder_slot, cancellable, error);
}

gboolean
ssmt_segment_read_target (SsmtStream *self, SsmtCarried *work,
    const GArray *target, guint memory_rows, GCancellable *cancellable,
    GError **error)
{
  return stream_read (self, SSMT_STACK_DECODER, &self->decoder,
      work->decoder_slot, (const gint32 *) target->data, target->len,
      memory_rows, (Wanted) { TRUE }, cancellable, error);
}

gboolean
ssmt_segment_search (SsmtStream *self, SsmtCarried *work,
    const GArray *source, guint memory_rows, GArray *target,
    GCancellable *cancellable, GError **error)
{
  const SsmtConfig *config = self->model->config;

  if (target->len > 0 && !ssmt_segment_read_target (self, work, target,
          memory_rows, cancellable, error)) {
    ssmt_arena_release (&self->decoder, work->decoder_slot);
    return FALSE;
  }
  if (!stream_run_search (self, work, source, memory_rows, target,
          cancellable, error))
    return FALSE;
  work->pending = config->carry_end ? config->target_end : -1;
  return TRUE;
}

gboolean
ssmt_segment_is_carried (const SsmtStream *self)
{
  return self->params.context == SSMT_CONTEXT_DOCUMENT
      && self->model->config->carry;
}

SsmtCarried
ssmt_segment_begin (SsmtStream *self, const SsmtCarried *from)
{
  SsmtCarried work = *from;

  if (ssmt_network_has_encoder (self->model->network)) {
    work.encoder_slot = ssmt_arena_acquire (&self->encoder);
    ssmt_arena_copy_slot (&self->encoder, work.encoder_slot, &self->encoder,
        from->encoder_slot);
  }
  work.decoder_slot = ssmt_arena_acquire (&self->decoder);
  ssmt_arena_copy_slot (&self->decoder, work.decoder_slot, &self->decoder,
      from->decoder_slot);
  return work;
}

void
ssmt_segment_release_encoder (SsmtStream *self, const SsmtCarried *work)
{
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_release (&self->encoder, work->encoder_slot);
}

void
ssmt_segment_release (SsmtStream *self, const SsmtCarried *work)
{
  ssmt_segment_release_encoder (self, work);
  ssmt_arena_release (&self->decoder, work->decoder_slot);
}

char *
ssmt_segment_decode (SsmtStream *self, const GArray *target)
{
  g_autofree char *decoded =
      ssmt_tokenizer_decode (self->model->tokenizers.target,
      (const gint32 *) target->data, target->len);

  /* Byte pieces can spell line breaks: one line in, one line out. */
  return ssmt_text_normalize (decoded);
}

/* --- what words look at ------------------------------------------------- */

static gboolean
stream_read_rows (SsmtStream *self, guint slot, const GArray *tokens,
    guint memory_rows, float *scores)
{
  guint max_rows = ssmt_scheduler_get_max_rows (self->model->scheduler);

  for (guint done = 0; done < tokens->len;) {
    guint rows = MIN (tokens->len - done, max_rows);
    SsmtRows run = { slot, rows, 0, memory_rows };
    SsmtRequest request = {.stack = SSMT_STACK_DECODER,
      .arena = &self->decoder,.runs = &run,.n_runs = 1,
      .tokens = (const gint32 *) tokens->data + done,
      .memory = self->memory,
      .scores = SSMT_SCORES_CROSS,.score_columns = memory_rows,
      .score_values = scores + (gsize) done * memory_rows
    };

    self->n_decoder_rows += rows;
    if (!ssmt_scheduler_run (self->model->scheduler, &request, NULL))
      return FALSE;
    done += rows;
  }
  return TRUE;
}

/* One pass over the translation that has been found: the search itself, and every
 * translation without an alignment, stay as fast as they are. */
float *
ssmt_segment_read_scores (SsmtStream *self, guint slot, gint32 pending,
    const SsmtPrompt *prompt, const GArray *target, guint memory_rows,
    guint *columns)
{
  const GArray *start = ssmt_template_get_target (self->model->tokenizers.segment);
  g_autoptr (GArray) tokens = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree float *scores = NULL;
  guint n_prompt;

  *columns = 0;
  if (memory_rows == 0 || prompt->joined
      || !ssmt_network_tells_scores (self->model->network, SSMT_SCORES_CROSS))
    return NULL;
  append_id (tokens, pending);
  g_array_append_vals (tokens, start->data, start->len);
  n_prompt = tokens->len;
  if (n_prompt == 0)
    return NULL;
  g_array_append_vals (tokens, target->data, target->len);
  scores = g_new0 (float, (gsize) tokens->len * memory_rows);
  if (!stream_read_rows (self, slot, tokens, memory_rows, scores))
    return NULL;
  /* The row that chose a token, the one before its own, looks at what it translates; its own
   * looks for what comes next. */
  *columns = memory_rows - prompt->first;
  for (gsize row = 0; row < target->len; row++)
    memmove (scores + row * *columns,
        scores + (row + n_prompt - 1) * memory_rows + prompt->first,
        *columns * sizeof (float));
  return g_steal_pointer (&scores);
}

/* --- pieces ------------------------------------------------------------- */

/* One piece of text into its translation, appended to `out`; *work moves on to the state
 * after it. On failure *work has been given back. */
static gboolean
stream_translate_piece (SsmtStream *self, SsmtCarried *work,
    const char *piece, GString *out, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  g_auto (SsmtPrompt) prompt = { NULL };
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *text = NULL;
  gint32 pending = work->pending;
  guint memory_rows, before = 0;
  gboolean found;

  if (!ssmt_template_compose (self->model->tokenizers.segment, piece, &prompt, error)) {
    ssmt_segment_release (self, work);
    return FALSE;
  }
  if (aligner != NULL) {
    before = ssmt_arena_acquire (&self->decoder);
    ssmt_arena_copy_slot (&self->decoder, before, &self->decoder,
        work->decoder_slot);
  }
  found = ssmt_segment_read_prompt (self, work, &prompt, &memory_rows, NULL,
      cancellable, error);
  if (!found)
    ssmt_segment_release (self, work);
  else if (!ssmt_segment_search (self, work, prompt.source, memory_rows,
          target, cancellable, error)) {
    ssmt_segment_release_encoder (self, work);
    found = FALSE;
  }
  if (found) {
    self->n_source += prompt.source->len;
    self->n_target += target->len;
    text = ssmt_segment_decode (self, target);
    if (out->len > 0)
      g_string_append_c (out, ' ');
    /* A caption in the wrong language is worth more than none. */
    g_string_append (out, *text != '\0' ? text : piece);
  }
  if (found && aligner != NULL) {
    guint columns;
    g_autofree float *scores = ssmt_segment_read_scores (self, before, pending,
        &prompt, target, memory_rows, &columns);

    ssmt_aligner_add (aligner, piece, *text != '\0' ? text : piece,
        prompt.source, target, scores, columns);
  }
  if (aligner != NULL)
    ssmt_arena_release (&self->decoder, before);
  return found;
}

/* Whether attention without a window can take one more segment, whatever its length. */
static gboolean
has_room (SsmtStream *self, const SsmtCarried *work)
{
  const SsmtConfig *config = self->model->config;
  guint64 rows = 1 + config->max_source
      + ssmt_template_get_overhead (self->model->tokenizers.segment)
      + config->max_target;

  return (!ssmt_network_has_encoder (self->model->network)
      || ssmt_arena_check_room (&self->encoder, work->encoder_slot, rows,
          NULL))
      && ssmt_arena_check_room (&self->decoder, work->decoder_slot, rows,
      NULL);
}

static gboolean
stream_translate_pieces (SsmtStream *self, GPtrArray *pieces, GString *out,
    SsmtAligner *aligner, GCancellable *cancellable, GError **error)
{
  gboolean document = ssmt_segment_is_carried (self);
  SsmtCarried work = ssmt_segment_begin (self, &self->carried);

  if (!document)
    ssmt_segment_reset_carried (self, &work);
  for (guint i = 0; i < pieces->len; i++) {
    /* A text that is longer than a document may be goes on in a new one: nobody could
     * translate it otherwise. */
    if (i > 0 && (!self->model->config->carry || !has_room (self, &work)))
      ssmt_segment_reset_carried (self, &work);
    if (!stream_translate_piece (self, &work, g_ptr_array_index (pieces, i),
            out, aligner, cancellable, error))
      return FALSE;
  }
  if (document) {
    ssmt_segment_release (self, &self->carried);
    self->carried = work;
  } else {
    ssmt_segment_release (self, &work);
  }
  self->carried.n_segments++;
  return TRUE;
}

static char *
stream_translate (SsmtStream *self, const char *text, SsmtAligner *aligner,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *plain = NULL;
  g_autoptr (GPtrArray) pieces = NULL;
  g_autoptr (GString) out = NULL;
  gboolean done;

  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT,
        "the text is not valid UTF-8");
    return NULL;
  }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (!ssmt_text_has_letter (text))
    return g_strdup (text);
  plain = ssmt_text_normalize (text);
  pieces = g_ptr_array_new_with_free_func (g_free);
  out = g_string_new (NULL);
  if (!ssmt_text_split (self->model->tokenizers.source, plain,
          self->model->config->max_source, pieces, cancellable, error))
    return NULL;
  ssmt_scheduler_enter (self->model->scheduler);
  done = stream_translate_pieces (self, pieces, out, aligner, cancellable,
      error);
  ssmt_scheduler_leave (self->model->scheduler);
  if (!done)
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
ssmt_stream_translate (SsmtStream *self, const char *text,
    GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return stream_translate (self, text, NULL, cancellable, error);
}

char *
ssmt_stream_translate_aligned (SsmtStream *self, const char *text,
    SsmtAlignment **alignment, GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtAligner) aligner = NULL;
  char *translation;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (alignment == NULL)
    return ssmt_stream_translate (self, text, cancellable, error);
  *alignment = NULL;
  aligner = ssmt_aligner_new (self->model->tokenizers.source,
      self->model->tokenizers.target);
  translation = stream_translate (self, text, aligner, cancellable, error);
  if (translation != NULL)
    *alignment = ssmt_aligner_finish (aligner, text, translation);
  return translation;
}
