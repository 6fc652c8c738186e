/* ssmtranslate: an engine for tests of the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "fake-ssmt.h"
#include "fake-translation.h"

#include <string.h>

struct _SsmtModel {
  GObject parent;
  char *path, *source, *target;
};

struct _SsmtStream {
  GObject parent;
  SsmtModel *model;
  SsmtStreamParams params;
  guint64 n_segments, n_words, start;
  char **revision;
  guint n_committed;
  SsmtGlossary *glossary;
};

/* Where models are that were chosen for their languages. */
#define CHOSEN "/chosen/"

FakeSsmt fake;

G_DEFINE_TYPE (SsmtModel, ssmt_model, G_TYPE_OBJECT);
G_DEFINE_TYPE (SsmtStream, ssmt_stream, G_TYPE_OBJECT);

void
fake_reset (void)
{
  gint n_models = fake.n_models, n_streams = fake.n_streams;

  memset (&fake, 0, sizeof fake);
  fake.n_models = n_models;
  fake.n_streams = n_streams;
}

GType
ssmt_context_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = { { SSMT_CONTEXT_NONE, "SSMT_CONTEXT_NONE", "none" },
    { SSMT_CONTEXT_DOCUMENT, "SSMT_CONTEXT_DOCUMENT", "document" }, { 0 } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtContext", values));
  return type;
}

/* --- model ---------------------------------------------------------------- */

static void
ssmt_model_finalize (GObject *object)
{
  SsmtModel *self = SSMT_MODEL (object);

  g_atomic_int_add (&fake.n_models, -1);
  g_free (self->path);
  g_free (self->source);
  g_free (self->target);
  G_OBJECT_CLASS (ssmt_model_parent_class)->finalize (object);
}

static void
ssmt_model_class_init (SsmtModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ssmt_model_finalize;
}

static void
ssmt_model_init (SsmtModel *self)
{
  g_atomic_int_inc (&fake.n_models);
}

SsmtModel *
ssmt_model_load (const char *path, const char *device, guint threads, GError **error)
{
  static const struct {
    const char *part;
    SsmtError code;
  } failures[] = {
    { "missing", SSMT_ERROR_NOT_FOUND },
    { "damaged", SSMT_ERROR_INVALID },
    { "unreadable", SSMT_ERROR_READ },
  };
  SsmtModel *model;
  const char *languages = strstr (path, "en-");

  g_atomic_int_inc (&fake.n_loads);
  g_usleep (g_atomic_int_get (&fake.load_delay_us));
  for (guint i = 0; i < G_N_ELEMENTS (failures); i++) {
    if (strstr (path, failures[i].part)) {
      g_set_error (error, SSMT_ERROR, failures[i].code, "%s: the engine's words", path);
      return NULL;
    }
  }
  if (g_strcmp0 (device, "abacus") == 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "no such device");
    return NULL;
  }
  model = g_object_new (SSMT_TYPE_MODEL, NULL);
  model->path = g_strdup (path);
  if (languages) {
    model->source = g_strdup ("en");
    model->target = g_strdup (languages + 3);
  } else if (g_str_has_prefix (path, CHOSEN)) {
    model->source = g_strndup (path + strlen (CHOSEN), 2);
    model->target = g_strdup (path + strlen (CHOSEN "xx-"));
  }
  return model;
}

char *
ssmt_model_find_default (void)
{
  return g_strdup (g_getenv ("SSMT_MODEL_PATH"));
}

char *
ssmt_catalog_find (const char *name, GError **error)
{
  return g_strdup (name);
}

/* All pairs of two letters are installed, but for those with "xx" and from Spanish, and Ukrainian is only read into English. That from Italian is
 * damaged. */
char *
ssmt_catalog_find_pair (const char *source, const char *target, GError **error)
{
  if ((source && strlen (source) != 2) || g_strcmp0 (source, "es") == 0
      || (g_strcmp0 (source, "uk") == 0 && g_strcmp0 (target, "en") != 0)
      || g_strcmp0 (target, "xx") == 0 || (target && strlen (target) != 2)) {
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND, "no %s-%s, says the catalog", source, target);
    return NULL;
  }
  return g_strdup_printf ("%s%s-%s%s", CHOSEN, source ? source : "en", target ? target : "de",
      g_strcmp0 (source, "it") == 0 ? "-damaged" : "");
}

const char *
ssmt_model_get_path (SsmtModel *self)
{
  return self->path;
}

guint64
ssmt_model_get_state_bytes (SsmtModel *self)
{
  return 4096;
}

