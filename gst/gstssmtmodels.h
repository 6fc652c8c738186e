/* ssmtranslate: the models that the elements of a process share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef GST_SSMT_MODELS_H
#define GST_SSMT_MODELS_H

#include <ssmt/ssmt.h>

G_BEGIN_DECLS

/* The model of (path, device, threads): the one that is loaded already, or a new one. Two
 * callers at the same time get the same. Blocks while loading; any thread. */
SsmtModel *gst_ssmt_models_get (
    const char *path, const char *device, guint threads, GError **error);

G_END_DECLS

#endif /* GST_SSMT_MODELS_H */
