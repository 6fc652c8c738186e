/* ssmtranslate: config.json -> list of layers with their sizes (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CONFIG_H
#define SSMT_CONFIG_H

#include <json-glib/json-glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* Upper limits that no honest model reaches; they keep every product of two
 * sizes far from overflow. */
#define SSMT_MAX_LAYERS 1024
#define SSMT_MAX_DIM 65536      /* any width: d_model, d_inner, heads * head_dim ... */
#define SSMT_MAX_VOCAB 2097152
#define SSMT_MAX_WINDOW 65536
#define SSMT_MAX_SEGMENT 65536
#define SSMT_MAX_CONTEXT 16777216
/* Tokens of a document where the model says nothing. */
#define SSMT_DEFAULT_CONTEXT 4096

/* One entry of encoder_layers or decoder_layers. `sizes` is the JSON object of the
 * layer; the layer kind reads it through the getters below. */
typedef struct {
  const char *path;             /* of config.json, for messages */
  char *kind;
  JsonObject *sizes;
  gboolean in_encoder;
  guint index;                  /* within its stack */
  char *norm;                   /* name of the norm: NORM.weight */
  char *prefix;                 /* of the other tensors' names */
} SsmtLayerConfig;

typedef enum {
  SSMT_TOKENIZER_SENTENCEPIECE,
  SSMT_TOKENIZER_HUGGINGFACE    /* tokenizer.json */
} SsmtTokenizerType;

typedef struct {
  char *path;                   /* of config.json, for messages */
  const char *family;           /* of a checkpoint of others, for people; NULL: this format */
  /* Names of tensors. The alias is tried where there is no tensor of the first name. */
  const char *embedding, *embedding_alias, *output;
  const char *decoder_norm;     /* NORM.weight */
  guint32 vocab_size, d_model;
  float norm_eps, embedding_scale;
  gboolean tie_embeddings;
  gboolean layer_norm;          /* "norm": "layer", else RMSNorm */
  gboolean positions;           /* "positions": "sinusoidal" */
  guint32 position_offset;
  gboolean encoder_embeddings;  /* the encoder has its own */
  guint32 max_context;          /* tokens of a document, for layers that keep each */
  GPtrArray *encoder_layers, *decoder_layers;   /* of SsmtLayerConfig */
  SsmtTokenizerType tokenizer_type;
  /* File names inside the folder, equal when joint; NULL: the folder has none. */
  char *source_tokenizer, *target_tokenizer;
  gint32 source_end, target_start, target_end;  /* the first two: -1 where there is none */
  GPtrArray *source_parts, *target_parts;       /* of SsmtPart, see template.h; NULL: none */
  gboolean carry_end;
  GArray *forbidden;            /* of gint32 */
  guint32 max_source, max_target;
  gboolean carry;               /* FALSE: each segment begins afresh, whatever the stream says */
  char *source_language, *target_language, *license;    /* may be NULL */
} SsmtConfig;

/* Reads FOLDER/config.json and checks each value's type and range, ids against
 * vocab_size, file names (no slash, no ".."), unknown layer kinds
 * are left to the network. A config.json of another library (foreign.h) says nothing
 * of segments, languages and tokenizer: these come from FOLDER/ssmt.json and else from
 * what is in the folder. */
SsmtConfig *ssmt_config_load (const char *folder, GError **error);
/* The same from JSON text; `path` is only named in messages. */
SsmtConfig *ssmt_config_parse (const char *json, gssize length,
    const char *path, GError **error);
/* Adds a layer of `kind` and gives the object that takes its sizes. The names become the
 * config's. */
JsonObject *ssmt_config_add_layer (SsmtConfig *config, gboolean in_encoder,
    const char *kind, char *norm, char *prefix);
void ssmt_config_free (SsmtConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtConfig, ssmt_config_free)

/* Getters for a layer's sizes. Messages read as `PATH: decoder_layers[3] (mamba2):
 * "d_state" must be a whole number from 1 to 4096`. With a `fallback` >= 0 the key may be
 * absent; -1 requires it. */
gboolean ssmt_layer_config_get_size (const SsmtLayerConfig *layer,
    const char *key, gint64 fallback, guint32 max, guint32 *value,
    GError **error);
/* The same from 0 on; absent: 0. */
gboolean ssmt_layer_config_get_count (const SsmtLayerConfig *layer,
    const char *key, guint32 max, guint32 *value, GError **error);
/* The number of the value among `names` (NULL-terminated); absent: 0. */
gboolean ssmt_layer_config_get_choice (const SsmtLayerConfig *layer,
    const char *key, const char *const *names, guint *value, GError **error);
/* Tokens that the longest segment takes, at most. */
guint32 ssmt_config_get_segment_tokens (const SsmtConfig *config);
gboolean ssmt_layer_config_get_float (const SsmtLayerConfig *layer,
    const char *key, double fallback, double min, double max, float *value,
    GError **error);
gboolean ssmt_layer_config_get_boolean (const SsmtLayerConfig *layer,
    const char *key, gboolean fallback, gboolean *value, GError **error);
/* An error in the layer's own words, with the same prefix. */
void ssmt_layer_config_set_error (const SsmtLayerConfig *layer,
    GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* Fails where the layer has a key that is not in `known` (NULL-terminated; "kind" is always known). */
gboolean ssmt_layer_config_check_keys (const SsmtLayerConfig *layer,
    const char *const *known, GError **error);

G_END_DECLS

#endif /* SSMT_CONFIG_H */
