/* ssmtranslate: the fake engine's translations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FAKE_TRANSLATION_H
#define FAKE_TRANSLATION_H

#include <ssmt/ssmt.h>

/* Takes the texts. */
SsmtTranslation *fake_translation_new (char *text, char *committed, char *tail);
/* Has three alternatives. */
void fake_translation_vary (SsmtTranslation *self);
/* What the guard had to do. */
void fake_translation_guard (
    SsmtTranslation *self, SsmtGuardFaults mended, SsmtGuardFaults copied);
/* Each word looks at its own place in `text`. */
void fake_translation_align (SsmtTranslation *self, const char *text);

#endif /* FAKE_TRANSLATION_H */
