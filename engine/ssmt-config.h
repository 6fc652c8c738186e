/* ssmtranslate: config.json -> list of layers with their sizes (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CONFIG_H
#define SSMT_CONFIG_H

#include <json-glib/json-glib.h>

#include "ssmt-error.h"

G_BEGIN_DECLS

/* Upper limits that no honest model reaches; they keep every product of two
 * sizes far from overflow. */
#define SSMT_MAX_LAYERS 1024
#define SSMT_MAX_DIM 65536      /* any width: d_model, d_inner, heads * head_dim ... */
#define SSMT_MAX_VOCAB 2097152
#define SSMT_MAX_WINDOW 65536
#define SSMT_MAX_SEGMENT 65536

/* One entry of encoder_layers or decoder_layers. `sizes` is the JSON object of the
 * layer; the layer kind reads it through the getters below. */
typedef struct {
  const char *path;             /* of config.json, for messages */
  char *kind;
  JsonObject *sizes;
  gboolean in_encoder;
  guint index;                  /* within its stack */
} SsmtLayerConfig;

typedef enum {
  SSMT_TOKENIZER_SENTENCEPIECE,
  SSMT_TOKENIZER_HUGGINGFACE    /* tokenizer.json */
} SsmtTokenizerType;

typedef struct {
  char *path;                   /* of config.json, for messages */
  guint32 vocab_size, d_model;
  float norm_eps, embedding_scale;
  gboolean tie_embeddings;
  GPtrArray *encoder_layers, *decoder_layers;   /* of SsmtLayerConfig */
  SsmtTokenizerType tokenizer_type;
  char *source_tokenizer, *target_tokenizer;    /* file names inside the folder, equal when joint */
  gint32 source_end, target_start, target_end;  /* target_start: -1 where there is none */
  gboolean carry_end;
  GArray *forbidden;            /* of gint32 */
  guint32 max_source, max_target;
  char *source_language, *target_language, *license;    /* may be NULL */
} SsmtConfig;

/* Reads FOLDER/config.json and checks each value's type and range, ids against
 * vocab_size, file names (no slash, no ".."), unknown layer kinds
 * are left to the network. */
SsmtConfig *ssmt_config_load (const char *folder, GError **error);
/* The same from JSON text; `path` is only named in messages. */
SsmtConfig *ssmt_config_parse (const char *json, gssize length,
    const char *path, GError **error);
void ssmt_config_free (SsmtConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtConfig, ssmt_config_free)

/* Getters for a layer's sizes. Messages read as `PATH: decoder_layers[3] (mamba2):
 * "d_state" must be a whole number from 1 to 4096`. With a `fallback` >= 0 the key may be
 * absent; -1 requires it. */
gboolean ssmt_layer_config_get_size (const SsmtLayerConfig *layer,
    const char *key, gint64 fallback, guint32 max, guint32 *value,
    GError **error);
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
