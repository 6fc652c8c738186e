/* ssmtranslate: the engine's stream of an element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "translator-private.h"
#include "shorter.h"

#include <string.h>

/* Bytes: what is longer is no caption, and an alignment grows with its square. */
#define MAX_ALIGNED 4096

void
cue_warning_clear (CueWarning *warning)
{
  g_clear_pointer (&warning->detail, g_free);
}

CueTranslator *
cue_translator_new (GstSsmtStats *stats)
{
  CueTranslator *translator = g_new0 (CueTranslator, 1);

  translator->stats = stats;
  return translator;
}

void
cue_translator_free (CueTranslator *translator)
{
  CueLanguageChange change;
  CueWarning warning;
  CueCopy copy;

  cue_translator_close (translator);
  cue_translator_set_cancellable (translator, NULL);
  while (cue_translator_take_warning (translator, &warning))
    cue_warning_clear (&warning);
  while (cue_translator_take_change (translator, &change))
    cue_language_change_clear (&change);
  while (cue_translator_take_copy (translator, &copy))
    cue_copy_clear (&copy);
  g_free (translator);
}

/* --- without a task ------------------------------------------------------------ */

gboolean
cue_translator_open (CueTranslator *translator, SsmtModel *model, GError **error)
{
  if (model == cue_translator_get_model (translator))
    return TRUE;
  cue_translator_close (translator);
  ssmt_stream_params_init (&translator->params);
  if (!cue_stream_open (&translator->own, model, &translator->params, error))
    return FALSE;
  gst_ssmt_stats_set_state_bytes (translator->stats, ssmt_model_get_state_bytes (model));
  return TRUE;
}

void
cue_translator_close (CueTranslator *translator)
{
  cue_rolling_clear (&translator->rolling);
  cue_translator_identify (translator, NULL, NULL);
  cue_stream_close (&translator->own);
  cue_terms_clear (&translator->terms);
  gst_ssmt_stats_set_state_bytes (translator->stats, 0);
  cue_translator_set_languages (translator, NULL, NULL);
}

SsmtModel *
cue_translator_get_model (CueTranslator *translator)
{
  return translator->own.stream ? ssmt_stream_get_model (translator->own.stream) : NULL;
}

gboolean
cue_translator_set_prime (CueTranslator *translator, const char *prime, GError **error)
{
  g_autoptr (SsmtState) start = NULL;

  if (prime) {
    start = ssmt_model_prime (cue_translator_get_model (translator), prime, NULL, error);
    if (!start)
      return FALSE;
  }
  return ssmt_stream_set_start (translator->own.stream, start, error);
}

gboolean
cue_translator_set_glossary (CueTranslator *translator, const char *path, GError **error)
{
  gboolean done = cue_terms_update (&translator->terms, path, error);

  if (ssmt_stream_get_glossary (translator->own.stream) != translator->terms.glossary)
    ssmt_stream_set_glossary (translator->own.stream, translator->terms.glossary);
  return done;
}

gboolean
cue_translator_set_target_language (CueTranslator *translator, const char *language, GError **error)
{
  return ssmt_stream_set_target_language (translator->own.stream, language, error);
}

void
cue_translator_set_languages (CueTranslator *translator, const char *reads, const char *writes)
{
  g_free (translator->reads);
  g_free (translator->writes);
  translator->reads = g_strdup (reads);
  translator->writes = g_strdup (writes);
}

const char *
cue_translator_get_reads (CueTranslator *translator)
{
  const char *current =
      translator->languages ? cue_languages_get_current (translator->languages) : NULL;

  return current ? current : translator->reads;
}

const char *
cue_translator_get_writes (CueTranslator *translator)
{
  return translator->writes;
}

/* --- warnings and errors -------------------------------------------------------- */

static void
warn (CueTranslator *translator, CueWarningKind kind, const char *detail)
{
  CueWarning *warning = g_new (CueWarning, 1);

  *warning = (CueWarning){ kind, g_strdup (detail) };
  g_queue_push_tail (&translator->warnings, warning);
}

gboolean
cue_translator_take_warning (CueTranslator *translator, CueWarning *warning)
{
  CueWarning *first = g_queue_pop_head (&translator->warnings);

  if (!first)
    return FALSE;
  *warning = *first;
  g_free (first);
  return TRUE;
}

