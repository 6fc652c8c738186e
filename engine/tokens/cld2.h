/* ssmtranslate: CLD2 behind a C interface (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLD2_H
#define SSMT_CLD2_H

#include <glib.h>

G_BEGIN_DECLS

#define SSMT_CLD2_MOST 3

typedef struct {
  const char *languages[SSMT_CLD2_MOST]; /* CLD2's codes, static; the likeliest first, NULL: none */
  int shares[SSMT_CLD2_MOST];            /* of the text, % */
  int bytes;                             /* of the text that are letters, and spaces between */
  gboolean is_reliable;
} SsmtCld2Result;

/* `text` is valid UTF-8. `expected`: a code of CLD2's, or NULL. `guess`: also where it is too short. */
void ssmt_cld2_detect (
    const char *text, int length, const char *expected, gboolean guess, SsmtCld2Result *result);

G_END_DECLS

#endif /* SSMT_CLD2_H */
