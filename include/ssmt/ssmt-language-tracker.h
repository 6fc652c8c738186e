/* ssmtranslate: which language a row of texts is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LANGUAGE_TRACKER_H
#define SSMT_LANGUAGE_TRACKER_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * SsmtLanguageTracker:
 *
 * Follows the language of texts that come one after another, as the cues of a film, from what
 * ssmt_language_identify() says of each. Texts too short to tell, "Okay.", have the language of those
 * before. A text of which the identifier is sure has its own at once; the language of the row changes
 * when evidence for another outweighs what has been gathered for it. One thread at a time.
 *
 * Since: 0.1
 */
typedef struct _SsmtLanguageTracker SsmtLanguageTracker;

SSMT_API GType ssmt_language_tracker_get_type (void);
#define SSMT_TYPE_LANGUAGE_TRACKER (ssmt_language_tracker_get_type ())

/**
 * ssmt_language_tracker_new:
 *
 * Begins without evidence for any language. ssmt_language_tracker_reset() tells it what is likely.
 *
 * Returns: (transfer full): the tracker, for ssmt_language_tracker_free()
 *
 * Since: 0.1
 */
SSMT_API SsmtLanguageTracker *ssmt_language_tracker_new (void);

/**
 * ssmt_language_tracker_copy:
 * @self: a tracker
 *
 * Makes another tracker with the evidence of this one; from then on each sees its own texts.
 *
 * Returns: (transfer full): the copy
 *
 * Since: 0.1
 */
SSMT_API SsmtLanguageTracker *ssmt_language_tracker_copy (const SsmtLanguageTracker *self);

/**
 * ssmt_language_tracker_free:
 * @self: (nullable): freed
 *
 * Frees a tracker and the codes that it has returned.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_language_tracker_free (SsmtLanguageTracker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtLanguageTracker, ssmt_language_tracker_free)

/**
 * ssmt_language_tracker_reset:
 * @self: a tracker
 * @expected: (nullable): BCP-47 code of what is likely, as a file's tag; it holds until the first text
 *   says otherwise. %NULL: nothing is known
 *
 * Forgets all texts.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_language_tracker_reset (SsmtLanguageTracker *self, const char *expected);

/**
 * ssmt_language_tracker_add:
 * @self: a tracker
 * @language: (nullable): BCP-47 code that the next text seems to be in; %NULL: it cannot be told
 * @confidence: how sure that is, 0 to 1
 *
 * Takes the next text.
 *
 * Returns: (transfer none) (nullable): the language it is to be taken for, @language or the one of
 *   those before, valid until the next call; %NULL: not known yet
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_language_tracker_add (
    SsmtLanguageTracker *self, const char *language, double confidence);

/**
 * ssmt_language_tracker_peek:
 * @self: a tracker
 * @language: (nullable): as for ssmt_language_tracker_add()
 * @confidence: likewise
 *
 * Says what ssmt_language_tracker_add() would, of a text that may still change, and takes nothing.
 *
 * Returns: (transfer none) (nullable): the language it is to be taken for
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_language_tracker_peek (
    const SsmtLanguageTracker *self, const char *language, double confidence);

/**
 * ssmt_language_tracker_get_language:
 * @self: a tracker
 *
 * Tells what a text that says nothing of its language would be taken for. No text is taken. The
 * code is valid until the tracker changes.
 *
 * Returns: (transfer none) (nullable): BCP-47 code, %NULL: not known yet
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_language_tracker_get_language (const SsmtLanguageTracker *self);

G_END_DECLS

#endif /* SSMT_LANGUAGE_TRACKER_H */
