/* ssmt-live: what a recogniser writes into standard input
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "live-stdin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>

#include "live-text.h"

/* Of a line; a longer one is not read. */
#define MAX_LINE 65536

struct _LiveStdin {
  GstElement *source;
  GInputStream *input;
  GCancellable *cancellable;
  GThread *thread;
};

static gboolean
push_line (LiveStdin *self, char *line, guint64 number)
{
  g_autoptr (GError) error = NULL;
  GstBuffer *buffer = NULL;
  GstFlowReturn ret = GST_FLOW_OK;

  if (strlen (line) > MAX_LINE || !g_utf8_validate (line, -1, NULL))
    g_set_error (
        &error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "longer than %d bytes, or no UTF-8", MAX_LINE);
  else if (*g_strstrip (line))
    buffer = live_text_parse (line, &error);
  if (error)
    fprintf (stderr, "ssmt live: line %" G_GUINT64_FORMAT " of standard input: %s\n", number,
        error->message);
  if (!buffer)
    return TRUE;
  g_signal_emit_by_name (self->source, "push-buffer", buffer, &ret);
  gst_buffer_unref (buffer);
  return ret == GST_FLOW_OK;
}

/* Of a line that is too long the first bytes, enough to tell. */
static void
add_bytes (GString *line, const char *bytes, gsize length)
{
  if (line->len <= MAX_LINE)
    g_string_append_len (line, bytes, length);
}

static gboolean
take_bytes (LiveStdin *self, GString *line, const char *bytes, gsize length, guint64 *number)
{
  const char *end = bytes + length, *newline;

  while ((newline = memchr (bytes, '\n', end - bytes))) {
    add_bytes (line, bytes, newline - bytes);
    if (!push_line (self, line->str, ++*number))
      return FALSE;
    g_string_truncate (line, 0);
    bytes = newline + 1;
  }
  add_bytes (line, bytes, end - bytes);
  return TRUE;
}

static gpointer
read_all (gpointer data)
{
  LiveStdin *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) line = g_string_new (NULL);
  guint64 number = 0;
  char bytes[4096];
  GstFlowReturn ret;
  gssize n;

  while (
      (n = g_input_stream_read (self->input, bytes, sizeof bytes, self->cancellable, &error)) > 0)
    if (!take_bytes (self, line, bytes, n, &number))
      return NULL;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return NULL;
  if (error)
    fprintf (stderr, "ssmt live: standard input: %s\n", error->message);
  if (push_line (self, line->str, number + 1))
    g_signal_emit_by_name (self->source, "end-of-stream", &ret);
  return NULL;
}

LiveStdin *
live_stdin_new (GstElement *source)
{
  LiveStdin *self = g_new0 (LiveStdin, 1);

  self->source = gst_object_ref (source);
  self->input = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  self->cancellable = g_cancellable_new ();
  self->thread = g_thread_new ("stdin", read_all, self);
  return self;
}

void
live_stdin_free (LiveStdin *self)
{
  if (!self)
    return;
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);
  gst_object_unref (self->source);
  g_object_unref (self->input);
  g_object_unref (self->cancellable);
  g_free (self);
}
