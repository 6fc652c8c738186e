/* ssmtranslate tests: text from anywhere through whole streams
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte is the model, the second parameters. Each line after them is a call on the same stream: its first byte
 * says which, the rest is the text.
 */
#include <math.h>
#include <string.h>

#include "data.h"
#include "fuzz.h"

#define MAX_LINES 8
#define MAX_LINE 400

static const char *const names[] = { "tiny-decoder", "tiny-encdec", "checkpoints/jamba",
  "marian/student", "marian/transformers" };

typedef struct {
  SsmtStream *stream;
  GString *committed; /* of the segment that grows, spaces between */
} Run;

/* --- what comes out --------------------------------------------------------- */

static void
check_alignment (const SsmtAlignment *alignment, const char *source, const char *target)
{
  const struct {
    const SsmtRange *words;
    guint n;
    const char *text;
  } sides[] = { { alignment->source, alignment->n_source, source },
    { alignment->target, alignment->n_target, target } };

  for (guint side = 0; side < 2; side++) {
    gsize done = 0;

    for (guint i = 0; i < sides[side].n; i++) {
      SsmtRange word = sides[side].words[i];

      g_assert_true (word.start >= done && word.start < word.end);
      g_assert_cmpuint (word.end, <=, strlen (sides[side].text));
      g_assert_true (
          g_utf8_validate (sides[side].text + word.start, (gssize) (word.end - word.start), NULL));
      done = word.end;
    }
  }
  for (guint i = 0; i < alignment->n_target; i++)
    g_assert_true (
        alignment->source_word[i] >= -1 && alignment->source_word[i] < (gint) alignment->n_source);
}

static void
check_alternatives (SsmtTranslation *translation)
{
  for (guint i = 0; i < ssmt_translation_get_n_alternatives (translation); i++) {
    double score;
    guint n;

    g_assert_true (
        g_utf8_validate (ssmt_translation_get_alternative (translation, i, &score, &n), -1, NULL));
    g_assert_true (score <= 0 && isfinite (score));
  }
}

static void
check_translation (SsmtTranslation *translation, const char *text)
{
  const char *target = ssmt_translation_get_text (translation);

  g_assert_true (g_utf8_validate (target, -1, NULL));
  g_assert_true (g_utf8_validate (ssmt_translation_get_committed (translation), -1, NULL));
  g_assert_true (g_utf8_validate (ssmt_translation_get_tail (translation), -1, NULL));
  g_assert_true (ssmt_translation_get_score (translation) <= 0
      && isfinite (ssmt_translation_get_score (translation)));
  if (ssmt_translation_get_alignment (translation) != NULL)
    check_alignment (ssmt_translation_get_alignment (translation), text, target);
  check_alternatives (translation);
}

/* What an error leaves is what was before. */
static void
check_error (SsmtStream *stream, const GError *error, guint64 n_segments)
{
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpuint (ssmt_stream_get_n_segments (stream), ==, n_segments);
  if (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_CONTEXT))
    ssmt_stream_reset (stream);
}

/* --- calls ------------------------------------------------------------------ */

static char *
dup_letters (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  return g_strjoinv ("", words);
}

/* All that was committed is the translation, but for spaces where a word went on, and for a character of which one
 * byte was committed. What was copied in the end is not a translation. */
static void
check_committed (const char *committed, SsmtTranslation *translation)
{
  const char *text = ssmt_translation_get_text (translation);
  g_autofree char *said = dup_letters (committed), *all = dup_letters (text);

  if (ssmt_translation_get_copied (translation) == 0 && strstr (text, "\xef\xbf\xbd") == NULL
      && strcmp (said, all) != 0)
    g_error ("\"%s\" was committed of \"%s\"", committed, text);
}

/* A final text ends what grows. */
static void
note_committed (Run *run, SsmtTranslation *translation, gboolean is_growing)
{
  const char *committed = ssmt_translation_get_committed (translation);

  if (run->committed->len > 0 && *committed != '\0')
    g_string_append_c (run->committed, ' ');
  g_string_append (run->committed, committed);
  if (is_growing)
    return;
  check_committed (run->committed->str, translation);
  g_string_truncate (run->committed, 0);
}

static void
translate (Run *run, const char *text, SsmtTranslateFlags flags)
{
  guint64 n_segments = ssmt_stream_get_n_segments (run->stream);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTranslation) translation =
      ssmt_stream_translate (run->stream, text, flags, NULL, &error);

  g_assert_true ((translation == NULL) == (error != NULL));
  if (translation == NULL) {
    check_error (run->stream, error, n_segments);
    return;
  }
  check_translation (translation, text);
  note_committed (run, translation, (flags & SSMT_TRANSLATE_GROWING) != 0);
}

/* The text as it is heard: longer and longer, then final. */
static void
grow (Run *run, const char *text)
{
  gsize length = strlen (text);

  for (guint i = 1; i < 4; i++) {
    g_autofree char *part = g_strndup (text, length * i / 4);
    g_autofree char *heard = g_utf8_make_valid (part, -1);

    translate (run, heard, SSMT_TRANSLATE_GROWING | (i == 2 ? SSMT_TRANSLATE_ALIGN : 0));
  }
  translate (run, text, SSMT_TRANSLATE_NONE);
}

