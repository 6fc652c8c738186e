/* ssmtranslate: the element's model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where it comes from: what the application or a neighbour offers in a
 * GstContext, else the table of the process, else the disk.
 */
#include "gstssmtranslate.h"
#include "gstssmtmodels.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_ssm_translate_debug

/* Fields: "model" (SsmtModel), "device" (string), "threads" (uint). Not persistent: in NULL
 * nobody keeps the model. */
#define CONTEXT_TYPE "ssmt.model.Context"

/* What makes a model; strings are owned. */
typedef struct {
  char *path, *device;
  guint threads;
  char *reads, *writes;  /* ISO 639 codes that are asked for */
  char *source, *target; /* the same as they were set, with their scripts; not empty */
  char *prime;           /* file of examples, NULL: none */
  char *glossary;        /* file of terms, NULL: none */
  char *state;           /* file of the document's state, NULL: none */
  GBytes *initial;       /* the first document's state, NULL: what the file has */
  gboolean identify;     /* languages are found out: `reads` and `source` are NULL */
} Wanted;

static void
wanted_clear (Wanted *wanted)
{
  g_free (wanted->path);
  g_free (wanted->device);
  g_free (wanted->reads);
  g_free (wanted->writes);
  g_free (wanted->source);
  g_free (wanted->target);
  g_free (wanted->prime);
  g_free (wanted->glossary);
  g_free (wanted->state);
  g_clear_pointer (&wanted->initial, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

static void
post_error (GstSsmTranslate *self, SsmtError code, const char *text, const char *debug)
{
  g_autoptr (GError) error = g_error_new_literal (SSMT_ERROR, code, text);

  gst_ssm_translate_post_error (self, error, debug);
}

/* A code that says something, or NULL. */
static char *
dup_code (const char *code)
{
  return code && *code ? g_strdup (code) : NULL;
}

static void
get_wanted (GstSsmTranslate *self, Wanted *wanted)
{
  const char *input;

  GST_OBJECT_LOCK (self);
  input = self->settings.input_language_code;
  wanted->identify = input && g_ascii_strcasecmp (input, GST_SSMT_LANGUAGE_AUTO) == 0;
  if (wanted->identify)
    input = NULL;
  wanted->path = g_strdup (self->settings.model_path);
  wanted->device = g_strdup (self->settings.device);
  wanted->threads = self->settings.threads;
  wanted->reads = gst_ssm_translate_language_code (input);
  wanted->writes = gst_ssm_translate_language_code (self->settings.output_language_code);
  wanted->source = dup_code (input);
  wanted->target = dup_code (self->settings.output_language_code);
  wanted->prime = g_strdup (self->settings.prime_location);
  wanted->glossary = g_strdup (self->settings.glossary_location);
  wanted->state = g_strdup (self->settings.state_location);
  if (self->settings.initial_state)
    wanted->initial = g_bytes_ref (self->settings.initial_state);
  GST_OBJECT_UNLOCK (self);
  if (!wanted->device)
    wanted->device = g_strdup ("auto");
}

/* --- context -------------------------------------------------------------- */

static GstContext *
context_new (SsmtModel *model, const Wanted *wanted)
{
  GstContext *context = gst_context_new (CONTEXT_TYPE, FALSE);

  gst_structure_set (gst_context_writable_structure (context), "model", SSMT_TYPE_MODEL, model,
      "device", G_TYPE_STRING, wanted->device, "threads", G_TYPE_UINT, wanted->threads, NULL);
  return context;
}

/* The context's model where it is the one that is wanted. */
static SsmtModel *
context_get_model (GstContext *context, const Wanted *wanted)
{
  const GstStructure *s = gst_context_get_structure (context);
  g_autofree char *wanted_path = g_canonicalize_filename (wanted->path, NULL);
  g_autofree char *path = NULL, *device = NULL;
  g_autoptr (SsmtModel) model = NULL;
  guint threads;

  if (!gst_structure_get (s, "model", SSMT_TYPE_MODEL, &model, "device", G_TYPE_STRING, &device,
          "threads", G_TYPE_UINT, &threads, NULL)
      || !model)
    return NULL;
  path = g_canonicalize_filename (ssmt_model_get_path (model), NULL);
  if (strcmp (path, wanted_path) != 0 || threads != wanted->threads
      || g_strcmp0 (device, wanted->device) != 0)
    return NULL;
  return g_steal_pointer (&model);
}

static void
ask_neighbours (GstSsmTranslate *self)
{
  g_autoptr (GstQuery) query = gst_query_new_context (CONTEXT_TYPE);
  GstContext *context;

  if (!gst_pad_peer_query (self->srcpad, query) && !gst_pad_peer_query (self->sinkpad, query))
    return;
  gst_query_parse_context (query, &context);
  if (context)
    gst_element_set_context (GST_ELEMENT_CAST (self), context);
}

/* A model that somebody else offers. */
static SsmtModel *
get_offered (GstSsmTranslate *self, const Wanted *wanted)
{
  g_autoptr (GstContext) context = NULL;
  SsmtModel *model = NULL;

  context = gst_element_get_context (GST_ELEMENT_CAST (self), CONTEXT_TYPE);
  if (!context) {
    ask_neighbours (self);
    context = gst_element_get_context (GST_ELEMENT_CAST (self), CONTEXT_TYPE);
  }
  if (!context) {
    gst_element_post_message (GST_ELEMENT_CAST (self),
        gst_message_new_need_context (GST_OBJECT_CAST (self), CONTEXT_TYPE));
    context = gst_element_get_context (GST_ELEMENT_CAST (self), CONTEXT_TYPE);
  }
  if (context)
    model = context_get_model (context, wanted);
  GST_DEBUG_OBJECT (self, "%s in a context", model ? "found" : "not found");
  return model;
}

static void
offer (GstSsmTranslate *self, SsmtModel *model, const Wanted *wanted)
{
  GstContext *context = context_new (model, wanted);

  gst_element_set_context (GST_ELEMENT_CAST (self), context);
  gst_element_post_message (
      GST_ELEMENT_CAST (self), gst_message_new_have_context (GST_OBJECT_CAST (self), context));
}

gboolean
gst_ssm_translate_answer_context (GstSsmTranslate *self, GstQuery *query)
{
  g_autoptr (GstContext) context = NULL;
  const char *type;

  gst_query_parse_context_type (query, &type);
  if (g_strcmp0 (type, CONTEXT_TYPE) != 0)
    return FALSE;
  context = gst_element_get_context (GST_ELEMENT_CAST (self), CONTEXT_TYPE);
  if (!context)
    return FALSE;
  gst_query_set_context (query, context);
  return TRUE;
}

/* --- opening -------------------------------------------------------------- */

void
gst_ssm_translate_close (GstSsmTranslate *self)
{
  cue_translator_close (self->translator);
}

/* FALSE: `what` ("reads") is not what was asked for; an error has been posted. */
static gboolean
check_language (GstSsmTranslate *self, const Wanted *wanted, const char *what, const char *has,
    const char *asked, const char *property)
{
  g_autofree char *text = NULL;

  if (!has || !asked || strcmp (has, asked) == 0)
    return TRUE;
  text = g_strdup_printf (
      "%s %s \"%s\", not the %s \"%s\".", wanted->path, what, has, property, asked);
  post_error (self, SSMT_ERROR_UNSUPPORTED, text, NULL);
  return FALSE;
}

static gboolean
use_model (GstSsmTranslate *self, SsmtModel *model, const Wanted *wanted, GError **error)
{
  if (model == cue_translator_get_model (self->translator))
    return TRUE;
  if (!cue_translator_open (self->translator, model, error))
    return FALSE;
  offer (self, model, wanted);
  GST_INFO_OBJECT (self, "%s on %s", wanted->path, ssmt_model_get_device_description (model));
  return TRUE;
}

/* A model that writes several languages is told which; the ISO 639 code of it goes to *writes. */
static gboolean
choose_target (
    GstSsmTranslate *self, SsmtModel *model, const Wanted *wanted, char **writes, GError **error)
{
  const char *const *all = ssmt_model_get_target_languages (model);
  g_autofree char *list = NULL;

  if (!all)
    return TRUE;
  g_clear_pointer (writes, g_free);
  *writes = g_strdup (wanted->writes);
  if (wanted->target)
    return cue_translator_set_target_language (self->translator, wanted->target, error);
  list = g_strjoinv (", ", (char **) all);
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
      "%s writes several languages: set output-language-code to one of %.400s", wanted->path, list);
  return FALSE;
}

/* An installed model for the languages: as they were set, else as ISO 639 names them ("deu"). */
static char *
find_for_languages (const Wanted *wanted, GError **error)
{
  char *path = ssmt_catalog_find_pair (wanted->source, wanted->target, error);

  if (!path) {
    path = ssmt_catalog_find_pair (wanted->reads, wanted->writes, NULL);
    if (path)
      g_clear_error (error);
  }
  return path;
}

/* What is set becomes the path of a folder. FALSE: there is no such model. */
static gboolean
find_model (Wanted *wanted, GError **error)
{
  char *path;

  if (wanted->path)
    path = ssmt_catalog_find (wanted->path, error);
  else if (wanted->source || wanted->target)
    path = find_for_languages (wanted, error);
  else if (!(path = ssmt_model_find_default ()))
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND,
        "There is no model: neither model-path nor a language is set and no default model is "
        "installed. \"ssmt models\" lists what is installed, \"ssmt fetch en-fr\" gets a model.");
  g_free (wanted->path);
  wanted->path = path;
  return path != NULL;
}

