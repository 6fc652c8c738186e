/* ssmtranslate: documents that begin with examples
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A recurrent state reads examples once; whoever begins with them shares the state.
 */
#include "ssmt/ssmt-prime.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/printable.h"
#include "engine/stream/segment.h"

#define MAX_FILE_BYTES ((gsize) 1 << 30)
/* Files whose states a model remembers. */
#define MAX_PRIMES 8

/* --- pairs ---------------------------------------------------------------- */

gboolean
ssmt_stream_read_pair (SsmtStream *self, const char *source, const char *target,
    GCancellable *cancellable, GError **error)
{
  g_auto (SsmtBudget) budget = { NULL };
  g_auto (SsmtSegment) segment = { NULL };

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (source != NULL && target != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  ssmt_budget_init (&budget, strlen (source) + strlen (target), cancellable);
  ssmt_segment_init (&segment, self, &budget, error);
  if (!ssmt_segment_set_pair (&segment, source, target) || !ssmt_segment_read_source (&segment)
      || !ssmt_segment_read_target (&segment))
    return FALSE;
  segment.tally.n_source = 0; /* counts are of what is translated */
  ssmt_segment_commit_always (&segment);
  return TRUE;
}

/* --- files ------------------------------------------------------------------ */

static gboolean
read_line (SsmtStream *stream, char *line, GCancellable *cancellable, GError **error)
{
  char *tab = strchr (line, '\t');
  gsize length = strlen (line);

  if (length > 0 && line[length - 1] == '\r')
    line[length - 1] = '\0';
  if (*line == '\0' || *line == '#')
    return TRUE;
  if (tab == NULL || strchr (tab + 1, '\t') != NULL) {
    g_set_error_literal (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "a pair is the source, one tab and the target");
    return FALSE;
  }
  *tab = '\0';
  return ssmt_stream_read_pair (stream, line, tab + 1, cancellable, error);
}

static SsmtState *
read_pairs (SsmtModel *model, const char *text, const char *shown, GCancellable *cancellable,
    GError **error)
{
  g_autoptr (SsmtStream) stream = ssmt_stream_new (model, NULL, error);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  if (stream == NULL)
    return NULL;
  for (guint i = 0; lines[i] != NULL; i++) {
    if (!read_line (stream, lines[i], cancellable, error)) {
      g_prefix_error (error, "%s, line %u: ", shown, i + 1);
      return NULL;
    }
  }
  return ssmt_stream_get_state (stream, error);
}

static SsmtState *
read_saved (SsmtModel *model, GBytes *bytes, const char *shown, GError **error)
{
  SsmtState *state = ssmt_state_new_from_bytes (model, bytes, error);

  if (state == NULL)
    g_prefix_error (error, "%s: ", shown);
  return state;
}

static SsmtState *
read_file (SsmtModel *model, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) file = ssmt_file_load (path, MAX_FILE_BYTES, error);
  g_autofree char *text = NULL;
  const char *content;
  gsize length;

  if (file == NULL)
    return NULL;
  content = ssmt_file_get_text (file, &length);
  if (ssmt_state_is_one (content, length))
    return read_saved (model, file, shown, error);
  text = g_strndup (content, length);
  return read_pairs (model, text, shown, cancellable, error);
}

/* --- what the model remembers ------------------------------------------------- */

typedef struct {
  char *path;
  char *stamp; /* of the file as it was */
  SsmtState *state;
} Prime;

static void
prime_free (gpointer data)
{
  Prime *prime = data;

  g_free (prime->path);
  g_free (prime->stamp);
  ssmt_state_unref (prime->state);
  g_free (prime);
}

/* Tells a file from what it is when it has changed. */
static char *
dup_stamp (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file,
      G_FILE_ATTRIBUTE_TIME_MODIFIED "," G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC
                                     "," G_FILE_ATTRIBUTE_STANDARD_SIZE,
      0, NULL, NULL);

  if (info == NULL)
    return g_strdup ("");
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%u %" G_GOFFSET_FORMAT,
      g_file_info_get_attribute_uint64 (info, G_FILE_ATTRIBUTE_TIME_MODIFIED),
      g_file_info_get_attribute_uint32 (info, G_FILE_ATTRIBUTE_TIME_MODIFIED_USEC),
      g_file_info_get_size (info));
}

/* With the lock: takes the path's out of the array, NULL: it is not there. */
static Prime *
take_prime (SsmtModel *model, const char *path)
{
  for (guint i = 0; model->primes != NULL && i < model->primes->len; i++) {
    Prime *prime = g_ptr_array_index (model->primes, i);

    if (strcmp (prime->path, path) == 0)
      return g_ptr_array_steal_index (model->primes, i);
  }
  return NULL;
}

/* With the lock; the one that was wanted last stands first. */
static void
put_prime (SsmtModel *model, Prime *prime)
{
  if (model->primes == NULL)
    model->primes = g_ptr_array_new_with_free_func (prime_free);
  g_ptr_array_insert (model->primes, 0, prime);
  if (model->primes->len > MAX_PRIMES)
    g_ptr_array_set_size (model->primes, MAX_PRIMES);
}

static SsmtState *
recall (SsmtModel *model, const char *path, const char *stamp)
{
  SsmtState *state = NULL;
  Prime *prime;

  g_mutex_lock (&model->primes_lock);
  prime = take_prime (model, path);
  if (prime != NULL && strcmp (prime->stamp, stamp) == 0) {
    state = ssmt_state_ref (prime->state);
    put_prime (model, g_steal_pointer (&prime));
  }
  g_mutex_unlock (&model->primes_lock);
  g_clear_pointer (&prime, prime_free);
  return state;
}

static void
remember (SsmtModel *model, const char *path, const char *stamp, SsmtState *state)
{
  Prime *prime = g_new (Prime, 1), *old;

  *prime = (Prime){ g_strdup (path), g_strdup (stamp), ssmt_state_ref (state) };
  g_mutex_lock (&model->primes_lock);
  old = take_prime (model, path);
  put_prime (model, prime);
  g_mutex_unlock (&model->primes_lock);
  g_clear_pointer (&old, prime_free);
}

SsmtState *
ssmt_model_prime (SsmtModel *model, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *full = NULL, *stamp = NULL;
  SsmtState *state;

  g_return_val_if_fail (SSMT_IS_MODEL (model), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  full = g_canonicalize_filename (path, NULL);
  stamp = dup_stamp (full);
  state = recall (model, full, stamp);
  if (state != NULL)
    return state;
  /* two at once both read: nobody waits for another's text */
  state = read_file (model, path, cancellable, error);
  if (state == NULL)
    ssmt_error_make_printable (error);
  else
    remember (model, full, stamp, state);
  return state;
}

static void
prime_thread (GTask *task, gpointer model, gpointer path, GCancellable *cancellable)
{
  GError *error = NULL;
  SsmtState *state = ssmt_model_prime (model, path, cancellable, &error);

  if (state != NULL)
    g_task_return_pointer (task, state, (GDestroyNotify) ssmt_state_unref);
  else
    g_task_return_error (task, error);
}

void
ssmt_model_prime_async (SsmtModel *model, const char *path, GCancellable *cancellable,
    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SSMT_IS_MODEL (model));
  g_return_if_fail (path != NULL);
  task = g_task_new (model, cancellable, callback, user_data);
  g_task_set_source_tag (task, ssmt_model_prime_async);
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, prime_thread);
}

SsmtState *
ssmt_model_prime_finish (SsmtModel *model, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, model), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
