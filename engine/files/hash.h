/* ssmtranslate: tables of strangers' strings (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_HASH_H
#define SSMT_HASH_H

#include <glib.h>

G_BEGIN_DECLS

/* For GHashTable, in place of g_str_hash(), of which everybody can make as many equal ones as they like: another one in
 * each process. */
guint ssmt_str_hash (gconstpointer string);

G_END_DECLS

#endif /* SSMT_HASH_H */
