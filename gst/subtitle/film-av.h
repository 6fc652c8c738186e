/* ssm-subtitle: libavformat
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_FILM_AV_H
#define SUB_FILM_AV_H

#include <gst/gst.h>
#include <libavformat/avformat.h>

G_BEGIN_DECLS

/* "WHAT: the library's words" for a negative `status`. Returns FALSE. */
gboolean sub_av_set_error (GError **error, int status, const char *what);
/* The film, its streams known. */
AVFormatContext *sub_av_open (const char *path, GError **error);
/* In ns; 0 for what is before the start. */
GstClockTime sub_av_time (gint64 time, AVRational base);

G_END_DECLS

#endif /* SUB_FILM_AV_H */
