/* ssmtranslate: the terms of a file that may change
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "terms.h"

#include <glib/gstdio.h>

void
cue_terms_clear (CueTerms *self)
{
  g_clear_pointer (&self->path, g_free);
  g_clear_pointer (&self->glossary, ssmt_glossary_unref);
}

/* Whether the file is another one than was read; it counts as read from now on. */
static gboolean
note_change (CueTerms *self, const char *path)
{
  GStatBuf now;
  gboolean is_there = g_stat (path, &now) == 0;
  gint64 seconds = is_there ? (gint64) now.st_mtim.tv_sec : -1;
  gint64 nanoseconds = is_there ? (gint64) now.st_mtim.tv_nsec : -1;
  gint64 bytes = is_there ? (gint64) now.st_size : -1;

  if (g_strcmp0 (path, self->path) == 0 && seconds == self->seconds
      && nanoseconds == self->nanoseconds && bytes == self->bytes)
    return FALSE;
  g_free (self->path);
  self->path = g_strdup (path);
  self->seconds = seconds;
  self->nanoseconds = nanoseconds;
  self->bytes = bytes;
  return TRUE;
}

gboolean
cue_terms_update (CueTerms *self, const char *path, GError **error)
{
  SsmtGlossary *glossary;

  if (!path) {
    cue_terms_clear (self);
    return TRUE;
  }
  if (!note_change (self, path))
    return TRUE;
  glossary = ssmt_glossary_new_from_file (path, error);
  if (!glossary)
    return FALSE;
  g_clear_pointer (&self->glossary, ssmt_glossary_unref);
  self->glossary = glossary;
  return TRUE;
}
