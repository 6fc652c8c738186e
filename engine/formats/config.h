/* ssmtranslate: what a model consists of, whatever format says so (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A format (format.h) reads a folder into an SsmtConfig: sizes, two stacks of layers, names of
 * tensors, and what is read around a text. Those above it know this description alone.
 */
#ifndef SSMT_CONFIG_H
#define SSMT_CONFIG_H

#include "engine/files/limits.h"
#include "engine/files/reader.h"
#include "engine/files/tensor-source.h"
#include "engine/tokens/template.h"

G_BEGIN_DECLS

/* Tokens of a document where the model says nothing. */
#define SSMT_DEFAULT_CONTEXT 4096

/* A layer: its kind reads `keys` (docs/model-format.md), which a format fills by the setters
 * below. */
typedef struct {
  char *kind;
  char *norm;                      /* name of the norm: NORM.weight */
  char *prefix;                    /* of the other tensors' names */
  gboolean layer_norm, norm_after; /* as in SsmtStackConfig, which they begin as */
  SsmtReader keys;                 /* "PATH: decoder_layers[3] (mamba2)" in messages */
} SsmtLayerConfig;

typedef struct {
  GPtrArray *layers;                  /* of SsmtLayerConfig */
  gboolean layer_norm;                /* norms are LayerNorm with a bias, else RMSNorm */
  gboolean norm_after;                /* h = norm (h + mixer (h)), else h + mixer (norm (h)) */
  gboolean has_final_norm;            /* one more norm ends the stack */
  const char *embedding, *final_norm; /* names of tensors; FINAL_NORM.weight */
} SsmtStackConfig;

typedef struct _SsmtFormat SsmtFormat;

typedef struct {
  const SsmtFormat *format;
  char *path;         /* of config.json, for messages */
  const char *family; /* of a checkpoint of others, for people; NULL: this project's */
  guint32 vocab_size, d_model;
  guint32 source_vocab_size; /* rows of the encoder's own embeddings; 0: vocab_size */
  float norm_eps, embedding_scale;
  gboolean positions;            /* "positions": "sinusoidal" */
  gboolean positions_by_segment; /* they count from 0 in each segment */
  guint32 position_offset;
  guint32 position_divisor;         /* of SsmtPositionsOp */
  SsmtStackConfig encoder, decoder; /* no layers: there is no such stack */
  gboolean encoder_embeddings;      /* the encoder has its own */
  gboolean tie_embeddings;
  gboolean output_bias;
  const char *output;  /* OUTPUT.weight, OUTPUT.bias */
  guint32 max_context; /* tokens of a document, for layers that keep each */
  SsmtTextConfig text; /* tokenizers, templates, languages */
  gint32 target_end;
  gboolean carry_end;
  GArray *forbidden; /* of gint32 */
  guint32 max_source, max_target;
  gboolean carry;  /* FALSE: each segment begins afresh, whatever the stream says */
  char *license;   /* may be NULL */
  char *shortlist; /* name of a lexical shortlist in the folder; NULL: none */
  gpointer opened; /* by `read`, for the format's `open`; NULL: nothing */
  GDestroyNotify close_opened;
} SsmtConfig;

/* Reads FOLDER in the first format that recognises it. Each value's type and range are checked, ids
 * against vocab_size, file names (no slash, no ".."); sizes of layers are left to their kinds. */
SsmtConfig *ssmt_config_load (const char *folder, GError **error);
/* The same from the text of a config.json alone; `path` is only named in messages. */
SsmtConfig *ssmt_config_parse (const char *json, gssize length, const char *path, GError **error);
/* The tensors of the folder that the configuration is of, under the names it gives. What reading
 * the configuration had opened is closed. */
SsmtTensorSource *ssmt_config_open_tensors (
    SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error);
void ssmt_config_free (SsmtConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtConfig, ssmt_config_free)

/* Tokens that the longest segment takes, at most. */
guint32 ssmt_config_get_segment_tokens (const SsmtConfig *config);

/* --- for formats -------------------------------------------------------- */

/* Without layers; scale 1, both stacks end in a norm, segments are carried. */
SsmtConfig *ssmt_config_new (const char *path);
/* Where the configuration stands, for messages, if that is not config.json. */
void ssmt_config_set_path (SsmtConfig *config, const char *path);
/* Adds a layer of `kind`; the names become the config's. Its norms are those that the stack has
 * by now. */
SsmtLayerConfig *ssmt_config_add_layer (
    SsmtConfig *config, SsmtStackConfig *stack, const char *kind, char *norm, char *prefix);
void ssmt_layer_config_set_size (SsmtLayerConfig *layer, const char *key, guint32 value);
void ssmt_layer_config_set_number (SsmtLayerConfig *layer, const char *key, double value);
void ssmt_layer_config_set_boolean (SsmtLayerConfig *layer, const char *key, gboolean value);
void ssmt_layer_config_set_string (SsmtLayerConfig *layer, const char *key, const char *value);

G_END_DECLS

#endif /* SSMT_CONFIG_H */
