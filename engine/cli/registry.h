/* ssmtranslate: a registry of models to fetch
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mozilla's `db/models.json`, or one like it: {"baseUrl": URL, "models": {"en-fr": [ENTRY, ...]}}.
 * An ENTRY has "architecture", "releaseStatus", "files" ({"model": {"path", "uncompressedSize",
 * "uncompressedHash"}, "vocab": {"path"} ...}) and "metrics". It comes from strangers.
 */
#ifndef SSMT_CLI_REGISTRY_H
#define SSMT_CLI_REGISTRY_H

#include <json-glib/json-glib.h>

#include "engine/stream/quality.h"

G_BEGIN_DECLS

#define REGISTRY_MAX_BYTES (16 << 20)
/* Of one file, unpacked, whatever the registry says. */
#define REGISTRY_MAX_FILE_BYTES (G_GUINT64_CONSTANT (2) << 30)

typedef struct _Registry Registry;

typedef struct {
  char *path;          /* below the base; plain characters, no "..", no slash first */
  char *name;          /* of the file on the disk, unpacked: no slash, no point first */
  guint64 size;        /* unpacked; 0: not said */
  char *hash;          /* SHA-256, unpacked, in lower case; NULL: not said */
  guint64 packed_size; /* as it is served; 0: not said */
  char *packed_hash;   /* the same; NULL: not said */
} RegistryFile;

typedef struct {
  char *pair, *source, *target;
  char *architecture, *status; /* for people; "" where not said */
  gboolean released;           /* the status begins with "Release" */
  SsmtQuality quality;
  GPtrArray *files; /* of RegistryFile */
  guint64 bytes;    /* of the files whose size is said */
  JsonObject *json; /* as the registry has it */
} RegistryEntry;

void registry_free (Registry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Registry, registry_free)

/* Reads the text that came from `url`. Entries are looked at when they are asked for. */
Registry *registry_parse (const char *text, gsize length, const char *url, GError **error);

/* The pairs, sorted; owned by the registry. */
GPtrArray *registry_get_pairs (Registry *self);

/* All entries of a pair, the one to take first: released ones ("Release" before "Release
 * Desktop" and the like), then the best by quality, then in the registry's order, which is the
 * newest first. NULL with *error set: there are none, or one is wrong; it says which. */
GPtrArray *registry_get_entries (Registry *self, const char *pair, GError **error);

/* Where a file is. */
char *registry_get_url (Registry *self, const RegistryFile *file);
/* Where all files are; no slash at the end. */
const char *registry_get_base (Registry *self);

G_END_DECLS

#endif /* SSMT_CLI_REGISTRY_H */
