/* ssmtranslate: the line in which a growing caption is shown
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CAPTION_LINE_H
#define SSMT_CAPTION_LINE_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * SsmtCaptionLine:
 *
 * Keeps the line in which the translation of growing text is shown, as the element messages
 * `ssmtranslate/partial` change it: what is committed since the line began, and behind it what may
 * still change. One thread at a time.
 *
 * Since: 0.1
 */
typedef struct _SsmtCaptionLine SsmtCaptionLine;

SSMT_API GType ssmt_caption_line_get_type (void);
#define SSMT_TYPE_CAPTION_LINE (ssmt_caption_line_get_type ())

/**
 * ssmt_caption_line_new:
 *
 * Begins with nothing to show. A line follows the messages of one element, in the order in which
 * they come.
 *
 * Returns: (transfer full): the line, for ssmt_caption_line_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtCaptionLine *ssmt_caption_line_new (void);

/**
 * ssmt_caption_line_copy:
 * @self: a line
 *
 * Makes another line that shows the same; what is applied to one of them does not change the other.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
SSMT_API SsmtCaptionLine *ssmt_caption_line_copy (const SsmtCaptionLine *self);

/**
 * ssmt_caption_line_free:
 * @self: (nullable): freed
 *
 * Frees a line and the texts that it has returned.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_caption_line_free (SsmtCaptionLine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtCaptionLine, ssmt_caption_line_free)

/**
 * ssmt_caption_line_apply:
 * @self: a line
 * @deleted: the field "deleted" of a message
 * @added: its field "new"
 * @committed: its field "committed"
 * @is_final: its field "final"
 *
 * Changes the line as a message says. The message after one that was final begins another line.
 *
 * Returns: %FALSE where @deleted is not the end of what might change, or @committed not its beginning
 *   then: a message has been missed. The line shows what can be known: what stands, @committed, the
 *   rest of @added
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_caption_line_apply (SsmtCaptionLine *self, const char *deleted,
    const char *added, const char *committed, gboolean is_final);

/**
 * ssmt_caption_line_get_text:
 * @self: a line
 *
 * Tells what to show: the committed words and the tail, a space between. Valid until @self changes.
 *
 * Returns: (transfer none): the line to show, "" before the first message
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_caption_line_get_text (SsmtCaptionLine *self);

/**
 * ssmt_caption_line_get_committed:
 * @self: a line
 *
 * Tells what of the line will not change any more, so that it can be read out or written down.
 * Valid until @self changes.
 *
 * Returns: (transfer none): the committed words, "" if there are none
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_caption_line_get_committed (SsmtCaptionLine *self);

/**
 * ssmt_caption_line_get_tail:
 * @self: a line
 *
 * Tells what behind the committed words may still change, so that it can be shown in another way.
 * Valid until @self changes.
 *
 * Returns: (transfer none): the tail, "" if there is none
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_caption_line_get_tail (SsmtCaptionLine *self);

/**
 * ssmt_caption_line_is_final:
 * @self: a line
 *
 * Tells whether the last message said that its text was final. The line is finished then and still
 * shown; the next message begins another one.
 *
 * Returns: %TRUE where the line is finished
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_caption_line_is_final (const SsmtCaptionLine *self);

G_END_DECLS

#endif /* SSMT_CAPTION_LINE_H */
