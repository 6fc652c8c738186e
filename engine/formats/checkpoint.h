/* ssmtranslate: what formats of other libraries' checkpoints share (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The config.json of a checkpoint of transformers, flash-linear-attention or mamba_ssm becomes the
 * same list of layers that this project's own config.json holds
 * (docs/models.md, "Checkpoints"). What the JSON says counts; a default of the library's
 * configuration class is taken only where the key is absent. What cannot be run is an
 * SSMT_ERROR_UNSUPPORTED that names the key, its value and what would be needed. Keys that
 * nobody asks for mean nothing here.
 */
#ifndef SSMT_CHECKPOINT_H
#define SSMT_CHECKPOINT_H

#include "engine/formats/format.h"

G_BEGIN_DECLS

/* One kind of configuration that a format reads. */
typedef struct {
  const char *model_type;
  const char *architecture; /* what "architectures" must begin with */
  const char *name;         /* for people */
  gint32 end;               /* eos_token_id of the library's class */
  void (*read) (SsmtConfig *config, SsmtReader *r);
  /* Says of segments what the library takes for granted, before an ssmt.json is read; NULL: what all
   * language models have. */
  void (*set_segment) (SsmtConfig *config);
} SsmtFamily;

/* The one whose model_type stands in the configuration, or NULL; `families` ends in one of
 * zeros. */
const SsmtFamily *ssmt_checkpoint_find (const SsmtFamily *families, const SsmtFormatInput *input);
/* Reads the configuration as the family does, and what the folder says of text: its ssmt.json, else
 * the text goes in as it is, and what the library calls the end of the text ends both sides. */
gboolean ssmt_checkpoint_read (
    const SsmtFamily *family, SsmtConfig *config, const SsmtFormatInput *input, GError **error);
/* Safetensors, without the angles that older versions stored and a second copy of a tied
 * embedding. */
SsmtTensorSource *ssmt_checkpoint_open (
    const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error);
/* The same; mamba_ssm says embedding where transformers, which renames it, says embeddings. */
SsmtTensorSource *ssmt_checkpoint_open_mamba (
    const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error);

/* --- for the families --------------------------------------------------- */

/* `"KEY" is VALUE, which this version cannot run: it needs NEEDED` */
void ssmt_checkpoint_refuse (SsmtReader *r, const char *key, const char *needed);
/* Refuses where the key is there and true (false). */
void ssmt_checkpoint_refuse_true (SsmtReader *r, const char *key, const char *needed);
void ssmt_checkpoint_refuse_false (SsmtReader *r, const char *key, const char *needed);
/* Refuses where the key is there and not null. */
void ssmt_checkpoint_refuse_set (SsmtReader *r, const char *key, const char *needed);
/* "silu" and "swish" are the same. */
void ssmt_checkpoint_only_silu (SsmtReader *r, const char *key);
/* [from, to]; either may be infinite. *min and *max are left alone where absent. */
void ssmt_checkpoint_limits (SsmtReader *r, const char *key, double *min, double *max);
/* int (factor * width), from 1 to SSMT_MAX_DIM. */
guint32 ssmt_checkpoint_scaled (SsmtReader *r, const char *key, double fallback, guint32 width);
/* A size, or "auto" and absent: ceil (width / 16). */
guint32 ssmt_checkpoint_rank (SsmtReader *r, const char *key, guint32 width);

/* Widths that all transformers-like configurations have. */
void ssmt_checkpoint_widths (SsmtConfig *config, SsmtReader *r, gboolean tied);
/* Names of tensors; FINAL_NORM.weight. */
void ssmt_checkpoint_names (SsmtConfig *config, const char *embedding, const char *final_norm);

/* A decoder layer; in its names "%" stands for the block's number. */
SsmtLayerConfig *ssmt_checkpoint_layer (
    SsmtConfig *config, const char *kind, guint block, const char *norm, const char *prefix);

/* Attention as hybrids have it. window 0: the whole document; rotary_dim 0: no positions. */
typedef struct {
  guint32 heads, kv_heads, head_dim, window, rotary_dim;
  double rotary_base;
  gboolean bias;
} SsmtAttentionSizes;
void ssmt_checkpoint_attention (SsmtConfig *config, guint block, const char *norm,
    const char *prefix, const SsmtAttentionSizes *sizes);

/* Mamba as transformers and mamba_ssm have it. */
typedef struct {
  guint32 d_inner, d_state, d_conv, dt_rank;
  guint32 head_dim, n_groups;
  gboolean bias, conv_bias;
  double dt_min, dt_max;
  double inner_eps; /* 0: no norms of dt, B and C */
} SsmtMambaSizes;
/* `n` layers of kind "mamba" or "mamba2". */
void ssmt_checkpoint_mamba (
    SsmtConfig *config, const char *kind, guint n, const SsmtMambaSizes *sizes);
/* Their names of tensors. */
void ssmt_checkpoint_name_backbone (SsmtConfig *config);

G_END_DECLS

#endif /* SSMT_CHECKPOINT_H */
