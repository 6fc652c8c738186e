/* ssmtranslate: the element's model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where it comes from: what the application or a neighbour offers in a
 * GstContext, else the table of the process, else the disk.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstssmtranslate.h"
#include "cue-sentence.h"
#include "gstssmtmodels.h"

#include <gst/tag/tag.h>

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Fields: "model" (SsmtModel), "device" (string), "threads" (uint). Not persistent: in NULL
 * nobody keeps the model. */
#define CONTEXT_TYPE "ssmt.model.Context"

/* What makes a model; strings are owned. */
typedef struct {
  char *path, *device;
  guint threads;
  char *reads, *writes;         /* ISO 639 codes that are asked for */
  char *prime;                  /* file of examples, NULL: none */
} Wanted;

static void
wanted_clear (Wanted * wanted)
{
  g_free (wanted->path);
  g_free (wanted->device);
  g_free (wanted->reads);
  g_free (wanted->writes);
  g_free (wanted->prime);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

static GstResourceError
resource_error (const GError * error)
{
  if (error->domain != SSMT_ERROR)
    return GST_RESOURCE_ERROR_FAILED;
  switch (error->code) {
    case SSMT_ERROR_NOT_FOUND:
      return GST_RESOURCE_ERROR_NOT_FOUND;
    case SSMT_ERROR_READ:
      return GST_RESOURCE_ERROR_OPEN_READ;
    case SSMT_ERROR_MEMORY:
      return GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    case SSMT_ERROR_UNSUPPORTED:
      return GST_RESOURCE_ERROR_SETTINGS;
    case SSMT_ERROR_INVALID:
      return GST_RESOURCE_ERROR_READ;
    default:
      return GST_RESOURCE_ERROR_FAILED;
  }
}

static void
post_resource_error (GstSsmTranslate * self, GstResourceError code,
    const char * text, const char * debug)
{
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code, g_strdup (text), g_strdup (debug), __FILE__,
      GST_FUNCTION, __LINE__);
}

/* "de-AT", "deu", "ger" and "de" are "de"; a code without two letters keeps its
 * three. Muxers write anything longer as English. */
char *
gst_ssm_translate_language_code (const char * code)
{
  g_autofree char *language = NULL;
  const char *iso;

  if (!code || !*code)
    return NULL;
  language = g_ascii_strdown (code, strcspn (code, "-_"));
  iso = gst_tag_get_language_code_iso_639_1 (language);
  return iso ? g_strdup (iso) : g_steal_pointer (&language);
}

static void
get_wanted (GstSsmTranslate * self, Wanted * wanted)
{
  GST_OBJECT_LOCK (self);
  wanted->path = g_strdup (self->settings.model_path);
  wanted->device = g_strdup (self->settings.device);
  wanted->threads = self->settings.threads;
  wanted->reads =
      gst_ssm_translate_language_code (self->settings.input_language_code);
  wanted->writes =
      gst_ssm_translate_language_code (self->settings.output_language_code);
  wanted->prime = g_strdup (self->settings.prime_location);
  GST_OBJECT_UNLOCK (self);
  if (!wanted->device)
    wanted->device = g_strdup ("auto");
}

/* --- context -------------------------------------------------------------- */

static GstContext *
context_new (SsmtModel * model, const Wanted * wanted)
{
  GstContext *context = gst_context_new (CONTEXT_TYPE, FALSE);

  gst_structure_set (gst_context_writable_structure (context),
      "model", SSMT_TYPE_MODEL, model, "device", G_TYPE_STRING, wanted->device,
      "threads", G_TYPE_UINT, wanted->threads, NULL);
  return context;
}

/* The context's model where it is the one that is wanted. */
static SsmtModel *
context_get_model (GstContext * context, const Wanted * wanted)
{
  const GstStructure *s = gst_context_get_structure (context);
  g_autofree char *wanted_path = g_canonicalize_filename (wanted->path, NULL);
  g_autofree char *path = NULL, *device = NULL;
  g_autoptr (SsmtModel) model = NULL;
  guint threads;

  if (!gst_structure_get (s, "model", SSMT_TYPE_MODEL, &model, "device",
          G_TYPE_STRING, &device, "threads", G_TYPE_UINT, &threads, NULL)
      || !model)
    return NULL;
  path = g_canonicalize_filename (ssmt_model_get_path (model), NULL);
  if (strcmp (path, wanted_path) != 0 || threads != wanted->threads
      || g_strcmp0 (device, wanted->device) != 0)
    return NULL;
  return g_steal_pointer (&model);
}

static void
ask_neighbours (GstSsmTranslate * self)
{
  g_autoptr (GstQuery) query = gst_query_new_context (CONTEXT_TYPE);
  GstContext *context;

  if (!gst_pad_peer_query (self->srcpad, query)
      && !gst_pad_peer_query (self->sinkpad, query))
    return;
  gst_query_parse_context (query, &context);
  if (context)
    gst_element_set_context (GST_ELEMENT (self), context);
}

/* A model that somebody else offers. */
static SsmtModel *
get_offered (GstSsmTranslate * self, const Wanted * wanted)
{
  g_autoptr (GstContext) context = NULL;
  SsmtModel *model = NULL;

  context = gst_element_get_context (GST_ELEMENT (self), CONTEXT_TYPE);
  if (!context) {
    ask_neighbours (self);
    context = gst_element_get_context (GST_ELEMENT (self), CONTEXT_TYPE);
  }
  if (!context) {
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_need_context (GST_OBJECT (self), CONTEXT_TYPE));
    context = gst_element_get_context (GST_ELEMENT (self), CONTEXT_TYPE);
  }
  if (context)
    model = context_get_model (context, wanted);
  GST_DEBUG_OBJECT (self, "%s in a context", model ? "found" : "not found");
  return model;
}

