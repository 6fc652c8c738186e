/* ssmtranslate: what of a text no parser of JSON should see (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib alone, so that programs that read lines of JSON take it, too.
 */
#ifndef SSMT_JSON_CHECK_H
#define SSMT_JSON_CHECK_H

#include <glib.h>

G_BEGIN_DECLS

/* Why json-glib is not to read the text, which makes it abort, lose memory, write what is no UTF-8 or take far more
 * room than the text; NULL: it may. */
char *ssmt_json_find_fault (const char *text, gsize length, gsize max_values);

G_END_DECLS

#endif /* SSMT_JSON_CHECK_H */
