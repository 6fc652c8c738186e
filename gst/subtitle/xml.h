/* ssm-subtitle: what a text of XML says of itself
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_XML_H
#define SUB_XML_H

#include <glib.h>

G_BEGIN_DECLS

/* The encoding that a declaration at the beginning names; NULL: none does. */
char *sub_xml_dup_encoding (const char *text, gsize length);

G_END_DECLS

#endif /* SUB_XML_H */
