/* ssmtranslate: checkpoints of other libraries (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns the config.json of a checkpoint of transformers, flash-linear-attention or
 * mamba_ssm into the same list of layers that this project's own config.json holds
 * (docs/models.md, "Checkpoints"). What the JSON says counts; a default of the library's
 * configuration class is taken only where the key is absent. What cannot be run is an
 * SSMT_ERROR_UNSUPPORTED that names the key, its value and what would be needed.
 */
#ifndef SSMT_FOREIGN_H
#define SSMT_FOREIGN_H

#include "engine/formats/config.h"
#include "engine/files/json.h"

G_BEGIN_DECLS

/* FALSE for this project's own format, and for what is no configuration at all. */
gboolean ssmt_foreign_is (const SsmtJson *top);
/* Fills all but what concerns text; of that only the end of a target. */
gboolean ssmt_foreign_parse (SsmtConfig *config, const SsmtJson *top,
    GError **error);
/* The first of "eos_token_id" (config.json, generation_config.json), which is an id or a list of them.
 * Leaves *id alone where there is none. */
gboolean ssmt_foreign_get_end (const SsmtConfig *config, const SsmtJson *json,
    gint32 *id, GError **error);

/* --- for the families --------------------------------------------------- */

/* A configuration being read. The first error is kept and everything after it gives its
 * fallback, so that a family reads like the list of its keys. */
typedef struct {
  SsmtConfig *config;
  SsmtJson json;                /* the object the getters look into */
  GError *error;
} SsmtForeign;

/* A key whose value is null counts as absent. Fallback 0 of a size requires the key. */
gboolean ssmt_foreign_has (SsmtForeign *f, const char *key);
guint32 ssmt_foreign_size (SsmtForeign *f, const char *key, guint32 fallback,
    guint32 max);
double ssmt_foreign_number (SsmtForeign *f, const char *key, double fallback,
    double min, double max);
gboolean ssmt_foreign_bool (SsmtForeign *f, const char *key,
    gboolean fallback);
/* NULL where absent. */
const char *ssmt_foreign_string (SsmtForeign *f, const char *key);

/* `"KEY" is VALUE, which this version cannot run: it needs NEEDED` */
void ssmt_foreign_refuse (SsmtForeign *f, const char *key,
    const char *needed);
/* Refuses where the key is there and true (false). */
void ssmt_foreign_refuse_true (SsmtForeign *f, const char *key,
    const char *needed);
void ssmt_foreign_refuse_false (SsmtForeign *f, const char *key,
    const char *needed);
/* Refuses where the key is there and not null. */
void ssmt_foreign_refuse_set (SsmtForeign *f, const char *key,
    const char *needed);
/* "silu" and "swish" are the same. */
void ssmt_foreign_only_silu (SsmtForeign *f, const char *key);
/* [from, to]; either may be infinite. *min and *max are left alone where absent. */
void ssmt_foreign_limits (SsmtForeign *f, const char *key, double *min,
    double *max);
/* int (factor * width), from 1 to SSMT_MAX_DIM. */
guint32 ssmt_foreign_scaled (SsmtForeign *f, const char *key, double fallback,
    guint32 width);
/* A size, or "auto" and absent: ceil (width / 16). */
guint32 ssmt_foreign_rank (SsmtForeign *f, const char *key, guint32 width);

/* Widths that all transformers-like configurations have. */
void ssmt_foreign_widths (SsmtForeign *f, gboolean tied);

/* A decoder layer whose names are printf'd with the block's number. */
JsonObject *ssmt_foreign_layer (SsmtForeign *f, const char *kind,
    guint block, const char *norm, const char *prefix);

/* Attention as hybrids have it. window 0: the whole document; rotary_dim 0: no positions. */
typedef struct {
  guint32 heads, kv_heads, head_dim, window, rotary_dim;
  double rotary_base;
  gboolean bias;
} SsmtAttentionSizes;
void ssmt_foreign_attention (SsmtForeign *f, guint block, const char *norm,
    const char *prefix, const SsmtAttentionSizes *sizes);

/* Families, by file. */
void ssmt_foreign_mamba (SsmtForeign *f);
void ssmt_foreign_mamba2 (SsmtForeign *f);
void ssmt_foreign_falcon_mamba (SsmtForeign *f);
void ssmt_foreign_mamba_ssm (SsmtForeign *f);
void ssmt_foreign_bamba (SsmtForeign *f);
void ssmt_foreign_jamba (SsmtForeign *f);
void ssmt_foreign_retnet (SsmtForeign *f);
void ssmt_foreign_gla (SsmtForeign *f);
void ssmt_foreign_delta_net (SsmtForeign *f);
void ssmt_foreign_gated_delta_net (SsmtForeign *f);

G_END_DECLS

#endif /* SSMT_FOREIGN_H */
