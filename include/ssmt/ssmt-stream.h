/* ssmtranslate: the stream, what one document owns
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_STREAM_H
#define SSMT_STREAM_H

#include "ssmt/ssmt-glossary.h"
#include "ssmt/ssmt-state.h"
#include "ssmt/ssmt-translation.h"

G_BEGIN_DECLS

#define SSMT_TYPE_STREAM (ssmt_stream_get_type ())
/**
 * SsmtStream:
 *
 * One document being translated: the carried state of the model's layers and
 * the search. Text goes in segment by segment (a cue, a line, a sentence), its
 * translation comes out, and what was read stays in the state for the segments
 * after it. Memory does not grow with the number of segments, but in models whose
 * attention has no window; there it is bounded by @max_context.
 *
 * A stream may be used from any one thread at a time; different streams of one
 * model are independent.
 *
 * Since: 0.1
 */
SSMT_API G_DECLARE_FINAL_TYPE (SsmtStream, ssmt_stream, SSMT, STREAM, GObject)

    /**
 * SsmtContext:
 * @SSMT_CONTEXT_NONE: each segment is translated from a fresh state
 * @SSMT_CONTEXT_DOCUMENT: the state is carried from segment to segment
 *
 * What a segment knows of those before it.
 *
 * Since: 0.1
 */
    typedef enum {
      SSMT_CONTEXT_NONE,
      SSMT_CONTEXT_DOCUMENT,
    } SsmtContext;

SSMT_API GType ssmt_context_get_type (void);
#define SSMT_TYPE_CONTEXT (ssmt_context_get_type ())

/**
 * SsmtPolicy:
 * @SSMT_POLICY_FINAL: nothing before the text is final
 * @SSMT_POLICY_LOCAL_AGREEMENT: the words on which this translation and the one
 *   before agree from the start [Liu et al. 2020, arXiv 2005.11185]
 * @SSMT_POLICY_ALIGN_ATT: the words up to the first that looks at one of the
 *   last two words of the source [Papi et al. 2023, arXiv 2305.11408] or, once
 *   a text of the stream has changed words that it had, at one that was not the
 *   same in the two texts before; like @SSMT_POLICY_FINAL for a model without
 *   cross-attention
 *
 * Which part of the translation of a growing text is committed: it never
 * changes any more, whatever the text becomes.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_POLICY_FINAL,
  SSMT_POLICY_LOCAL_AGREEMENT,
  SSMT_POLICY_ALIGN_ATT,
} SsmtPolicy;

SSMT_API GType ssmt_policy_get_type (void);
#define SSMT_TYPE_POLICY (ssmt_policy_get_type ())

/**
 * SsmtQuotes:
 * @SSMT_QUOTES_SOURCE: as the text writes them
 * @SSMT_QUOTES_TARGET: as the target language writes them, by CLDR
 *
 * Which quotation marks and apostrophes a translation has.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_QUOTES_SOURCE,
  SSMT_QUOTES_TARGET,
} SsmtQuotes;

SSMT_API GType ssmt_quotes_get_type (void);
#define SSMT_TYPE_QUOTES (ssmt_quotes_get_type ())

/**
 * SSMT_STREAM_MAX_BEAM:
 *
 * Largest beam size.
 *
 * Since: 0.1
 */
#define SSMT_STREAM_MAX_BEAM 16

/**
 * SsmtStreamParams:
 * @context: what a segment knows of those before it
 * @beam_size: hypotheses kept, 1 (greedy) to %SSMT_STREAM_MAX_BEAM
 * @length_penalty: a hypothesis of n tokens is ranked by log-probability / n^this
 * @max_length_ratio: a target is at most this times the source's tokens + 16,
 *   and never longer than the model's own limit
 * @no_repeat_ngram: the guard against loops: n-grams of target tokens up to
 *   this n come in a row at most twice, or as often as the source repeats one
 *   of that length, and six tokens stand anywhere just once, or as often as
 *   some four do in the source; 0 leaves only the limit of length
 * @max_context: tokens of one document that a model may keep whose attention has no
 *   window; 0: the model's own limit. It holds from ssmt_stream_new() on, and less than
 *   what the longest segment takes is raised to that. Other models read documents of
 *   any length
 * @policy: what is committed of the translation of a text that grows
 * @guard: keep what no model translates (addresses, placeholders, emoji, codes), look after numbers
 *   and the like in what comes out, and search again where they are wrong; with %FALSE a text goes to
 *   the model as it is
 * @quotes: which quotation marks a translation has, with @guard
 *
 * How a stream translates. Begin with ssmt_stream_params_new(), or with one of your own and
 * ssmt_stream_params_init(): members that are added later have their defaults then.
 *
 * Since: 0.1
 */
