/* ssmtranslate: the element for programs that come with it
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_PLUGIN_H
#define SSMT_PLUGIN_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* Sees to it that there is an element "ssmtranslate", that of the same build or installation, also where GStreamer does
 * not look. After gst_init(). */
void ssmt_plugin_find (void);

G_END_DECLS

#endif /* SSMT_PLUGIN_H */
