/* ssmtranslate: what can be wrong with a translation, seen from outside (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_FAULTS_H
#define SSMT_FAULTS_H

#include "ssmt/ssmt-translation.h"

G_BEGIN_DECLS

typedef SsmtGuardFaults SsmtFaults;

/* Letters of scripts that neither language nor the text has, and broken characters. Codes of
 * languages, NULL: not known. */
gboolean ssmt_faults_has_foreign (
    const char *text, const char *translation, const char *reads, const char *writes);
/* A word more often in a row than the text has one, by more than two. */
gboolean ssmt_faults_has_loop (const char *text, const char *translation);
/* Several times as long as the text. */
gboolean ssmt_faults_is_too_long (const char *text, const char *translation);

G_END_DECLS

#endif /* SSMT_FAULTS_H */
