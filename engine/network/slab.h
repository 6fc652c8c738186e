/* ssmtranslate: device memory that streams share (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Units of one size stand in one buffer, so that one operation reaches those of many
 * streams by number. Who needs some takes a range. The buffer moves when it grows: who works
 * on it holds the slab meanwhile. All functions may be called from any thread.
 */
#ifndef SSMT_SLAB_H
#define SSMT_SLAB_H

#include <glib.h>

#include "kernels/kernels.h"

G_BEGIN_DECLS

typedef struct _SsmtSlab SsmtSlab;

SsmtSlab *ssmt_slab_new (SsmtDevice *device, gsize unit_bytes);
/* NULL is allowed. All has been given back. */
void ssmt_slab_free (SsmtSlab *slab);
gsize ssmt_slab_get_unit_bytes (const SsmtSlab *slab);

/* n units, zeroed, from *first on. FALSE: no memory. The caller holds no slab. */
gboolean ssmt_slab_take (SsmtSlab *slab, guint n, guint *first);
void ssmt_slab_give (SsmtSlab *slab, guint first, guint n);

/* The buffer, which stays where it is until it is let go. Not twice by one thread. */
SsmtBuffer *ssmt_slab_hold (SsmtSlab *slab);
void ssmt_slab_let_go (SsmtSlab *slab);
/* Units there is memory for, taken or not. */
guint ssmt_slab_get_size (SsmtSlab *slab);

G_END_DECLS

#endif /* SSMT_SLAB_H */
