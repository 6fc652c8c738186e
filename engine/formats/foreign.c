/* ssmtranslate: checkpoints of other libraries
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/formats/foreign.h"

#include <math.h>
#include <string.h>

typedef struct {
  const char *model_type;       /* NULL: a configuration of mamba_ssm, which has none */
  const char *architecture;     /* what "architectures" must begin with */
  const char *family;           /* for people */
  gint32 end;                   /* eos_token_id of the library's class */
  void (*parse) (SsmtForeign *f);
} Family;

static const Family families[] = {
  { "mamba", "MambaForCausalLM", "Mamba of transformers", 0,
      ssmt_foreign_mamba },
  { "mamba2", "Mamba2ForCausalLM", "Mamba-2 of transformers", 2,
      ssmt_foreign_mamba2 },
  { "falcon_mamba", "FalconMambaForCausalLM", "FalconMamba of transformers",
      0, ssmt_foreign_falcon_mamba },
  { "bamba", "BambaForCausalLM", "Bamba of transformers", 2,
      ssmt_foreign_bamba },
  { "jamba", "JambaForCausalLM", "Jamba of transformers", 2,
      ssmt_foreign_jamba },
  { "retnet", "RetNetForCausalLM", "RetNet of flash-linear-attention", 2,
      ssmt_foreign_retnet },
  { "gla", "GLAForCausalLM", "GLA of flash-linear-attention", 2,
      ssmt_foreign_gla },
  { "delta_net", "DeltaNetForCausalLM", "DeltaNet of flash-linear-attention",
      2, ssmt_foreign_delta_net },
  { "gated_deltanet", "GatedDeltaNetForCausalLM",
      "gated DeltaNet of flash-linear-attention", 2,
      ssmt_foreign_gated_delta_net },
  /* its checkpoints use the tokenizer of GPT-NeoX, whose <|endoftext|> is 0 */
  { NULL, NULL, "mamba_ssm", 0, ssmt_foreign_mamba_ssm },
};

/* --- reading ------------------------------------------------------------ */

gboolean
ssmt_foreign_has (SsmtForeign *f, const char *key)
{
  JsonNode *node = json_object_get_member (f->json.object, key);

  return node && !JSON_NODE_HOLDS_NULL (node);
}

guint32
ssmt_foreign_size (SsmtForeign *f, const char *key, guint32 fallback,
    guint32 max)
{
  guint32 value = MAX (fallback, 1);

  if (f->error || (fallback > 0 && !ssmt_foreign_has (f, key)))
    return value;
  if (!ssmt_json_get_size (&f->json, key, max, &value, &f->error))
    return MAX (fallback, 1);
  return value;
}

double
ssmt_foreign_number (SsmtForeign *f, const char *key, double fallback,
    double min, double max)
{
  double value = fallback;
  float checked;

  if (f->error || !ssmt_foreign_has (f, key))
    return fallback;
  if (ssmt_json_get_float (&f->json, key, min, max, &checked, &f->error))
    ssmt_json_number_of_node (json_object_get_member (f->json.object, key),
        &value);
  return value;
}

gboolean
ssmt_foreign_bool (SsmtForeign *f, const char *key, gboolean fallback)
{
  gboolean value = fallback;

  if (f->error || !ssmt_foreign_has (f, key))
    return fallback;
  return ssmt_json_get_boolean (&f->json, key, &value, &f->error)
      ? value : fallback;
}

const char *
ssmt_foreign_string (SsmtForeign *f, const char *key)
{
  const char *value = NULL;

  if (!f->error && ssmt_foreign_has (f, key))
    ssmt_json_get_string (&f->json, key, &value, &f->error);
  return value;
}

/* Infinity is written in words: {"__float__": "Infinity"} by transformers 5. */
static gboolean
limit_of_node (JsonNode *node, double *value)
{
  JsonObject *object;

  if (JSON_NODE_HOLDS_OBJECT (node)) {
    object = json_node_get_object (node);
    node = json_object_get_member (object, "__float__");
    *value = INFINITY;
    return node && JSON_NODE_HOLDS_VALUE (node)
        && json_node_get_value_type (node) == G_TYPE_STRING
        && strcmp (json_node_get_string (node), "Infinity") == 0;
  }
  if (!JSON_NODE_HOLDS_VALUE (node)
      || (json_node_get_value_type (node) != G_TYPE_INT64
          && json_node_get_value_type (node) != G_TYPE_DOUBLE))
    return FALSE;
  *value = json_node_get_double (node);
  return *value >= 0;
}

