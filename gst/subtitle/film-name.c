/* ssm-subtitle: what films are called
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "film.h"

gboolean
sub_film_has_name (const char *path)
{
  static const char *const extensions[] = { ".mkv", ".webm", ".mp4", ".m4v", ".mov", NULL };
  const char *dot = strrchr (path, '.');
  g_autofree char *extension = dot ? g_ascii_strdown (dot, -1) : NULL;

  return extension && g_strv_contains (extensions, extension);
}
