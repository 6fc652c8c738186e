/* ssmtranslate: this project's own format (docs/model-format.md)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "engine/formats/format.h"
#include "engine/formats/sections.h"

#define TYPE "ssmt"
#define VERSION 1
#define MAX_SCALE 1e6

/* --- layers ------------------------------------------------------------- */

/* What is absent stays as it is. */
static void
read_norm (SsmtReader *section, gboolean *layer_norm, gboolean *norm_after)
{
  static const char *const norms[] = { "rms", "layer", NULL };
  static const char *const placements[] = { "before", "after", NULL };

  if (ssmt_reader_has (section, "norm"))
    *layer_norm = ssmt_reader_choice (section, "norm", norms);
  if (ssmt_reader_has (section, "norm_placement"))
    *norm_after = ssmt_reader_choice (section, "norm_placement", placements);
}

/* All keys but the kind and the norm's are read by the kind. */
static void
read_layer (SsmtConfig *config, SsmtStackConfig *stack, JsonNode *node, SsmtReader *top)
{
  gboolean in_encoder = stack == &config->encoder;
  const char *name = in_encoder ? "encoder" : "decoder";
  const char *names = in_encoder ? "encoder" : "backbone";
  guint index = stack->layers->len;
  g_auto (SsmtReader) section = { NULL };
  g_autoptr (GList) keys = NULL;
  SsmtLayerConfig *layer;
  const char *kind;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    ssmt_reader_fail (top, SSMT_ERROR_INVALID, "%s_layers[%u]: must be an object", name, index);
    return;
  }
  ssmt_reader_init (
      &section, json_node_get_object (node), TRUE, "%s: %s_layers[%u]", top->where, name, index);
  kind = ssmt_reader_string (&section, "kind", TRUE);
  if (!kind) {
    top->error = g_steal_pointer (&section.error);
    return;
  }
  layer = ssmt_config_add_layer (config, stack, kind,
      g_strdup_printf ("%s.layers.%u.norm", names, index),
      g_strdup_printf ("%s.layers.%u.mixer.", names, index));
  keys = json_object_get_members (section.object);
  for (GList *k = keys; k; k = k->next)
    if (strcmp (k->data, "kind") != 0)
      json_object_set_member (layer->keys.object, k->data,
          json_node_copy (json_object_get_member (section.object, k->data)));
  read_norm (&layer->keys, &layer->layer_norm, &layer->norm_after);
}

static void
read_layers (SsmtConfig *config, SsmtStackConfig *stack, SsmtReader *top)
{
  gboolean in_encoder = stack == &config->encoder;
  const char *key = in_encoder ? "encoder_layers" : "decoder_layers";
  JsonArray *array = ssmt_reader_array (top, key, !in_encoder);
  guint n = array ? json_array_get_length (array) : 0;

  if (array && (n > SSMT_MAX_LAYERS || (n == 0 && !in_encoder)))
    ssmt_reader_fail (top, SSMT_ERROR_INVALID, "\"%s\" must hold %d to %d layers", key,
        in_encoder ? 0 : 1, SSMT_MAX_LAYERS);
  for (guint i = 0; i < n && !top->error; i++)
    read_layer (config, stack, json_array_get_element (array, i), top);
}

/* --- around the layers -------------------------------------------------- */

static void
read_version (SsmtReader *top)
{
  double version;

  ssmt_reader_string (top, "model_type", TRUE);
  ssmt_reader_has (top, "format_version");
  if (!ssmt_json_number_of_node (json_object_get_member (top->object, "format_version"), &version))
    ssmt_reader_wanted (top, "format_version", "the number 1");
  else if (version != VERSION)
    ssmt_reader_fail (top, SSMT_ERROR_UNSUPPORTED,
        "\"format_version\" is %.0f, this version reads only %d", version, VERSION);
}