gboolean
ssmt_model_get_carries_state (SsmtModel *self)
{
  return TRUE;
}

const char *
ssmt_model_get_source_language (SsmtModel *self)
{
  return self->source;
}

const char *
ssmt_model_get_target_language (SsmtModel *self)
{
  return self->target;
}

/* A model "en-mul" writes several. */
static const char *const several[] = { "deu", "fra", NULL };

const char *const *
ssmt_model_get_target_languages (SsmtModel *self)
{
  return g_strcmp0 (self->target, "mul") == 0 ? several : NULL;
}

gboolean
ssmt_stream_set_target_language (SsmtStream *self, const char *language, GError **error)
{
  if (g_str_has_prefix (language, "de") || g_str_has_prefix (language, "fr"))
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED, "not written: %s", language);
  return FALSE;
}

const char *
ssmt_model_get_device_description (SsmtModel *self)
{
  return "fake";
}

/* --- stream --------------------------------------------------------------- */

static void
ssmt_stream_finalize (GObject *object)
{
  SsmtStream *self = SSMT_STREAM (object);

  g_atomic_int_add (&fake.n_streams, -1);
  g_strfreev (self->revision);
  ssmt_stream_set_glossary (self, NULL);
  g_object_unref (self->model);
  G_OBJECT_CLASS (ssmt_stream_parent_class)->finalize (object);
}

static void
ssmt_stream_class_init (SsmtStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ssmt_stream_finalize;
}

static void
ssmt_stream_init (SsmtStream *self)
{
  g_atomic_int_inc (&fake.n_streams);
}

/* --- terms ------------------------------------------------------------------ */

struct _SsmtGlossary {
  char *target;
};

/* A file has one line, "one", a tab, the target; one without a tab is bad. */
SsmtGlossary *
ssmt_glossary_new_from_file (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  SsmtGlossary *self;

  if (!g_file_get_contents (path, &text, NULL, NULL)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND, "%s: the engine's words", path);
    return NULL;
  }
  g_atomic_int_inc (&fake.n_glossaries);
  if (!g_str_has_prefix (text, "one\t")) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: line 1: the engine's words", path);
    return NULL;
  }
  self = g_rc_box_new0 (SsmtGlossary);
  self->target = g_strchomp (g_strdup (text + 4));
  return self;
}

static void
clear_glossary (gpointer data)
{
  g_free (((SsmtGlossary *) data)->target);
}

void
ssmt_glossary_unref (SsmtGlossary *self)
{
  if (self)
    g_rc_box_release_full (self, clear_glossary);
}

void
ssmt_stream_set_glossary (SsmtStream *self, SsmtGlossary *glossary)
{
  if (glossary)
    g_rc_box_acquire (glossary);
  g_clear_pointer (&self->glossary, ssmt_glossary_unref);
  self->glossary = glossary;
}

SsmtGlossary *
ssmt_stream_get_glossary (SsmtStream *self)
{
  return self->glossary;
}

void
ssmt_stream_params_init (SsmtStreamParams *params)
{
  *params = (SsmtStreamParams){ SSMT_CONTEXT_DOCUMENT, 1, 1.0f, 3.0f, 8, .guard = TRUE };
}

SsmtStream *
ssmt_stream_new (SsmtModel *model, const SsmtStreamParams *params, GError **error)
{
  SsmtStream *self = g_object_new (SSMT_TYPE_STREAM, NULL);

  self->model = g_object_ref (model);
  ssmt_stream_set_params (self, params, NULL);
  return self;
}

SsmtModel *
ssmt_stream_get_model (SsmtStream *self)
{
  return self->model;
}

gboolean
ssmt_stream_set_params (SsmtStream *self, const SsmtStreamParams *params, GError **error)
{
  if (g_atomic_int_get (&fake.refuse_params)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left");
    return FALSE;
  }
  self->params = *params;
  g_atomic_int_inc (&fake.n_set_params);
  g_atomic_int_set (&fake.last_context, params->context);
  g_atomic_int_set (&fake.last_beam_size, params->beam_size);
  g_atomic_int_set (&fake.last_guard, params->guard);
  g_atomic_int_set (&fake.last_quotes, params->quotes);
  return TRUE;
}

static gboolean
wait_or_cancel (GCancellable *cancellable, GError **error)
{
  gint64 end = g_get_monotonic_time () + g_atomic_int_get (&fake.delay_us);

  do {
    if (!g_atomic_int_get (&fake.ignore_cancel)
        && g_cancellable_set_error_if_cancelled (cancellable, error)) {
      g_atomic_int_inc (&fake.n_cancelled);
      return FALSE;
    }
    if (g_get_monotonic_time () < end)
      g_usleep (500);
  } while (g_get_monotonic_time () < end);
  return TRUE;
}

