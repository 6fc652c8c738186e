/* ssmtranslate: one model of a registry
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/registry-entry.h"

#include <string.h>

#include "engine/files/json.h"
#include "engine/tokens/languages.h"

#define MAX_PATH 512
#define MAX_NAME 128

static void
file_free (RegistryFile *file)
{
  g_free (file->path);
  g_free (file->name);
  g_free (file->hash);
  g_free (file->packed_hash);
  g_free (file);
}

void
registry_entry_free (RegistryEntry *entry)
{
  g_free (entry->pair);
  g_free (entry->source);
  g_free (entry->target);
  g_free (entry->architecture);
  g_free (entry->status);
  ssmt_quality_clear (&entry->quality);
  g_clear_pointer (&entry->files, g_ptr_array_unref);
  g_clear_pointer (&entry->json, json_object_unref);
  g_free (entry);
}

/* --- values ---------------------------------------------------------------- */

/* Absent, or null, as the registry writes what it does not know. */
static gboolean
is_said (const SsmtJson *json, const char *key)
{
  JsonNode *node = json_object_get_member (json->object, key);

  return node && !JSON_NODE_HOLDS_NULL (node);
}

/* Words of letters, digits and a few signs: they are shown, and stand in names of folders. "" where
 * nothing is said. */
static gboolean
read_word (const SsmtJson *json, const char *key, char **word, GError **error)
{
  const char *value = "";

  if (is_said (json, key) && !ssmt_json_get_string (json, key, &value, error))
    return FALSE;
  if (strlen (value) > 64)
    return ssmt_json_wanted (json, key, "at most 64 characters long", error);
  for (const char *c = value; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("._-+ ", *c))
      return ssmt_json_wanted (
          json, key, "of letters, digits, \".\", \"_\", \"-\" and \"+\"", error);
  *word = g_strdup (value);
  return TRUE;
}

static gboolean
read_size (const SsmtJson *json, const char *key, guint64 *size, GError **error)
{
  gint64 value = 0;

  if (is_said (json, key)
      && !ssmt_json_get_whole (json, key, 1, (gint64) REGISTRY_MAX_FILE_BYTES, &value, error))
    return FALSE;
  *size = (guint64) value;
  return TRUE;
}

static gboolean
read_hash (const SsmtJson *json, const char *key, char **hash, GError **error)
{
  const char *value;

  if (!is_said (json, key))
    return TRUE;
  if (!ssmt_json_get_string (json, key, &value, error))
    return FALSE;
  if (strlen (value) != 64 || strspn (value, "0123456789abcdefABCDEF") != 64)
    return ssmt_json_wanted (json, key, "a SHA-256 of 64 hexadecimal digits", error);
  *hash = g_ascii_strdown (value, -1);
  return TRUE;
}

/* --- files ----------------------------------------------------------------- */

static gboolean
path_is_plain (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (const char *c = path; *c; c++)
    if (!g_ascii_isalnum (*c) && !strchr ("._-+/", *c))
      return FALSE;
  for (guint i = 0; parts[i]; i++)
    if (!*parts[i] || *parts[i] == '.')
      return FALSE;
  return *path != '\0' && !strstr (path, "..");
}

static gboolean
read_path (RegistryFile *file, const SsmtJson *json, GError **error)
{
  const char *path, *name;

  if (!ssmt_json_get_string (json, "path", &path, error))
    return FALSE;
  name = strrchr (path, '/');
  name = name ? name + 1 : path;
  if (strlen (path) > MAX_PATH || strlen (name) > MAX_NAME || !path_is_plain (path))
    return ssmt_json_wanted (json, "path",
        "a path below the base, of letters, digits, \"._-+/\", without \"..\" and with at "
        "most " G_STRINGIFY (MAX_PATH) " characters, " G_STRINGIFY (MAX_NAME) " in its last part",
        error);
  file->path = g_strdup (path);
  if (g_str_has_suffix (name, ".gz"))
    file->name = g_strndup (name, strlen (name) - strlen (".gz"));
  else if (g_str_has_suffix (name, ".zst"))
    file->name = g_strndup (name, strlen (name) - strlen (".zst"));
  else
    file->name = g_strdup (name);
  return TRUE;
}

