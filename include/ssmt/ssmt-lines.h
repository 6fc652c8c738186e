/* ssmtranslate: a text in lines that fit
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LINES_H
#define SSMT_LINES_H

#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

/**
 * SsmtLines:
 *
 * Finds the lines of a text that is shown, such as a subtitle. Where a line may end is ICU's line
 * breaking [Unicode UAX 14], which knows languages without spaces, too; which of these places is
 * a good one is what subtitlers agree on: behind punctuation, before a conjunction or a preposition,
 * never behind an article or a preposition, between a number and its unit, within a name, and with
 * lines of about equal width. Without ICU's data a text is one line. One thread at a time.
 *
 * Since: 0.1
 */
typedef struct _SsmtLines SsmtLines;

SSMT_API GType ssmt_lines_get_type (void);
#define SSMT_TYPE_LINES (ssmt_lines_get_type ())

/**
 * ssmt_lines_new:
 * @language: (nullable): BCP 47 code of the texts; %NULL or an unknown one: any language
 *
 * Small words are known of German, English, Spanish, French, Italian and Portuguese.
 *
 * Returns: (transfer full): a finder of lines
 *
 * Since: 0.1
 */
SSMT_API SsmtLines *ssmt_lines_new (const char *language);

/**
 * ssmt_lines_copy:
 * @self: a finder
 *
 * Makes another finder for the same language, so that another thread has one of its own.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
SSMT_API SsmtLines *ssmt_lines_copy (const SsmtLines *self);

/**
 * ssmt_lines_free:
 * @self: (nullable): freed
 *
 * Frees a finder. The lines that it has found are their owner's and stay.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_lines_free (SsmtLines *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtLines, ssmt_lines_free)

/**
 * ssmt_lines_find:
 * @self: a finder
 * @text: the text of one speaker; line breaks in it are spaces
 * @max_columns: columns of a line, as ssmt_text_count_columns() counts; 0: any
 * @max_lines: how many lines at most; 0: any
 * @n: (out): how many there are; 0 in a text of white space
 *
 * Divides @text into as few lines as there must be for each to have at most @max_columns. Where that
 * would be more than @max_lines, or one word is wider, the lines are those that are too wide by the
 * fewest columns; who needs to know looks at their width. Without @max_columns there are @max_lines of
 * them, as far as there are places.
 *
 * Returns: (transfer full) (array length=n): the lines in order, without white space at their ends:
 *   what is between two of them is white space or, where the writing has none, nothing
 *
 * Since: 0.1
 */
SSMT_API SsmtRange *ssmt_lines_find (
    SsmtLines *self, const char *text, guint max_columns, guint max_lines, guint *n);

G_END_DECLS

#endif /* SSMT_LINES_H */
