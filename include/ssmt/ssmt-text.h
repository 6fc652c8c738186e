/* ssmtranslate: what a word, a letter and a sentence of a text is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever counts, marks or cuts words does it with these functions, so that all mean the same.
 * Texts are valid UTF-8.
 */
#ifndef SSMT_TEXT_H
#define SSMT_TEXT_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * SsmtRange:
 * @start: the first byte
 * @end: the byte behind the last one
 *
 * A part of a text, in bytes of its UTF-8, at the borders of characters.
 *
 * Since: 0.1
 */
typedef struct {
  gsize start, end;
} SsmtRange;

/**
 * ssmt_text_is_space:
 * @c: a character
 *
 * Tells what divides words: the white space of Unicode, with the no-break spaces U+00A0 and U+202F
 * and the ideographic space U+3000, and control characters.
 *
 * Returns: %TRUE where @c divides words
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_text_is_space (gunichar c);

/**
 * ssmt_text_has_letter:
 * @text: any text
 *
 * Looks for a letter of any script. A text without one, "1984" or "♪", needs no translation:
 * ssmt_stream_translate() gives it back as it is.
 *
 * Returns: %TRUE where there is one
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_text_has_letter (const char *text);

/**
 * ssmt_text_next_word:
 * @text: any text
 * @word: (inout): the word found; before the first call { 0, 0 }
 *
 * Finds the first word that begins at @word->end or behind it. A word is what spaces divide
 * (ssmt_text_is_space()); so a Chinese sentence is one.
 *
 * Returns: %FALSE when there is none left
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_text_next_word (const char *text, SsmtRange *word);

/**
 * ssmt_text_count_words:
 * @text: any text
 *
 * Counts what spaces divide, as ssmt_text_next_word() finds it.
 *
 * Returns: the number of words, 0 in a text of spaces
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_text_count_words (const char *text);

/**
 * ssmt_text_count_characters:
 * @text: any text
 *
 * Counts what a reader sees as one: grapheme clusters [Unicode UAX 29], a letter with its accents,
 * an emoji of several code points. Spaces count, line breaks do not; where ICU has no data it
 * counts code points.
 *
 * Returns: the number of characters
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_text_count_characters (const char *text);

/**
 * ssmt_text_count_columns:
 * @text: any text, one line
 *
 * Counts columns on a screen: 2 for the wide characters of Chinese, Japanese and Korean and for
 * emoji [Unicode UAX 11], 1 for others, 0 for what stands on the one before.
 *
 * Returns: the width of @text
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_text_count_columns (const char *text);

/**
 * ssmt_text_is_sentence_end:
 * @c: a character
 *
 * Tells the signs that end sentences, full stop to ideographic full stop. An abbreviation may end
 * in one, too: ssmt_sentences_find() knows more.
 *
 * Returns: %TRUE for such a sign
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_text_is_sentence_end (gunichar c);

/**
 * SsmtSentences:
 *
 * Finds sentences by the rules of Unicode [TR 29], with CLDR's lists of abbreviations for the
 * language ("ss=standard"), by ICU. Without ICU's data for the language the root's rules hold;
 * without any, a text is one sentence. One thread at a time.
 *
 * Since: 0.1
 */
typedef struct _SsmtSentences SsmtSentences;

SSMT_API GType ssmt_sentences_get_type (void);
#define SSMT_TYPE_SENTENCES (ssmt_sentences_get_type ())

/**
 * ssmt_sentences_new:
 * @language: (nullable): BCP 47 code of the texts; %NULL or an unknown one: any language
 *
 * Opens the rules for a language. One finder serves any number of texts.
 *
 * Returns: (transfer full): the finder, for ssmt_sentences_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtSentences *ssmt_sentences_new (const char *language);

/**
 * ssmt_sentences_copy:
 * @self: a finder
 *
 * Makes another finder for the same language, so that another thread has one of its own.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
SSMT_API SsmtSentences *ssmt_sentences_copy (const SsmtSentences *self);

/**
 * ssmt_sentences_free:
 * @self: (nullable): freed
 *
 * Frees a finder. The sentences that it has found are their owner's and stay.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_sentences_free (SsmtSentences *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtSentences, ssmt_sentences_free)

/**
 * ssmt_sentences_find:
 * @self: a finder
 * @text: the text
 * @n: (out): how many there are; 0 in an empty text
 *
 * The sentences of @text in order, each with the spaces behind it; together they are all of it.
 * What has no letter belongs to the sentence before.
 *
 * Returns: (transfer full) (array length=n): the sentences
 *
 * Since: 0.1
 */
SSMT_API SsmtRange *ssmt_sentences_find (SsmtSentences *self, const char *text, guint *n);

/**
 * ssmt_sentences_ends:
 * @self: a finder
 * @text: the text
 *
 * Tells whether a text is complete. "He met Mr." is not, in English: a name will follow.
 *
 * Returns: %TRUE where @text ends with its sentence, whatever comes next
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_sentences_ends (SsmtSentences *self, const char *text);

G_END_DECLS

#endif /* SSMT_TEXT_H */
