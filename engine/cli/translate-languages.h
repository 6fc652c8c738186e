/* ssmt translate --from auto: which lines are to be translated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "ssmt/ssmt.h"

typedef struct _CliLanguages CliLanguages;

/* What --from, --to and --other-languages say (NULL: nothing), for `model`. *languages is NULL where all
 * lines are translated. FALSE: the model does not read that, or nobody knows. */
gboolean cli_languages_new (SsmtModel *model, const char *from, const char *to, const char *others,
    CliLanguages **languages, GError **error);
void cli_languages_free (CliLanguages *languages);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliLanguages, cli_languages_free)

/* Whether a line, the `number`-th, passes as it is; they come in order. A message says where that or the
 * language changes. */
gboolean cli_languages_passes (CliLanguages *languages, const char *text, guint64 number);