static gboolean
fits_context (SsmtStream *self, const char *text, GError **error)
{
  if (strstr (text, "spoilt") && self->n_segments > 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FINITE, "no numbers");
    return FALSE;
  }
  if (!strstr (text, "contextless") && (self->n_segments == 0 || !strstr (text, "contextfull")))
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_CONTEXT, "the document is full");
  return FALSE;
}

/* --- translating ----------------------------------------------------------- */

static gboolean
is_translatable (SsmtStream *self, const char *text, GError **error)
{
  if (strstr (text, "badtext"))
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "bad text");
  else if (strstr (text, "nomemory"))
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "no memory left");
  else if (strstr (text, "nodevice"))
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE, "the device has failed");
  else
    return fits_context (self, text, error);
  return FALSE;
}

static SsmtTranslation *
guard (SsmtTranslation *translation, const char *text)
{
  fake_translation_guard (translation,
      strstr (text, "mendme") ? SSMT_GUARD_FAULT_COPY : SSMT_GUARD_FAULT_NONE,
      strstr (text, "copyall")      ? SSMT_GUARD_FAULT_COPY | SSMT_GUARD_FAULT_LOOP
          : strstr (text, "copyme") ? SSMT_GUARD_FAULT_NUMBER
                                    : SSMT_GUARD_FAULT_NONE);
  return translation;
}

static SsmtTranslation *
translate (SsmtStream *self, const char *text)
{
  g_autofree char *upper = g_utf8_strup (text, -1);
  char *translation;

  g_atomic_int_inc (&fake.n_segments);
  self->n_segments++;
  for (const char *p = text; *p; p++)
    self->n_words += *p != ' ' && (p[1] == ' ' || p[1] == '\0');
  if (self->params.context == SSMT_CONTEXT_NONE)
    self->n_segments = 1;
  translation = g_strdup_printf ("%" G_GUINT64_FORMAT ":%s", self->n_segments,
      self->glossary && strcmp (text, "one") == 0 ? self->glossary->target : upper);
  return guard (fake_translation_new (translation, g_strdup (translation), g_strdup ("")), text);
}

void
ssmt_stream_drop_growing (SsmtStream *self)
{
  self->n_committed = 0;
  g_clear_pointer (&self->revision, g_strfreev);
}

static char *
join_words (char **words, guint from, guint to)
{
  GString *text = g_string_new (NULL);

  for (guint i = from; i < to && words[i]; i++)
    g_string_append_printf (text, "%s%s", i > from ? " " : "", words[i]);
  return g_string_free (text, FALSE);
}

/* Words in capitals; two revisions agree on the words that are the same, AlignAtt leaves
 * two away. */
static SsmtTranslation *
revise (SsmtStream *self, const char *text, gboolean is_final)
{
  g_autofree char *upper = g_utf8_strup (text, -1);
  char **words = g_strsplit (upper, " ", -1);
  guint n = g_strv_length (words), stable = 0;
  SsmtTranslation *translation;

  if (is_final)
    stable = n;
  else if (self->params.policy == SSMT_POLICY_ALIGN_ATT)
    stable = MAX (n, 2) - 2;
  else if (self->params.policy == SSMT_POLICY_LOCAL_AGREEMENT && self->revision)
    while (stable < n && g_strcmp0 (self->revision[stable], words[stable]) == 0)
      stable++;
  stable = MAX (stable, self->n_committed);
  translation = fake_translation_new (g_strdup (upper),
      join_words (words, self->n_committed, stable), join_words (words, stable, n));
  ssmt_stream_drop_growing (self);
  if (is_final) {
    self->n_segments++;
    g_strfreev (words);
  } else {
    self->revision = words;
    self->n_committed = stable;
  }
  return translation;
}

SsmtTranslation *
ssmt_stream_translate (SsmtStream *self, const char *text, SsmtTranslateFlags flags,
    GCancellable *cancellable, GError **error)
{
  gboolean is_growing = (flags & SSMT_TRANSLATE_GROWING) != 0;
  SsmtTranslation *translation;

  g_assert (g_utf8_validate (text, -1, NULL));
  g_atomic_int_inc (&fake.n_started);
  if (!wait_or_cancel (cancellable, error) || !is_translatable (self, text, error))
    return NULL;
  translation =
      is_growing || self->revision ? revise (self, text, !is_growing) : translate (self, text);
  if (flags & SSMT_TRANSLATE_ALIGN)
    fake_translation_align (translation, text);
  if (flags & SSMT_TRANSLATE_ALTERNATIVES) {
    fake_translation_vary (translation);
    g_atomic_int_inc (&fake.n_searched);
  }
  return translation;
}