typedef struct {
  SsmtContext context;
  guint beam_size;
  gfloat length_penalty;
  gfloat max_length_ratio;
  guint no_repeat_ngram;
  guint max_context;
  SsmtPolicy policy;
  gboolean guard;
  SsmtQuotes quotes;

  /*< private >*/
  gpointer padding[8];
} SsmtStreamParams;

SSMT_API GType ssmt_stream_params_get_type (void);
#define SSMT_TYPE_STREAM_PARAMS (ssmt_stream_params_get_type ())

/**
 * ssmt_stream_params_new: (constructor)
 *
 * Makes parameters with the defaults: document context, greedy, length penalty 1.0, length ratio
 * 3.0, n-grams up to 8 guarded, nothing committed before a text is final, the guard, quotes as in
 * the text.
 *
 * Returns: (transfer full): the parameters, for ssmt_stream_params_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtStreamParams *ssmt_stream_params_new (void);

/**
 * ssmt_stream_params_copy:
 * @params: parameters
 *
 * Copies all members, for instance to change one of those that a stream has.
 *
 * Returns: (transfer full): the copy, for ssmt_stream_params_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtStreamParams *ssmt_stream_params_copy (const SsmtStreamParams *params);

/**
 * ssmt_stream_params_free:
 * @params: (nullable): of ssmt_stream_params_new() or ssmt_stream_params_copy()
 *
 * Frees parameters that were allocated. Streams keep none of them, so this may follow at once.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_params_free (SsmtStreamParams *params);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtStreamParams, ssmt_stream_params_free)

/**
 * ssmt_stream_params_init: (skip)
 * @params: what is set, whatever it held
 *
 * Sets all members as ssmt_stream_params_new() does, for parameters that are a variable of the
 * program. There is nothing to free.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_params_init (SsmtStreamParams *params);

/**
 * ssmt_stream_new:
 * @model: the model; the stream keeps a reference
 * @params: (nullable): how to translate; %NULL: the defaults
 * @error: return location of a #GError
 *
 * Begins a document. Takes the memory of its state and of the hypotheses of its search on the
 * model's device. Any thread may make a stream.
 *
 * Returns: (transfer full) (nullable): the stream, or %NULL with @error set: %SSMT_ERROR_MEMORY,
 *   the device has no room for its state
 *
 * Since: 0.1
 */
SSMT_API SsmtStream *ssmt_stream_new (
    SsmtModel *model, const SsmtStreamParams *params, GError **error);

/**
 * ssmt_stream_set_params:
 * @params: what holds from the next segment on; values out of range become the nearest ones,
 *   @length_penalty and @max_length_ratio their defaults
 * @error: return location of a #GError
 *
 * Changes how the stream translates and keeps what it has read. Of the members @max_context alone
 * stays as ssmt_stream_new() was given it. #SsmtStream:params is notified.
 *
 * Returns: %FALSE (%SSMT_ERROR_MEMORY) when there is no memory for a larger beam; the old
 *   parameters stay
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_set_params (
    SsmtStream *self, const SsmtStreamParams *params, GError **error);

/**
 * ssmt_stream_set_target_language:
 * @language: one of ssmt_model_get_target_languages(), or a code of the same language: "de", "deu",
 *   "pt-BR"
 * @error: return location of a #GError
 *
 * What the stream writes from the next segment on, where its model can write several languages.
 *
 * Returns: %FALSE (%SSMT_ERROR_UNSUPPORTED where the model does not write it, or writes one language only)
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_set_target_language (
    SsmtStream *self, const char *language, GError **error);

/**
 * ssmt_stream_get_target_language:
 *
 * Tells what the stream writes: the language that ssmt_stream_set_target_language() chose, else the
 * model's. Valid until another one is chosen.
 *
 * Returns: (transfer none) (nullable): its code; %NULL: nobody has said
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_stream_get_target_language (SsmtStream *self);

/**
 * ssmt_stream_set_glossary:
 * @glossary: (nullable): the terms; %NULL: none
 *
 * How terms are translated from the next segment on; one that grows keeps what it began with. Needs the guard of
 * #SsmtStreamParams.
 *
 * Terms that are not translated are kept from the model and come back as they were written. For the others what the
 * model says is looked at: where the target, or a form of it, is missing, the text is translated again so that it
 * has it, %SSMT_GUARD_FAULT_TERM in ssmt_translation_get_mended(). In a text that still grows only terms that are not translated hold.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_set_glossary (SsmtStream *self, SsmtGlossary *glossary);

/**
 * ssmt_stream_get_glossary:
 *
 * Tells which terms hold for the next segment. The reference is the stream's own.
 *
 * Returns: (transfer none) (nullable): the terms; %NULL: none
 *
 * Since: 0.1
 */