static void
offer (GstSsmTranslate * self, SsmtModel * model, const Wanted * wanted)
{
  GstContext *context = context_new (model, wanted);

  gst_element_set_context (GST_ELEMENT (self), context);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_have_context (GST_OBJECT (self), context));
}

gboolean
gst_ssm_translate_answer_context (GstSsmTranslate * self, GstQuery * query)
{
  g_autoptr (GstContext) context = NULL;
  const char *type;

  gst_query_parse_context_type (query, &type);
  if (g_strcmp0 (type, CONTEXT_TYPE) != 0)
    return FALSE;
  context = gst_element_get_context (GST_ELEMENT (self), CONTEXT_TYPE);
  if (!context)
    return FALSE;
  gst_query_set_context (query, context);
  return TRUE;
}

/* --- opening -------------------------------------------------------------- */

void
gst_ssm_translate_close (GstSsmTranslate * self)
{
  g_clear_object (&self->stream);
  GST_OBJECT_LOCK (self);
  g_clear_object (&self->model);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&self->language, g_free);
  g_clear_pointer (&self->input_language, g_free);
  g_clear_pointer (&self->group, cue_group_free);
}

/* FALSE: `what` ("reads") is not what was asked for; an error has been posted. */
static gboolean
check_language (GstSsmTranslate * self, const Wanted * wanted,
    const char * what, const char * has, const char * asked,
    const char * property)
{
  g_autofree char *text = NULL;

  if (!has || !asked || strcmp (has, asked) == 0)
    return TRUE;
  text = g_strdup_printf ("%s %s \"%s\", not the %s \"%s\".", wanted->path,
      what, has, property, asked);
  post_resource_error (self, GST_RESOURCE_ERROR_SETTINGS, text, NULL);
  return FALSE;
}

static gboolean
use_model (GstSsmTranslate * self, SsmtModel * model, const Wanted * wanted,
    GError ** error)
{
  SsmtStream *stream;

  if (model == self->model)
    return TRUE;
  gst_ssm_translate_close (self);
  ssmt_stream_params_init (&self->params);
  stream = ssmt_stream_new (model, &self->params, error);
  if (!stream)
    return FALSE;
  self->stream = stream;
  GST_OBJECT_LOCK (self);
  self->model = g_object_ref (model);
  GST_OBJECT_UNLOCK (self);
  offer (self, model, wanted);
  GST_INFO_OBJECT (self, "%s on %s", wanted->path,
      ssmt_model_get_device_description (model));
  return TRUE;
}

/* Documents begin with the examples that are wanted; the model remembers them. */
static gboolean
prime (GstSsmTranslate * self, const Wanted * wanted, GError ** error)
{
  g_autoptr (SsmtState) start = NULL;

  if (wanted->prime) {
    start = ssmt_model_prime (self->model, wanted->prime, NULL, error);
    if (!start)
      return FALSE;
  }
  return ssmt_stream_set_start (self->stream, start, error);
}

static void
set_languages (GstSsmTranslate * self, Wanted * wanted, char *reads,
    char *writes)
{
  g_free (self->input_language);
  g_free (self->language);
  self->input_language = reads ? reads : g_steal_pointer (&wanted->reads);
  self->language = writes ? writes : g_steal_pointer (&wanted->writes);
}

/* Has a model and a stream that fit the settings, the same as before where these are the same. */
gboolean
gst_ssm_translate_open (GstSsmTranslate * self)
{
  g_auto (Wanted) wanted = { NULL };
  g_autofree char *reads = NULL, *writes = NULL, *debug = NULL;
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (GError) error = NULL;

  get_wanted (self, &wanted);
  if (!wanted.path)
    wanted.path = ssmt_model_find_default ();
  if (!wanted.path)
    goto no_model;
  model = get_offered (self, &wanted);
  if (!model)
    model = gst_ssmt_models_get (wanted.path, wanted.device, wanted.threads,
        &error);
  if (!model)
    goto not_loaded;
  reads = gst_ssm_translate_language_code (ssmt_model_get_source_language
      (model));
  writes = gst_ssm_translate_language_code (ssmt_model_get_target_language
      (model));
  if (!check_language (self, &wanted, "reads", reads, wanted.reads,
          "input-language-code")
      || !check_language (self, &wanted, "writes", writes, wanted.writes,
          "output-language-code"))
    return FALSE;
  if (!use_model (self, model, &wanted, &error))
    goto not_loaded;
  if (!prime (self, &wanted, &error))
    goto not_primed;
  set_languages (self, &wanted, g_steal_pointer (&reads),
      g_steal_pointer (&writes));
  return TRUE;

  /* ERRORS */
no_model:
  {
    post_resource_error (self, GST_RESOURCE_ERROR_NOT_FOUND,
        "There is no model: model-path is not set and no default model is "
        "installed.", "looked where SSMT_MODEL_PATH says and in the data "
        "folders, for ssmt-1.0/models/en-de");
    return FALSE;
  }
not_primed:
  {
    post_resource_error (self, resource_error (error), error->message,
        "prime-location holds a line each: source, tab, target");
    return FALSE;
  }
not_loaded:
  {
    debug = g_strdup_printf ("model-path \"%s\", device \"%s\", %u threads",
        wanted.path, wanted.device, wanted.threads);
    post_resource_error (self, resource_error (error), error->message, debug);
    return FALSE;
  }
}
