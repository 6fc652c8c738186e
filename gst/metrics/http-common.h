/* ssmtranslate: what a small HTTP server of ours says to strangers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Also of ssmt-live (pipelines/live).
 */
#ifndef HTTP_COMMON_H
#define HTTP_COMMON_H

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* With text alone. */
void http_answer (SoupServerMessage *message, guint status, const char *text);
/* Listens on an address of this machine, "localhost" or a number; port 0: one that is free. Requests that are no GET
 * or HEAD, or have a body, are refused before they are read; where nobody but this machine can come (`is_public` is
 * FALSE, may be NULL), those under another name than its own, too. Once, before handlers run. */
gboolean http_listen (
    SoupServer *soup, const char *address, guint port, gboolean *is_public, GError **error);
/* Of a server that listens. */
char *http_dup_uri (SoupServer *soup);

G_END_DECLS

#endif /* HTTP_COMMON_H */
