/* ssmtranslate: what the user has set
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtsettings.h"

enum
{
  PROP_0,
  PROP_MODEL_PATH,
  PROP_DEVICE,
  PROP_THREADS,
  PROP_INPUT_LANGUAGE_CODE,
  PROP_OUTPUT_LANGUAGE_CODE,
  PROP_PRIME_LOCATION,
  PROP_CONTEXT,
  PROP_BEAM_SIZE,
  PROP_SEGMENTATION,
  PROP_PARTIAL_RESULTS,
  PROP_POLICY,
  PROP_LATENCY,
  PROP_LATENESS,
  N_PROPS
};

#define DEFAULT_MODEL_PATH NULL
#define DEFAULT_DEVICE "auto"
#define DEFAULT_THREADS 0
#define DEFAULT_INPUT_LANGUAGE_CODE NULL
#define DEFAULT_OUTPUT_LANGUAGE_CODE NULL
#define DEFAULT_PRIME_LOCATION NULL
#define DEFAULT_CONTEXT SSMT_CONTEXT_DOCUMENT
#define DEFAULT_BEAM_SIZE 1
#define DEFAULT_SEGMENTATION GST_SSM_TRANSLATE_SEGMENTATION_CUE
#define DEFAULT_PARTIAL_RESULTS FALSE
#define DEFAULT_POLICY SSMT_POLICY_ALIGN_ATT
#define DEFAULT_LATENCY 300
#define DEFAULT_LATENESS 0
#define MAX_THREADS 256

GType
gst_ssm_translate_segmentation_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {GST_SSM_TRANSLATE_SEGMENTATION_CUE, "Each cue on its own", "cue"},
    {GST_SSM_TRANSLATE_SEGMENTATION_SENTENCE,
        "Cues are joined until a sentence ends", "sentence"},
    {0, NULL, NULL}
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstSsmTranslateSegmentation", values));
  return type;
}

void
gst_ssmt_settings_init (GstSsmtSettings * settings)
{
  *settings = (GstSsmtSettings) {
    .device = g_strdup (DEFAULT_DEVICE),.threads = DEFAULT_THREADS,
    .context = DEFAULT_CONTEXT,.beam_size = DEFAULT_BEAM_SIZE,
    .segmentation = DEFAULT_SEGMENTATION,
    .partial_results = DEFAULT_PARTIAL_RESULTS,.policy = DEFAULT_POLICY,
    .latency = DEFAULT_LATENCY,.lateness = DEFAULT_LATENESS
  };
}

void
gst_ssmt_settings_clear (GstSsmtSettings * settings)
{
  g_clear_pointer (&settings->model_path, g_free);
  g_clear_pointer (&settings->device, g_free);
  g_clear_pointer (&settings->input_language_code, g_free);
  g_clear_pointer (&settings->output_language_code, g_free);
  g_clear_pointer (&settings->prime_location, g_free);
}

GstSsmtSettings
gst_ssmt_settings_get_values (const GstSsmtSettings * settings)
{
  GstSsmtSettings values = *settings;

  values.model_path = values.device = NULL;
  values.input_language_code = values.output_language_code = NULL;
  values.prime_location = NULL;
  return values;
}

static void
install_model_properties (GObjectClass * object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;

  g_object_class_install_property (object_class, PROP_MODEL_PATH,
      g_param_spec_string ("model-path", "Model path",
          "Folder of the model (NULL = the default model)",
          DEFAULT_MODEL_PATH, flags));
  g_object_class_install_property (object_class, PROP_DEVICE,
      g_param_spec_string ("device", "Device",
          "What computes: \"auto\", \"cpu\", \"cuda\" or \"cuda:N\"", DEFAULT_DEVICE, flags));
  g_object_class_install_property (object_class, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "Threads that compute (0 = one for each physical core, at most 4)",
          0, MAX_THREADS, DEFAULT_THREADS, flags));
  g_object_class_install_property (object_class, PROP_INPUT_LANGUAGE_CODE,
      g_param_spec_string ("input-language-code", "Input language code",
          "BCP-47 code of the language to translate from, such as \"en\" or "
          "\"en-GB\"; an error where the model does not read it (NULL = what "
          "the model reads, with a warning where tags name another)",
          DEFAULT_INPUT_LANGUAGE_CODE, flags));
  g_object_class_install_property (object_class, PROP_OUTPUT_LANGUAGE_CODE,
      g_param_spec_string ("output-language-code", "Output language code",
          "BCP-47 code of the language to translate to, such as \"de\" or "
          "\"de-AT\"; an error where the model does not write it (NULL = what "
          "the model writes)", DEFAULT_OUTPUT_LANGUAGE_CODE, flags));
  g_object_class_install_property (object_class, PROP_PRIME_LOCATION,
      g_param_spec_string ("prime-location", "Prime location",
          "File of examples that each document begins with, a line each: "
          "source, tab, target; or of a saved state (NULL = none)",
          DEFAULT_PRIME_LOCATION, flags));
}

void
gst_ssmt_settings_install (GObjectClass * object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  install_model_properties (object_class);
  g_object_class_install_property (object_class, PROP_CONTEXT,
      g_param_spec_enum ("context", "Context",
          "What a cue knows of those before it",
          SSMT_TYPE_CONTEXT, DEFAULT_CONTEXT, flags));
  g_object_class_install_property (object_class, PROP_BEAM_SIZE,
      g_param_spec_uint ("beam-size", "Beam size",
          "Translations weighed against each other (1 = greedy, the fastest)",
          1, SSMT_STREAM_MAX_BEAM, DEFAULT_BEAM_SIZE, flags));
  g_object_class_install_property (object_class, PROP_SEGMENTATION,
      g_param_spec_enum ("segmentation", "Segmentation",
          "What is translated as one",
          GST_TYPE_SSM_TRANSLATE_SEGMENTATION, DEFAULT_SEGMENTATION, flags));
  g_object_class_install_property (object_class, PROP_PARTIAL_RESULTS,
      g_param_spec_boolean ("partial-results", "Partial results",
          "Translate text that upstream still revises (interim buffers, the "
          "messages of a recogniser, these from the next PAUSED on)",
          DEFAULT_PARTIAL_RESULTS, flags));
  g_object_class_install_property (object_class, PROP_POLICY,
      g_param_spec_enum ("policy", "Policy",
          "What of the translation of text that is still revised goes out",
          SSMT_TYPE_POLICY, DEFAULT_POLICY, flags));
  g_object_class_install_property (object_class, PROP_LATENCY,
      g_param_spec_uint ("latency", "Latency",
          "Time in ms that a cue may take to translate, added to the latency "
          "of a live pipeline (4294967295, -1 = not synchronised: text is "
          "stamped with the time at which it is there; set before PAUSED)",
          0, G_MAXUINT, DEFAULT_LATENCY, flags));
  g_object_class_install_property (object_class, PROP_LATENESS,
      g_param_spec_uint ("lateness", "Lateness",
          "Time in ms that all text is shifted forward, instead of making the "
          "whole pipeline wait; from the next segment on",
          0, G_MAXUINT, DEFAULT_LATENESS, flags));
}

static void
set_string (char ** member, const GValue * value)
{
  g_free (*member);
  *member = g_value_dup_string (value);
}

gboolean
gst_ssmt_settings_set (GstSsmtSettings * settings, guint prop_id,
    const GValue * value)
{
  switch (prop_id) {
    case PROP_MODEL_PATH:
      set_string (&settings->model_path, value);
      return TRUE;
    case PROP_DEVICE:
      set_string (&settings->device, value);
      return TRUE;
    case PROP_THREADS:
      settings->threads = g_value_get_uint (value);
      return TRUE;
    case PROP_INPUT_LANGUAGE_CODE:
      set_string (&settings->input_language_code, value);
      return TRUE;
    case PROP_OUTPUT_LANGUAGE_CODE:
      set_string (&settings->output_language_code, value);
      return TRUE;
    case PROP_PRIME_LOCATION:
      set_string (&settings->prime_location, value);
      return TRUE;
    case PROP_CONTEXT:
      settings->context = g_value_get_enum (value);
      return TRUE;
    case PROP_BEAM_SIZE:
      settings->beam_size = g_value_get_uint (value);
      return TRUE;
    case PROP_SEGMENTATION:
      settings->segmentation = g_value_get_enum (value);
      return TRUE;
    case PROP_PARTIAL_RESULTS:
      settings->partial_results = g_value_get_boolean (value);
      return TRUE;
    case PROP_POLICY:
      settings->policy = g_value_get_enum (value);
      return TRUE;
    case PROP_LATENCY:
      settings->latency = g_value_get_uint (value);
      return TRUE;
    case PROP_LATENESS:
      settings->lateness = g_value_get_uint (value);
      return TRUE;
    default:
      return FALSE;
  }
}

gboolean
gst_ssmt_settings_get (const GstSsmtSettings * settings, guint prop_id,
    GValue * value)
{
  switch (prop_id) {
    case PROP_MODEL_PATH:
      g_value_set_string (value, settings->model_path);
      return TRUE;
    case PROP_DEVICE:
      g_value_set_string (value, settings->device);
      return TRUE;
    case PROP_THREADS:
      g_value_set_uint (value, settings->threads);
      return TRUE;
    case PROP_INPUT_LANGUAGE_CODE:
      g_value_set_string (value, settings->input_language_code);
      return TRUE;
    case PROP_OUTPUT_LANGUAGE_CODE:
      g_value_set_string (value, settings->output_language_code);
      return TRUE;
    case PROP_PRIME_LOCATION:
      g_value_set_string (value, settings->prime_location);
      return TRUE;
    case PROP_CONTEXT:
      g_value_set_enum (value, settings->context);
      return TRUE;
    case PROP_BEAM_SIZE:
      g_value_set_uint (value, settings->beam_size);
      return TRUE;
    case PROP_SEGMENTATION:
      g_value_set_enum (value, settings->segmentation);
      return TRUE;
    case PROP_PARTIAL_RESULTS:
      g_value_set_boolean (value, settings->partial_results);
      return TRUE;
    case PROP_POLICY:
      g_value_set_enum (value, settings->policy);
      return TRUE;
    case PROP_LATENCY:
      g_value_set_uint (value, settings->latency);
      return TRUE;
    case PROP_LATENESS:
      g_value_set_uint (value, settings->lateness);
      return TRUE;
    default:
      return FALSE;
  }
}

guint
gst_ssmt_settings_get_n_props (void)
{
  return N_PROPS;
}
