/* ssmtranslate: what the user has set
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstssmtsettings.h"

GType
gst_ssm_translate_segmentation_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { GST_SSM_TRANSLATE_SEGMENTATION_CUE, "Each cue on its own",
                                           "cue" },
    { GST_SSM_TRANSLATE_SEGMENTATION_SENTENCE, "Cues are joined until a sentence ends",
        "sentence" },
    { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsmTranslateSegmentation", values));
  return type;
}

GType
gst_ssm_translate_other_languages_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { GST_SSM_TRANSLATE_OTHER_LANGUAGES_PASS,
                                           "It passes as it is", "pass" },
    { GST_SSM_TRANSLATE_OTHER_LANGUAGES_TRANSLATE, "It is translated as if the model read it",
        "translate" },
    { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("GstSsmTranslateOtherLanguages", values));
  return type;
}

/* --- the table ------------------------------------------------------------------- */

typedef struct {
  const char *name, *nick, *blurb;
  GType type; /* fundamental */
  GParamFlags flags;
  gsize offset;       /* in GstSsmtSettings; of what is measured: 0 */
  const char *string; /* defaults */
  guint number;
  guint min, max;
  GType (*get_type) (void); /* of an enum, of what is boxed */
  void (*measure) (GstSsmtStats *stats, GValue *value);
} Property;

static void
measure_max_observed (GstSsmtStats *stats, GValue *value)
{
  g_value_set_uint64 (value, gst_ssmt_stats_get_max_observed (stats));
}

static void
measure_all (GstSsmtStats *stats, GValue *value)
{
  g_value_take_boxed (value, gst_ssmt_stats_to_structure (stats));
}

#define MEMBER(name) .offset = G_STRUCT_OFFSET (GstSsmtSettings, name)
#define OF_MODEL .flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY
#define OF_CUES .flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING
#define MEASURED .flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS

