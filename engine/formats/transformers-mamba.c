/* ssmtranslate: checkpoints of Mamba, Mamba-2 and FalconMamba
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of transformers 5.23 (configuration_mamba.py, configuration_mamba2.py,
 * configuration_falcon_mamba.py).
 */
#include <math.h>

#include "engine/formats/checkpoint.h"

static void
read_either (SsmtConfig *config, SsmtReader *r, gboolean falcon)
{
  SsmtMambaSizes s = { 0 };

  ssmt_checkpoint_name_backbone (config);
  ssmt_checkpoint_widths (config, r, TRUE);
  config->norm_eps = ssmt_reader_number (r, "layer_norm_epsilon", 1e-5, 0, 1);
  ssmt_checkpoint_only_silu (r, "hidden_act");
  /* older files state the product, and then it counts */
  s.d_inner = ssmt_reader_has (r, "intermediate_size")
      ? ssmt_reader_size (r, "intermediate_size", SSMT_REQUIRED, SSMT_MAX_DIM)
      : ssmt_checkpoint_scaled (r, "expand", 2, config->d_model);
  s.d_state = ssmt_reader_size (r, "state_size", 16, 1024);
  s.d_conv = ssmt_reader_size (r, "conv_kernel", 4, 64);
  s.dt_rank = ssmt_checkpoint_rank (r, "time_step_rank", config->d_model);
  s.bias = ssmt_reader_boolean (r, "use_bias", FALSE);
  s.conv_bias = ssmt_reader_boolean (r, "use_conv_bias", TRUE);
  if (falcon)
    s.inner_eps = ssmt_reader_number (r, "mixer_rms_eps", 1e-6, 1e-30, 1);
  ssmt_checkpoint_mamba (
      config, "mamba", ssmt_reader_size (r, "num_hidden_layers", 32, SSMT_MAX_LAYERS), &s);
}

static void
read_mamba (SsmtConfig *config, SsmtReader *r)
{
  read_either (config, r, FALSE);
}

static void
read_falcon_mamba (SsmtConfig *config, SsmtReader *r)
{
  read_either (config, r, TRUE);
}

static void
read_mamba2 (SsmtConfig *config, SsmtReader *r)
{
  SsmtMambaSizes s = { 0 };
  guint32 heads;

  ssmt_checkpoint_name_backbone (config);
  ssmt_checkpoint_widths (config, r, FALSE);
  config->norm_eps = ssmt_reader_number (r, "layer_norm_epsilon", 1e-5, 0, 1);
  ssmt_checkpoint_only_silu (r, "hidden_act");
  /* "norm_before_gate" of older files is not looked at: no version of the library's own
   * code obeys it, the norm comes after the gate */
  ssmt_checkpoint_refuse_false (r, "rms_norm", "Mamba-2 layers without the norm before the output");
  s.d_inner = ssmt_checkpoint_scaled (r, "expand", 2, config->d_model);
  s.d_state = ssmt_reader_size (r, "state_size", 128, 4096);
  s.d_conv = ssmt_reader_size (r, "conv_kernel", 4, 64);
  s.head_dim = ssmt_reader_size (r, "head_dim", 64, 4096);
  s.n_groups = ssmt_reader_size (r, "n_groups", 8, 4096);
  s.bias = ssmt_reader_boolean (r, "use_bias", FALSE);
  s.conv_bias = ssmt_reader_boolean (r, "use_conv_bias", TRUE);
  s.dt_max = INFINITY;
  ssmt_checkpoint_limits (r, "time_step_limit", &s.dt_min, &s.dt_max);
  heads = ssmt_reader_size (r, "num_heads", 128, SSMT_MAX_DIM);
  if ((guint64) heads * s.head_dim != s.d_inner)
    ssmt_reader_fail (r, SSMT_ERROR_INVALID,
        "\"num_heads\" %u times \"head_dim\" %u must be \"expand\" times "
        "\"hidden_size\", which is %u",
        heads, s.head_dim, s.d_inner);
  ssmt_checkpoint_mamba (
      config, "mamba2", ssmt_reader_size (r, "num_hidden_layers", 64, SSMT_MAX_LAYERS), &s);
}

/* --- the format --------------------------------------------------------- */

static const SsmtFamily families[] = { { "mamba", "MambaForCausalLM", "Mamba of transformers", 0,
                                           read_mamba },
  { "mamba2", "Mamba2ForCausalLM", "Mamba-2 of transformers", 2, read_mamba2 },
  { "falcon_mamba", "FalconMambaForCausalLM", "FalconMamba of transformers", 0, read_falcon_mamba },
  { NULL } };
static const char *const types[] = { "mamba", "mamba2", "falcon_mamba", NULL };

static gboolean
recognise (const SsmtFormatInput *input)
{
  return ssmt_checkpoint_find (families, input) != NULL;
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  return ssmt_checkpoint_read (ssmt_checkpoint_find (families, input), config, input, error);
}

const SsmtFormat ssmt_format_transformers_mamba = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = ssmt_checkpoint_open_mamba,
};
