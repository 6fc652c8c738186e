/* ssm-subtitle: a file that is being written
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It has the name of the output with ".part" behind it, and a lock for as long as its process lives. So whoever finds one
 * knows whether somebody is at work, and a killed process leaves nothing that the next one does not take over.
 */
#ifndef SUB_PART_H
#define SUB_PART_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _SubPart SubPart;

/* Begins to write `path`, in folders that are made where they are missing. Waits while another process, or thread, does. */
SubPart *sub_part_new (const char *path, GCancellable *cancellable, GError **error);
/* What has not been put in place goes. */
void sub_part_free (SubPart *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubPart, sub_part_free)

/* For those who write it themselves: by this name, into the file that is there. */
const char *sub_part_get_name (const SubPart *self);
gboolean sub_part_write (SubPart *self, const char *text, gsize length, GError **error);
/* Gives it its name, whole; never over another file but with `force`. */
gboolean sub_part_put (SubPart *self, gboolean force, GError **error);

/* Removes what a killed process has left beside a `path` that is done. */
void sub_part_clean (const char *path);

G_END_DECLS

#endif /* SUB_PART_H */