static const Property properties[] = {
  { "model-path", "Model path",
      "Folder of the model, name of an installed one, or a pair as \"en-fr\" (NULL = an installed "
      "one for the languages that are set; none is set: the default model)",
      G_TYPE_STRING, OF_MODEL, MEMBER (model_path) },
  { "device", "Device", "What computes: \"auto\", \"cpu\", \"cuda\" or \"cuda:N\"", G_TYPE_STRING,
      OF_MODEL, MEMBER (device), .string = "auto" },
  { "threads", "Threads", "Threads that compute (0 = one for each physical core, at most 4)",
      G_TYPE_UINT, OF_MODEL, MEMBER (threads), .max = 256 },
  { "input-language-code", "Input language code",
      "BCP-47 code of the language to translate from, such as \"en\" or "
      "\"en-GB\"; without model-path it chooses the model; an error where "
      "that does not read it (NULL = what the model reads, with a warning "
      "where tags name another; \"auto\" = found out text by text: what is in "
      "the output language passes)",
      G_TYPE_STRING, OF_MODEL, MEMBER (input_language_code) },
  { "output-language-code", "Output language code",
      "BCP-47 code of the language to translate to, such as \"de\" or "
      "\"de-AT\"; without model-path it chooses the model; an error where "
      "that does not write it (NULL = what the model writes)",
      G_TYPE_STRING, OF_MODEL, MEMBER (output_language_code) },
  { "prime-location", "Prime location",
      "File of examples that each document begins with, a line each: "
      "source, tab, target; or of a saved state (NULL = none)",
      G_TYPE_STRING, OF_MODEL, MEMBER (prime_location) },
  { "state-location", "State location",
      "File in which the document's state is kept, so that text goes on where it was left, also "
      "after "
      "a crash (NULL = none)",
      G_TYPE_STRING, OF_MODEL, MEMBER (state_location) },
  { "initial-state", "Initial state",
      "The state that the first document goes on from, as ssmtranslate/checkpoint has handed it "
      "out "
      "(NULL = what state-location has)",
      G_TYPE_BOXED, OF_MODEL, MEMBER (initial_state), .get_type = g_bytes_get_type },
  { "checkpoint-interval", "Checkpoint interval",
      "Cues after which the document's state is handed out, in the message "
      "ssmtranslate/checkpoint, and "
      "at the end of the stream and on the way to READY (0 = never)",
      G_TYPE_UINT, OF_CUES, MEMBER (checkpoint_interval), .max = G_MAXUINT },
  { "glossary-location", "Glossary location",
      "File of terms that hold, a line each: source, tab, target (\"*\" = not translated), and "
      "maybe "
      "a tab and a note; read again when it changes (NULL = none)",
      G_TYPE_STRING, OF_CUES, MEMBER (glossary_location) },
  { "context", "Context", "What a cue knows of those before it", G_TYPE_ENUM, OF_CUES,
      MEMBER (context), .number = SSMT_CONTEXT_DOCUMENT, .get_type = ssmt_context_get_type },
  { "beam-size", "Beam size", "Translations weighed against each other (1 = greedy, the fastest)",
      G_TYPE_UINT, OF_CUES, MEMBER (beam_size), .number = 1, .min = 1,
      .max = SSMT_STREAM_MAX_BEAM },
  { "segmentation", "Segmentation", "What is translated as one", G_TYPE_ENUM, OF_CUES,
      MEMBER (segmentation), .number = GST_SSM_TRANSLATE_SEGMENTATION_CUE,
      .get_type = gst_ssm_translate_segmentation_get_type },
  { "partial-results", "Partial results",
      "Translate text that upstream still revises (interim buffers, the "
      "messages of a recogniser, these from the next PAUSED on)",
      G_TYPE_BOOLEAN, OF_CUES, MEMBER (partial_results) },
  { "policy", "Policy", "What of the translation of text that is still revised goes out",
      G_TYPE_ENUM, OF_CUES, MEMBER (policy), .number = SSMT_POLICY_FINAL,
      .get_type = ssmt_policy_get_type },
  { "other-languages", "Other languages",
      "With input-language-code \"auto\": what becomes of text in a language "
      "that no model reads",
      G_TYPE_ENUM, OF_CUES, MEMBER (other_languages),
      .number = GST_SSM_TRANSLATE_OTHER_LANGUAGES_PASS,
      .get_type = gst_ssm_translate_other_languages_get_type },
  { "guard", "Guard",
      "Keep addresses, placeholders, emoji and the like from the model, look after numbers in "
      "what it writes, and copy text of which it finds no right translation",
      G_TYPE_BOOLEAN, OF_CUES, MEMBER (guard), .number = TRUE },
  { "quotes", "Quotes", "Which quotation marks a translation has, with guard", G_TYPE_ENUM, OF_CUES,
      MEMBER (quotes), .number = SSMT_QUOTES_SOURCE, .get_type = ssmt_quotes_get_type },
  { "latency", "Latency",
      "Time in ms that a cue may take to translate, added to the latency "
      "of a live pipeline (4294967295, -1 = not synchronised: text is "
      "stamped with the time at which it is there; set before PAUSED)",
      G_TYPE_UINT, OF_CUES, MEMBER (latency), .number = 300, .max = G_MAXUINT },
  { "lateness", "Lateness",
      "Time in ms that all text is shifted forward, instead of making the "
      "whole pipeline wait; from the next segment on",
      G_TYPE_UINT, OF_CUES, MEMBER (lateness), .max = G_MAXUINT },
  { "max-columns", "Maximum columns",
      "Columns of a line at most, wide characters are two; lines are broken at phrase borders and "
      "balanced (0 = each cue has as many lines as its source)",
      G_TYPE_UINT, OF_CUES, MEMBER (max_columns), .max = 1000 },
  { "max-lines", "Maximum lines", "Lines of a cue at most (0 = as many as max-columns makes them)",
      G_TYPE_UINT, OF_CUES, MEMBER (max_lines), .max = 100 },
  { "max-cps", "Maximum characters a second",
      "Characters a second at most: of several translations one that can be read in its time is "
      "taken, and the cue stays longer where nothing follows, but in live pipelines (0 = any)",
      G_TYPE_UINT, OF_CUES, MEMBER (max_cps), .max = 1000 },
  { "max-observed-delay", "Maximum observed delay",
      "The longest time in ns that text of a live source has come out "
      "after its time, upstream's latency not counted",
      G_TYPE_UINT64, MEASURED, .measure = measure_max_observed },
  { "stats", "Statistics", "What the element message ssmtranslate/stats says", G_TYPE_BOXED,
      MEASURED, .get_type = gst_structure_get_type, .measure = measure_all },
};

/* NULL: there is none. Numbers begin with 1. */
static const Property *
get_property (guint prop_id)
{
  return prop_id >= 1 && prop_id <= G_N_ELEMENTS (properties) ? &properties[prop_id - 1] : NULL;
}

/* --- properties ------------------------------------------------------------------- */