void
ssmt_foreign_limits (SsmtForeign *f, const char *key, double *min, double *max)
{
  JsonArray *array;
  double from, to;

  if (f->error || !ssmt_foreign_has (f, key)
      || !ssmt_json_get_array (&f->json, key, &array, &f->error))
    return;
  if (json_array_get_length (array) != 2
      || !limit_of_node (json_array_get_element (array, 0), &from)
      || !limit_of_node (json_array_get_element (array, 1), &to)
      || !(from <= to)) {
    ssmt_json_wanted (&f->json, key, "two numbers from 0 on, the smaller first",
        &f->error);
    return;
  }
  *min = from;
  *max = to;
}

guint32
ssmt_foreign_scaled (SsmtForeign *f, const char *key, double fallback,
    guint32 width)
{
  double value =
      floor (ssmt_foreign_number (f, key, fallback, 0, SSMT_MAX_DIM) * width);

  if (value >= 1 && value <= SSMT_MAX_DIM)
    return (guint32) value;
  if (!f->error)
    ssmt_json_fail (&f->error, SSMT_ERROR_INVALID, f->json.where,
        "\"%s\" times %u gives a width of %.0f, expected 1 to %d", key,
        width, value, SSMT_MAX_DIM);
  return 1;
}

guint32
ssmt_foreign_rank (SsmtForeign *f, const char *key, guint32 width)
{
  JsonNode *node = json_object_get_member (f->json.object, key);

  if (node && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING
      && strcmp (json_node_get_string (node), "auto") == 0)
    return (width + 15) / 16;
  return ssmt_foreign_size (f, key, (width + 15) / 16, SSMT_MAX_DIM);
}

/* --- refusing ----------------------------------------------------------- */

void
ssmt_foreign_refuse (SsmtForeign *f, const char *key, const char *needed)
{
  JsonNode *node = json_object_get_member (f->json.object, key);
  g_autofree char *value = node ? json_to_string (node, FALSE)
      : g_strdup ("absent");

  if (!f->error)
    ssmt_json_fail (&f->error, SSMT_ERROR_UNSUPPORTED, f->json.where,
        "\"%s\" is %.200s, which this version cannot run: it needs %s", key,
        value, needed);
}

void
ssmt_foreign_refuse_true (SsmtForeign *f, const char *key, const char *needed)
{
  if (ssmt_foreign_bool (f, key, FALSE))
    ssmt_foreign_refuse (f, key, needed);
}

void
ssmt_foreign_refuse_false (SsmtForeign *f, const char *key, const char *needed)
{
  if (!ssmt_foreign_bool (f, key, TRUE))
    ssmt_foreign_refuse (f, key, needed);
}

void
ssmt_foreign_refuse_set (SsmtForeign *f, const char *key, const char *needed)
{
  if (ssmt_foreign_has (f, key))
    ssmt_foreign_refuse (f, key, needed);
}

void
ssmt_foreign_only_silu (SsmtForeign *f, const char *key)
{
  const char *act = ssmt_foreign_string (f, key);

  if (act && strcmp (act, "silu") != 0 && strcmp (act, "swish") != 0)
    ssmt_foreign_refuse (f, key, "an activation other than SiLU");
}

/* --- filling ------------------------------------------------------------ */

void
ssmt_foreign_widths (SsmtForeign *f, gboolean tied)
{
  SsmtConfig *c = f->config;

  c->vocab_size = ssmt_foreign_size (f, "vocab_size", 0, SSMT_MAX_VOCAB);
  c->d_model = ssmt_foreign_size (f, "hidden_size", 0, SSMT_MAX_DIM);
  c->tie_embeddings = ssmt_foreign_bool (f, "tie_word_embeddings", tied);
  ssmt_foreign_refuse_set (f, "quantization_config",
      "weights that are quantised in the checkpoint's own way; take the "
      "unquantised checkpoint");
}

