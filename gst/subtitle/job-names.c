/* ssm-subtitle: what a file becomes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "job.h"

guint
sub_job_count_targets (const SubJob *self)
{
  return self->options->routes->len;
}

SubRoute *
sub_job_get_route (const SubJob *self, guint i)
{
  return self->options->routes->pdata[i];
}

char *
sub_job_text_path (const SubJob *self, guint target, const char *extension)
{
  return sub_files_output (self->input, sub_job_get_route (self, target)->source,
      sub_job_get_route (self, target)->target, extension);
}

char *
sub_job_film_path (const SubJob *self, guint target)
{
  const char *extension = strrchr (self->input->path, '.');
  g_autoptr (GString) infix = g_string_new (sub_job_get_route (self, target)->target);

  if (self->options->burn)
    g_string_append (infix, ".burned");
  else
    for (guint i = target + 1; i < sub_job_count_targets (self); i++)
      g_string_append_printf (infix, ".%s", sub_job_get_route (self, i)->target);
  return sub_files_output (
      self->input, sub_job_get_route (self, target)->source, infix->str, extension);
}

GPtrArray *
sub_job_outputs (const SubJob *self)
{
  GPtrArray *outputs = g_ptr_array_new_with_free_func (g_free);
  gboolean film = self->input->is_film && !self->options->beside;

  for (guint i = 0; i < sub_job_count_targets (self); i++) {
    if (film && (i == 0 || self->options->burn))
      g_ptr_array_add (outputs, sub_job_film_path (self, i));
    else if (!film && self->input->is_film)
      g_ptr_array_add (outputs, sub_job_text_path (self, i, ".srt"));
    else if (!film)
      g_ptr_array_add (outputs, sub_job_text_path (self, i, strrchr (self->input->path, '.')));
  }
  return outputs;
}

/* Beside a film, what its track is in. */
static gboolean
exists (const SubJob *self, const char *path)
{
  static const char *const others[] = { ".ass", ".vtt" };

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return TRUE;
  for (guint i = 0; self->input->is_film && self->options->beside && i < G_N_ELEMENTS (others);
       i++) {
    g_autofree char *other = g_strdup_printf ("%.*s%s", (int) (strlen (path) - 4), path, others[i]);

    if (g_file_test (other, G_FILE_TEST_EXISTS))
      return TRUE;
  }
  return FALSE;
}

gboolean
sub_job_all_exist (const SubJob *self)
{
  g_autoptr (GPtrArray) outputs = sub_job_outputs (self);

  for (guint i = 0; i < outputs->len; i++) {
    if (!exists (self, outputs->pdata[i]))
      return FALSE;
  }
  return TRUE;
}
