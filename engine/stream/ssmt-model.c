/* ssmtranslate: the model, what many streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/stream/model-private.h"
#include "kernels/float-mode.h"

#include "engine/files/folder.h"
#include "engine/files/printable.h"

/* What is taken where nobody says anything. */
#define DEFAULT_MODEL "en-pt"

G_DEFINE_FINAL_TYPE (SsmtModel, ssmt_model, G_TYPE_OBJECT)

static void
device_hold_clear (SsmtDeviceHold *hold)
{
  ssmt_device_close (hold->device);
}

void
ssmt_device_hold_release (SsmtDeviceHold *hold)
{
  g_atomic_rc_box_release_full (hold, (GDestroyNotify) device_hold_clear);
}

static void
ssmt_model_finalize (GObject *object)
{
  SsmtModel *self = SSMT_MODEL (object);

  g_clear_pointer (&self->primes, g_ptr_array_unref);
  g_mutex_clear (&self->primes_lock);
  ssmt_tokenizers_clear (&self->tokenizers);
  ssmt_shortlist_free (self->shortlist);
  ssmt_scheduler_free (self->scheduler);
  ssmt_network_free (self->network);
  ssmt_tensor_source_free (self->weights);
  g_clear_pointer (&self->hold, ssmt_device_hold_release);
  ssmt_config_free (self->config);
  g_free (self->device_text);
  g_free (self->path);
  G_OBJECT_CLASS (ssmt_model_parent_class)->finalize (object);
}

/* All of a model is known when it is loaded and stays so. */
static const struct {
  const char *name;
  const char *(*get) (SsmtModel *self);
} texts[] = {
  /**
   * SsmtModel:path:
   *
   * The folder that the model was loaded from. As all of a model it is known when it is loaded and
   * stays so.
   *
   * Since: 0.1
   */
  { "path", ssmt_model_get_path },
  /**
   * SsmtModel:source-language:
   *
   * Code of the language that the model reads, as "en"; %NULL where its folder does not say.
   *
   * Since: 0.1
   */
  { "source-language", ssmt_model_get_source_language },
  /**
   * SsmtModel:target-language:
   *
   * Code of the language that the model writes, as "de"; %NULL where its folder does not say. A
   * stream may choose another one, where there are several.
   *
   * Since: 0.1
   */
  { "target-language", ssmt_model_get_target_language },
  /**
   * SsmtModel:license:
   *
   * What the folder says the model may be used for; %NULL where it says nothing.
   *
   * Since: 0.1
   */
  { "license", ssmt_model_get_license },
  /**
   * SsmtModel:device-description:
   *
   * What computes, in a line for people: "cpu: avx512, 2 threads".
   *
   * Since: 0.1
   */
  { "device-description", ssmt_model_get_device_description },
};

static void
ssmt_model_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  g_value_set_string (value, texts[id - 1].get (SSMT_MODEL (object)));
}