void
cue_translator_map_error (const GError *error, GQuark *domain, gint *code)
{
  static const gint codes[] = {
    [SSMT_ERROR_NOT_FOUND] = GST_RESOURCE_ERROR_NOT_FOUND,
    [SSMT_ERROR_READ] = GST_RESOURCE_ERROR_OPEN_READ,
    [SSMT_ERROR_INVALID] = GST_RESOURCE_ERROR_READ,
    [SSMT_ERROR_UNSUPPORTED] = GST_RESOURCE_ERROR_SETTINGS,
    [SSMT_ERROR_MEMORY] = GST_RESOURCE_ERROR_NO_SPACE_LEFT,
    [SSMT_ERROR_DEVICE] = GST_RESOURCE_ERROR_FAILED,
    [SSMT_ERROR_TEXT] = GST_RESOURCE_ERROR_FAILED,
    [SSMT_ERROR_STATE] = GST_RESOURCE_ERROR_FAILED,
    [SSMT_ERROR_CONTEXT] = GST_RESOURCE_ERROR_FAILED,
    [SSMT_ERROR_NOT_FINITE] = GST_RESOURCE_ERROR_FAILED,
  };

  if (error->domain == SSMT_ERROR && (gsize) error->code < G_N_ELEMENTS (codes)) {
    *domain = GST_RESOURCE_ERROR;
    *code = codes[error->code];
  } else {
    *domain = GST_LIBRARY_ERROR;
    *code = GST_LIBRARY_ERROR_FAILED;
  }
}

static gboolean
is_of_document (const GError *error)
{
  return g_error_matches (error, SSMT_ERROR, SSMT_ERROR_CONTEXT)
      || g_error_matches (error, SSMT_ERROR, SSMT_ERROR_NOT_FINITE);
}

/* TRUE where the engine failed for a document that is too long for it, or whose state is spoilt: a new
 * one has begun and the text is worth another try. */
static gboolean
begin_again (CueTranslator *translator, CueStream *stream, GError **error)
{
  if (!is_of_document (*error))
    return FALSE;
  warn (translator, CUE_WARNING_NEW_DOCUMENT, (*error)->message);
  g_clear_error (error);
  ssmt_stream_reset (stream->stream);
  return TRUE;
}

/* Turns an error about the text, or one that may be past with it, into a warning; TRUE: there is none
 * left. */
static gboolean
forgive (CueTranslator *translator, GError **error)
{
  if (!g_error_matches (*error, SSMT_ERROR, SSMT_ERROR_TEXT)
      && !g_error_matches (*error, SSMT_ERROR, SSMT_ERROR_MEMORY) && !is_of_document (*error))
    return *error == NULL;
  warn (translator, CUE_WARNING_UNTRANSLATED, (*error)->message);
  g_clear_error (error);
  return TRUE;
}

/* --- the task -------------------------------------------------------------------- */

void
cue_translator_set_cancellable (CueTranslator *translator, GCancellable *cancellable)
{
  g_set_object (&translator->cancellable, cancellable);
}

static void
set_params (CueTranslator *translator, CueStream *stream)
{
  g_autoptr (GError) error = NULL;

  if (!cue_stream_set_params (stream, &translator->params, &error))
    warn (translator, CUE_WARNING_SETTINGS, error->message);
}

void
cue_translator_set_params (
    CueTranslator *translator, SsmtContext context, guint beam_size, SsmtPolicy policy)
{
  translator->params.context = context;
  translator->params.beam_size = beam_size;
  translator->params.policy = policy;
  set_params (translator, &translator->own);
}

void
cue_translator_update_glossary (CueTranslator *translator, const char *path)
{
  g_autoptr (GError) error = NULL;

  if (!cue_translator_set_glossary (translator, path, &error))
    warn (translator, CUE_WARNING_GLOSSARY, error->message);
}

GBytes *
cue_translator_dup_state (CueTranslator *translator, GError **error)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (translator->own.stream, error);
  g_autoptr (GBytes) bytes = state ? ssmt_state_to_bytes (state, error) : NULL;
  GByteArray *all;

  if (!bytes || !translator->rolling.line)
    return g_steal_pointer (&bytes);
  all = g_bytes_unref_to_array (g_steal_pointer (&bytes));
  cue_rolling_save (&translator->rolling, all);
  return g_byte_array_free_to_bytes (all);
}