/* The last of the best translations instead of the first. */
static void
choose (Run *run, const char *text)
{
  g_autoptr (SsmtState) before = ssmt_stream_get_state (run->stream, NULL);
  g_autoptr (SsmtTranslation) all =
      ssmt_stream_translate (run->stream, text, SSMT_TRANSLATE_ALTERNATIVES, NULL, NULL);
  guint n = all != NULL ? ssmt_translation_get_n_alternatives (all) : 0;
  g_autoptr (SsmtTranslation) taken = NULL;
  g_autoptr (GError) error = NULL;

  g_string_truncate (run->committed, 0);
  if (n == 0)
    return;
  check_translation (all, text);
  g_assert_true (ssmt_stream_set_state (run->stream, before, NULL));
  taken =
      ssmt_stream_take_alternative (run->stream, all, n - 1, SSMT_TRANSLATE_ALIGN, NULL, &error);
  g_assert_true ((taken == NULL) == (error != NULL));
  if (taken == NULL)
    return;
  check_translation (taken, text);
  g_assert_cmpstr (ssmt_translation_get_text (taken), ==,
      ssmt_translation_get_alternative (all, n - 1, NULL, NULL));
}

/* Source and target of a pair have a tab between them. */
static void
use_pair (Run *run, const char *text, char call)
{
  guint64 n_segments = ssmt_stream_get_n_segments (run->stream);
  const char *tab = strchr (text, '\t');
  g_autofree char *source = tab ? g_strndup (text, (gsize) (tab - text)) : g_strdup (text);
  const char *target = tab ? tab + 1 : text;
  g_autoptr (SsmtAlignment) alignment = NULL;
  g_autoptr (GError) error = NULL;
  double logp = 0;
  guint n = 0;
  gboolean done;

  if (call == 's') {
    done = ssmt_stream_score (run->stream, source, target, &logp, &n, NULL, &error);
    g_assert_true (!done || (logp <= 0 && isfinite (logp)));
  } else if (call == 'p') {
    done = ssmt_stream_read_pair (run->stream, source, target, NULL, &error);
  } else {
    alignment = ssmt_stream_align (run->stream, source, target,
        call == 'h' ? SSMT_ALIGN_HIDDEN : SSMT_ALIGN_ATTENTION, NULL, &error);
    done = alignment != NULL;
    if (done)
      check_alignment (alignment, source, target);
  }
  g_assert_true (done == (error == NULL));
  if (!done)
    check_error (run->stream, error, n_segments);
}

static void
set_glossary (Run *run, const char *text)
{
  g_autoptr (SsmtGlossary) glossary = ssmt_glossary_new_from_text (text, strlen (text), NULL);

  ssmt_stream_set_glossary (run->stream, glossary);
}

static void
call (Run *run, const char *line)
{
  const char *text = *line != '\0' ? line + 1 : line;

  switch (*line) {
    case 'a':
      translate (run, text, SSMT_TRANSLATE_ALIGN);
      break;
    case 'r':
      translate (run, text, SSMT_TRANSLATE_GROWING);
      break;
    case 'g':
      grow (run, text);
      break;
    case 'n':
      choose (run, text);
      break;
    case 's':
    case 'l':
    case 'h':
    case 'p':
      use_pair (run, text, *line);
      break;
    case 't':
      set_glossary (run, text);
      break;
    case 'd':
      ssmt_stream_drop_growing (run->stream);
      g_string_truncate (run->committed, 0);
      break;
    case 'R':
      ssmt_stream_reset (run->stream);
      break;
    default:
      translate (run, line, SSMT_TRANSLATE_NONE);
  }
}

/* --- stream ----------------------------------------------------------------- */

static SsmtStream *
open_stream (guint n, guint bits)
{
  static SsmtModel *models[G_N_ELEMENTS (names)];
  g_autoptr (SsmtStreamParams) params = ssmt_stream_params_new ();

  if (models[n] == NULL)
    models[n] = fuzz_data_load (names[n]);
  params->beam_size = 1 + bits % 4;
  params->context = bits & 4 ? SSMT_CONTEXT_NONE : SSMT_CONTEXT_DOCUMENT;
  params->policy = (SsmtPolicy) ((bits >> 3) % 3);
  params->guard = (bits & 0x20) == 0;
  params->quotes = bits & 0x40 ? SSMT_QUOTES_TARGET : SSMT_QUOTES_SOURCE;
  params->max_context = bits & 0x80 ? 1 : 0;
  return ssmt_stream_new (models[n], params, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_auto (GStrv) lines = NULL;
  g_autofree char *all = NULL;
  Run run;

  if (size < 3)
    return 0;
  run.stream = open_stream (data[0] % G_N_ELEMENTS (names), data[1]);
  run.committed = g_string_new (NULL);
  all = g_strndup ((const char *) data + 2, size - 2);
  lines = g_strsplit (all, "\n", MAX_LINES);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (strlen (lines[i]) > MAX_LINE)
      lines[i][MAX_LINE] = '\0';
    call (&run, lines[i]);
  }
  g_string_free (run.committed, TRUE);
  g_object_unref (run.stream);
  return 0;
}
