/* ssmtranslate: the files of a folder with a Marian model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/marian-folder.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/json.h"
#include "engine/files/yaml.h"
#include "engine/tokens/languages.h"

#define MAX_TEXT_BYTES (1024 * 1024)

void
ssmt_marian_folder_clear (SsmtMarianFolder *self)
{
  g_free (self->model);
  g_free (self->source_tokens);
  g_free (self->target_tokens);
  g_free (self->source_vocabulary);
  g_free (self->target_vocabulary);
  g_free (self->shortlist);
  g_free (self->source_language);
  g_free (self->target_language);
  *self = (SsmtMarianFolder){ NULL };
}

/* --- names -------------------------------------------------------------- */

/* Whether a name, packed or not, begins and ends so. */
static gboolean
is_like (const char *name, const char *begin, const char *end)
{
  g_autofree char *plain = g_strndup (name, ssmt_file_plain_length (name));

  return g_str_has_prefix (plain, begin) && g_str_has_suffix (plain, end);
}

/* The one file like this, unless `*found` is set already. Two of them are an error. */
static gboolean
find (const GPtrArray *names, const char *begin, const char *end, const char *path, char **found,
    GError **error)
{
  const char *first = NULL;

  for (guint i = 0; i < names->len && !*found; i++) {
    const char *name = names->pdata[i];

    if (!is_like (name, begin, end))
      continue;
    if (first) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
          "%s: has both %s and %s: which one is meant must be said in a config.yml, or one taken "
          "away",
          path, first, name);
      return FALSE;
    }
    first = name;
  }
  if (first)
    *found = g_strdup (first);
  return TRUE;
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names (const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_strdup (name));
  g_clear_pointer (&dir, g_dir_close);
  g_ptr_array_sort (names, compare_names);
  return names;
}

/* --- what a decoder's configuration says -------------------------------- */

/* The name of the file that element `index` of the list names, without its folder: these files
 * tell where things lay on somebody's machine. */
static char *
dup_named (JsonObject *object, const char *key, guint index, const GPtrArray *names)
{
  JsonNode *node = json_object_get_member (object, key);
  JsonArray *array = node && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  const char *text = array && index < json_array_get_length (array)
      ? ssmt_json_string_of_node (json_array_get_element (array, index))
      : NULL;
  g_autofree char *base = text ? g_path_get_basename (text) : NULL;

  for (guint i = 0; base && i < names->len; i++) {
    const char *name = names->pdata[i];

    if (strncmp (name, base, strlen (base)) == 0 && strlen (base) >= ssmt_file_plain_length (name))
      return g_strdup (name);
  }
  return NULL;
}

static void
take_vocabulary (char *name, char **tokens, char **vocabulary)
{
  if (name && is_like (name, "", ".spm"))
    *tokens = name;
  else
    *vocabulary = name;
}

/* The first decoder.yml or config*.yml there is. */
static gboolean
read_decoder (SsmtMarianFolder *self, const char *path, const GPtrArray *names, GError **error)
{
  for (guint i = 0; i < names->len; i++) {
    const char *name = names->pdata[i];
    g_autofree char *file = g_build_filename (path, name, NULL);
    g_autoptr (JsonObject) yaml = NULL;
    g_autoptr (GBytes) bytes = NULL;
    const char *text;
    gsize length;

    if (!g_str_equal (name, "decoder.yml") && !is_like (name, "config", ".yml"))
      continue;
    bytes = ssmt_file_read (file, MAX_TEXT_BYTES, error);
    if (bytes) {
      text = ssmt_file_get_text (bytes, &length);
      yaml = ssmt_yaml_parse (text, length, file, error);
    }
    if (!yaml)
      return FALSE;
    if (!json_object_has_member (yaml, "models"))
      continue;
    self->model = dup_named (yaml, "models", 0, names);
    self->shortlist = dup_named (yaml, "shortlist", 0, names);
    take_vocabulary (
        dup_named (yaml, "vocabs", 0, names), &self->source_tokens, &self->source_vocabulary);
    take_vocabulary (
        dup_named (yaml, "vocabs", 1, names), &self->target_tokens, &self->target_vocabulary);
    return TRUE;
  }
  return TRUE;
}

/* --- languages ---------------------------------------------------------- */

/* From a JSON file beside the model, if it says so. */
static void
read_languages (
    SsmtMarianFolder *self, const char *path, const char *name, const char *from, const char *to)
{
  g_autofree char *file = g_build_filename (path, name, NULL);
  g_autoptr (GBytes) bytes = ssmt_file_read (file, MAX_TEXT_BYTES, NULL);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  JsonObject *object = NULL;
  const char *text, *source, *target;
  gsize length;

  if (bytes) {
    text = ssmt_file_get_text (bytes, &length);
    object = ssmt_json_parse (parser, text, length, name, NULL);
  }
  if (!object || self->source_language)
    return;
  source = ssmt_json_string_of_node (json_object_get_member (object, from));
  target = ssmt_json_string_of_node (json_object_get_member (object, to));
  if (source && target) {
    self->source_language = g_strdup (source);
    self->target_language = g_strdup (target);
  }
}

static void
find_languages (SsmtMarianFolder *self, const char *path)
{
  const char *name = strchr (self->model, '.');

  read_languages (self, path, "registry.json", "sourceLanguage", "targetLanguage");
  read_languages (self, path, "metadata.json", "sourceLanguage", "targetLanguage");
  if (!self->source_language && name)
    ssmt_pair_split_joined (name + 1, &self->source_language, &self->target_language);
}

/* --- the folder --------------------------------------------------------- */

static gboolean
find_files (SsmtMarianFolder *self, const char *path, const GPtrArray *names, GError **error)
{
  return find (names, "model", ".bin", path, &self->model, error)
      && (self->model || find (names, "", ".npz", path, &self->model, error))
      && find (names, "srcvocab", ".spm", path, &self->source_tokens, error)
      && find (names, "trgvocab", ".spm", path, &self->target_tokens, error)
      && find (names, "vocab", ".spm", path, &self->source_tokens, error)
      && find (names, "source", ".spm", path, &self->source_tokens, error)
      && find (names, "target", ".spm", path, &self->target_tokens, error)
      && find (names, "lex", ".s2t.bin", path, &self->shortlist, error);
}

gboolean
ssmt_marian_folder_look (SsmtMarianFolder *self, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (path);

  *self = (SsmtMarianFolder){ NULL };
  if (!read_decoder (self, path, names, error) || !find_files (self, path, names, error))
    return FALSE;
  if (!self->model)
    return FALSE;
  if (!self->source_tokens) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: has %s, but no vocabulary beside it (vocab.*.spm, or srcvocab.*.spm and "
        "trgvocab.*.spm)",
        path, self->model);
    return FALSE;
  }
  /* "vocab" is of both languages */
  if (!self->target_tokens
      && (g_str_has_prefix (self->source_tokens, "srcvocab")
          || g_str_has_prefix (self->source_tokens, "source"))) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: has %s, but no vocabulary of the target language (trgvocab.*.spm, target.spm)", path,
        self->source_tokens);
    return FALSE;
  }
  if (!self->target_tokens)
    self->target_tokens = g_strdup (self->source_tokens);
  if (!self->target_vocabulary)
    self->target_vocabulary = g_strdup (self->source_vocabulary);
  find_languages (self, path);
  return TRUE;
}
