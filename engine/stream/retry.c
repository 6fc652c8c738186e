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

#define SMALL_BEAM 4 /* where nothing, or little, is asked for */
#define BEAM 8
#define MAX_BEAM_BYTES (64 << 20) /* of states, that large models do not take more */
#define SHORT_RATIO 1.2f

static SsmtStream *
get_stream (SsmtStream *self, GError **error)
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
  self->again->beam = params.beam_size;
  self->again->token_flags =
        ssmt_token_flags_new (self->model->tokenizers.target, self->model->config->vocab_size);
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
  state = retry->before != NULL ? ssmt_state_ref (retry->before)
                                : ssmt_stream_get_state (from, error);
  return state != NULL && ssmt_stream_set_state (to, state, error);
}

/* The tokens of the best target without fault; NULL: there is none. */
static const SsmtEnded *
find_right (const SsmtRetry *retry, const SsmtSegment *again, const GPtrArray *ended)
{
  for (guint i = 0; i < ended->len; i++) {
    const SsmtEnded *one = ended->pdata[i];
    g_autofree char *text = ssmt_segment_decode (again, one->tokens);

    if (*text != '\0' && ssmt_guarded_check (retry->guarded, retry->text, text) == 0)
      return one;
  }
  return NULL;
}

/* Searches for targets with the phrases of `force`; *right, where there is one, is in `ended`. */
static gboolean
search (const SsmtRetry *retry, SsmtSegment *segment, SsmtStream *stream, const SsmtForce *force,
    GPtrArray *ended, const SsmtEnded **right)
{
  g_autofree float *logits = g_new (float, segment->stream->model->config->vocab_size);
  g_auto (SsmtSegment) again = { NULL };

  g_ptr_array_set_size (ended, 0);
  ssmt_segment_init (&again, stream, segment->cancellable, segment->error);
  again.force = force;
  again.logits = logits;
  again.ended = ended;
  if (!ssmt_segment_translate (&again, retry->text, retry->begin))
    return FALSE;
  *right = find_right (retry, &again, ended);
  return TRUE;
}

/* The segment as if it had found these tokens. */
static gboolean
take (const SsmtRetry *retry, SsmtSegment *segment, SsmtStream *stream, const SsmtEnded *right)
{
  g_auto (SsmtSegment) again = { NULL };

  ssmt_segment_init (&again, stream, segment->cancellable, segment->error);
  again.wants_scores = segment->wants_scores;
  if (!ssmt_segment_take (&again, retry->text, right->tokens))
    return FALSE;
  if (!ssmt_place_reserve (&again.at, stream->arenas, segment->stream->arenas)) {
    g_set_error_literal (segment->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
        "no memory left on the device for the state of a segment");
    return FALSE;
  }
  ssmt_place_copy (&segment->at, segment->stream->arenas, &again.at, stream->arenas);
  g_array_set_size (segment->target, 0);
  g_array_append_vals (segment->target, right->tokens->data, right->tokens->len);
  g_free (segment->scores);
  segment->scores = g_steal_pointer (&again.scores);
  segment->columns = again.columns;
  segment->tally.score = right->score;
  segment->tally.n_scored = right->n_scored;
  segment->tally.n_target = right->tokens->len;
  return TRUE;
}

/* How much is asked of a target. */
typedef enum { NOTHING, WHAT_LACKS, ALL, N_LEVELS } Level;

static gboolean
try (const SsmtRetry *retry, SsmtSegment *segment, SsmtStream *stream, const char *first,
    SsmtFaults faults, Level level, SsmtFaults *left)
{
  const SsmtModel *model = stream->model;
  g_autoptr (GPtrArray) ended = ssmt_ended_new ();
  g_autofree guint8 *banned = ssmt_token_flags_ban (stream->token_flags,
      model->config->vocab_size, model->tokenizers.target, retry->guarded->settings, retry->text,
      level == ALL ? faults : faults & ~SSMT_GUARD_FAULT_NUMBER);
  g_autoptr (GArray) phrases = level == NOTHING ? NULL : ssmt_phrases_new (retry->guarded,
      retry->text, level == ALL ? NULL : first, model->tokenizers.target);
  SsmtForce force = { phrases != NULL ? (const SsmtPhrase *) phrases->data : NULL,
    phrases != NULL ? phrases->len : 0, banned };
  const SsmtEnded *right = NULL;

  if (level != NOTHING && phrases->len == 0)
    return TRUE;
  stream->params.beam_size = level == ALL ? stream->beam : MIN (stream->beam, SMALL_BEAM);
  if (!search (retry, segment, stream, &force, ended, &right)
      || (right != NULL && !take (retry, segment, stream, right)))
    return FALSE;
  if (right != NULL)
    *left = 0;
  return TRUE;
}

gboolean
ssmt_retry_run (
    const SsmtRetry *retry, SsmtSegment *segment, SsmtFaults faults, SsmtFaults *left)
{
  SsmtStream *self = segment->stream, *stream = get_stream (self, segment->error);
  g_autofree char *first = ssmt_segment_decode (segment, segment->target);

  *left = faults;
  if (stream == NULL || !bring_state (retry, self, stream, segment->error))
    return FALSE;
  for (Level level = NOTHING; level < N_LEVELS && *left != 0; level++) {
    if (!try (retry, segment, stream, first, faults, level, left))
      return FALSE;
  }
  return TRUE;
}