SsmtTranslation *
ssmt_stream_take_alternative (SsmtStream *self, SsmtTranslation *translation, guint index,
    SsmtTranslateFlags flags, GCancellable *cancellable, GError **error)
{
  const char *text = ssmt_translation_get_alternative (translation, index, NULL, NULL);
  SsmtTranslation *taken;

  if (!wait_or_cancel (cancellable, error))
    return NULL;
  g_atomic_int_inc (&fake.n_taken);
  g_atomic_int_set (&fake.last_taken, index);
  self->n_segments++;
  taken = fake_translation_new (g_strdup (text), g_strdup (text), g_strdup (""));
  if (flags & SSMT_TRANSLATE_ALIGN)
    fake_translation_align (taken, text);
  return taken;
}

/* Such a state is a number of segments. */
guint64
ssmt_stream_get_n_segments (SsmtStream *self)
{
  return self->n_segments;
}

/* "ssmtstat" and a byte for each segment. */
GBytes *
ssmt_state_to_bytes (SsmtState *state, GError **error)
{
  guint64 n;
  GString *text = g_string_new ("ssmtstat");

  memcpy (&n, state, sizeof n);
  for (guint64 i = 0; i < n; i++)
    g_string_append_c (text, '.');
  return g_string_free_to_bytes (text);
}

SsmtState *
ssmt_state_new_from_bytes (SsmtModel *model, GBytes *bytes, GError **error)
{
  guint64 n = g_bytes_get_size (bytes) - strlen ("ssmtstat");
  const char *text = g_bytes_get_data (bytes, NULL);

  if (g_bytes_get_size (bytes) >= strlen ("ssmtstat")
      && memchr (text, '!', g_bytes_get_size (bytes)) == NULL)
    return (SsmtState *) g_rc_box_dup (sizeof n, &n);
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_STATE, "it belongs to another model");
  return NULL;
}

SsmtState *
ssmt_stream_get_state (SsmtStream *self, GError **error)
{
  return (SsmtState *) g_rc_box_dup (sizeof self->n_segments, &self->n_segments);
}

gboolean
ssmt_stream_set_state (SsmtStream *self, SsmtState *state, GError **error)
{
  memcpy (&self->n_segments, state, sizeof self->n_segments);
  return TRUE;
}

/* A word is a token. */
void
ssmt_stream_get_n_tokens (SsmtStream *self, guint64 *source, guint64 *target)
{
  *source = *target = self->n_words;
}

GType
ssmt_quotes_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = { { SSMT_QUOTES_SOURCE, "SSMT_QUOTES_SOURCE", "source" },
    { SSMT_QUOTES_TARGET, "SSMT_QUOTES_TARGET", "target" }, { 0 } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtQuotes", values));
  return type;
}

GType
ssmt_policy_get_type (void)
{
  static gsize type;
  static const GEnumValue values[] = { { SSMT_POLICY_FINAL, "SSMT_POLICY_FINAL", "final" },
    { SSMT_POLICY_LOCAL_AGREEMENT, "SSMT_POLICY_LOCAL_AGREEMENT", "local-agreement" },
    { SSMT_POLICY_ALIGN_ATT, "SSMT_POLICY_ALIGN_ATT", "align-att" }, { 0 } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtPolicy", values));
  return type;
}

/* A prime is its path; "missing" in it fails. The stream then numbers segments from 101. */
SsmtState *
ssmt_model_prime (SsmtModel *model, const char *path, GCancellable *cancellable, GError **error)
{
  if (strstr (path, "missing")) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND, "%s: the engine's words", path);
    return NULL;
  }
  return (SsmtState *) g_rc_box_dup (strlen (path) + 1, path);
}

void
ssmt_state_unref (SsmtState *self)
{
  g_rc_box_release (self);
}

gboolean
ssmt_stream_set_start (SsmtStream *self, SsmtState *start, GError **error)
{
  self->start = start ? 100 : 0;
  self->n_segments = self->start;
  return TRUE;
}

void
ssmt_stream_reset (SsmtStream *self)
{
  g_atomic_int_inc (&fake.n_resets);
  self->n_segments = self->start;
}
