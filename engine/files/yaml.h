/* ssmtranslate: YAML as JSON (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_YAML_H
#define SSMT_YAML_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* The mapping that `text` (UTF-8, one document) consists of, as an object: plain scalars that are
 * numbers, true, false or null are those, all others strings. Aliases and tags are refused, and
 * what is deeper or has more nodes than the files of a model have. */
JsonObject *ssmt_yaml_parse (const char *text, gsize length, const char *path, GError **error);

G_END_DECLS

#endif /* SSMT_YAML_H */