/* --- other languages -------------------------------------------------------- */

/* A CueFindModel: an installed model, where none is set. The task calls it, without a lock. */
static SsmtModel *
find_for_language (const char *language, gpointer data, GError **error)
{
  GstSsmTranslate *self = data;
  const char *target = cue_translator_get_writes (self->translator);
  g_auto (Wanted) wanted = { NULL };
  g_autofree char *path = NULL;

  get_wanted (self, &wanted);
  if (wanted.path)
    return NULL;
  path = ssmt_catalog_find_pair (language, wanted.target ? wanted.target : target, NULL);
  if (!path)
    path = ssmt_catalog_find_pair (language, target, NULL);
  if (!path)
    return NULL;
  GST_INFO_OBJECT (self, "%s for text in \"%s\"", path, language);
  return gst_ssmt_models_get (path, wanted.device, wanted.threads, error);
}

/* Finds out the languages of texts, or not. */
static gboolean
identify_languages (GstSsmTranslate *self, const Wanted *wanted, GError **error)
{
  if (wanted->identify && !ssmt_language_can_identify ())
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "input-language-code is \"auto\", but ssmtranslate was built without CLD2, which finds out "
        "languages: set the language's code, or install libcld2-dev and build it again");
  else if (wanted->identify && !cue_translator_get_writes (self->translator))
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "input-language-code is \"auto\", and %s does not say what it writes: set "
        "output-language-code",
        wanted->path);
  else {
    cue_translator_identify (self->translator, wanted->identify ? find_for_language : NULL, self);
    return TRUE;
  }
  return FALSE;
}