static void
read_widths (SsmtConfig *config, SsmtReader *top)
{
  config->vocab_size = ssmt_reader_size (top, "vocab_size", SSMT_REQUIRED, SSMT_MAX_VOCAB);
  config->d_model = ssmt_reader_size (top, "d_model", SSMT_REQUIRED, SSMT_MAX_DIM);
  config->norm_eps = ssmt_reader_number (top, "norm_eps", SSMT_REQUIRED_NUMBER, 0, 1);
  config->tie_embeddings = ssmt_reader_boolean (top, "tie_embeddings", SSMT_REQUIRED);
  config->output_bias = ssmt_reader_boolean (top, "output_bias", FALSE);
  config->embedding_scale = ssmt_reader_number (top, "embedding_scale", 1, 0, MAX_SCALE);
}

/* Norms of a stack, where it says nothing those of `other`. */
static void
read_norms (SsmtStackConfig *stack, const SsmtStackConfig *other, SsmtReader *section)
{
  stack->layer_norm = other->layer_norm;
  stack->norm_after = other->norm_after;
  read_norm (section, &stack->layer_norm, &stack->norm_after);
  stack->has_final_norm = ssmt_reader_boolean (section, "final_norm",
      stack->norm_after == other->norm_after ? other->has_final_norm : !stack->norm_after);
}

/* What stands around the layers; all of it may be absent. */
static void
read_frame (SsmtConfig *config, SsmtReader *top)
{
  static const char *const positions[] = { "none", "sinusoidal", NULL };
  static const char *const resets[] = { "document", "segment", NULL };
  static const SsmtStackConfig plain = { .has_final_norm = TRUE };
  SsmtReader encoder;

  read_norms (&config->decoder, &plain, top);
  ssmt_reader_open (top, "encoder", FALSE, &encoder);
  read_norms (&config->encoder, &config->decoder, &encoder);
  ssmt_reader_close (&encoder, top);
  config->positions = ssmt_reader_choice (top, "positions", positions);
  config->position_offset = ssmt_reader_whole (top, "position_offset", 0, 0, SSMT_MAX_CONTEXT);
  config->position_divisor = ssmt_reader_whole (top, "position_divisor", 0, 0, SSMT_MAX_DIM);
  config->positions_by_segment = ssmt_reader_choice (top, "position_reset", resets);
  config->encoder_embeddings = ssmt_reader_boolean (top, "encoder_embeddings", FALSE);
  config->source_vocab_size =
      ssmt_reader_size (top, "source_vocab_size", config->vocab_size, SSMT_MAX_VOCAB);
  if (!config->encoder_embeddings && config->source_vocab_size != config->vocab_size)
    ssmt_reader_fail (top, SSMT_ERROR_INVALID,
        "\"source_vocab_size\" is not \"vocab_size\", which it is without "
        "\"encoder_embeddings\"");
}

/* --- the format --------------------------------------------------------- */

static gboolean
recognise (const SsmtFormatInput *input)
{
  return input->json
      && g_strcmp0 (
             ssmt_json_string_of_node (json_object_get_member (input->json, "model_type")), TYPE)
      == 0;
}

static gboolean
read_folder (SsmtConfig *config, const SsmtFormatInput *input, GError **error)
{
  g_auto (SsmtReader) top;

  ssmt_reader_init (&top, input->json, FALSE, "%s", input->path);
  config->encoder.embedding = "encoder.embeddings.weight";
  config->encoder.final_norm = "encoder.norm_f";
  config->decoder.embedding = "backbone.embeddings.weight";
  config->decoder.final_norm = "backbone.norm_f";
  config->output = "lm_head";
  read_version (&top);
  read_widths (config, &top);
  read_frame (config, &top);
  read_layers (config, &config->encoder, &top);
  read_layers (config, &config->decoder, &top);
  ssmt_sections_read (config, &top, TRUE);
  return ssmt_reader_finish (&top, error);
}

static SsmtTensorSource *
open_tensors (const SsmtConfig *config, const char *folder, SsmtDevice *device, GError **error)
{
  SsmtTensorSource *source = ssmt_tensor_source_open_folder (folder, device, error);

  /* the name where norm and gate were fused in flash-linear-attention */
  if (source)
    ssmt_tensor_source_rename_ending (source, ".g_norm_swish_gate.weight", ".g_norm.weight");
  return source;
}

static const char *const types[] = { TYPE, NULL };

const SsmtFormat ssmt_format_ssmt = {
  .types = types,
  .recognise = recognise,
  .read = read_folder,
  .open = open_tensors,
};
