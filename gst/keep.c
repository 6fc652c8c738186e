/* ssmtranslate: the file in which a document's state outlives the process
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "keep.h"

#include <string.h>

#define MAGIC "ssmtstat" /* what states begin with */
#define SHARE 20         /* of the time may be spent on writing: one part in so many */
#define PRIVATE 0600     /* the state knows what was said */

static gboolean
read_state (CueKeep *keep, SsmtModel *model, char **problem, GError **error)
{
  g_autoptr (GError) why = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (SsmtState) state = NULL;
  char *content;
  gsize length;

  if (!g_file_get_contents (keep->location, &content, &length, &why)) {
    if (g_error_matches (why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  bytes = g_bytes_new_take (content, length);
  state = ssmt_state_new_from_bytes (model, bytes, &why);
  if (state)
    keep->found = g_steal_pointer (&bytes);
  if (state || length == 0)
    return TRUE;
  if (length < strlen (MAGIC) || memcmp (content, MAGIC, strlen (MAGIC)) != 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_STATE,
        "%s: is no saved state, and would be overwritten: name another file", keep->location);
    return FALSE;
  }
  *problem = g_strdup_printf ("%s: %s", keep->location, why->message);
  return TRUE;
}

gboolean
cue_keep_open (
    CueKeep *keep, const char *location, SsmtModel *model, char **problem, GError **error)
{
  *problem = NULL;
  cue_keep_clear (keep);
  if (!location)
    return TRUE;
  keep->location = g_strdup (location);
  return read_state (keep, model, problem, error);
}

void
cue_keep_clear (CueKeep *keep)
{
  g_free (keep->location);
  g_clear_pointer (&keep->found, g_bytes_unref);
  *keep = (CueKeep){ NULL };
}

void
cue_keep_begin (CueKeep *keep, GBytes *state)
{
  g_clear_pointer (&keep->found, g_bytes_unref);
  keep->found = g_bytes_ref (state);
}

GBytes *
cue_keep_take (CueKeep *keep)
{
  return g_steal_pointer (&keep->found);
}

void
cue_keep_note (CueKeep *keep, guint64 n_texts)
{
  keep->is_due |= n_texts != keep->n_texts;
  keep->n_texts = n_texts;
}

void
cue_keep_skip (CueKeep *keep, guint64 n_texts)
{
  keep->n_texts = n_texts;
  keep->is_due = FALSE;
}

gboolean
cue_keep_is_time (const CueKeep *keep, gboolean at_once)
{
  return keep->location && keep->is_due && (at_once || g_get_monotonic_time () >= keep->next);
}

gboolean
cue_keep_write (CueKeep *keep, GBytes *state, GError **error)
{
  gint64 begin = g_get_monotonic_time (), end;
  GError *why = NULL;
  gboolean done = g_file_set_contents_full (keep->location, g_bytes_get_data (state, NULL),
      (gssize) g_bytes_get_size (state), G_FILE_SET_CONTENTS_CONSISTENT, PRIVATE, &why);

  end = g_get_monotonic_time ();
  keep->next = end + (end - begin) * SHARE;
  keep->is_due = !done;
  if (!done && keep->failed)
    g_clear_error (&why);
  keep->failed = !done;
  if (why)
    g_propagate_error (error, why);
  return done;
}
