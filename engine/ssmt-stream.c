/* ssmtranslate: the stream, what one document owns
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slots: the carried state of the document stands in one slot of each arena.
 * A segment is read into a working slot that starts as a copy; only when the whole
 * call has succeeded does the working slot become the carried one, so that an error or
 * a cancellation leaves nothing half-read.
 */
#include "ssmt-stream.h"

#include <string.h>

#include "ssmt-model-private.h"
#include "ssmt-search.h"
#include "ssmt-snapshot.h"
#include "ssmt-text.h"

/* Rows of a prefill that need not be one piece: enough to use the matrix kernels well. */
#define PREFILL_ROWS 256

struct _SsmtStream {
  GObject parent_instance;

  SsmtModel *model;
  SsmtStreamParams params;
  SsmtWorkspace *workspace;
  SsmtArena encoder, decoder;
  SsmtCarried carried;
  guint64 n_source, n_target;
};

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
  return clamped;
}

/* --- life --------------------------------------------------------------- */

static void
ssmt_stream_finalize (GObject *object)
{
  SsmtStream *self = SSMT_STREAM (object);

  ssmt_workspace_free (self->workspace);
  if (self->encoder.device != NULL)
    ssmt_arena_clear (&self->encoder);
  if (self->decoder.device != NULL)
    ssmt_arena_clear (&self->decoder);
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

/* Carried, carried after the pieces done so far, beam_size live ones, and the best that ended. */
static guint
decoder_slots (guint beam_size)
{
  return beam_size + 3;
}

static guint32
stream_max_rows (SsmtStream *self)
{
  const SsmtConfig *config = self->model->config;
  /* What one segment's prompt can be: end of the last, source, its end, start. */
  guint32 whole = config->max_source + 3;

  if (ssmt_network_needs_whole_segment (self->model->network))
    return MAX (whole, SSMT_STREAM_MAX_BEAM);
  return CLAMP (whole, SSMT_STREAM_MAX_BEAM, PREFILL_ROWS);
}

static gboolean
stream_alloc (SsmtStream *self)
{
  const SsmtNetwork *network = self->model->network;
  SsmtDevice *device = self->model->device;
  gboolean encoder = ssmt_network_has_encoder (network);

  if (encoder && !ssmt_arena_init (&self->encoder, device,
          ssmt_network_get_state_bytes (network, SSMT_STACK_ENCODER), 3))
    return FALSE;
  if (!ssmt_arena_init (&self->decoder, device,
          ssmt_network_get_state_bytes (network, SSMT_STACK_DECODER),
          decoder_slots (self->params.beam_size)))
    return FALSE;
  self->workspace = ssmt_workspace_new (network, stream_max_rows (self),
      encoder ? self->model->config->max_source + 3 : 0);
  return self->workspace != NULL;
}

static gboolean
set_memory_error (GError **error)
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
    set_memory_error (error);
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

    if (!ssmt_arena_init (&larger, self->model->device,
            self->decoder.slot_bytes, decoder_slots (clamped.beam_size))) {
      ssmt_arena_clear (&larger);
      return set_memory_error (error);
    }
    guint slot = ssmt_arena_acquire (&larger);
    ssmt_arena_copy_slot (&larger, slot, &self->decoder,
        self->carried.decoder_slot);
    ssmt_arena_clear (&self->decoder);
    self->decoder = larger;
    self->carried.decoder_slot = slot;
  }
  self->params = clamped;
  return TRUE;
}

static void
carried_reset_state (SsmtStream *self, SsmtCarried *carried)
{
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_reset_slot (&self->encoder, carried->encoder_slot);
  ssmt_arena_reset_slot (&self->decoder, carried->decoder_slot);
  carried->pending = -1;
}

void
ssmt_stream_reset (SsmtStream *self)
{
  g_return_if_fail (SSMT_IS_STREAM (self));

  carried_reset_state (self, &self->carried);
  self->carried.n_segments = 0;
}

SsmtStream *
ssmt_stream_fork (SsmtStream *self, GError **error)
{
  SsmtStream *fork;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);

  fork = ssmt_stream_new (self->model, &self->params, error);
  if (fork == NULL)
    return NULL;
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
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  return ssmt_snapshot_save (&self->carried, &self->encoder, &self->decoder,
      self->model->fingerprint, error);
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

/* --- reading ------------------------------------------------------------ */

/* Runs `n` tokens through slot `slot`, in chunks the workspace holds; the last row's logits
 * are computed where asked for. */
