/* ssmtranslate: the stream, what one document owns
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slots: the carried state of the document stands in one slot of each arena.
 * A segment is read into a working slot that starts as a copy; only when the whole
 * call has succeeded does the working slot become the carried one, so that an error or
 * a cancellation leaves nothing half-read.
 */
#include "ssmt/ssmt-stream.h"

#include "engine/stream/stream-private.h"


G_DEFINE_FINAL_TYPE (SsmtStream, ssmt_stream, G_TYPE_OBJECT)

GType
ssmt_context_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {SSMT_CONTEXT_NONE, "Each segment on its own", "none"},
    {SSMT_CONTEXT_DOCUMENT, "The state is carried through the document",
        "document"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("SsmtContext", values));
  return type;
}

void
ssmt_stream_params_init (SsmtStreamParams *params)
{
  g_return_if_fail (params != NULL);
  *params = (SsmtStreamParams) {
    .context = SSMT_CONTEXT_DOCUMENT,.beam_size = 1,.length_penalty = 1.0f,
        .max_length_ratio = 3.0f,.no_repeat_ngram = 8
  };
}

static SsmtStreamParams
params_clamp (const SsmtStreamParams *params)
{
  SsmtStreamParams clamped;

  ssmt_stream_params_init (&clamped);
  if (params == NULL)
    return clamped;
  clamped.context = params->context == SSMT_CONTEXT_NONE
      ? SSMT_CONTEXT_NONE : SSMT_CONTEXT_DOCUMENT;
  clamped.beam_size = CLAMP (params->beam_size, 1, SSMT_STREAM_MAX_BEAM);
  /* Comparisons that are false for NaN keep the default. */
  if (params->length_penalty >= 0.0f && params->length_penalty <= 10.0f)
    clamped.length_penalty = params->length_penalty;
  if (params->max_length_ratio >= 0.0f && params->max_length_ratio <= 100.0f)
    clamped.max_length_ratio = params->max_length_ratio;
  clamped.no_repeat_ngram = MIN (params->no_repeat_ngram, 16);
  clamped.max_context = MIN (params->max_context, SSMT_MAX_CONTEXT);
  return clamped;
}

/* --- life --------------------------------------------------------------- */

static void
ssmt_stream_finalize (GObject *object)
{
  SsmtStream *self = SSMT_STREAM (object);

  ssmt_stream_drop_revisions (self);
  ssmt_start_clear (self);
  if (self->encoder.device != NULL)
    ssmt_arena_clear (&self->encoder);
  if (self->decoder.device != NULL)
    ssmt_arena_clear (&self->decoder);
  if (self->has_memory)
    ssmt_scheduler_give_memory (self->model->scheduler, self->memory);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (ssmt_stream_parent_class)->finalize (object);
}

static void
ssmt_stream_class_init (SsmtStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ssmt_stream_finalize;
}

static void
ssmt_stream_init (SsmtStream *self)
{
}

/* Carried, carried after the pieces done so far (to align from), beam_size live ones (one of
 * them has it first), and the best that ended. */
static guint
decoder_slots (guint beam_size)
{
  return beam_size + 3;
}

/* Rows of one segment's source, with what stands around it. */
static guint32
stream_max_prompt (SsmtStream *self)
{
  return self->model->config->max_source
      + ssmt_template_get_overhead (self->model->tokenizers.segment);
}

static gboolean
stream_alloc (SsmtStream *self)
{
  SsmtScheduler *scheduler = self->model->scheduler;
  gboolean encoder = ssmt_network_has_encoder (self->model->network);
  const SsmtConfig *config = self->model->config;
  /* one segment always has room: the end of the last, the prompt, the target */
  guint32 least = 1 + stream_max_prompt (self) + config->max_target;
  guint32 context = MAX (least, self->params.max_context > 0
      ? self->params.max_context : config->max_context);

  if (encoder && !ssmt_scheduler_init_arena (scheduler, SSMT_STACK_ENCODER,
          &self->encoder, context, 3))
    return FALSE;
  if (!ssmt_scheduler_init_arena (scheduler, SSMT_STACK_DECODER,
          &self->decoder, context, decoder_slots (self->params.beam_size)))
    return FALSE;
  self->has_memory = encoder
      && ssmt_scheduler_take_memory (scheduler, &self->memory);
  return self->has_memory == encoder;
}

gboolean
ssmt_segment_set_memory_error (GError **error)
{
  g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "no memory left on the device for the state of one more stream");
  return FALSE;
}

SsmtStream *
ssmt_stream_new (SsmtModel *model, const SsmtStreamParams *params,
    GError **error)
{
  g_autoptr (SsmtStream) self = NULL;

  g_return_val_if_fail (SSMT_IS_MODEL (model), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_object_new (SSMT_TYPE_STREAM, NULL);
  self->model = g_object_ref (model);
  self->params = params_clamp (params);
  if (!stream_alloc (self)) {
    ssmt_segment_set_memory_error (error);
    return NULL;
  }
  if (ssmt_network_has_encoder (model->network))
    self->carried.encoder_slot = ssmt_arena_acquire (&self->encoder);
  self->carried.decoder_slot = ssmt_arena_acquire (&self->decoder);
  ssmt_stream_reset (self);
  return g_steal_pointer (&self);
}

SsmtModel *
ssmt_stream_get_model (SsmtStream *self)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  return self->model;
}

