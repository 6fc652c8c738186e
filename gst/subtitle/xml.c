/* ssm-subtitle: what a text of XML says of itself
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "xml.h"

#include <string.h>

char *
sub_xml_dup_encoding (const char *text, gsize length)
{
  g_autofree char *begin = g_strndup (text, MIN (length, 200));
  const char *end = g_str_has_prefix (begin, "<?xml") ? strstr (begin, "?>") : NULL;
  const char *found = end ? strstr (begin, "encoding=") : NULL;
  const char *close;

  if (!found || found > end || !strchr ("\"'", found[9]))
    return NULL;
  found += strlen ("encoding=");
  close = strchr (found + 1, *found);
  return close && close < end && close > found + 1 ? g_strndup (found + 1, close - found - 1)
                                                   : NULL;
}
