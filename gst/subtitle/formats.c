/* ssm-subtitle: the formats there are
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "document.h"

static const SubFormat *const formats[] = { &sub_format_srt, &sub_format_vtt, &sub_format_ass,
  &sub_format_ttml };

const SubFormat *
sub_format_find (const char *path)
{
  const char *dot = strrchr (path, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot, -1) : NULL;
  g_autofree char *word = extension ? g_strconcat (extension, " ", NULL) : NULL;

  for (guint i = 0; word && i < G_N_ELEMENTS (formats); i++) {
    if (strstr (formats[i]->extensions, word))
      return formats[i];
  }
  return NULL;
}
