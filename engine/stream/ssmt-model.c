/* ssmtranslate: the model, what many streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/model-private.h"

G_DEFINE_FINAL_TYPE (SsmtModel, ssmt_model, G_TYPE_OBJECT)

static void
ssmt_model_finalize (GObject *object)
{
  SsmtModel *self = SSMT_MODEL (object);

  g_hash_table_unref (self->primes);
  g_mutex_clear (&self->primes_lock);
  ssmt_tokenizers_clear (&self->tokenizers);
  ssmt_scheduler_free (self->scheduler);
  ssmt_network_free (self->network);
  ssmt_tensor_source_free (self->weights);
  ssmt_device_close (self->device);
  ssmt_config_free (self->config);
  g_free (self->device_text);
  g_free (self->path);
  G_OBJECT_CLASS (ssmt_model_parent_class)->finalize (object);
}

static void
ssmt_model_class_init (SsmtModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ssmt_model_finalize;
}

static void
ssmt_model_init (SsmtModel *self)
{
  g_mutex_init (&self->primes_lock);
  self->primes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) g_bytes_unref);
}

/* --- loading ------------------------------------------------------------ */

static gboolean
model_load_config (SsmtModel *self, GError **error)
{
  self->config = ssmt_config_load (self->path, error);
  return self->config != NULL;
}

static gboolean
model_open_device (SsmtModel *self, const char *device, guint threads,
    GError **error)
{
  static int said;              /* once a process */
  const char *why = NULL;

  if (device == NULL)
    device = "auto";
  self->device = ssmt_device_open (device, threads, &why);
  if (self->device != NULL) {
    self->device_text = self->device->note[0] == '\0'
        ? g_strdup (self->device->description)
        : g_strdup_printf ("%s (no GPU: %s)", self->device->description,
        self->device->note);
    if (self->device->note[0] != '\0' && g_atomic_int_compare_and_exchange
        (&said, FALSE, TRUE))
      g_info ("computing on the CPU: %s", self->device->note);
    return TRUE;
  }
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE,
      "device \"%s\" cannot be opened: %s", device,
      why != NULL ? why : "no memory left");
  return FALSE;
}

static gboolean
model_load_weights (SsmtModel *self, GError **error)
{
  self->weights = ssmt_config_open_tensors (self->config, self->path,
      self->device, error);
  if (self->weights == NULL)
    return FALSE;
  ssmt_tensor_source_get_fingerprint (self->weights, self->fingerprint);
  self->network = ssmt_network_new (self->config, self->device,
      self->weights, error);
  return self->network != NULL;
}

SsmtModel *
ssmt_model_load (const char *path, const char *device, guint threads,
    GError **error)
{
  g_autoptr (SsmtModel) self = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "%s: there is no such model folder", path);
    return NULL;
  }
  self = g_object_new (SSMT_TYPE_MODEL, NULL);
  self->path = g_strdup (path);
  if (!model_load_config (self, error)
      || !model_open_device (self, device, threads, error)
      || !ssmt_tokenizers_load (&self->tokenizers, &self->config->text, path, error)
      || !model_load_weights (self, error))
    return NULL;
  self->scheduler = ssmt_scheduler_new (self->network,
      self->config->max_source
      + ssmt_template_get_overhead (self->tokenizers.segment),
      ssmt_tensor_source_get_bytes (self->weights));
  return g_steal_pointer (&self);
}

/* --- finding ------------------------------------------------------------ */

static char *
find_model_in (const char *folder)
{
  g_autofree char *path =
      g_build_filename (folder, "ssmt-1.0", "models", "en-de", NULL);
  g_autofree char *config = g_build_filename (path, "config.json", NULL);

  return g_file_test (config, G_FILE_TEST_EXISTS)
      ? g_steal_pointer (&path) : NULL;
}

char *
ssmt_model_find_default (void)
{
  const char *named = g_getenv ("SSMT_MODEL_PATH");
  const char *const *folders = g_get_system_data_dirs ();
  char *found;

  if (named != NULL && *named != '\0')
    return g_strdup (named);
  found = find_model_in (g_get_user_data_dir ());
  for (guint i = 0; found == NULL && folders[i] != NULL; i++)
    found = find_model_in (folders[i]);
  if (found == NULL) {
    g_autofree char *installed =
        g_build_filename (SSMT_MODEL_DIR, "en-de", NULL);
    if (g_file_test (installed, G_FILE_TEST_IS_DIR))
      found = g_steal_pointer (&installed);
  }
  return found;
}

/* --- asking ------------------------------------------------------------- */

const char *
ssmt_model_get_path (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->path;
}

const char *
ssmt_model_get_source_language (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->config->text.source_language;
}

const char *
ssmt_model_get_target_language (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->config->text.target_language;
}

const char *
ssmt_model_get_device_description (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->device_text;
}

guint64
ssmt_model_get_n_parameters (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), 0);
  return ssmt_tensor_source_get_n_parameters (self->weights);
}

guint64
ssmt_model_get_weight_bytes (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), 0);
  return ssmt_tensor_source_get_bytes (self->weights);
}

guint64
ssmt_model_get_state_bytes (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), 0);
  return ssmt_network_get_state_bytes (self->network, SSMT_STACK_ENCODER)
      + ssmt_network_get_state_bytes (self->network, SSMT_STACK_DECODER);
}

guint64
ssmt_model_get_token_bytes (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), 0);
  return ssmt_network_get_token_bytes (self->network, SSMT_STACK_ENCODER)
      + ssmt_network_get_token_bytes (self->network, SSMT_STACK_DECODER);
}

char *
ssmt_model_describe (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);

  const SsmtConfig *config = self->config;
  g_autofree char *layers = ssmt_network_describe (self->network);
  g_autofree char *tokenizer =
      ssmt_tokenizer_describe (self->tokenizers.source);
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "model       %s\n", self->path);
  if (config->family != NULL)
    g_string_append_printf (text, "format      %s\n", config->family);
  g_string_append_printf (text, "languages   %s -> %s\n",
      config->text.source_language != NULL ? config->text.source_language : "?",
      config->text.target_language != NULL ? config->text.target_language : "?");
  g_string_append_printf (text, "licence     %s\n",
      config->license != NULL ? config->license : "not stated");
  g_string_append_printf (text, "tokenizer   %s%s\n", tokenizer,
      self->tokenizers.target != self->tokenizers.source ?
      " (source; the target has its own)" : "");
  g_string_append_printf (text, "d_model     %u, vocabulary %u, %s output\n",
      config->d_model, config->vocab_size,
      config->tie_embeddings ? "tied" : "untied");
  g_string_append_printf (text, "layers\n%s", layers);
  g_string_append_printf (text, "parameters  %" G_GUINT64_FORMAT "\n",
      ssmt_model_get_n_parameters (self));
  g_string_append_printf (text,
      "weights     %" G_GUINT64_FORMAT " bytes (%s)\n",
      ssmt_model_get_weight_bytes (self),
      ssmt_tensor_source_get_dtypes (self->weights));
  g_autofree char *state = ssmt_network_describe_state (self->network);
  g_string_append_printf (text, "state       %s\n", state);
  g_string_append_printf (text, "device      %s\n",
      self->device_text);
  return g_string_free (text, FALSE);
}
