/* ssmtranslate: signs of currencies in a text and its translation (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CURRENCIES_H
#define SSMT_CURRENCIES_H

#include <glib.h>

G_BEGIN_DECLS

/* Whether each sign of a currency (£, €) is in the translation too. */
gboolean ssmt_currencies_are_kept (const char *text, const char *translation);

/* The sign beside a number, "" if none: at `start` of the number before it or at `end` behind it; a
 * space between does not count. *is_before tells which. */
gunichar ssmt_currencies_find_beside (
    const char *text, gsize start, gsize end, gboolean *is_before);

G_END_DECLS

#endif /* SSMT_CURRENCIES_H */
