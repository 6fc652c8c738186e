/* ssmtranslate: which words translate which
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ALIGNMENT_H
#define SSMT_ALIGNMENT_H

#include "ssmt/ssmt-stream.h"
#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/**
 * SsmtAlignment:
 * @n_target: words of the translation
 * @n_source: words of the source text
 * @target: (array length=n_target): where they stand in the translation, in order
 * @source: (array length=n_source): where they stand in the source text, in order
 * @source_word: (array length=n_target): the source word, from 0, that each
 *   word of the translation translates; -1: not known
 * @scores: (skip): @n_target rows of @n_source: how much each word of the translation looks
 *   at each source word; a row sums to 1, or to 0 where nothing is known
 *
 * Which words of a translation translate which of its source. Words are those of
 * ssmt_text_next_word(). The scores of a translation are the decoder's cross-attention, the
 * mean over heads and layers [Bahdanau et al. 2015, arXiv 1409.0473, sec. 5.2.1], or the head that the
 * model names; a model without cross-attention knows nothing here. What ssmt_stream_align() reads says #SsmtAlignSource.
 *
 * Since: 0.1
 */
struct _SsmtAlignment {
  guint n_target, n_source;
  SsmtRange *target, *source;
  gint *source_word;
  gfloat *scores;

  /*< private >*/
  gpointer padding[4];
};

SSMT_API GType ssmt_alignment_get_type (void);
#define SSMT_TYPE_ALIGNMENT (ssmt_alignment_get_type ())

/**
 * ssmt_alignment_copy:
 * @alignment: an alignment
 *
 * Copies words, places and scores. The copy of a translation's alignment outlives the translation.
 *
 * Returns: (transfer full): the copy, for ssmt_alignment_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtAlignment *ssmt_alignment_copy (const SsmtAlignment *alignment);

/**
 * ssmt_alignment_free:
 * @alignment: (nullable): freed
 *
 * Frees what ssmt_stream_align() or ssmt_alignment_copy() returned. The alignment of a translation
 * goes with the translation.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_alignment_free (SsmtAlignment *alignment);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtAlignment, ssmt_alignment_free)

/**
 * ssmt_alignment_get_score:
 * @alignment: an alignment
 * @target: a word of the translation
 * @source: a word of the source text
 *
 * Looks one value up in the member scores, which bindings do not see. Words are counted from 0.
 *
 * Returns: how much the one looks at the other, 0 to 1
 *
 * Since: 0.1
 */
SSMT_API gfloat ssmt_alignment_get_score (
    const SsmtAlignment *alignment, guint target, guint source);

/**
 * ssmt_alignment_get_target_word:
 * @alignment: an alignment
 * @word: a word of the translation
 * @start: (out): its first byte in the translation
 * @end: (out): the byte behind its last one
 *
 * Tells where a word of the translation stands, the first one being 0: the member target for
 * bindings. Places are bytes of UTF-8.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_alignment_get_target_word (
    const SsmtAlignment *alignment, guint word, gsize *start, gsize *end);

/**
 * ssmt_alignment_get_source_word:
 * @alignment: an alignment
 * @word: a word of the source text
 * @start: (out): its first byte in the source text
 * @end: (out): the byte behind its last one
 *
 * Tells where a word of the source text stands, the first one being 0: the member source for
 * bindings. Places are bytes of UTF-8.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_alignment_get_source_word (
    const SsmtAlignment *alignment, guint word, gsize *start, gsize *end);

/**
 * SsmtAlignSource:
 * @SSMT_ALIGN_ATTENTION: the decoder's cross-attention; without an encoder, the attention of its
 *   layers from the translation to the source
 * @SSMT_ALIGN_HIDDEN: the hidden attention of its scans from the translation to the source
 *   [Ali et al. 2024, The Hidden Attention of Mamba Models, arXiv 2403.01590, eq. 12]: by how much
 *   the state carries an input on to a later output; in models without an encoder
 *
 * What an alignment is read from: the mean over heads (channels) of absolute weights, each
 * layer's rows summing to 1, and the mean over layers.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_ALIGN_ATTENTION,
  SSMT_ALIGN_HIDDEN,
} SsmtAlignSource;

SSMT_API GType ssmt_align_source_get_type (void);
#define SSMT_TYPE_ALIGN_SOURCE (ssmt_align_source_get_type ())

/**
 * ssmt_stream_align:
 * @source: UTF-8 plain text of one segment
 * @target: a translation of it
 * @from: what the alignment is read from
 * @cancellable: (nullable): checked now and then
 * @error: return location of a #GError
 *
 * Aligns the words of a translation that is given, read after what the stream has read. The
 * state stays as it is.
 *
 * Returns: (transfer full) (nullable): the alignment, or %NULL with @error set (%SSMT_ERROR_TEXT
 *   where a text is empty or too long, %SSMT_ERROR_UNSUPPORTED where the model has nothing of
 *   that kind)
 *
 * Since: 0.1
 */
SSMT_API SsmtAlignment *ssmt_stream_align (SsmtStream *self, const char *source, const char *target,
    SsmtAlignSource from, GCancellable *cancellable, GError **error);

G_END_DECLS

#endif /* SSMT_ALIGNMENT_H */