gboolean
ssmt_stream_set_params (SsmtStream *self, const SsmtStreamParams *params,
    GError **error)
{
  SsmtStreamParams clamped;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (params != NULL, FALSE);

  clamped = params_clamp (params);
  if (decoder_slots (clamped.beam_size) > self->decoder.n_slots) {
    SsmtArena larger;

    if (!ssmt_scheduler_init_arena (self->model->scheduler,
            SSMT_STACK_DECODER, &larger, self->decoder.max_tokens,
            decoder_slots (clamped.beam_size))
        || !ssmt_arena_reserve (&larger,
            self->decoder.positions[self->carried.decoder_slot])
        || !ssmt_start_reserve (self, &self->encoder, &larger)) {
      ssmt_arena_clear (&larger);
      return ssmt_segment_set_memory_error (error);
    }
    guint slot = ssmt_arena_acquire (&larger);
    ssmt_arena_copy_slot (&larger, slot, &self->decoder,
        self->carried.decoder_slot);
    ssmt_arena_clear (&self->decoder);
    self->decoder = larger;
    self->carried.decoder_slot = slot;
  }
  clamped.max_context = self->params.max_context;
  self->params = clamped;
  return TRUE;
}

void
ssmt_segment_reset_carried (SsmtStream *self, SsmtCarried *carried)
{
  if (self->start != NULL) {
    ssmt_start_copy (self, carried);
    return;
  }
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_reset_slot (&self->encoder, carried->encoder_slot);
  ssmt_arena_reset_slot (&self->decoder, carried->decoder_slot);
  carried->pending = -1;
}

void
ssmt_stream_begin_document (SsmtStream *self)
{
  g_return_if_fail (SSMT_IS_STREAM (self));

  ssmt_segment_reset_carried (self, &self->carried);
  self->carried.n_segments = 0;
}

void
ssmt_stream_reset (SsmtStream *self)
{
  g_return_if_fail (SSMT_IS_STREAM (self));

  ssmt_stream_begin_document (self);
  ssmt_stream_drop_revisions (self);
}

static gboolean
stream_reserve (SsmtStream *self, const SsmtStream *other)
{
  return (!ssmt_network_has_encoder (self->model->network)
      || ssmt_arena_reserve (&self->encoder,
          other->encoder.positions[other->carried.encoder_slot]))
      && ssmt_arena_reserve (&self->decoder,
      other->decoder.positions[other->carried.decoder_slot]);
}

SsmtStream *
ssmt_stream_fork (SsmtStream *self, GError **error)
{
  SsmtStream *fork;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);

  fork = ssmt_stream_new (self->model, &self->params, error);
  if (fork == NULL)
    return NULL;
  if (!stream_reserve (fork, self)) {
    g_object_unref (fork);
    ssmt_segment_set_memory_error (error);
    return NULL;
  }
  if (self->start != NULL
      && !ssmt_stream_set_start (fork, self->start, error)) {
    g_object_unref (fork);
    return NULL;
  }
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_copy_slot (&fork->encoder, fork->carried.encoder_slot,
        &self->encoder, self->carried.encoder_slot);
  ssmt_arena_copy_slot (&fork->decoder, fork->carried.decoder_slot,
      &self->decoder, self->carried.decoder_slot);
  fork->carried.pending = self->carried.pending;
  fork->carried.n_segments = self->carried.n_segments;
  return fork;
}

GBytes *
ssmt_stream_save (SsmtStream *self, GError **error)
{
  SsmtDevice *device;
  GBytes *saved;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  saved = ssmt_snapshot_save (&self->carried, &self->encoder, &self->decoder,
      self->model->fingerprint, error);
  device = self->model->device;
  if (saved == NULL || device->ops->wait (device) == 0)
    return saved;
  g_bytes_unref (saved);
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE,
      "%s has failed, and the state with it", device->description);
  return NULL;
}

gboolean
ssmt_stream_restore (SsmtStream *self, GBytes *saved, GError **error)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (saved != NULL, FALSE);
  return ssmt_snapshot_restore (saved, &self->carried, &self->encoder,
      &self->decoder, self->model->fingerprint,
      self->model->config->vocab_size, error);
}

guint64
ssmt_stream_get_n_segments (SsmtStream *self)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), 0);
  return self->carried.n_segments;
}

void
ssmt_stream_get_n_tokens (SsmtStream *self, guint64 *source, guint64 *target)
{
  g_return_if_fail (SSMT_IS_STREAM (self));
  if (source != NULL)
    *source = self->n_source;
  if (target != NULL)
    *target = self->n_target;
}
