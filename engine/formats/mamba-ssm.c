/* ssmtranslate: checkpoints of mamba_ssm
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and defaults of state-spaces/mamba (models/config_mamba.py, modules/mamba_simple.py,
 * modules/mamba2.py).
 */
#include <math.h>
#include <string.h>

#include "engine/formats/checkpoint.h"

/* Keys that change nothing once the model is trained come first. */
static void
check_layer_keys (SsmtReader *r, gboolean second)
{
  static const char *const first_keys[] = { "dt_min", "dt_max", "dt_init", "dt_scale",
    "dt_init_floor", "use_fast_path", "layer", "d_state", "d_conv", "expand", "dt_rank",
    "conv_bias", "bias", NULL };
  static const char *const second_keys[] = { "dt_min", "dt_max", "dt_init_floor", "A_init_range",
    "conv_init", "chunk_size", "use_mem_eff_path", "sequence_parallel", "layer", "d_state",
    "d_conv", "expand", "headdim", "d_ssm", "ngroups", "D_has_hdim", "rmsnorm", "norm_before_gate",
    "dt_limit", "bias", "conv_bias", NULL };
  g_autoptr (GList) keys = json_object_get_members (r->object);

  for (GList *k = keys; k; k = k->next)
    if (!g_strv_contains (second ? second_keys : first_keys, k->data))
      ssmt_checkpoint_refuse (r, k->data,
          "an option of the layer that is not "
          "known here");
}

static void
read_ssm_cfg (SsmtReader *r, gboolean second, guint32 d, SsmtMambaSizes *s)
{
  check_layer_keys (r, second);
  s->d_inner = ssmt_checkpoint_scaled (r, "expand", 2, d);
  s->d_conv = ssmt_reader_size (r, "d_conv", 4, 64);
  s->bias = ssmt_reader_boolean (r, "bias", FALSE);
  s->conv_bias = ssmt_reader_boolean (r, "conv_bias", TRUE);
  if (!second) {
    s->d_state = ssmt_reader_size (r, "d_state", 16, 1024);
    s->dt_rank = ssmt_checkpoint_rank (r, "dt_rank", d);
    return;
  }
  s->d_state = ssmt_reader_size (r, "d_state", 128, 4096);
  s->head_dim = ssmt_reader_size (r, "headdim", 64, 4096);
  s->n_groups = ssmt_reader_size (r, "ngroups", 1, 4096);
  s->dt_max = INFINITY;
  ssmt_checkpoint_limits (r, "dt_limit", &s->dt_min, &s->dt_max);
  if (ssmt_reader_size (r, "d_ssm", s->d_inner, SSMT_MAX_DIM) != s->d_inner)
    ssmt_checkpoint_refuse (r, "d_ssm", "Mamba-2 layers that scan a part of their width");
  ssmt_checkpoint_refuse_true (r, "D_has_hdim", "a skip weight D for each channel");
  ssmt_checkpoint_refuse_false (r, "rmsnorm", "Mamba-2 layers without the norm before the output");
  ssmt_checkpoint_refuse_true (r, "norm_before_gate", "a norm before the gate, not after it");
}

static void
read_layers (SsmtConfig *config, SsmtReader *r, guint n)
{
  SsmtReader inner;
  SsmtMambaSizes s = { 0 };
  gboolean second;
  const char *layer;

  ssmt_reader_open (r, "ssm_cfg", FALSE, &inner);
  layer = ssmt_reader_string (&inner, "layer", FALSE);
  if (layer && strcmp (layer, "Mamba1") != 0 && strcmp (layer, "Mamba2") != 0)
    ssmt_checkpoint_refuse (&inner, "layer", "another layer than Mamba1 and Mamba2");
  second = layer && strcmp (layer, "Mamba2") == 0;
  read_ssm_cfg (&inner, second, config->d_model, &s);
  ssmt_reader_close (&inner, r);
  ssmt_checkpoint_mamba (config, second ? "mamba2" : "mamba", n, &s);
}

static void
read_config (SsmtConfig *config, SsmtReader *r)
{
  JsonArray *attention;
  guint32 n, multiple;

  ssmt_checkpoint_name_backbone (config);
  config->d_model = ssmt_reader_size (r, "d_model", SSMT_REQUIRED, SSMT_MAX_DIM);
  config->vocab_size = ssmt_reader_size (r, "vocab_size", 50277, SSMT_MAX_VOCAB);
  /* the embedding is padded when the model is made; the key keeps what was asked for */
  multiple = ssmt_reader_size (r, "pad_vocab_size_multiple", 8, 65536);
  config->vocab_size =
      MIN (SSMT_MAX_VOCAB, (config->vocab_size + multiple - 1) / multiple * multiple);
  config->tie_embeddings = ssmt_reader_boolean (r, "tie_embeddings", TRUE);
  n = ssmt_reader_size (r, "n_layer", 64, SSMT_MAX_LAYERS);
  ssmt_checkpoint_refuse_false (r, "rms_norm", "LayerNorm in place of RMSNorm before each layer");
  attention = ssmt_reader_array (r, "attn_layer_idx", FALSE);
  if (attention && json_array_get_length (attention) > 0)
    ssmt_checkpoint_refuse (
        r, "attn_layer_idx", "mamba_ssm's attention, whose projections are one tensor");
  if (ssmt_reader_number (r, "d_intermediate", 0, 0, SSMT_MAX_DIM) > 0)
    ssmt_checkpoint_refuse (
        r, "d_intermediate", "mamba_ssm's MLP, whose two projections are one tensor");
  read_layers (config, r, n);
}

/* --- the format --------------------------------------------------------- */

/* Its checkpoints use the tokenizer of GPT-NeoX, whose <|endoftext|> is 0. */
static const SsmtFamily family = { NULL, NULL, "mamba_ssm", 0, read_config };
static const char *const types[] = { NULL };

static gboolean
recognise (const SsmtFormatInput *input)
{
  return input->json && !json_object_has_member (input->json, "model_type")
      && json_object_has_member (input->json, "d_model")
      && json_object_has_member (input->json, "n_layer");
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  return ssmt_checkpoint_read (&family, config, input, error);
}

const SsmtFormat ssmt_format_mamba_ssm = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = ssmt_checkpoint_open_mamba,
};
