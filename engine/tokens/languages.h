/* ssmtranslate: codes of languages, and pairs of them (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LANGUAGES_H
#define SSMT_LANGUAGES_H

#include <glib.h>

G_BEGIN_DECLS

/* Two or three letters, and maybe "_SCRIPT": "en", "zh_hant". */
gboolean ssmt_language_is_code (const char *code, gsize length);

/* "zh_hant" of "zh-Hant-TW", "de" of "de-AT": the language and the script, where there is one. */
char *ssmt_language_to_code (const char *tag);

/* Whether what is asked for ("de-AT", "zh-Hant") is what there is ("de", "zh_hant"). Regions do
 * not count. */
gboolean ssmt_language_matches (const char *there, const char *asked);

/* Whether spaces divide the sentences of a language: not those of Chinese and Japanese. NULL: they
 * do. */
gboolean ssmt_language_has_spaces (const char *tag);

/* "en-fr" in two codes, in lower case. FALSE: it is no pair. */
gboolean ssmt_pair_split (const char *pair, char **source, char **target);

/* "enfr", as files of Marian models are named, with a point or the end after it. Where there are
 * several ways, English is on one side. FALSE: it is no pair. */
gboolean ssmt_pair_split_joined (const char *joined, char **source, char **target);

G_END_DECLS

#endif /* SSMT_LANGUAGES_H */
