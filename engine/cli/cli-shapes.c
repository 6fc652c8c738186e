/* ssmtranslate: named shapes of models, for figures without a model file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-shapes.h"

#include <string.h>

typedef struct
{
  const char *name, *origin, *kind;
  guint layers, d_model, d_inner, d_state;
  guint last;                   /* mamba: dt_rank, mamba2: head_dim */
  guint vocab_size;
  /* Instead of d_inner and so on: the layers of a block in JSON, repeated `layers` times,
   * and what stands in for a tied embedding of scale 1. */
  const char *block, *top;
} Shape;

#define TIED "\"tie_embeddings\": true, \"embedding_scale\": 1.0"

/* All are decoder-only stacks of equal blocks. */
static const Shape shapes[] = {
  {"paper-mamba", "arXiv 2407.05489", "mamba", 24, 610, 1220, 16, 39, 32000, NULL, NULL},
  {"paper-mamba2", "arXiv 2407.05489", "mamba2", 36, 512, 1024, 128, 64, 32000, NULL, NULL},
  {"mamba-130m", "state-spaces/mamba-130m", "mamba",
      24, 768, 1536, 16, 48, 50280, NULL, NULL},
  {"mamba2-130m", "state-spaces/mamba2-130m", "mamba2",
      24, 768, 1536, 128, 64, 50288, NULL, NULL},
  {"mamba1-mt640", "a translation model", "mamba",
      24, 640, 1280, 16, 40, 32000, NULL, NULL},
  {"mamba2-mt640", "a translation model", "mamba2",
      24, 640, 1280, 128, 64, 32000, NULL, NULL},
  {"paper-retnet", "arXiv 2407.05489", "retention + glu", 12, 512, 0, 0, 0, 32000,
      "{\"kind\": \"retention\", \"rotation\": \"interleaved\", \"heads\": 4, "
        "\"key_dim\": 128, \"value_dim\": 256}, {\"kind\": \"glu\", "
        "\"hidden\": 1024, \"activation\": \"silu\"}",
      "\"tie_embeddings\": false, \"embedding_scale\": 22.627417"},
};

static char *
shape_layer_json (const Shape *shape)
{
  const char *last = strcmp (shape->kind, "mamba") == 0 ? "dt_rank" : "head_dim";

  if (shape->block)
    return g_strdup (shape->block);
  return g_strdup_printf ("{\"kind\": \"%s\", \"d_inner\": %u, \"d_state\": %u, "
      "\"d_conv\": 4, \"%s\": %u}", shape->kind, shape->d_inner, shape->d_state,
      last, shape->last);
}

static char *
shape_json (const Shape *shape)
{
  g_autofree char *layer = shape_layer_json (shape);
  g_autoptr (GString) layers = g_string_new (layer);

  for (guint i = 1; i < shape->layers; i++)
    g_string_append_printf (layers, ", %s", layer);
  return g_strdup_printf ("{\"model_type\": \"ssmt\", \"format_version\": 1, "
      "\"vocab_size\": %u, \"d_model\": %u, \"norm_eps\": 1e-5, "
      "%s, \"decoder_layers\": [%s], "
      "\"tokenizer\": {\"type\": \"sentencepiece\", \"file\": \"tokenizer.spm\"}, "
      "\"segment\": {\"source_end\": 2, \"target_end\": 1, \"carry_end\": true, "
      "\"forbidden\": [0, 2, 3], \"max_source\": 256, \"max_target\": 256}}",
      shape->vocab_size, shape->d_model, shape->top ? shape->top : TIED,
      layers->str);
}

SsmtConfig *
cli_shape_config (const char *name, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    if (strcmp (name, shapes[i].name) == 0) {
      g_autofree char *json = shape_json (&shapes[i]);
      return ssmt_config_parse (json, -1, name, error);
    }
    g_string_append_printf (names, "%s%s", i ? ", " : "", shapes[i].name);
  }
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
      "no shape is called \"%s\"; there are %s", name, names->str);
  return NULL;
}

char *
cli_shapes_describe (void)
{
  g_autoptr (GString) text = g_string_new ("Shapes:\n");

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    g_string_append_printf (text, "  %-14s %u %s layers, d %u, vocabulary %u (%s)\n",
        shapes[i].name, shapes[i].layers, shapes[i].kind, shapes[i].d_model,
        shapes[i].vocab_size, shapes[i].origin);
  g_string_truncate (text, text->len - 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