/* What was given is for the first text, whatever the file has. */
static void
begin_with (GstSsmTranslate *self, GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtState) state =
      ssmt_state_new_from_bytes (cue_translator_get_model (self->translator), bytes, &error);

  if (!state) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("initial-state is of no use, a new document begins"), ("%s", error->message));
    return;
  }
  cue_keep_begin (&self->keep, bytes);
}

/* What the file has is for the first text. */
static gboolean
open_state (GstSsmTranslate *self, const Wanted *wanted, GError **error)
{
  g_autofree char *problem = NULL;

  if (!cue_keep_open (
          &self->keep, wanted->state, cue_translator_get_model (self->translator), &problem, error))
    return FALSE;
  if (problem)
    GST_ELEMENT_WARNING (self, RESOURCE, READ,
        ("The state that was kept is of no use, a new document begins"),
        ("%s; it will be overwritten", problem));
  if (wanted->initial)
    begin_with (self, wanted->initial);
  return TRUE;
}

gboolean
gst_ssm_translate_open (GstSsmTranslate *self)
{
  g_auto (Wanted) wanted = { NULL };
  g_autofree char *reads = NULL, *writes = NULL, *debug = NULL;
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (GError) error = NULL;

  get_wanted (self, &wanted);
  if (!find_model (&wanted, &error))
    goto no_model;
  model = get_offered (self, &wanted);
  if (!model)
    model = gst_ssmt_models_get (wanted.path, wanted.device, wanted.threads, &error);
  if (!model)
    goto not_loaded;
  reads = gst_ssm_translate_language_code (ssmt_model_get_source_language (model));
  writes = gst_ssm_translate_language_code (ssmt_model_get_target_language (model));
  if (!check_language (self, &wanted, "reads", reads, wanted.reads, "input-language-code")
      || (!ssmt_model_get_target_languages (model)
          && !check_language (
              self, &wanted, "writes", writes, wanted.writes, "output-language-code")))
    return FALSE;
  if (!use_model (self, model, &wanted, &error)
      || !choose_target (self, model, &wanted, &writes, &error))
    goto not_loaded;
  if (!cue_translator_set_prime (self->translator, wanted.prime, &error))
    goto not_primed;
  if (!cue_translator_set_glossary (self->translator, wanted.glossary, &error))
    goto no_glossary;
  cue_translator_set_languages (
      self->translator, reads ? reads : wanted.reads, writes ? writes : wanted.writes);
  if (!identify_languages (self, &wanted, &error))
    goto not_loaded;
  if (!open_state (self, &wanted, &error))
    goto no_state;
  return TRUE;

  /* ERRORS */
no_model : {
  gst_ssm_translate_post_error (self, error,
      "looked where SSMT_MODEL_PATH says and in the data folders, for ssmtranslate/models and "
      "ssmt-1.0/models");
  return FALSE;
}
not_primed : {
  gst_ssm_translate_post_error (
      self, error, "prime-location holds a line each: source, tab, target");
  return FALSE;
}
no_state : {
  gst_ssm_translate_post_error (self, error, "state-location is a file of this element alone");
  return FALSE;
}
no_glossary : {
  gst_ssm_translate_post_error (
      self, error, "glossary-location holds a line each: source, tab, target (*: not translated)");
  return FALSE;
}
not_loaded : {
  debug = g_strdup_printf (
      "model-path \"%s\", device \"%s\", %u threads", wanted.path, wanted.device, wanted.threads);
  gst_ssm_translate_post_error (self, error, debug);
  return FALSE;
}
}
