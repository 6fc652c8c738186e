/* ssmtranslate: the stream, what one document owns
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slots: the carried state of the document stands in one slot of each arena.
 * A segment (segment.h) is read into slots of its own.
 */
#include "engine/stream/stream-private.h"
#include "engine/tokens/language-tags.h"

G_DEFINE_FINAL_TYPE (SsmtStream, ssmt_stream, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (
    SsmtStreamParams, ssmt_stream_params, ssmt_stream_params_copy, ssmt_stream_params_free)

GType
ssmt_context_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { SSMT_CONTEXT_NONE, "Each segment on its own", "none" },
    { SSMT_CONTEXT_DOCUMENT, "The state is carried through the document", "document" },
    { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtContext", values));
  return type;
}

GType
ssmt_policy_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { SSMT_POLICY_FINAL, "Nothing before the text is final",
                                           "final" },
    { SSMT_POLICY_LOCAL_AGREEMENT, "What two translations agree on", "local-agreement" },
    { SSMT_POLICY_ALIGN_ATT, "What does not look at the end of the text", "align-att" },
    { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtPolicy", values));
  return type;
}

GType
ssmt_quotes_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { SSMT_QUOTES_SOURCE, "As the text writes them", "source" },
    { SSMT_QUOTES_TARGET, "As the target language writes them", "target" }, { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtQuotes", values));
  return type;
}

void
ssmt_stream_params_init (SsmtStreamParams *params)
{
  g_return_if_fail (params != NULL);
  *params = (SsmtStreamParams){ .context = SSMT_CONTEXT_DOCUMENT,
    .beam_size = 1,
    .length_penalty = 1.0f,
    .max_length_ratio = 3.0f,
    .no_repeat_ngram = 8,
    .guard = TRUE };
}

SsmtStreamParams *
ssmt_stream_params_new (void)
{
  SsmtStreamParams *params = g_new (SsmtStreamParams, 1);

  ssmt_stream_params_init (params);
  return params;
}

SsmtStreamParams *
ssmt_stream_params_copy (const SsmtStreamParams *params)
{
  return g_memdup2 (params, sizeof *params);
}

void
ssmt_stream_params_free (SsmtStreamParams *params)
{
  g_free (params);
}

static SsmtStreamParams
params_clamp (const SsmtStreamParams *params)
{
  SsmtStreamParams clamped;

  ssmt_stream_params_init (&clamped);
  if (params == NULL)
    return clamped;
  clamped.context =
      params->context == SSMT_CONTEXT_NONE ? SSMT_CONTEXT_NONE : SSMT_CONTEXT_DOCUMENT;
  clamped.beam_size = CLAMP (params->beam_size, 1, SSMT_STREAM_MAX_BEAM);
  /* Comparisons that are false for NaN keep the default. */
  if (params->length_penalty >= 0.0f && params->length_penalty <= 10.0f)
    clamped.length_penalty = params->length_penalty;
  if (params->max_length_ratio >= 0.0f && params->max_length_ratio <= 100.0f)
    clamped.max_length_ratio = params->max_length_ratio;
  clamped.no_repeat_ngram = MIN (params->no_repeat_ngram, 16);
  clamped.max_context = MIN (params->max_context, SSMT_MAX_CONTEXT);
  if ((guint) params->policy <= SSMT_POLICY_ALIGN_ATT)
    clamped.policy = params->policy;
  clamped.guard = params->guard != FALSE;
  if (params->quotes == SSMT_QUOTES_TARGET)
    clamped.quotes = params->quotes;
  return clamped;
}

enum { PROP_MODEL = 1, PROP_PARAMS, N_PROPS };

static GParamSpec *properties[N_PROPS];

/* --- life --------------------------------------------------------------- */

static void
ssmt_stream_finalize (GObject *object)
{
  SsmtStream *self = SSMT_STREAM (object);

  ssmt_stream_drop_growing (self);
  g_clear_object (&self->again);
  g_clear_pointer (&self->glossary, ssmt_glossary_unref);
  g_clear_pointer (&self->start, ssmt_state_unref);
  g_clear_pointer (&self->columns, ssmt_columns_free);
  g_clear_pointer (&self->template, ssmt_template_free);
  g_free (self->target_language);
  g_free (self->token_flags);
  g_clear_pointer (&self->sentences, ssmt_sentences_free);
  for (guint stack = 0; stack < 2; stack++)
    ssmt_arena_clear (&self->arenas[stack]);
  if (self->has_memory)
    ssmt_scheduler_give_memory (self->model->scheduler, self->memory);
  g_clear_object (&self->model);
  G_OBJECT_CLASS (ssmt_stream_parent_class)->finalize (object);
}

static void
ssmt_stream_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  SsmtStream *self = SSMT_STREAM (object);

  if (id == PROP_MODEL)
    g_value_set_object (value, self->model);
  else
    g_value_set_boxed (value, &self->params);
}

