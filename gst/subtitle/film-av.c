/* ssm-subtitle: libavformat
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "film-av.h"

#include <gio/gio.h>

gboolean
sub_av_set_error (GError **error, int status, const char *what)
{
  char text[AV_ERROR_MAX_STRING_SIZE] = "";
  GIOErrorEnum code = status == AVERROR_INVALIDDATA ? G_IO_ERROR_INVALID_DATA : G_IO_ERROR_FAILED;

  av_strerror (status, text, sizeof text);
  g_set_error (error, G_IO_ERROR, code, "%s: %s", what, text);
  return FALSE;
}

AVFormatContext *
sub_av_open (const char *path, GError **error)
{
  AVFormatContext *input = NULL;
  AVDictionary *options = NULL;
  g_autofree char *url = g_strconcat ("file:", path, NULL);
  int status;

  /* what it says on stderr goes through the messages here, or is nothing that a user could do anything about */
  av_log_set_level (AV_LOG_QUIET);
  /* a playlist, by whatever name, would name further files */
  av_dict_set (&options, "format_whitelist", "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2", 0);
  av_dict_set (&options, "protocol_whitelist", "file", 0);
  status = avformat_open_input (&input, url, NULL, &options);
  av_dict_free (&options);
  if (status == AVERROR_INVALIDDATA || status == AVERROR (EINVAL)) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "is neither Matroska nor MP4, whatever its name says");
    return NULL;
  }
  if (status >= 0)
    status = avformat_find_stream_info (input, NULL);
  if (status >= 0)
    return input;
  sub_av_set_error (error, status, "is no film that can be read");
  avformat_close_input (&input);
  return NULL;
}

GstClockTime
sub_av_time (gint64 time, AVRational base)
{
  return MAX (av_rescale_q (time, base, (AVRational){ 1, GST_SECOND }), 0);
}
