/* ssmtranslate: text in capitals (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CAPS_H
#define SSMT_CAPS_H

#include "engine/guard/edits.h"

G_BEGIN_DECLS

/* Whether all letters that have a case are capitals, and at least two are. */
gboolean ssmt_caps_is_all (const char *text);
/* Capitals only where sentences begin, as `language` (NULL: not known) does it. Words in `kept` (a
 * set of char *; NULL: none) stay. */
SsmtEdits *ssmt_caps_to_sentence (const char *text, const char *language, GHashTable *kept);
/* Capitals throughout. */
SsmtEdits *ssmt_caps_to_upper (const char *text, const char *language);

G_END_DECLS

#endif /* SSMT_CAPS_H */