gboolean
cue_translator_set_state (CueTranslator *translator, GBytes *bytes, GError **error)
{
  g_autoptr (SsmtState) state =
      ssmt_state_new_from_bytes (cue_translator_get_model (translator), bytes, error);

  if (!state || !ssmt_stream_set_state (translator->own.stream, state, error))
    return FALSE;
  cue_rolling_load (&translator->rolling, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return TRUE;
}

guint64
cue_translator_count_texts (CueTranslator *translator)
{
  return ssmt_stream_get_n_segments (translator->own.stream);
}

void
cue_translator_reset (CueTranslator *translator)
{
  cue_rolling_clear (&translator->rolling);
  ssmt_stream_reset (translator->own.stream);
  if (translator->languages)
    cue_languages_begin_document (translator->languages);
}

typedef struct {
  GstClockTime start;
  guint64 source, target;
} Count;

static Count
begin_count (CueStream *stream)
{
  Count count = { gst_util_get_timestamp () };

  ssmt_stream_get_n_tokens (stream->stream, &count.source, &count.target);
  return count;
}

/* What was cancelled does not count. */
static void
end_count (CueTranslator *translator, CueStream *stream, const Count *count, const GError *error)
{
  guint64 source, target;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  ssmt_stream_get_n_tokens (stream->stream, &source, &target);
  gst_ssmt_stats_add_tokens (translator->stats, source - count->source, target - count->target,
      gst_util_get_timestamp () - count->start);
}

/* "go forward ten meters" in the form that models have learnt to read. NULL: it has that form
 * already. */
static char *
dup_as_sentence (const char *text)
{
  char first[7] = { 0 };
  gunichar last;

  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    if (g_unichar_isupper (g_utf8_get_char (p)))
      return NULL;
  }
  g_unichar_to_utf8 (g_unichar_toupper (g_utf8_get_char (text)), first);
  last = g_utf8_get_char (g_utf8_prev_char (text + strlen (text)));
  return g_strconcat (first, g_utf8_next_char (text), g_unichar_ispunct (last) ? "" : ".", NULL);
}

/* One segment for the engine. A document that is too long is left for a new one. `room`: NULL, any. */
static SsmtTranslation *
translate (CueTranslator *translator, CueStream *stream, const char *text, SsmtTranslateFlags flags,
    const CueRoom *room, GError **error)
{
  Count count = begin_count (stream);
  gboolean has_limits = room && (room->max_characters > 0 || room->layout.breaks);
  g_autoptr (SsmtState) before = has_limits ? ssmt_stream_get_state (stream->stream, NULL) : NULL;
  SsmtTranslation *translation =
      ssmt_stream_translate (stream->stream, text, flags, translator->cancellable, error);

  if (begin_again (translator, stream, error)) {
    g_clear_pointer (&before, ssmt_state_unref);
    translation =
        ssmt_stream_translate (stream->stream, text, flags, translator->cancellable, error);
  }
  if (translation && before
      && cue_room_get_excess (room, ssmt_translation_get_text (translation)) > 0)
    translation = cue_shorter_find (stream->stream, &stream->params, before, text, translation,
        flags, room, translator->cancellable, error);
  if (translation)
    cue_translator_note_guard (translator, text, translation);
  end_count (translator, stream, &count, *error);
  return translation;
}

static GArray *
make_links (SsmtTranslation *translation)
{
  const SsmtAlignment *alignment =
      translation ? ssmt_translation_get_alignment (translation) : NULL;

  return alignment ? cue_links_new (alignment) : g_array_new (FALSE, FALSE, sizeof (CueLink));
}

/* The stream that a text is for; NULL: it passes. */
static CueStream *
choose (CueTranslator *translator, const char *text)
{
  g_autoptr (GError) error = NULL;
  CueStream *stream = cue_translator_choose (translator, text, &error);

  if (error)
    warn (translator, CUE_WARNING_MODEL, error->message);
  if (stream)
    set_params (translator, stream);
  return stream;
}

