/* ssm-subtitle: which input an output is of
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of two files with one name for their translations the second would count as done.
 */
#include "claims.h"

static GMutex lock;
static GHashTable *inputs; /* of their outputs */

gboolean
sub_claims_take (const char *output, const char *input, GError **error)
{
  g_autofree char *key = g_canonicalize_filename (output, NULL);
  g_autofree char *value = g_canonicalize_filename (input, NULL);
  const char *other;
  gboolean is_ours;

  g_mutex_lock (&lock);
  if (!inputs)
    inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  other = g_hash_table_lookup (inputs, key);
  is_ours = !other || g_str_equal (other, value);
  if (!is_ours)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "its translation would be %s, as that of %s: translate it by itself, with another -o",
        output, other);
  else if (!other)
    g_hash_table_insert (inputs, g_steal_pointer (&key), g_steal_pointer (&value));
  g_mutex_unlock (&lock);
  return is_ours;
}
