/* ssmtranslate: Marian's containers of tensors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/marian-file.h"

#include <string.h>

#include "engine/files/file.h"

SsmtMarianFile *
ssmt_marian_file_parse (GBytes *bytes, const char *path, GError **error)
{
  g_autoptr (SsmtMarianFile) self = ssmt_marian_file_new (path);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  gboolean zip = size >= 4 && memcmp (data, "PK\3\4", 4) == 0;

  if (!(zip ? ssmt_marian_npz_read : ssmt_marian_bin_read) (self, bytes, error))
    return NULL;
  return g_steal_pointer (&self);
}

SsmtMarianFile *
ssmt_marian_file_open (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = ssmt_file_read (path, 0, error);

  return bytes ? ssmt_marian_file_parse (bytes, shown, error) : NULL;
}