gboolean
cue_translator_translate_text (CueTranslator *translator, const char *text, gboolean is_speech,
    const CueRoom *room, char **translation, GArray **links, GError **error)
{
  g_autofree char *sentence = is_speech ? dup_as_sentence (text) : NULL;
  CueStream *stream = choose (translator, text);
  GError *failure = NULL;
  g_autoptr (SsmtTranslation) result = NULL;

  if (stream)
    result = translate (translator, stream, sentence ? sentence : text,
        links ? SSMT_TRANSLATE_ALIGN : SSMT_TRANSLATE_NONE, room, &failure);
  *translation = result ? g_strchug (g_strdup (ssmt_translation_get_text (result))) : NULL;
  /* a model that found no words must not blank the screen */
  if (*translation && **translation == '\0')
    g_clear_pointer (translation, g_free);
  if (!forgive (translator, &failure)) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  if (links)
    *links = make_links (result);
  return TRUE;
}

gboolean
cue_translator_revise (CueTranslator *translator, const Cue *cue, gboolean is_final,
    char **committed, char **tail, GError **error)
{
  g_autofree char *source = cue_part_dup_source (cue_get_only_part (cue));
  g_autoptr (SsmtTranslation) result = NULL;
  GError *failure = NULL;
  CueStream *stream = cue_translator_choose_growing (translator, source, is_final, &failure);

  if (failure)
    warn (translator, CUE_WARNING_MODEL, failure->message);
  g_clear_error (&failure);
  if (stream) {
    set_params (translator, stream);
    result = translate (translator, stream, source,
        is_final ? SSMT_TRANSLATE_NONE : SSMT_TRANSLATE_GROWING, NULL, &failure);
  }
  if (!forgive (translator, &failure)) {
    g_propagate_error (error, failure);
    return FALSE;
  }
  *committed = g_strdup (result ? ssmt_translation_get_committed (result) : is_final ? source : "");
  *tail = g_strdup (result ? ssmt_translation_get_tail (result) : stream || is_final ? "" : source);
  translator->is_committed |= **committed != '\0';
  return TRUE;
}

/* --- cues ---------------------------------------------------------------------- */

/* What the parts of a cue become, and what their words translate. A part that the engine
 * cannot read stays NULL. */
typedef struct {
  guint n;
  CueTranslation *parts;
  GArray **links; /* of CueLink; NULL: nobody needs them */
} Translations;

static void
translations_clear (Translations *translations)
{
  for (guint i = 0; i < translations->n; i++) {
    g_free (translations->parts[i].text);
    g_clear_pointer (&translations->links[i], g_array_unref);
  }
  g_free (translations->parts);
  g_free (translations->links);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Translations, translations_clear)

static gboolean
translate_part (CueTranslator *translator, const CuePart *part, gboolean is_speech,
    const CueRoom *room, CueFormat format, CueTranslation *translation, GArray **links,
    GError **error)
{
  gboolean align =
      format == CUE_FORMAT_PANGO && cue_part_has_spans (part) && strlen (part->text) <= MAX_ALIGNED;
  const char *rest = align ? NULL : cue_rolling_find_new (&translator->rolling, part->text);
  g_autofree char *source =
      rest ? g_strdelimit (g_strdup (rest), "\n", ' ') : cue_part_dup_source (part);
  g_autofree char *text = NULL;

  if (*source != '\0'
      && !cue_translator_translate_text (
          translator, source, is_speech, room, &text, align ? links : NULL, error))
    return FALSE;
  if (align)
    cue_rolling_clear (&translator->rolling);
  translation->text =
      align ? g_steal_pointer (&text) : cue_rolling_finish (&translator->rolling, part->text, text);
  if (*links) {
    translation->links = (const CueLink *) (*links)->data;
    translation->n_links = (*links)->len;
  }
  return TRUE;
}

char *
cue_translator_translate (CueTranslator *translator, const Cue *cue, const CueRoom *room,
    CueFormat format, GError **error)
{
  const GPtrArray *parts = cue->parsed->parts;
  g_auto (Translations) translations = { parts->len };

  translations.parts = g_new0 (CueTranslation, parts->len + 1);
  translations.links = g_new0 (GArray *, parts->len + 1);
  if (cue->is_too_long)
    warn (translator, CUE_WARNING_UNTRANSLATED, "too long to be one");
  for (guint i = 0; i < parts->len && !cue->is_too_long; i++) {
    const CuePart *part = parts->pdata[i];
    CueRoom own = { 0 };

    if (room)
      own = cue_room_get_part (room, cue->parsed, i);

    if (part->has_letters
        && !translate_part (translator, part, cue->is_speech, room ? &own : NULL, format,
            &translations.parts[i], &translations.links[i], error))
      return NULL;
  }
  return cue_text_write_aligned (cue->parsed, translations.parts, format);
}