/* Of a name that is taken, on file systems that do not tell cases apart too, or means something to
 * whoever reads the folder. */
static gboolean
name_is_free (const RegistryEntry *entry, const char *name)
{
  static const char *const taken[] = { "registry.json", "metadata.json", "config.json",
    "ssmt.json" };

  for (guint i = 0; i < G_N_ELEMENTS (taken); i++)
    if (g_ascii_strcasecmp (name, taken[i]) == 0)
      return FALSE;
  for (guint i = 0; i < entry->files->len; i++)
    if (g_ascii_strcasecmp (name, ((RegistryFile *) entry->files->pdata[i])->name) == 0)
      return FALSE;
  return *name != '\0';
}

static gboolean
read_file (RegistryEntry *entry, const SsmtJson *files, const char *role, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: files: %s", files->where, role);
  SsmtJson json = { NULL, where };
  RegistryFile *file;

  if (!ssmt_json_get_object (files, role, &json.object, error))
    return FALSE;
  file = g_new0 (RegistryFile, 1);
  if (!read_path (file, &json, error) || !read_size (&json, "uncompressedSize", &file->size, error)
      || !read_hash (&json, "uncompressedHash", &file->hash, error)
      || !read_size (&json, "size", &file->packed_size, error)
      || !read_hash (&json, "hash", &file->packed_hash, error)) {
    file_free (file);
    return FALSE;
  }
  if (!name_is_free (entry, file->name)) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, where,
        "the file's name, \"%s\", is taken by another file of the folder", file->name);
    file_free (file);
    return FALSE;
  }
  entry->bytes += file->size;
  g_ptr_array_add (entry->files, file);
  return TRUE;
}

static gboolean
read_files (RegistryEntry *entry, const SsmtJson *json, GError **error)
{
  static const char *const roles[] = { "model", "lexicalShortlist", "vocab", "srcVocab",
    "trgVocab" };
  SsmtJson files = { NULL, json->where };

  if (!ssmt_json_get_object (json, "files", &files.object, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (roles); i++)
    if (is_said (&files, roles[i]) && !read_file (entry, &files, roles[i], error))
      return FALSE;
  if (!is_said (&files, "model"))
    return ssmt_json_fail (
        error, SSMT_ERROR_INVALID, json->where, "\"files\" must have a \"model\"");
  if (!is_said (&files, "vocab") && !(is_said (&files, "srcVocab") && is_said (&files, "trgVocab")))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"files\" must have a \"vocab\", or a \"srcVocab\" and a \"trgVocab\"");
  return TRUE;
}

/* --- the entry -------------------------------------------------------------- */

/* The languages are the pair's; an entry that says others is wrong. */
static gboolean
check_language (const SsmtJson *json, const char *key, const char *expected, GError **error)
{
  const char *code;

  if (!is_said (json, key))
    return TRUE;
  if (!ssmt_json_get_string (json, key, &code, error))
    return FALSE;
  if (g_ascii_strcasecmp (code, expected) != 0)
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
        "\"%s\" is \"%.64s\", expected \"%s\" as in the pair", key, code, expected);
  return TRUE;
}

RegistryEntry *
registry_entry_read (JsonNode *node, const char *pair, const char *where, GError **error)
{
  g_autoptr (RegistryEntry) entry = g_new0 (RegistryEntry, 1);
  SsmtJson json = { NULL, where };

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, where, "must be an object");
    return NULL;
  }
  json.object = json_node_get_object (node);
  entry->pair = g_strdup (pair);
  entry->files = g_ptr_array_new_with_free_func ((GDestroyNotify) file_free);
  entry->json = json_object_ref (json.object);
  if (!ssmt_pair_split (pair, &entry->source, &entry->target)
      || !check_language (&json, "sourceLanguage", entry->source, error)
      || !check_language (&json, "targetLanguage", entry->target, error)
      || !read_word (&json, "architecture", &entry->architecture, error)
      || !read_word (&json, "releaseStatus", &entry->status, error)
      || !read_files (entry, &json, error))
    return NULL;
  entry->released = g_str_has_prefix (entry->status, "Release");
  ssmt_quality_read (&entry->quality, json_object_get_member (json.object, "metrics"));
  return g_steal_pointer (&entry);
}
