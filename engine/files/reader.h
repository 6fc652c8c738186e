/* ssmtranslate: an object of keys and values, read with checks (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first error is kept. What is asked for after it gives its fallback, or 1, so that code
 * reads like the list of its keys and computes with what it gets; ssmt_reader_finish() or
 * ssmt_reader_close() tells how it went. By then every key must have been asked for: one that
 * was not is refused, with the list of those that were.
 */
#ifndef SSMT_READER_H
#define SSMT_READER_H

#include <math.h>

#include "engine/files/json.h"

G_BEGIN_DECLS

typedef struct {
  JsonObject *object;
  char *where;      /* "PATH: segment", for messages */
  gboolean foreign; /* of another library: other keys may be there, null is absent */
  GPtrArray *asked; /* of char *, each once */
  GError *error;
  gboolean misses; /* the error is that a key is absent */
} SsmtReader;

/* As fallbacks: the key must be there. */
#define SSMT_REQUIRED (-1)
#define SSMT_REQUIRED_NUMBER NAN

/* Takes a reference to `object`; NULL: an empty one. */
void ssmt_reader_init (SsmtReader *reader, JsonObject *object, gboolean foreign, const char *format,
    ...) G_GNUC_PRINTF (4, 5);
void ssmt_reader_clear (SsmtReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtReader, ssmt_reader_clear)
/* FALSE with the first error, or about a key that nobody asked for. */
gboolean ssmt_reader_finish (SsmtReader *reader, GError **error);
/* The same for an object inside another, which takes the error; clears `inner`. */
void ssmt_reader_close (SsmtReader *inner, SsmtReader *outer);

gboolean ssmt_reader_has (SsmtReader *reader, const char *key);
/* Whole numbers, 256.0 is one: from 1 to max, from min to max. */
guint32 ssmt_reader_size (SsmtReader *reader, const char *key, gint64 fallback, guint32 max);
gint64 ssmt_reader_whole (
    SsmtReader *reader, const char *key, gint64 fallback, gint64 min, gint64 max);
/* Finite, from min to max; the fallback may be anything. */
double ssmt_reader_number (
    SsmtReader *reader, const char *key, double fallback, double min, double max);
/* `fallback` may be SSMT_REQUIRED. */
gboolean ssmt_reader_boolean (SsmtReader *reader, const char *key, gint fallback);
/* Which of `names` (NULL-terminated) the value is; absent: the first. */
guint ssmt_reader_choice (SsmtReader *reader, const char *key, const char *const *names);
/* Owned by the object. NULL where absent, and after an error. */
const char *ssmt_reader_string (SsmtReader *reader, const char *key, gboolean required);
JsonArray *ssmt_reader_array (SsmtReader *reader, const char *key, gboolean required);
/* Opens the object `key` as "WHERE: KEY"; it is empty where the key is absent, and after an
 * error. To be closed in any case. */
void ssmt_reader_open (SsmtReader *reader, const char *key, gboolean required, SsmtReader *inner);

/* Sets an error in the caller's own words: "WHERE: ...". */
void ssmt_reader_fail (SsmtReader *reader, SsmtError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
/* "KEY" must be WHAT, or is missing. */
void ssmt_reader_wanted (SsmtReader *reader, const char *key, const char *what);

G_END_DECLS

#endif /* SSMT_READER_H */
