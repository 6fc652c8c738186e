/* ssm-subtitle: files of a list, as it comes
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A list may be without end, and whoever writes it may wait for one file before it names the next: a name is
 * taken when there is a thread for it, and forgotten when its file is done.
 */
#ifndef SUB_FEED_H
#define SUB_FEED_H

#include "job.h"

G_BEGIN_DECLS

typedef struct _SubFeed SubFeed;

/* Begins, with `n_threads` files at once. */
SubFeed *sub_feed_new (
    const SubOptions *options, guint n_threads, GCancellable *cancellable, GError **error);
/* FALSE: all is done, or was stopped. */
gboolean sub_feed_is_running (SubFeed *self);
/* Says what became of how many files. FALSE: some failed, or the list could not be read, or nobody reads the reports. */
gboolean sub_feed_finish (SubFeed *self);
void sub_feed_free (SubFeed *self);

G_END_DECLS

#endif /* SUB_FEED_H */
