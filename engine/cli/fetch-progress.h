/* ssmtranslate: a bar that grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_FETCH_PROGRESS_H
#define SSMT_CLI_FETCH_PROGRESS_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _FetchBar FetchBar;

/* A line on stderr, where that is a terminal; else nothing is shown. */
FetchBar *fetch_bar_new (const char *name);
/* A FetchProgress; `data` is the bar. */
void fetch_bar_update (guint64 done, guint64 total, gpointer data);
/* Ends the line. */
void fetch_bar_free (FetchBar *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FetchBar, fetch_bar_free)

G_END_DECLS

#endif /* SSMT_CLI_FETCH_PROGRESS_H */