static GParamSpec *
make_spec (const Property *p)
{
  switch (p->type) {
    case G_TYPE_STRING:
      return g_param_spec_string (p->name, p->nick, p->blurb, p->string, p->flags);
    case G_TYPE_UINT:
      return g_param_spec_uint (p->name, p->nick, p->blurb, p->min, p->max, p->number, p->flags);
    case G_TYPE_BOOLEAN:
      return g_param_spec_boolean (p->name, p->nick, p->blurb, p->number, p->flags);
    case G_TYPE_ENUM:
      return g_param_spec_enum (p->name, p->nick, p->blurb, p->get_type (), p->number, p->flags);
    case G_TYPE_UINT64:
      return g_param_spec_uint64 (p->name, p->nick, p->blurb, 0, G_MAXUINT64, p->number, p->flags);
    default:
      return g_param_spec_boxed (p->name, p->nick, p->blurb, p->get_type (), p->flags);
  }
}

void
gst_ssmt_settings_install (GObjectClass *object_class)
{
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_object_class_install_property (object_class, i + 1, make_spec (&properties[i]));
    if (properties[i].type == G_TYPE_ENUM)
      gst_type_mark_as_plugin_api (properties[i].get_type (), 0);
  }
}

gboolean
gst_ssmt_settings_set (GstSsmtSettings *settings, guint prop_id, const GValue *value)
{
  const Property *p = get_property (prop_id);
  gpointer member;

  if (!p || p->measure)
    return FALSE;
  member = G_STRUCT_MEMBER_P (settings, p->offset);
  switch (p->type) {
    case G_TYPE_STRING:
      g_free (*(char **) member);
      *(char **) member = g_value_dup_string (value);
      break;
    case G_TYPE_UINT:
      *(guint *) member = g_value_get_uint (value);
      break;
    case G_TYPE_BOOLEAN:
      *(gboolean *) member = g_value_get_boolean (value);
      break;
    case G_TYPE_BOXED: /* bytes */
      g_clear_pointer ((GBytes **) member, g_bytes_unref);
      *(GBytes **) member = g_value_dup_boxed (value);
      break;
    default:
      *(gint *) member = g_value_get_enum (value);
      break;
  }
  return TRUE;
}

gboolean
gst_ssmt_settings_get (
    const GstSsmtSettings *settings, GstSsmtStats *stats, guint prop_id, GValue *value)
{
  const Property *p = get_property (prop_id);
  gconstpointer member;

  if (!p)
    return FALSE;
  if (p->measure) {
    p->measure (stats, value);
    return TRUE;
  }
  member = G_STRUCT_MEMBER_P (settings, p->offset);
  switch (p->type) {
    case G_TYPE_STRING:
      g_value_set_string (value, *(char *const *) member);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, *(const guint *) member);
      break;
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) member);
      break;
    case G_TYPE_BOXED:
      g_value_set_boxed (value, *(GBytes *const *) member);
      break;
    default:
      g_value_set_enum (value, *(const gint *) member);
      break;
  }
  return TRUE;
}

/* --- values ----------------------------------------------------------------------- */

void
gst_ssmt_settings_init (GstSsmtSettings *settings)
{
  *settings = (GstSsmtSettings){ NULL };
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++) {
    const Property *p = &properties[i];
    gpointer member = G_STRUCT_MEMBER_P (settings, p->offset);

    if (p->type == G_TYPE_STRING)
      *(char **) member = g_strdup (p->string);
    else if (!p->measure && p->type != G_TYPE_BOXED)
      *(guint *) member = p->number;
  }
}

/* What is owned: freed where `is_owner`, then NULL. */
static void
drop_owned (GstSsmtSettings *settings, gboolean is_owner)
{
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++) {
    const Property *p = &properties[i];
    gpointer *member = (gpointer *) G_STRUCT_MEMBER_P (settings, p->offset);

    if (p->measure || (p->type != G_TYPE_STRING && p->type != G_TYPE_BOXED))
      continue;
    if (is_owner && p->type == G_TYPE_STRING)
      g_free (*member);
    else if (is_owner)
      g_bytes_unref (*member);
    *member = NULL;
  }
}

void
gst_ssmt_settings_clear (GstSsmtSettings *settings)
{
  drop_owned (settings, TRUE);
}

GstSsmtSettings
gst_ssmt_settings_get_values (const GstSsmtSettings *settings)
{
  GstSsmtSettings values = *settings;

  drop_owned (&values, FALSE);
  return values;
}