static void
ssmt_stream_class_init (SsmtStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ssmt_stream_finalize;
  object_class->get_property = ssmt_stream_get_property;
  /**
   * SsmtStream:model:
   *
   * The model that the stream was made of.
   *
   * Since: 0.1
   */
  properties[PROP_MODEL] = g_param_spec_object (
      "model", NULL, NULL, SSMT_TYPE_MODEL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SsmtStream:params:
   *
   * How the stream translates, with values out of range put right; who reads it has a copy.
   * ssmt_stream_set_params() changes it and notifies.
   *
   * Since: 0.1
   */
  properties[PROP_PARAMS] = g_param_spec_boxed (
      "params", NULL, NULL, SSMT_TYPE_STREAM_PARAMS, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
ssmt_stream_init (SsmtStream *self)
{
}

/* --- the language ------------------------------------------------------- */

const SsmtTemplate *
ssmt_stream_get_template (const SsmtStream *self)
{
  return self->template != NULL ? self->template : self->model->tokenizers.segment;
}

gboolean
ssmt_stream_set_target_language (SsmtStream *self, const char *language, GError **error)
{
  const SsmtTokenizers *tokenizers;
  g_autofree char *all = NULL;
  const char *tag;
  SsmtTemplate *made;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (language != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  tokenizers = &self->model->tokenizers;
  if (tokenizers->languages == NULL) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "the model writes one language, which is its own");
    return FALSE;
  }
  tag = ssmt_language_tags_match ((const char *const *) tokenizers->languages, language);
  if (tag == NULL) {
    all = g_strjoinv (", ", tokenizers->languages);
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "the model does not write \"%s\", it writes %.400s", language, all);
    return FALSE;
  }
  made = ssmt_language_tags_make_template (
      &self->model->config->text, tokenizers->source, tokenizers->target, tag, error);
  if (made == NULL)
    return FALSE;
  g_clear_pointer (&self->template, ssmt_template_free);
  self->template = made;
  g_free (self->target_language);
  self->target_language = g_strdup (tag);
  g_clear_object (&self->again);
  return TRUE;
}

const char *
ssmt_stream_get_target_language (SsmtStream *self)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  return self->target_language != NULL ? self->target_language
                                       : ssmt_model_get_target_language (self->model);
}

/* --- terms -------------------------------------------------------------- */

void
ssmt_stream_set_glossary (SsmtStream *self, SsmtGlossary *glossary)
{
  g_return_if_fail (SSMT_IS_STREAM (self));
  if (glossary != NULL)
    ssmt_glossary_ref (glossary);
  g_clear_pointer (&self->glossary, ssmt_glossary_unref);
  self->glossary = glossary;
}

SsmtGlossary *
ssmt_stream_get_glossary (SsmtStream *self)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  return self->glossary;
}

/* --- slots -------------------------------------------------------------- */

/* The document's and a segment's. */
#define ENCODER_SLOTS 2

/* The document's, that before a piece (to align from), beam_size live ones (one of them has the
 * segment first), and the best that ended. */
static guint
decoder_slots (guint beam_size)
{
  return beam_size + 3;
}

static gboolean
stream_alloc (SsmtStream *self)
{
  SsmtScheduler *scheduler = self->model->scheduler;
  const SsmtConfig *config = self->model->config;
  /* one segment always has room: the end of the last, the prompt, the target */
  guint32 least = 1 + config->max_source
      + ssmt_template_get_overhead (self->model->tokenizers.segment) + config->max_target;
  guint32 context =
      MAX (least, self->params.max_context > 0 ? self->params.max_context : config->max_context);

  self->has_memory = ssmt_scheduler_init_arena (scheduler, SSMT_STACK_ENCODER,
                         &self->arenas[SSMT_STACK_ENCODER], context, ENCODER_SLOTS)
      && ssmt_scheduler_init_arena (scheduler, SSMT_STACK_DECODER,
          &self->arenas[SSMT_STACK_DECODER], context, decoder_slots (self->params.beam_size))
      && ssmt_scheduler_take_memory (scheduler, &self->memory);
  return self->has_memory;
}

static gboolean
set_memory_error (GError **error)
{
  g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_MEMORY,
      "no memory left on the device for the state of one more stream");
  return FALSE;
}

SsmtStream *
ssmt_stream_new (SsmtModel *model, const SsmtStreamParams *params, GError **error)
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
  ssmt_place_acquire (&self->carried, self->arenas);
  ssmt_stream_reset (self);
  return g_steal_pointer (&self);
}