SSMT_API SsmtGlossary *ssmt_stream_get_glossary (SsmtStream *self);

/**
 * ssmt_stream_get_model:
 *
 * Tells what the stream translates with. The reference is the stream's own and kept until its end.
 *
 * Returns: (transfer none): the model
 *
 * Since: 0.1
 */
SSMT_API SsmtModel *ssmt_stream_get_model (SsmtStream *self);

/**
 * ssmt_stream_translate:
 * @text: UTF-8 plain text of one segment, no markup
 * @flags: %SSMT_TRANSLATE_NONE for a final text and nothing but its translation
 * @cancellable: (nullable): checked between tokens
 * @error: return location of a #GError
 *
 * Translates one segment and carries the state on. Leading and trailing white
 * space and line breaks between words are read as spaces; text without a letter
 * comes back as it is and does not touch the state. Text longer than
 * the model's segment is translated piece by piece, sentence by sentence where the
 * model carries no state. After an error or a
 * cancellation the state is that before the call. %SSMT_ERROR_CONTEXT says that
 * the document would become longer than the model's attention can hold:
 * ssmt_stream_reset() begins a new one.
 *
 * With %SSMT_TRANSLATE_GROWING @text is the whole segment, as far and as well as it is known now.
 * Each such call begins with a fork of the carried state: only the segment itself is read again,
 * never what was before it. What the policy of #SsmtStreamParams says is committed, all later
 * translations of the segment begin with. Until it is final a text is translated as far as its
 * first piece; one that is the same as in the call before costs nothing, unless an alignment is
 * wanted, and commits nothing.
 *
 * The next call without that flag is the segment's end: it goes on from what is committed, and the
 * state moves on. A segment that has come to nothing ends with a text without a letter; what was
 * said of it stays said. ssmt_stream_drop_growing() forgets it instead.
 *
 * Returns: (transfer full) (nullable): the translation, or %NULL with @error
 *   set (%SSMT_ERROR, or %G_IO_ERROR_CANCELLED)
 *
 * Since: 0.1
 */
SSMT_API SsmtTranslation *ssmt_stream_translate (SsmtStream *self, const char *text,
    SsmtTranslateFlags flags, GCancellable *cancellable, GError **error);

/**
 * ssmt_stream_take_alternative:
 * @translation: what ssmt_stream_translate() made of a text with %SSMT_TRANSLATE_ALTERNATIVES, on this stream or
 *   one of the same model
 * @index: the alternative
 * @flags: %SSMT_TRANSLATE_NONE or %SSMT_TRANSLATE_ALIGN
 * @cancellable: (nullable): checked between requests
 * @error: return location of a #GError
 *
 * Reads the text of @translation with that alternative of its translations, as if the search had chosen
 * it: the state moves on as it would have. Nothing is searched, the tokens are read in one pass. The stream
 * stands where it stood before @translation was made: whoever may take another than the first has
 * called ssmt_stream_get_state() before, and ssmt_stream_set_state() since.
 *
 * Returns: (transfer full) (nullable): the alternative as a translation of its own, with its score, or %NULL
 *   with @error set (as ssmt_stream_translate(); %SSMT_ERROR_TEXT where there is no such alternative); the state
 *   is that before the call then
 *
 * Since: 0.1
 */
