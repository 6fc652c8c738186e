/* ssmtranslate tests: registries from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/cli/registry.h"
#include "fuzz.h"

#define URL "https://example.com/db/models.json"

/* What is let through can be a file of a folder and a part of an address. */
static void
check_file (const RegistryFile *file)
{
  g_assert_true (*file->name && *file->name != '.' && !strchr (file->name, '/'));
  g_assert_true (*file->path != '/' && !strstr (file->path, "..") && !strstr (file->path, "//"));
  g_assert_cmpuint (file->size, <=, REGISTRY_MAX_FILE_BYTES);
  g_assert_cmpuint (file->packed_size, <=, REGISTRY_MAX_FILE_BYTES);
  g_assert_true (!file->hash || strlen (file->hash) == 64);
  g_assert_true (!file->packed_hash || strlen (file->packed_hash) == 64);
  for (const char *c = file->path; *c; c++)
    g_assert_true (g_ascii_isalnum (*c) || strchr ("._-+/", *c));
}

static void
check_entry (Registry *registry, const RegistryEntry *entry)
{
  g_assert_cmpuint (entry->files->len, >=, 2);
  for (guint i = 0; i < entry->files->len; i++) {
    const RegistryFile *file = entry->files->pdata[i];
    g_autofree char *url = registry_get_url (registry, file);

    check_file (file);
    g_assert_true (g_str_has_prefix (url, "https://"));
    for (guint j = 0; j < i; j++)
      g_assert_true (
          g_ascii_strcasecmp (file->name, ((RegistryFile *) entry->files->pdata[j])->name));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Registry) registry =
      registry_parse ((const char *) (size ? data : (const uint8_t *) ""), size, URL, &error);
  GPtrArray *pairs = registry ? registry_get_pairs (registry) : NULL;

  g_assert_true ((registry == NULL) == (error != NULL));
  for (guint i = 0; pairs && i < pairs->len; i++) {
    g_autoptr (GError) why = NULL;
    g_autoptr (GPtrArray) entries = registry_get_entries (registry, pairs->pdata[i], &why);

    g_assert_true ((entries == NULL) == (why != NULL));
    for (guint j = 0; entries && j < entries->len; j++)
      check_entry (registry, entries->pdata[j]);
  }
  return 0;
}
