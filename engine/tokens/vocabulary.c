/* ssmtranslate: ids of pieces that are not those of the tokenizer's own file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/vocabulary.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/json.h"
#include "engine/files/limits.h"
#include "engine/files/yaml.h"

#define MAX_FILE_BYTES (64 * 1024 * 1024)

struct _SsmtVocabulary {
  JsonObject *ids;
  GPtrArray *pieces; /* by id, owned by `ids`; NULL where an id has none */
};

/* A piece as people may read it, whatever it is. */
static char *
show_piece (const char *piece)
{
  return g_utf8_make_valid (piece, (gssize) MIN (strlen (piece), 64));
}

static gboolean
add_piece (SsmtVocabulary *self, const char *piece, const char *shown, GError **error)
{
  gint64 id;

  if (!ssmt_json_whole_of_node (
          json_object_get_member (self->ids, piece), 0, SSMT_MAX_VOCAB - 1, &id)) {
    g_autofree char *text = show_piece (piece);

    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: piece \"%s\" must have a whole number from 0 to %d as its id", shown, text,
        SSMT_MAX_VOCAB - 1);
    return FALSE;
  }
  if (id >= self->pieces->len)
    g_ptr_array_set_size (self->pieces, (gint) id + 1);
  if (self->pieces->pdata[id]) {
    g_autofree char *text = show_piece (piece), *other = show_piece (self->pieces->pdata[id]);

    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: pieces \"%s\" and \"%s\" have the same id, %" G_GINT64_FORMAT, shown, other, text, id);
    return FALSE;
  }
  self->pieces->pdata[id] = (gpointer) piece;
  return TRUE;
}

static JsonObject *
read_mapping (GBytes *bytes, const char *path, GError **error)
{
  gsize length;
  const char *text = ssmt_file_get_text (bytes, &length);
  gsize plain = ssmt_file_plain_length (path);
  g_autoptr (JsonParser) parser = NULL;
  JsonObject *object;

  if (plain < 5 || strncmp (path + plain - 5, ".json", 5) != 0)
    return ssmt_yaml_parse (text, length, path, error);
  parser = json_parser_new_immutable ();
  object = ssmt_json_parse_large (parser, text, length, SSMT_JSON_VOCABULARY, path, error);
  return object ? json_object_ref (object) : NULL;
}

SsmtVocabulary *
ssmt_vocabulary_parse (GBytes *bytes, const char *path, GError **error)
{
  g_autoptr (SsmtVocabulary) self = NULL;
  g_autoptr (GList) pieces = NULL;
  JsonObject *ids = read_mapping (bytes, path, error);

  if (!ids)
    return NULL;
  self = g_new0 (SsmtVocabulary, 1);
  self->ids = ids;
  self->pieces = g_ptr_array_new ();
  pieces = json_object_get_members (ids);
  for (GList *p = pieces; p; p = p->next)
    if (!add_piece (self, p->data, path, error))
      return NULL;
  return g_steal_pointer (&self);
}

SsmtVocabulary *
ssmt_vocabulary_load (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = ssmt_file_read (path, MAX_FILE_BYTES, error);

  return bytes ? ssmt_vocabulary_parse (bytes, shown, error) : NULL;
}

void
ssmt_vocabulary_free (SsmtVocabulary *self)
{
  if (!self)
    return;
  g_ptr_array_unref (self->pieces);
  json_object_unref (self->ids);
  g_free (self);
}

guint32
ssmt_vocabulary_get_size (const SsmtVocabulary *self)
{
  return self->pieces->len;
}

gint32
ssmt_vocabulary_find (const SsmtVocabulary *self, const char *piece)
{
  gint64 id;

  return ssmt_json_whole_of_node (
             json_object_get_member (self->ids, piece), 0, SSMT_MAX_VOCAB - 1, &id)
      ? (gint32) id
      : -1;
}

const char *
ssmt_vocabulary_get_piece (const SsmtVocabulary *self, guint32 id)
{
  return id < self->pieces->len ? self->pieces->pdata[id] : NULL;
}