static void
ssmt_model_class_init (SsmtModelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ssmt_model_finalize;
  object_class->get_property = ssmt_model_get_property;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_object_class_install_property (object_class, i + 1,
        g_param_spec_string (
            texts[i].name, NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
ssmt_model_init (SsmtModel *self)
{
  g_mutex_init (&self->primes_lock);
}

/* --- loading ------------------------------------------------------------ */

static gboolean
model_load_config (SsmtModel *self, GError **error)
{
  self->config = ssmt_config_load (self->path, error);
  return self->config != NULL;
}

static gboolean
model_open_device (SsmtModel *self, const char *device, guint threads, GError **error)
{
  static int said; /* once a process */
  const char *why = NULL;

  if (device == NULL)
    device = "auto";
  self->device = ssmt_device_open (device, threads, &why);
  if (self->device != NULL) {
    self->hold = g_atomic_rc_box_new0 (SsmtDeviceHold);
    self->hold->device = self->device;
    self->device_text = self->device->note[0] == '\0'
        ? g_strdup (self->device->description)
        : g_strdup_printf ("%s (no GPU: %s)", self->device->description, self->device->note);
    if (self->device->note[0] != '\0' && g_atomic_int_compare_and_exchange (&said, FALSE, TRUE))
      g_info ("computing on the CPU: %s", self->device->note);
    return TRUE;
  }
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "device \"%s\" cannot be opened: %s", device,
      why != NULL ? why : "no memory left");
  return FALSE;
}

/* The same weights under another configuration or tokenizer are another model. */
static gboolean
identify (SsmtModel *self, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = sizeof self->fingerprint;

  ssmt_tensor_source_get_fingerprint (self->weights, self->fingerprint);
  g_checksum_update (sum, self->fingerprint, (gssize) length);
  if (!ssmt_folder_digest (self->path, sum, error))
    return FALSE;
  g_checksum_get_digest (sum, self->fingerprint, &length);
  return TRUE;
}

static gboolean
model_load_weights (SsmtModel *self, GCancellable *cancellable, GError **error)
{
  self->weights = ssmt_config_open_tensors (self->config, self->path, self->device, error);
  if (self->weights == NULL || !identify (self, error))
    return FALSE;
  ssmt_tensor_source_set_cancellable (self->weights, cancellable);
  self->network = ssmt_network_new (self->config, self->device, self->weights, error);
  ssmt_tensor_source_set_cancellable (self->weights, NULL);
  return self->network != NULL;
}

static gboolean
model_load_shortlist (SsmtModel *self, GError **error)
{
  const SsmtConfig *config = self->config;
  const SsmtShortlistSizes sizes = { config->source_vocab_size, config->vocab_size,
    self->tokenizers.source == self->tokenizers.target };
  g_autofree char *path = NULL;

  if (config->shortlist == NULL)
    return TRUE;
  path = g_build_filename (self->path, config->shortlist, NULL);
  self->shortlist = ssmt_shortlist_load (path, &sizes, error);
  return self->shortlist != NULL;
}

/* Weights are read and bound beside the tokenizers: for small models each takes half of the time. */
typedef struct {
  SsmtModel *model;
  GCancellable *cancellable; /* also when nobody wants them any more */
  GError *error;
  gboolean done;
} WeightsLoad;

static gpointer
weights_thread (gpointer data)
{
  WeightsLoad *load = data;
  guint64 mode = ssmt_float_mode_enter ();

  load->done = model_load_weights (load->model, load->cancellable, &load->error);
  ssmt_float_mode_leave (mode);
  return NULL;
}

static gboolean
load_text (SsmtModel *self, GCancellable *cancellable, GError **error)
{
  return ssmt_tokenizers_load (&self->tokenizers, &self->config->text, self->path, error)
      && !g_cancellable_set_error_if_cancelled (cancellable, error)
      && model_load_shortlist (self, error);
}

static void
cancel_too (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static gboolean
load_text_and_weights (SsmtModel *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  gulong id = cancellable != NULL
      ? g_cancellable_connect (cancellable, G_CALLBACK (cancel_too), stop, NULL)
      : 0;
  WeightsLoad load = { self, stop, NULL, FALSE };
  GThread *thread = g_thread_try_new ("ssmt-weights", weights_thread, &load, NULL);
  gboolean done = load_text (self, cancellable, error);

  if (!done)
    g_cancellable_cancel (stop);
  if (thread != NULL)
    g_thread_join (thread);
  else if (done)
    weights_thread (&load);
  g_cancellable_disconnect (cancellable, id);
  if (load.error != NULL && done)
    g_propagate_error (error, load.error);
  else
    g_clear_error (&load.error);
  return done && load.done;
}

static SsmtModel *
load_folder (
    const char *path, const char *device, guint threads, GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtModel) self = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR)) {
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND, "%s: there is no such model folder", path);
    return NULL;
  }
  self = g_object_new (SSMT_TYPE_MODEL, NULL);
  self->path = g_strdup (path);
  if (!model_load_config (self, error) || !model_open_device (self, device, threads, error)
      || g_cancellable_set_error_if_cancelled (cancellable, error)
      || !load_text_and_weights (self, cancellable, error))
    return NULL;
  self->scheduler = ssmt_scheduler_new (self->network,
      self->config->max_source + ssmt_template_get_overhead (self->tokenizers.segment),
      ssmt_tensor_source_get_bytes (self->weights));
  return g_steal_pointer (&self);
}