static gboolean
stream_read (SsmtStream *self, SsmtStack stack, SsmtArena *arena, guint slot,
    const gint32 *tokens, guint n, guint memory_rows, gboolean logits,
    GCancellable *cancellable, GError **error)
{
  guint max_rows = ssmt_workspace_get_max_rows (self->workspace);

  for (guint done = 0; done < n;) {
    guint rows = MIN (n - done, max_rows);
    guint32 last = rows - 1;
    SsmtSpan span = { slot, rows,
      stack == SSMT_STACK_ENCODER ? done : 0, memory_rows
    };
    gboolean want = logits && done + rows == n;

    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (!ssmt_network_forward (self->model->network, self->workspace, stack,
            arena, &span, 1, tokens + done, &last, want ? 1 : 0))
      return set_memory_error (error);
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

/* Reads the source of one segment and leaves the first target token's logits in the
 * workspace. *memory_rows: rows of the encoder's output. */
static gboolean
stream_read_prompt (SsmtStream *self, SsmtCarried *work, const GArray *source,
    guint *memory_rows, GCancellable *cancellable, GError **error)
{
  const SsmtConfig *config = self->model->config;
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GArray) prompt = g_array_new (FALSE, FALSE, sizeof (gint32));

  g_array_append_vals (ids, source->data, source->len);
  append_id (ids, config->source_end);
  append_id (prompt, work->pending);
  *memory_rows = 0;
  if (ssmt_network_has_encoder (self->model->network)) {
    *memory_rows = ids->len;
    if (!stream_read (self, SSMT_STACK_ENCODER, &self->encoder,
            work->encoder_slot, (gint32 *) ids->data, ids->len, 0, FALSE,
            cancellable, error))
      return FALSE;
  } else {
    g_array_append_vals (prompt, ids->data, ids->len);
  }
  append_id (prompt, config->target_start);
  return stream_read (self, SSMT_STACK_DECODER, &self->decoder,
      work->decoder_slot, (gint32 *) prompt->data, prompt->len, *memory_rows,
      TRUE, cancellable, error);
}

static guint
stream_max_target (SsmtStream *self, guint n_source)
{
  double ratio = self->params.max_length_ratio * n_source + 16;

  return MIN (ratio, self->model->config->max_target);
}

/* Translates one piece from `work`, whose decoder slot becomes the winner's (or is given back
 * on failure, then it is no slot any more). */
static gboolean
stream_search (SsmtStream *self, SsmtCarried *work, const GArray *source,
    guint memory_rows, GArray *target, GCancellable *cancellable,
    GError **error)
{
  const SsmtConfig *config = self->model->config;
  SsmtSearch search = {
    .network = self->model->network,.workspace = self->workspace,
    .arena = &self->decoder,.beam_size = self->params.beam_size,
    .length_penalty = self->params.length_penalty,
    .max_target = stream_max_target (self, source->len),
    .max_ngram = self->params.no_repeat_ngram,
    .target_end = config->target_end,
    .forbidden = (const gint32 *) config->forbidden->data,
    .n_forbidden = config->forbidden->len,
    .source = (const gint32 *) source->data,.n_source = source->len,
    .memory = 0,.memory_rows = memory_rows
  };

  if (!ssmt_search_run (&search, work->decoder_slot, target,
          &work->decoder_slot, cancellable, error))
    return FALSE;
  work->pending = config->carry_end ? config->target_end : -1;
  return TRUE;
}

/* A copy of `from` in acquired slots. */
static SsmtCarried
carried_begin (SsmtStream *self, const SsmtCarried *from)
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

static void
carried_release_encoder (SsmtStream *self, const SsmtCarried *work)
{
  if (ssmt_network_has_encoder (self->model->network))
    ssmt_arena_release (&self->encoder, work->encoder_slot);
}

static void
carried_release (SsmtStream *self, const SsmtCarried *work)
{
  carried_release_encoder (self, work);
  ssmt_arena_release (&self->decoder, work->decoder_slot);
}

/* One piece of text into its translation, appended to `out`; *work moves on to the state
 * after it. On failure *work has been given back. */
static gboolean
stream_translate_piece (SsmtStream *self, SsmtCarried *work,
    const char *piece, GString *out, GCancellable *cancellable,
    GError **error)
{
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree char *decoded = NULL, *text = NULL;
  guint memory_rows;

  if (!ssmt_tokenizer_encode (self->model->source_tokenizer, piece, -1,
          source, error)
      || !stream_read_prompt (self, work, source, &memory_rows, cancellable,
          error)) {
    carried_release (self, work);
    return FALSE;
  }
  if (!stream_search (self, work, source, memory_rows, target, cancellable,
          error)) {
    carried_release_encoder (self, work);
    return FALSE;
  }
  self->n_source += source->len;
  self->n_target += target->len;
  decoded = ssmt_tokenizer_decode (self->model->target_tokenizer,
      (const gint32 *) target->data, target->len);
  /* Byte pieces can spell line breaks: one line in, one line out. */
  text = ssmt_text_normalize (decoded);
  if (out->len > 0)
    g_string_append_c (out, ' ');
  /* A caption in the wrong language is worth more than none. */
  g_string_append (out, *text != '\0' ? text : piece);
  return TRUE;
}

static gboolean
stream_translate_pieces (SsmtStream *self, GPtrArray *pieces, GString *out,
    GCancellable *cancellable, GError **error)
{
  gboolean document = self->params.context == SSMT_CONTEXT_DOCUMENT;
  SsmtCarried work = carried_begin (self, &self->carried);

  if (!document)
    carried_reset_state (self, &work);
  for (guint i = 0; i < pieces->len; i++) {
    if (!stream_translate_piece (self, &work, g_ptr_array_index (pieces, i),
            out, cancellable, error))
      return FALSE;
  }
  if (document) {
    carried_release (self, &self->carried);
    self->carried = work;
  } else {
    carried_release (self, &work);
  }
  self->carried.n_segments++;
  return TRUE;
}

char *
ssmt_stream_translate (SsmtStream *self, const char *text,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *plain = NULL;
  g_autoptr (GPtrArray) pieces = NULL;
  g_autoptr (GString) out = NULL;

  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (text != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

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
  if (!ssmt_text_split (self->model->source_tokenizer, plain,
          self->model->config->max_source, pieces, error)
      || !stream_translate_pieces (self, pieces, out, cancellable, error))
    return NULL;
  if (self->model->device->ops->wait (self->model->device) != 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE,
        "%s has failed", self->model->device->description);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&out), FALSE);
}
