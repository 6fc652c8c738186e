/* ssmtranslate: which language a text is in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LANGUAGE_H
#define SSMT_LANGUAGE_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * ssmt_language_can_identify:
 *
 * Tells whether the library was built with an identifier of languages (CLD2). Without one
 * ssmt_language_identify() knows the language of no text.
 *
 * Returns: %TRUE where it was
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_language_can_identify (void);

/**
 * ssmt_language_identify:
 * @text: any text, without markup; what is no valid UTF-8 has no language
 * @candidates: (nullable) (array zero-terminated=1): BCP-47 codes, one of which it is then; %NULL:
 *   any language
 * @expected: (nullable): BCP-47 code of what is likely, as the language of the texts before;
 *   short texts lean towards it. %NULL: none
 * @confidence: (out) (optional): from 0, nothing is known, to 1. It grows with the text's length: a
 *   word or two have 0.5, a short sentence 0.8, a long one 0.95
 *
 * Finds the language of a text. Of a text too short or too mixed nothing is said, unless there
 * are candidates: then the likeliest is guessed, with a confidence below 0.25. Scripts count
 * ("zh-Hant") where the identifier knows them, regions do not. Any thread.
 *
 * Returns: (transfer none) (nullable): BCP-47 code, as "de", valid for ever; %NULL: not known
 *
 * Since: 0.1
 */
SSMT_API const char *ssmt_language_identify (
    const char *text, const char *const *candidates, const char *expected, double *confidence);

/**
 * ssmt_language_is_same:
 * @one: BCP-47 code
 * @other: another one
 *
 * Compares languages, whatever their regions and scripts: "zh-Hant" is "zh", "pt_BR" is "pt". "no",
 * "nb" and "nn", which identifiers do not tell apart, are one; "de" and "deu" are not.
 *
 * Returns: %TRUE where both codes are of one language
 *
 * Since: 0.1
 */
SSMT_API gboolean ssmt_language_is_same (const char *one, const char *other);

G_END_DECLS

#endif /* SSMT_LANGUAGE_H */
