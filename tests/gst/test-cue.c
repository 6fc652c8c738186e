/* ssmtranslate: cues, from buffers and to buffers
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "cue.h"
#include "tests/growth.h"

static GstBuffer *
make_buffer (const char *text, gsize size, guint ms)
{
  GstBuffer *buffer = size > 0 ? gst_buffer_new_memdup (text, size) : gst_buffer_new ();

  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 500 * GST_MSECOND;
  return buffer;
}

static Cue *
make_cue (const char *text, guint ms)
{
  return cue_new (make_buffer (text, strlen (text), ms), 7, CUE_FORMAT_PANGO);
}

static char *
take_text (GstBuffer *buffer)
{
  gsize size = gst_buffer_get_size (buffer);
  char *text = g_malloc0 (size + 1);

  gst_buffer_extract (buffer, 0, text, size);
  gst_buffer_unref (buffer);
  return text;
}

/* --- reading ------------------------------------------------------------------- */

static const struct {
  const char *bytes;
  gsize size;
  const char *text;
  gboolean is_repaired, is_empty;
  guint n_parts;
} texts[] = {
  { "Hello.", 6, "Hello.", FALSE, FALSE, 1 },
  { "Hello.\0\0", 8, "Hello.", FALSE, FALSE, 1 },
  { "a\0b", 3, "a\357\277\275b", TRUE, FALSE, 1 },
  { "caf\351", 4, "caf\357\277\275", TRUE, FALSE, 1 },
  { "- A.\n- B.", 9, "- A.\n- B.", FALSE, FALSE, 2 },
  { "", 0, "", FALSE, TRUE, 0 },
  { "\0\0", 2, "", FALSE, FALSE, 0 },
};

static void
test_texts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (Cue) cue =
        cue_new (make_buffer (texts[i].bytes, texts[i].size, 1000), 7, CUE_FORMAT_UTF8);

    g_assert_cmpstr (cue->text, ==, texts[i].text);
    g_assert_cmpuint (cue->length, ==, strlen (texts[i].text));
    g_assert_cmpint (cue->is_repaired, ==, texts[i].is_repaired);
    g_assert_cmpint (cue->is_empty, ==, texts[i].is_empty);
    g_assert_cmpuint (cue->parsed->parts->len, ==, texts[i].n_parts);
    g_assert_cmpint (cue_get_only_part (cue) != NULL, ==, texts[i].n_parts == 1);
    g_assert_cmpuint (cue->pts, ==, GST_SECOND);
    g_assert_cmpint (cue->arrival, ==, 7);
    g_assert_false (cue->is_interim);
    g_assert_false (cue->is_too_long);
  }
}

static void
test_interim (void)
{
  g_autoptr (Cue) cue = cue_new (cue_new_interim ("go on"), 0, CUE_FORMAT_UTF8);

  g_assert_true (cue->is_interim);
  g_assert_cmpstr (cue->text, ==, "go on");
  g_assert_cmpuint (cue->pts, ==, GST_CLOCK_TIME_NONE);
}

static void
read_long_cue (gsize length, gconstpointer unit)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (Cue) cue = NULL;

  while (text->len < length)
    g_string_append (text, unit);
  cue = cue_new (make_buffer (text->str, text->len, 0), 0, CUE_FORMAT_PANGO);
  g_assert_true (cue->is_too_long);
}

/* However long and of whatever: read in a time that grows with its length. */
static void
test_long (void)
{
  static const char *const units[] = { "\n", " \n", "a\n", "- a.\n", "<", "&", "<i>a</i> " };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    growth_assert_linear (read_long_cue, 400000, units[i]);
}

/* --- merging ------------------------------------------------------------------- */

static void
test_merge (void)
{
  g_autoptr (GstBuffer) second = make_buffer ("went ", 5, 3000);
  g_autoptr (GstBuffer) third = make_buffer ("- No.", 5, 2000);
  GstBuffer *const buffers[] = { second, third };
  g_autoptr (Cue) cue = make_cue ("He \n", 1000);

  cue->is_speech = TRUE;
  cue = cue_merge (cue, buffers, 2, CUE_FORMAT_UTF8);
  g_assert_cmpstr (cue->text, ==, "He went\n- No.");
  g_assert_cmpuint (cue->pts, ==, GST_SECOND);
  g_assert_cmpuint (cue->duration, ==, 2500 * GST_MSECOND);
  g_assert_cmpint (cue->arrival, ==, 7);
  g_assert_true (cue->is_speech);
}

/* --- going out ------------------------------------------------------------------ */

static void
test_finish (void)
{
  Cue *cue = make_cue ("Hello.", 1000);
  GstBuffer *buffer = cue->buffer;
  g_autofree char *text = NULL;

  /* nothing has changed: the same buffer */
  g_assert_true (cue_finish (cue, g_strdup ("Hello."), NULL, NULL) == buffer);
  gst_buffer_unref (buffer);

  cue = make_cue ("Hello.", 1000);
  GST_BUFFER_FLAG_SET (cue->buffer, GST_BUFFER_FLAG_MARKER);
  cue->pts = 3 * GST_SECOND;
  buffer = cue_finish (cue, g_strdup ("Hallo."), NULL, NULL);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 3 * GST_SECOND);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, 500 * GST_MSECOND);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_MARKER));
  text = take_text (buffer);
  g_assert_cmpstr (text, ==, "Hallo.");
}

/* A text accumulator's words; one of no bytes is a word, too. */
static void
test_words (void)
{
  GstBuffer *buffer = make_buffer ("he went home", 12, 1000);
  GstBufferList *list = gst_buffer_list_new ();
  g_autoptr (GstBufferList) words = NULL;
  GstStructure *s;
  Cue *cue;

  s = gst_custom_meta_get_structure (
      gst_buffer_add_custom_meta (buffer, "TextAccumulateSentenceMeta"));
  gst_buffer_list_add (list, make_buffer ("he", 2, 1000));
  gst_buffer_list_add (list, gst_buffer_new ());
  gst_buffer_list_add (list, make_buffer ("home", 4, 2000));
  gst_structure_set (s, "words", GST_TYPE_BUFFER_LIST, list, NULL);
  gst_buffer_list_unref (list);
  cue = cue_new (buffer, 0, CUE_FORMAT_UTF8);
  g_assert_true (cue->is_sentence);
  buffer = cue_finish (cue, g_strdup ("er ging heim"), "en", "de");
  s = gst_custom_meta_get_structure (
      gst_buffer_get_custom_meta (buffer, "TextAccumulateSentenceMeta"));
  g_assert_true (gst_structure_get (s, "words", GST_TYPE_BUFFER_LIST, &words, NULL));
  g_assert_cmpuint (gst_buffer_list_length (words), ==, 2);
  gst_buffer_unref (buffer);
}

int
main (int argc, char **argv)
{
  static const gchar *no_tags[] = { NULL };

  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  cue_register_interim ();
  gst_meta_register_custom ("TextAccumulateSentenceMeta", no_tags, NULL, NULL, NULL);
  g_test_add_func ("/cue/texts", test_texts);
  g_test_add_func ("/cue/interim", test_interim);
  g_test_add_func ("/cue/long", test_long);
  g_test_add_func ("/cue/merge", test_merge);
  g_test_add_func ("/cue/finish", test_finish);
  g_test_add_func ("/cue/words", test_words);
  return g_test_run ();
}
