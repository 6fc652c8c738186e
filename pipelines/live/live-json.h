/* ssmt-live: JSON, without line breaks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Appended to a string; a comma comes before whatever follows a value.
 */
#ifndef LIVE_JSON_H
#define LIVE_JSON_H

#include <glib.h>

G_BEGIN_DECLS

/* name: NULL: in an array, or the whole, behind a space. */
void live_json_begin (GString *json, const char *name, char open);
void live_json_end (GString *json, char close);
void live_json_add_string (GString *json, const char *name, const char *value);
void live_json_add_boolean (GString *json, const char *name, gboolean value);
void live_json_add_count (GString *json, const char *name, guint64 value);
/* To the millisecond. */
void live_json_add_seconds (GString *json, const char *name, double value);

G_END_DECLS

#endif /* LIVE_JSON_H */
