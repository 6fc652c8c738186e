/* ssmtranslate: named shapes of models, for figures without a model file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/cli-shapes.h"

#include <string.h>

/* Layers as they stand in config.json, over and over. */
typedef struct {
  guint times;
  const char *layers;
} Pattern;

typedef struct {
  const char *name, *origin, *what;
  guint d_model, vocab_size;
  Pattern decoder, encoder; /* encoder: times 0 where there is none */
  gboolean untied;
  const char *more; /* other keys at the top, each with its comma; NULL: none */
} Shape;

#define MAMBA(inner, rank)                                                                         \
  "{\"kind\": \"mamba\", \"d_inner\": " #inner ", "                                                \
  "\"d_state\": 16, \"d_conv\": 4, \"dt_rank\": " #rank "}"
#define MAMBA2(inner, state, head)                                                                 \
  "{\"kind\": \"mamba2\", \"d_inner\": " #inner ", "                                               \
  "\"d_state\": " #state ", \"d_conv\": 4, \"head_dim\": " #head "}"
#define ATTENTION(number, dim, more)                                                               \
  "{\"kind\": \"attention\", \"heads\": " #number ", "                                             \
  "\"head_dim\": " #dim more "}"
#define CROSS(number, dim, more)                                                                   \
  "{\"kind\": \"cross_attention\", \"heads\": " #number ", "                                       \
  "\"head_dim\": " #dim more "}"
#define SWIGLU(width) "{\"kind\": \"swiglu\", \"hidden\": " #width "}"
/* torchscale's blocks: biases everywhere, sub-LN where there is no encoder to read. */
#define BIAS ", \"bias\": true"
#define SUB_LN BIAS ", \"inner_norm\": true"
#define GELU(width)                                                                                \
  "{\"kind\": \"mlp\", \"hidden\": " #width ", "                                                   \
  "\"activation\": \"gelu\"" SUB_LN "}"
#define ROTARY ", \"rotary_base\": 10000"

#define PAPER "arXiv 2407.05489"

static const Shape shapes[] = {
  { "paper-mamba", PAPER, "mamba", 610, 32000, { 24, MAMBA (1220, 39) } },
  { "paper-mamba2", PAPER, "mamba2", 512, 32000, { 36, MAMBA2 (1024, 128, 64) } },
  { "mamba-130m", "state-spaces/mamba-130m", "mamba", 768, 50280, { 24, MAMBA (1536, 48) } },
  { "mamba2-130m", "state-spaces/mamba2-130m", "mamba2", 768, 50288,
      { 24, MAMBA2 (1536, 128, 64) } },
  { "mamba1-mt640", "a translation model", "mamba", 640, 32000, { 24, MAMBA (1280, 40) } },
  { "mamba2-mt640", "a translation model", "mamba2", 640, 32000, { 24, MAMBA2 (1280, 128, 64) } },
  { "paper-transformer", PAPER, "attention and mlp, encoder and decoder", 512, 32000,
      { 6, ATTENTION (8, 64, SUB_LN) ", " CROSS (8, 64, BIAS) ", " GELU (2048) },
      { 6, ATTENTION (8, 64, SUB_LN ", \"bidirectional\": true") ", " GELU (2048) }, TRUE,
      "\"norm\": \"layer\", \"positions\": \"sinusoidal\", "
      "\"position_offset\": 1, " },
  { "paper-transformerpp", PAPER, "rotary attention and swiglu", 496, 32000,
      { 12, ATTENTION (8, 62, ROTARY) ", " SWIGLU (1984) }, { 0 }, TRUE },
  { "paper-mamba-mha", PAPER, "mamba and attention by turns", 624, 32000,
      { 12, MAMBA (1248, 39) ", " ATTENTION (8, 78, "") } },
  { "paper-mamba-local", PAPER, "mamba and attention to 64 tokens by turns", 624, 32000,
      { 12, MAMBA (1248, 39) ", " ATTENTION (8, 78, ", \"window\": 64") } },
  { "paper-retnet", PAPER, "retention and glu", 512, 32000,
      { 12,
          "{\"kind\": \"retention\", \"rotation\": \"interleaved\", "
          "\"heads\": 4, \"key_dim\": 128, \"value_dim\": 256}, "
          "{\"kind\": \"glu\", \"hidden\": 1024, "
          "\"activation\": \"silu\"}" },
      { 0 }, TRUE, "\"embedding_scale\": 22.627417, " },
  { "paper-mamba-encdec", PAPER, "mamba, cross_attention and swiglu, encoder of mamba", 512, 32000,
      { 6, MAMBA (1024, 32) ", " CROSS (8, 64, "") ", " SWIGLU (2048) }, { 8, MAMBA (1024, 32) },
      FALSE, "\"encoder_embeddings\": true, " },
};

/* "KEY": [layers], */
static void
append_layers (GString *json, const char *key, const Pattern *pattern)
{
  g_string_append_printf (json, "\"%s\": [", key);
  for (guint i = 0; i < pattern->times; i++)
    g_string_append_printf (json, "%s%s", i > 0 ? ", " : "", pattern->layers);
  g_string_append (json, "], ");
}

static char *
shape_json (const Shape *shape)
{
  GString *json = g_string_new (NULL);

  g_string_append_printf (json,
      "{\"model_type\": \"ssmt\", "
      "\"format_version\": 1, \"vocab_size\": %u, \"d_model\": %u, "
      "\"norm_eps\": 1e-5, \"tie_embeddings\": %s, %s",
      shape->vocab_size, shape->d_model, shape->untied ? "false" : "true",
      shape->more ? shape->more : "");
  append_layers (json, "decoder_layers", &shape->decoder);
  if (shape->encoder.times > 0)
    append_layers (json, "encoder_layers", &shape->encoder);
  g_string_append_printf (json,
      "\"tokenizer\": {\"type\": \"sentencepiece\", \"file\": \"tokenizer.spm\"}, "
      "\"segment\": {\"source_end\": %s, \"target_end\": 1, \"carry_end\": %s, "
      "\"forbidden\": [0, 2, 3], \"max_source\": 256, \"max_target\": 256}}",
      shape->encoder.times > 0 ? "1, \"target_start\": 3" : "2",
      shape->encoder.times > 0 ? "false" : "true");
  return g_string_free (json, FALSE);
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
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND, "no shape is called \"%s\"; there are %s",
      name, names->str);
  return NULL;
}

SsmtConfig *
cli_config_load (const char *path, GError **error)
{
  g_autofree char *json = NULL;
  gsize length;

  return g_file_get_contents (path, &json, &length, error)
      ? ssmt_config_parse (json, length, path, error)
      : NULL;
}

static void
append_times (GString *text, const Shape *shape)
{
  g_string_append_printf (text, "%u x ", shape->decoder.times);
  if (shape->encoder.times > 0)
    g_string_append_printf (text, "and %u x ", shape->encoder.times);
}

char *
cli_shapes_describe (void)
{
  g_autoptr (GString) text = g_string_new ("Shapes:\n");

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++) {
    g_string_append_printf (text, "  %-19s ", shapes[i].name);
    append_times (text, &shapes[i]);
    g_string_append_printf (text, "%s, d %u, vocabulary %u (%s)\n", shapes[i].what,
        shapes[i].d_model, shapes[i].vocab_size, shapes[i].origin);
  }
  g_string_truncate (text, text->len - 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
