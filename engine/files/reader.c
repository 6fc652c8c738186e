/* ssmtranslate: an object of keys and values, read with checks
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/reader.h"

#include <string.h>

void
ssmt_reader_init (SsmtReader *self, JsonObject *object, gboolean foreign, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  *self = (SsmtReader){ .object = object ? json_object_ref (object) : json_object_new (),
    .where = g_strdup_vprintf (format, args),
    .foreign = foreign,
    .asked = g_ptr_array_new_with_free_func (g_free) };
  va_end (args);
}

void
ssmt_reader_clear (SsmtReader *self)
{
  g_clear_pointer (&self->object, json_object_unref);
  g_clear_pointer (&self->where, g_free);
  g_clear_pointer (&self->asked, g_ptr_array_unref);
  g_clear_error (&self->error);
}

/* --- the end ------------------------------------------------------------ */

/* The first key that nobody asked for, with those that were; NULL: none. */
static char *
describe_unknown (const SsmtReader *self)
{
  g_autoptr (GList) keys = json_object_get_members (self->object);
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < self->asked->len; i++)
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", (const char *) self->asked->pdata[i]);
  for (GList *k = keys; k; k = k->next)
    if (!g_ptr_array_find_with_equal_func (self->asked, k->data, g_str_equal, NULL))
      return g_strdup_printf (
          "unknown key \"%s\", expected only: %s", (const char *) k->data, known->str);
  return NULL;
}

/* Where a key is missing, one that is misspelt may be why. */
static void
check_unknown (SsmtReader *self)
{
  g_autofree char *unknown = NULL;

  if (self->foreign || (self->error && !self->misses))
    return;
  unknown = describe_unknown (self);
  if (unknown && self->error) {
    g_autofree char *both = g_strdup_printf ("%s; %s", self->error->message, unknown);

    g_free (self->error->message);
    self->error->message = g_steal_pointer (&both);
  } else if (unknown) {
    ssmt_json_fail (&self->error, SSMT_ERROR_INVALID, self->where, "%s", unknown);
  }
}

gboolean
ssmt_reader_finish (SsmtReader *self, GError **error)
{
  check_unknown (self);
  if (!self->error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

void
ssmt_reader_close (SsmtReader *inner, SsmtReader *outer)
{
  check_unknown (inner);
  if (!outer->error)
    outer->error = g_steal_pointer (&inner->error);
  ssmt_reader_clear (inner);
}

void
ssmt_reader_fail (SsmtReader *self, SsmtError code, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  if (self->error)
    return;
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  ssmt_json_fail (&self->error, code, self->where, "%s", what);
}

/* --- values ------------------------------------------------------------- */

static gboolean
is_there (const SsmtReader *self, const char *key)
{
  JsonNode *node = json_object_get_member (self->object, key);

  return node && !(self->foreign && JSON_NODE_HOLDS_NULL (node));
}

gboolean
ssmt_reader_has (SsmtReader *self, const char *key)
{
  if (!g_ptr_array_find_with_equal_func (self->asked, key, g_str_equal, NULL))
    g_ptr_array_add (self->asked, g_strdup (key));
  return is_there (self, key);
}

/* Whether there is a value to be read. */
static gboolean
begin (SsmtReader *self, const char *key, gboolean required, SsmtJson *json)
{
  gboolean there = ssmt_reader_has (self, key);

  *json = (SsmtJson){ self->object, self->where };
  return !self->error && (there || required);
}

/* After a getter of json.h. */
static void
note (SsmtReader *self, const char *key)
{
  self->misses = self->error && !is_there (self, key);
}

void
ssmt_reader_wanted (SsmtReader *self, const char *key, const char *what)
{
  SsmtJson json = { self->object, self->where };

  if (self->error)
    return;
  ssmt_json_wanted (&json, key, what, &self->error);
  note (self, key);
}

gint64
ssmt_reader_whole (SsmtReader *self, const char *key, gint64 fallback, gint64 min, gint64 max)
{
  gint64 value = MAX (fallback, min);
  SsmtJson json;

  if (!begin (self, key, fallback == SSMT_REQUIRED, &json))
    return fallback == SSMT_REQUIRED ? min : fallback;
  if (ssmt_json_get_whole (&json, key, min, max, &value, &self->error))
    return value;
  note (self, key);
  return MAX (fallback, min);
}

guint32
ssmt_reader_size (SsmtReader *self, const char *key, gint64 fallback, guint32 max)
{
  return (guint32) ssmt_reader_whole (self, key, fallback, 1, max);
}

static void
want_number (SsmtReader *self, const char *key, double min, double max)
{
  char from[G_ASCII_DTOSTR_BUF_SIZE], to[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *what = NULL;

  g_ascii_formatd (from, sizeof from, "%g", min);
  g_ascii_formatd (to, sizeof to, "%g", max);
  what = isfinite (max) ? g_strdup_printf ("a number from %s to %s", from, to)
                        : g_strdup_printf ("a finite number, at least %s", from);
  ssmt_reader_wanted (self, key, what);
}

double
ssmt_reader_number (SsmtReader *self, const char *key, double fallback, double min, double max)
{
  gboolean required = isnan (fallback);
  double value;
  SsmtJson json;

  if (!begin (self, key, required, &json))
    return required ? min : fallback;
  if (ssmt_json_number_of_node (json_object_get_member (self->object, key), &value) && value >= min
      && value <= max && isfinite ((float) value))
    return value;
  want_number (self, key, min, max);
  return required ? min : fallback;
}

gboolean
ssmt_reader_boolean (SsmtReader *self, const char *key, gint fallback)
{
  gboolean value = fallback == TRUE;
  SsmtJson json;

  if (begin (self, key, fallback == SSMT_REQUIRED, &json)
      && !ssmt_json_get_boolean (&json, key, &value, &self->error))
    note (self, key);
  return value;
}

guint
ssmt_reader_choice (SsmtReader *self, const char *key, const char *const *names)
{
  const char *name = ssmt_reader_string (self, key, FALSE);
  g_autofree char *all = NULL, *what = NULL;

  for (guint i = 0; name && names[i]; i++)
    if (strcmp (name, names[i]) == 0)
      return i;
  if (name) {
    all = g_strjoinv (", ", (char **) names);
    what = g_strdup_printf ("one of %s", all);
    ssmt_reader_wanted (self, key, what);
  }
  return 0;
}

const char *
ssmt_reader_string (SsmtReader *self, const char *key, gboolean required)
{
  const char *value = NULL;
  SsmtJson json;

  if (begin (self, key, required, &json)
      && !ssmt_json_get_string (&json, key, &value, &self->error))
    note (self, key);
  return value;
}

JsonArray *
ssmt_reader_array (SsmtReader *self, const char *key, gboolean required)
{
  JsonArray *value = NULL;
  SsmtJson json;

  if (begin (self, key, required, &json) && !ssmt_json_get_array (&json, key, &value, &self->error))
    note (self, key);
  return value;
}

void
ssmt_reader_open (SsmtReader *self, const char *key, gboolean required, SsmtReader *inner)
{
  JsonObject *value = NULL;
  SsmtJson json;

  if (begin (self, key, required, &json)
      && !ssmt_json_get_object (&json, key, &value, &self->error))
    note (self, key);
  ssmt_reader_init (inner, value, self->foreign, "%s: %s", self->where, key);
  /* nothing more is to be said about what stands in it */
  if (self->error)
    inner->foreign = TRUE;
}
