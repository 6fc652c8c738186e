/* ssmtranslate: a registry of models to fetch
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/registry.h"

#include <string.h>

#include "engine/cli/registry-entry.h"
#include "engine/files/json.h"
#include "engine/tokens/languages.h"

#define MAX_PAIRS 4096
#define MAX_ENTRIES 64

struct _Registry {
  JsonParser *parser;
  JsonObject *models;
  GPtrArray *pairs;
  char *url, *base;
};

void
registry_free (Registry *self)
{
  g_clear_object (&self->parser);
  g_clear_pointer (&self->pairs, g_ptr_array_unref);
  g_free (self->url);
  g_free (self->base);
  g_free (self);
}

/* --- the whole ------------------------------------------------------------ */

/* What the address of the registry has before "db/models.json" or its last part. */
static char *
base_of_url (const char *url)
{
  static const char usual[] = "/db/models.json";
  const char *slash = strrchr (url, '/');

  if (g_str_has_suffix (url, usual))
    return g_strndup (url, strlen (url) - strlen (usual));
  return g_strndup (url, slash ? (gsize) (slash - url) : strlen (url));
}

/* Whether files may come from there: over HTTPS where the registry itself did. What follows the
 * base is the path of a file, so it ends in a path itself. */
static gboolean
check_base (Registry *self, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (self->base, G_URI_FLAGS_NONE, NULL);
  gboolean allowed = g_str_has_prefix (self->base, "https://")
      || (g_str_has_prefix (self->base, "http://") && g_str_has_prefix (self->url, "http://"));

  for (const char *c = self->base; *c; c++)
    allowed = allowed && g_ascii_isgraph (*c);
  if (allowed && uri && g_uri_get_host (uri) && *g_uri_get_host (uri) && !g_uri_get_query (uri)
      && !g_uri_get_fragment (uri))
    return TRUE;
  return ssmt_json_fail (error, SSMT_ERROR_INVALID, self->url,
      "\"baseUrl\" must be an address that begins with \"https://\" and has no \"?\" and \"#\"");
}

static gboolean
read_base (Registry *self, JsonObject *root, GError **error)
{
  const SsmtJson json = { root, self->url };
  const char *base;

  if (!ssmt_json_has (&json, "baseUrl")) {
    self->base = base_of_url (self->url);
    return check_base (self, error);
  }
  if (!ssmt_json_get_string (&json, "baseUrl", &base, error))
    return FALSE;
  if (strlen (base) > 1024)
    return ssmt_json_fail (
        error, SSMT_ERROR_INVALID, self->url, "\"baseUrl\" must have at most 1024 characters");
  self->base = g_strdup (base);
  while (g_str_has_suffix (self->base, "/"))
    self->base[strlen (self->base) - 1] = '\0';
  return check_base (self, error);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static gboolean
read_pairs (Registry *self, GError **error)
{
  g_autoptr (GList) keys = json_object_get_members (self->models);

  self->pairs = g_ptr_array_new ();
  for (GList *key = keys; key; key = key->next) {
    g_autofree char *source = NULL, *target = NULL;

    if (!ssmt_pair_split (key->data, &source, &target))
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, self->url,
          "\"models\" has \"%.64s\", expected a pair of languages as \"en-fr\"",
          (const char *) key->data);
    if (self->pairs->len == MAX_PAIRS)
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, self->url,
          "\"models\" has more than %d pairs of languages", MAX_PAIRS);
    g_ptr_array_add (self->pairs, key->data);
  }
  g_ptr_array_sort (self->pairs, compare_strings);
  return TRUE;
}

Registry *
registry_parse (const char *text, gsize length, const char *url, GError **error)
{
  g_autoptr (Registry) self = g_new0 (Registry, 1);
  JsonObject *root;

  self->url = g_strdup (url);
  self->parser = json_parser_new_immutable ();
  if (length > REGISTRY_MAX_BYTES) {
    ssmt_json_fail (error, SSMT_ERROR_INVALID, url, "has more than %d bytes", REGISTRY_MAX_BYTES);
    return NULL;
  }
  root = ssmt_json_parse (self->parser, text, length, url, error);
  if (!root || !ssmt_json_get_object (&(SsmtJson){ root, url }, "models", &self->models, error)
      || !read_base (self, root, error) || !read_pairs (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/* --- entries -------------------------------------------------------------- */

static int
rank_status (const RegistryEntry *entry)
{
  return !entry->released ? 2 : strcmp (entry->status, "Release") == 0 ? 0 : 1;
}

/* Stable: what is equal stays in the registry's order. */
static void
insert_sorted (GPtrArray *entries, RegistryEntry *entry)
{
  guint at = 0;

  while (at < entries->len) {
    const RegistryEntry *other = entries->pdata[at];
    int order = rank_status (entry) - rank_status (other);

    if (order == 0)
      order = -ssmt_quality_compare (&entry->quality, &other->quality);
    if (order < 0)
      break;
    at++;
  }
  g_ptr_array_insert (entries, (int) at, entry);
}

GPtrArray *
registry_get_entries (Registry *self, const char *pair, GError **error)
{
  g_autoptr (GPtrArray) entries =
      g_ptr_array_new_with_free_func ((GDestroyNotify) registry_entry_free);
  g_autofree char *where = g_strdup_printf ("%s: models", self->url);
  JsonArray *array;
  guint n;

  if (!json_object_has_member (self->models, pair)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: has no model for \"%.64s\"; \"ssmt models --available\" lists what it has", self->url,
        pair);
    return NULL;
  }
  if (!ssmt_json_get_array (&(SsmtJson){ self->models, where }, pair, &array, error))
    return NULL;
  n = json_array_get_length (array);
  if (n < 1 || n > MAX_ENTRIES) {
    ssmt_json_fail (
        error, SSMT_ERROR_INVALID, where, "\"%.64s\" must hold 1 to %d models", pair, MAX_ENTRIES);
    return NULL;
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *item = g_strdup_printf ("%s: %.64s[%u]", self->url, pair, i);
    RegistryEntry *entry =
        registry_entry_read (json_array_get_element (array, i), pair, item, error);

    if (!entry)
      return NULL;
    insert_sorted (entries, entry);
  }
  return g_steal_pointer (&entries);
}

/* --- asking --------------------------------------------------------------- */

GPtrArray *
registry_get_pairs (Registry *self)
{
  return self->pairs;
}

char *
registry_get_url (Registry *self, const RegistryFile *file)
{
  return g_strconcat (self->base, "/", file->path, NULL);
}

const char *
registry_get_base (Registry *self)
{
  return self->base;
}