SsmtModel *
ssmt_stream_get_model (SsmtStream *self)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  return self->model;
}

/* More slots of the decoder, with what the document and its start need. */
static gboolean
stream_grow (SsmtStream *self, guint n_slots)
{
  SsmtArena *decoder = &self->arenas[SSMT_STACK_DECODER], larger;
  guint *slot = &self->carried.slots[SSMT_STACK_DECODER], new_slot;
  guint64 tokens = decoder->positions[*slot];

  if (self->start != NULL)
    tokens = MAX (tokens, self->start->arenas[SSMT_STACK_DECODER].positions[0]);
  if (!ssmt_scheduler_init_arena (
          self->model->scheduler, SSMT_STACK_DECODER, &larger, decoder->max_tokens, n_slots)
      || !ssmt_arena_reserve (&larger, tokens)) {
    ssmt_arena_clear (&larger);
    return FALSE;
  }
  new_slot = ssmt_arena_acquire (&larger);
  ssmt_arena_copy_slot (&larger, new_slot, decoder, *slot);
  ssmt_arena_clear (decoder);
  *decoder = larger;
  *slot = new_slot;
  return TRUE;
}

gboolean
ssmt_stream_set_params (SsmtStream *self, const SsmtStreamParams *params, GError **error)
{
  SsmtStreamParams clamped;
  guint n_slots;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (params != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  clamped = params_clamp (params);
  n_slots = decoder_slots (clamped.beam_size);
  if (n_slots > self->arenas[SSMT_STACK_DECODER].n_slots && !stream_grow (self, n_slots))
    return set_memory_error (error);
  clamped.max_context = self->params.max_context;
  /* a stream for what is searched again was made with those of before */
  if (clamped.context != self->params.context || clamped.quotes != self->params.quotes
      || clamped.no_repeat_ngram != self->params.no_repeat_ngram
      || clamped.length_penalty < self->params.length_penalty
      || clamped.length_penalty > self->params.length_penalty
      || clamped.max_length_ratio < self->params.max_length_ratio
      || clamped.max_length_ratio > self->params.max_length_ratio)
    g_clear_object (&self->again);
  self->params = clamped;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARAMS]);
  return TRUE;
}

/* --- where it stands -------------------------------------------------------- */

void
ssmt_stream_reset_place (SsmtStream *self, SsmtPlace *place)
{
  if (self->start != NULL)
    ssmt_place_copy (place, self->arenas, &self->start->place, self->start->arenas);
  else
    ssmt_place_reset (place, self->arenas);
}

void
ssmt_stream_reset (SsmtStream *self)
{
  g_return_if_fail (SSMT_IS_STREAM (self));

  ssmt_stream_reset_place (self, &self->carried);
  self->carried.n_segments = 0;
}

void
ssmt_stream_drop_growing (SsmtStream *self)
{
  SsmtGrowing *growing;

  g_return_if_fail (SSMT_IS_STREAM (self));
  growing = g_steal_pointer (&self->growing);
  if (growing == NULL)
    return;
  g_free (growing->text);
  g_free (growing->translation);
  g_free (growing->tail);
  g_free (growing->said);
  g_array_unref (growing->committed);
  g_array_unref (growing->hypothesis);
  for (guint i = 0; i < G_N_ELEMENTS (growing->sources); i++)
    g_clear_pointer (&growing->sources[i], g_array_unref);
  g_clear_pointer (&growing->glossary, ssmt_glossary_unref);
  g_free (growing);
}

SsmtState *
ssmt_stream_get_state (SsmtStream *self, GError **error)
{
  g_return_val_if_fail (SSMT_IS_STREAM (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return ssmt_state_new (self->model, &self->carried, self->arenas, error);
}

gboolean
ssmt_stream_set_state (SsmtStream *self, SsmtState *state, GError **error)
{
  g_autoptr (SsmtState) here = NULL;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (state != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  here = ssmt_state_bring (state, self->model, self->arenas, error);
  if (here == NULL)
    return FALSE;
  ssmt_place_copy (&self->carried, self->arenas, &here->place, here->arenas);
  self->carried.n_segments = here->place.n_segments;
  return TRUE;
}

gboolean
ssmt_stream_set_start (SsmtStream *self, SsmtState *start, GError **error)
{
  SsmtState *here = NULL;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (start != NULL) {
    here = ssmt_state_bring (start, self->model, self->arenas, error);
    if (here == NULL)
      return FALSE;
  }
  g_clear_pointer (&self->start, ssmt_state_unref);
  self->start = here;
  ssmt_stream_reset (self);
  ssmt_stream_drop_growing (self);
  return TRUE;
}

/* --- counts ------------------------------------------------------------------ */

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