SSMT_API SsmtTranslation *ssmt_stream_take_alternative (SsmtStream *self,
    SsmtTranslation *translation, guint index, SsmtTranslateFlags flags, GCancellable *cancellable,
    GError **error);

/**
 * ssmt_stream_translate_async:
 * @text: as for ssmt_stream_translate()
 * @flags: as for ssmt_stream_translate()
 * @cancellable: (nullable): checked between tokens
 * @callback: (scope async): called in the thread-default main context of the caller
 * @user_data: for @callback
 *
 * As ssmt_stream_translate(), on a thread of its own: until @callback is called the stream is used
 * by nobody else.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_translate_async (SsmtStream *self, const char *text,
    SsmtTranslateFlags flags, GCancellable *cancellable, GAsyncReadyCallback callback,
    gpointer user_data);

/**
 * ssmt_stream_translate_finish:
 * @result: what the callback was given
 * @error: return location of a #GError
 *
 * Ends ssmt_stream_translate_async(), once for each call, in the callback or later.
 *
 * Returns: (transfer full) (nullable): the translation, or %NULL with @error set as by
 *   ssmt_stream_translate()
 *
 * Since: 0.1
 */
SSMT_API SsmtTranslation *ssmt_stream_translate_finish (
    SsmtStream *self, GAsyncResult *result, GError **error);

/**
 * ssmt_stream_get_state:
 * @error: return location of a #GError
 *
 * Copies the state that the stream carries, on the device, and leaves it as it is. A segment that
 * still grows is not in it.
 *
 * Returns: (transfer full) (nullable): where the document stands now, or %NULL (%SSMT_ERROR_MEMORY)
 *
 * Since: 0.1
 */
SSMT_API SsmtState *ssmt_stream_get_state (SsmtStream *self, GError **error);

/**
 * ssmt_stream_set_state:
 * @state: of a stream of the same model, which may be on another device
 * @error: return location of a #GError
 *
 * Goes on from there, whatever the stream has read itself: a new stream with the state of another is
 * its fork.
 *
 * Returns: %FALSE (%SSMT_ERROR_STATE where @state is another model's or longer than @max_context
 *   allows, %SSMT_ERROR_MEMORY); nothing has changed then
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_set_state (SsmtStream *self, SsmtState *state, GError **error);

/**
 * ssmt_stream_set_start:
 * @start: (nullable): a state as for ssmt_stream_set_state(); %NULL: an empty one
 * @error: return location of a #GError
 *
 * From now on each document of the stream (with %SSMT_CONTEXT_NONE: each segment) begins with
 * this state. A new document begins. Streams share the state, they do not copy it.
 *
 * Returns: %FALSE (%SSMT_ERROR_STATE, %SSMT_ERROR_MEMORY); nothing has changed then
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_stream_set_start (SsmtStream *self, SsmtState *start, GError **error);

/**
 * ssmt_stream_reset:
 *
 * A new document begins: all that was read is forgotten, but not what is committed of a segment
 * that still grows; ssmt_stream_drop_growing() forgets that.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_reset (SsmtStream *self);

/**
 * ssmt_stream_drop_growing:
 *
 * Forgets the segment that grows, if there is one; the carried state stays.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_drop_growing (SsmtStream *self);

/**
 * ssmt_stream_get_n_segments:
 *
 * Counts what was read since the start of the document: translations of final texts with letters,
 * and pairs of ssmt_stream_read_pair(). ssmt_stream_set_state() brings the count of the state.
 *
 * Returns: segments of the document, 0 after ssmt_stream_reset()
 *
 * Since: 0.1
 */
SSMT_API guint64 ssmt_stream_get_n_segments (SsmtStream *self);

/**
 * ssmt_stream_get_n_tokens:
 * @source: (out) (optional): source tokens read since the stream was made
 * @target: (out) (optional): target tokens written since the stream was made
 *
 * Counts for figures such as tokens per second; ssmt_stream_reset() keeps them.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_stream_get_n_tokens (SsmtStream *self, guint64 *source, guint64 *target);

G_END_DECLS

#endif /* SSMT_STREAM_H */
