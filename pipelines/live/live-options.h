/* ssmt-live: what the user has asked for
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef LIVE_OPTIONS_H
#define LIVE_OPTIONS_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  /* one of them */
  char *srt, *uri, *pipeline;
  gboolean microphone, standard_input;

  char *recogniser, *from, *to, *properties;
  char *listen;
  int port;
  gboolean quit;
} LiveOptions;

/* With those of GStreamer, which is initialised then. FALSE: *error. */
gboolean live_options_parse (LiveOptions *options, int *argc, char ***argv, GError **error);
void live_options_clear (LiveOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LiveOptions, live_options_clear)

G_END_DECLS

#endif /* LIVE_OPTIONS_H */
