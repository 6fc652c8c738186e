/* ssmtranslate: tables of strangers' strings
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/hash.h"

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) from a start that nobody knows before. */
guint
ssmt_str_hash (gconstpointer string)
{
  static gsize start;
  guint32 hash;

  if (g_once_init_enter (&start))
    g_once_init_leave (&start, (gsize) g_random_int () | 1);
  hash = (guint32) start;
  for (const guchar *p = string; *p != '\0'; p++)
    hash = (hash ^ *p) * 16777619u;
  return hash ^ hash >> 15;
}