/* What is computed of the weights is the same in whatever mode the host computes. */
static SsmtModel *
model_load (
    const char *path, const char *device, guint threads, GCancellable *cancellable, GError **error)
{
  guint64 mode = ssmt_float_mode_enter ();
  SsmtModel *self = load_folder (path, device, threads, cancellable, error);

  ssmt_float_mode_leave (mode);
  if (self == NULL)
    ssmt_error_make_printable (error);
  return self;
}

SsmtModel *
ssmt_model_load (const char *path, const char *device, guint threads, GError **error)
{
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return model_load (path, device, threads, NULL, error);
}

typedef struct {
  char *path, *device;
  guint threads;
} LoadData;

static void
load_data_free (gpointer data)
{
  LoadData *load = data;

  g_free (load->path);
  g_free (load->device);
  g_free (load);
}

static void
load_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const LoadData *load = data;
  GError *error = NULL;
  SsmtModel *model = model_load (load->path, load->device, load->threads, cancellable, &error);

  if (model != NULL)
    g_task_return_pointer (task, model, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
ssmt_model_load_async (const char *path, const char *device, guint threads,
    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  LoadData *load;

  g_return_if_fail (path != NULL);
  load = g_new (LoadData, 1);
  *load = (LoadData){ g_strdup (path), g_strdup (device), threads };
  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, ssmt_model_load_async);
  g_task_set_task_data (task, load, load_data_free);
  /* the thread ends by itself, before its next tensor */
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, load_thread);
}

SsmtModel *
ssmt_model_load_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- finding ------------------------------------------------------------ */

static char *
find_model_in (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "ssmt-1.0", "models", DEFAULT_MODEL, NULL);
  g_autofree char *config = g_build_filename (path, "config.json", NULL);

  return g_file_test (config, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : NULL;
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
    g_autofree char *installed = g_build_filename (SSMT_MODEL_DIR, DEFAULT_MODEL, NULL);
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

const char *const *
ssmt_model_get_target_languages (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return (const char *const *) self->tokenizers.languages;
}

const char *
ssmt_model_get_target_language (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->config->text.target_language;
}

const char *
ssmt_model_get_license (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);
  return self->config->license;
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

gboolean
ssmt_model_get_carries_state (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), FALSE);
  return self->config->carry;
}

char *
ssmt_model_describe (SsmtModel *self)
{
  g_return_val_if_fail (SSMT_IS_MODEL (self), NULL);

  const SsmtConfig *config = self->config;
  g_autofree char *layers = ssmt_network_describe (self->network);
  g_autofree char *tokenizer = ssmt_tokenizer_describe (self->tokenizers.source);
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "model       %s\n", self->path);
  if (config->family != NULL)
    g_string_append_printf (text, "format      %s\n", config->family);
  g_string_append_printf (text, "languages   %s -> %s\n",
      config->text.source_language != NULL ? config->text.source_language : "?",
      config->text.target_language != NULL ? config->text.target_language : "?");
  g_string_append_printf (
      text, "licence     %s\n", config->license != NULL ? config->license : "not stated");
  g_string_append_printf (text, "tokenizer   %s%s\n", tokenizer,
      self->tokenizers.target != self->tokenizers.source ? " (source; the target has its own)"
                                                         : "");
  g_string_append_printf (text, "d_model     %u, vocabulary %u, %s output\n", config->d_model,
      config->vocab_size, config->tie_embeddings ? "tied" : "untied");
  g_string_append_printf (text, "layers\n%s", layers);
  g_string_append_printf (
      text, "parameters  %" G_GUINT64_FORMAT "\n", ssmt_model_get_n_parameters (self));
  g_string_append_printf (text, "weights     %" G_GUINT64_FORMAT " bytes (%s)\n",
      ssmt_model_get_weight_bytes (self), ssmt_tensor_source_get_dtypes (self->weights));
  g_autofree char *state = ssmt_network_describe_state (self->network);
  g_string_append_printf (text, "state       %s\n", state);
  g_string_append_printf (text, "device      %s\n", self->device_text);
  return ssmt_dup_printable (text->str);
}
