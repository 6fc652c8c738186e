/* ssmtranslate: what a model folder says of itself
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-model-info.h"

#include <string.h>

#include <glib/gstdio.h>

#include "engine/files/file.h"
#include "engine/files/printable.h"
#include "engine/formats/config.h"
#include "engine/tokens/languages.h"
#include "engine/stream/model-info-private.h"

#define MAX_CARD_BYTES (1 << 20)

G_DEFINE_BOXED_TYPE (SsmtModelInfo, ssmt_model_info, ssmt_model_info_ref, ssmt_model_info_unref)

static void
info_clear (SsmtModelInfo *self)
{
  g_free (self->name);
  g_free (self->path);
  g_free (self->source);
  g_free (self->target);
  g_free (self->kind);
  g_free (self->license);
  g_free (self->problem);
  ssmt_quality_clear (&self->quality);
}

SsmtModelInfo *
ssmt_model_info_ref (SsmtModelInfo *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
ssmt_model_info_unref (SsmtModelInfo *self)
{
  g_atomic_rc_box_release_full (self, (GDestroyNotify) info_clear);
}

/* --- the folder ----------------------------------------------------------- */

static gboolean
is_marian_model (const char *file)
{
  static const char *const patterns[] = { "model*.bin", "model*.npz", "model*.bin.gz",
    "model*.npz.gz", "model*.bin.zst", "model*.npz.zst" };

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (g_pattern_match_simple (patterns[i], file))
      return TRUE;
  return FALSE;
}

/* OPUS-MT's names begin otherwise; arrays alone are no model. */
static gboolean
is_array (const char *file)
{
  gsize length = ssmt_file_plain_length (file);

  return length > 4 && strncmp (file + length - 4, ".npz", 4) == 0;
}

static gboolean
is_vocabulary (const char *file)
{
  return strcmp (file, "decoder.yml") == 0
      || (g_str_has_suffix (file, ".spm")
          && (g_str_has_prefix (file, "source") || strstr (file, "vocab")));
}

static void
take_first (char **name, const char *file)
{
  if (*name && strcmp (file, *name) >= 0)
    return;
  g_free (*name);
  *name = g_strdup (file);
}

/* Adds up the files. `marian`: the name of a Marian model among them, the first by name, or NULL. */
static void
look_through (SsmtModelInfo *self, char **marian)
{
  g_autoptr (GDir) dir = g_dir_open (self->path, 0, NULL);
  g_autofree char *array = NULL;
  gboolean has_vocabulary = FALSE;
  const char *file;

  while (dir && (file = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (self->path, file, NULL);
    GStatBuf st;

    if (g_stat (path, &st) != 0 || !S_ISREG (st.st_mode))
      continue;
    self->bytes += (guint64) st.st_size;
    if (is_marian_model (file))
      take_first (marian, file);
    else if (is_array (file))
      take_first (&array, file);
    has_vocabulary |= is_vocabulary (file);
  }
  if (!*marian && has_vocabulary)
    *marian = g_steal_pointer (&array);
}

/* --- cards: registry.json and metadata.json --------------------------------- */

/* A code that names a language; others only describe nothing. */
static char *
read_code (JsonObject *card, const char *key)
{
  const char *code = ssmt_json_string_of_node (json_object_get_member (card, key));

  return code && ssmt_language_is_code (code, strlen (code)) ? g_ascii_strdown (code, -1) : NULL;
}

static void
read_card_object (SsmtModelInfo *self, JsonObject *card)
{
  const char *license = ssmt_json_string_of_node (json_object_get_member (card, "license"));

  if (!self->source && !self->target) {
    self->source = read_code (card, "sourceLanguage");
    self->target = read_code (card, "targetLanguage");
  }
  if (!self->license)
    self->license = g_strdup (license);
  if (!self->quality.text) {
    ssmt_quality_clear (&self->quality);
    ssmt_quality_read (&self->quality, json_object_get_member (card, "metrics"));
  }
}

static gboolean
read_card (SsmtModelInfo *self, const char *file, GError **error)
{
  g_autofree char *path = g_build_filename (self->path, file, NULL);
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) why = NULL;
  g_autoptr (GBytes) bytes = ssmt_file_load (path, MAX_CARD_BYTES, &why);
  JsonObject *card;
  const char *text;
  gsize length;

  if (!bytes) {
    if (g_error_matches (why, SSMT_ERROR, SSMT_ERROR_NOT_FOUND))
      return TRUE;
    g_propagate_error (error, g_steal_pointer (&why));
    return FALSE;
  }
  text = ssmt_file_get_text (bytes, &length);
  card = ssmt_json_parse (parser, text, length, shown, error);
  if (card)
    read_card_object (self, card);
  return card != NULL;
}

/* --- kinds of folders ------------------------------------------------------- */

static void
read_marian (SsmtModelInfo *self, const char *file)
{
  const char *pair = strchr (file, '.');

  self->kind = g_strdup ("Marian");
  if (self->source || self->target)
    return;
  if (!ssmt_pair_split_joined (pair + 1, &self->source, &self->target))
    ssmt_pair_split (self->name, &self->source, &self->target);
}

static gboolean
read_config (SsmtModelInfo *self, GError **error)
{
  g_autoptr (SsmtConfig) config = ssmt_config_load (self->path, error);

  if (!config)
    return FALSE;
  self->kind = g_strdup (config->family ? config->family : "ssmt");
  self->source = g_strdup (config->text.source_language);
  self->target = g_strdup (config->text.target_language);
  self->license = g_strdup (config->license);
  self->carries_state = config->carry;
  return TRUE;
}

SsmtModelInfo *
ssmt_model_info_new (const char *path, GError **error)
{
  SsmtModelInfo *self;
  g_autofree char *marian = NULL, *config = NULL;
  g_autoptr (GError) why = NULL;
  gboolean has_config;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  config = g_build_filename (path, "config.json", NULL);
  has_config = g_file_test (config, G_FILE_TEST_EXISTS);
  self = g_atomic_rc_box_new0 (SsmtModelInfo);
  self->path = g_strdup (path);
  self->name = g_path_get_basename (path);
  look_through (self, &marian);
  if (!has_config && !marian) {
    g_autofree char *shown = g_filename_display_name (path);

    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: holds no model, neither a config.json nor a Marian model", shown);
    ssmt_model_info_unref (self);
    return NULL;
  }
  if ((!has_config || read_config (self, &why)) && read_card (self, "registry.json", &why)
      && read_card (self, "metadata.json", &why) && !has_config)
    read_marian (self, marian);
  if (why)
    self->problem = ssmt_dup_printable (why->message);
  return self;
}

/* --- asking ------------------------------------------------------------- */

const char *
ssmt_model_info_get_name (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->name;
}

const char *
ssmt_model_info_get_path (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->path;
}

const char *
ssmt_model_info_get_source_language (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->source;
}

const char *
ssmt_model_info_get_target_language (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->target;
}

const char *
ssmt_model_info_get_kind (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->kind;
}

const char *
ssmt_model_info_get_license (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->license;
}

const char *
ssmt_model_info_get_quality (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->quality.text;
}

guint64
ssmt_model_info_get_bytes (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->bytes;
}

gboolean
ssmt_model_info_get_carries_state (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->carries_state;
}

const char *
ssmt_model_info_get_problem (const SsmtModelInfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->problem;
}