JsonObject *
ssmt_foreign_layer (SsmtForeign *f, const char *kind, guint block,
    const char *norm, const char *prefix)
{
  return ssmt_config_add_layer (f->config, FALSE, kind,
      g_strdup_printf ("%.*s%u%s", (int) (strchr (norm, '%') - norm), norm,
          block, strchr (norm, '%') + 1),
      g_strdup_printf ("%.*s%u%s", (int) (strchr (prefix, '%') - prefix),
          prefix, block, strchr (prefix, '%') + 1));
}

/* --- the whole ---------------------------------------------------------- */

static const char *
model_type (const SsmtJson *top)
{
  JsonNode *node = json_object_get_member (top->object, "model_type");

  return node && JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING
      ? json_node_get_string (node) : NULL;
}

gboolean
ssmt_foreign_is (const SsmtJson *top)
{
  const char *type = model_type (top);

  if (!ssmt_json_has (top, "model_type"))
    return ssmt_json_has (top, "d_model") && ssmt_json_has (top, "n_layer");
  return type && strcmp (type, "ssmt") != 0;
}

static const Family *
find_family (const char *type)
{
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    if (g_strcmp0 (families[i].model_type, type) == 0)
      return &families[i];
  return NULL;
}

static gboolean
fail_family (const SsmtJson *top, const char *type, GError **error)
{
  g_autoptr (GString) known = g_string_new ("ssmt");

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    if (families[i].model_type)
      g_string_append_printf (known, ", %s", families[i].model_type);
  return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, top->where,
      "\"model_type\" is \"%.64s\"; this version reads %s, and folders of "
      "mamba_ssm", type, known->str);
}

/* The heads and bare stacks of a library have other tensors. */
static void
check_architecture (SsmtForeign *f, const Family *family)
{
  JsonArray *array;
  JsonNode *node;

  if (!family->architecture || !ssmt_foreign_has (f, "architectures")
      || !ssmt_json_get_array (&f->json, "architectures", &array, &f->error)
      || json_array_get_length (array) == 0)
    return;
  node = json_array_get_element (array, 0);
  if (!JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING
      || strcmp (json_node_get_string (node), family->architecture) != 0) {
    g_autofree char *needed =
        g_strdup_printf ("a language model, %s", family->architecture);

    ssmt_foreign_refuse (f, "architectures", needed);
  }
}

gboolean
ssmt_foreign_get_end (const SsmtConfig *config, const SsmtJson *json,
    gint32 *id, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, "eos_token_id");
  g_autofree char *wanted = NULL;
  gint64 whole;

  if (!node || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (JSON_NODE_HOLDS_ARRAY (node)
      && json_array_get_length (json_node_get_array (node)) > 0)
    node = json_array_get_element (json_node_get_array (node), 0);
  if (ssmt_json_whole_of_node (node, 0, (gint64) config->vocab_size - 1,
          &whole)) {
    *id = (gint32) whole;
    return TRUE;
  }
  wanted = g_strdup_printf ("a whole number from 0 to %u, or a list of such",
      config->vocab_size - 1);
  return ssmt_json_wanted (json, "eos_token_id", wanted, error);
}

gboolean
ssmt_foreign_parse (SsmtConfig *config, const SsmtJson *top, GError **error)
{
  const char *type = model_type (top);
  const Family *family = find_family (type);
  SsmtForeign f = {.config = config,.json = *top };

  if (!family)
    return fail_family (top, type, error);
  config->family = family->family;
  config->embedding_scale = 1;
  config->norm_eps = 1e-5f;
  check_architecture (&f, family);
  if (!f.error)
    family->parse (&f);
  config->target_end = MIN (family->end, (gint32) config->vocab_size - 1);
  if (!f.error)
    ssmt_foreign_get_end (config, top, &config->target_end, &f.error);
  if (f.error) {
    g_propagate_error (error, f.error);
    return FALSE;
  }
  return TRUE;
}
