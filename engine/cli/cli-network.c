/* ssmtranslate: a network without a tokenizer, from a folder or made up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-network.h"

static const char *const dtypes[] = {
  [SSMT_DTYPE_F32] = "f32",
  [SSMT_DTYPE_F16] = "f16",
  [SSMT_DTYPE_BF16] = "bf16",
  [SSMT_DTYPE_I8] = "i8",
  [SSMT_DTYPE_Q4] = "q4",
};

gboolean
cli_dtype_parse (const char *name, SsmtDType *dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_ascii_strcasecmp (name, dtypes[i]) == 0) {
      *dtype = i;
      return TRUE;
    }
  return FALSE;
}

const char *
cli_dtype_name (SsmtDType dtype)
{
  return dtypes[dtype];
}

/* The device first, then tensors, then layers: each needs the one before. `folder` NULL: made
 * up. */
static CliNetwork *
network_open (SsmtConfig *config, const char *folder, const CliMakeUp *made_up, const char *device,
    guint threads, GError **error)
{
  g_autoptr (CliNetwork) self = g_new0 (CliNetwork, 1);
  const char *why = NULL;

  self->config = config;
  if (!device)
    device = "auto";
  self->device = ssmt_device_open (device, threads, &why);
  if (!self->device) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "no device \"%s\": %s", device, why);
    return NULL;
  }
  self->tensors = folder
      ? ssmt_config_open_tensors (config, folder, self->device, error)
      : ssmt_tensor_source_make_up (made_up->dtype, made_up->random, self->device);
  if (!self->tensors)
    return NULL;
  self->network = ssmt_network_new (config, self->device, self->tensors, error);
  return self->network ? g_steal_pointer (&self) : NULL;
}

CliNetwork *
cli_network_open (
    SsmtConfig *config, const char *folder, const char *device, guint threads, GError **error)
{
  return network_open (config, folder, NULL, device, threads, error);
}

CliNetwork *
cli_network_make_up (
    SsmtConfig *config, const CliMakeUp *made_up, const char *device, guint threads, GError **error)
{
  return network_open (config, NULL, made_up, device, threads, error);
}

void
cli_network_free (CliNetwork *self)
{
  if (self->network)
    ssmt_network_free (self->network);
  if (self->tensors)
    ssmt_tensor_source_free (self->tensors);
  ssmt_device_close (self->device);
  if (self->config)
    ssmt_config_free (self->config);
  g_free (self);
}
