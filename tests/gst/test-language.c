/* ssmtranslate: input-language-code=auto
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "fake-ssmt.h"
#include "rig.h"

/* Surely what they say, alone. */
#define ENGLISH "I do not know what you mean by that."
#define ENGLISH_2 "She has lived in this house for years."
#define GERMAN "Ich weiß nicht, was du damit meinst."
#define GERMAN_2 "Sie wohnt seit Jahren in diesem Haus."
#define FRENCH "Je ne sais pas ce que tu veux dire."
#define FRENCH_2 "Elle habite dans cette maison depuis des années."
#define SPANISH "No sé lo que quieres decir con eso."
#define ITALIAN "Non so che cosa vuoi dire con questo."

/* A film: cues, "/" between, and what goes out of each. A document's n-th segment is "n:" and its text in
 * capitals; "=" is the cue itself. Messages: language, action and model. */
typedef struct {
  const char *name;
  const char *properties; /* "name=value", spaces between */
  const char *in, *out;
  const char *messages; /* "," between */
} Film;

static const Film films[] = {
  { "German into en-de passes", "model-path=en-de", GERMAN "/" GERMAN_2, "=/=", "de passed" },
  { "what is read is translated", "model-path=en-de", ENGLISH "/" ENGLISH_2,
      "1:/2:", "en translated en-de" },
  { "not without auto", "model-path=en-de input-language-code=en", GERMAN, "1:", "" },
  { "upper case will do", "model-path=en-de input-language-code=Auto", GERMAN, "=", "de passed" },
  { "a mixed film", "model-path=en-de",
      ENGLISH "/" ENGLISH_2 "/" GERMAN "/" GERMAN_2 "/Ja./" ENGLISH "/" ENGLISH_2 "/Yes.",
      "1:/2:/=/=/=/3:/4:/5:", "en translated en-de,de passed,en translated en-de" },
  { "short ones stay", "model-path=en-de",
      ENGLISH "/" ENGLISH_2 "/Okay, okay./Danke./" GERMAN "/Hm.",
      "1:/2:/3:/4:/=/5:", "en translated en-de,de passed,en translated en-de" },
  { "before anything is known", "model-path=en-de", "Hm./Hm./" GERMAN "/Hm.",
      "1:/2:/=/=", "de passed" },
  { "no letters, no message", "model-path=en-de", "12:30/...", "=/=", "" },
  { "two speakers", "model-path=en-de", "- " GERMAN "\n- " ENGLISH,
      "- " GERMAN "\n- 1:", "de passed,en translated en-de" },
  { "a third language passes", "model-path=en-de", FRENCH "/" ENGLISH,
      "=/1:", "fr passed,en translated en-de" },
  { "a third language is translated", "model-path=en-de other-languages=translate", FRENCH,
      "1:", "fr translated en-de" },
  { "the fitting model, and its own document", "output-language-code=de",
      ENGLISH "/" ENGLISH_2 "/" FRENCH "/" FRENCH_2 "/Oui./" ENGLISH "/" ENGLISH_2,
      "1:/2:/1:/2:/3:/3:/4:", "en translated en-de,fr translated fr-de,en translated en-de" },
  { "no model is installed", "output-language-code=de", SPANISH, "=", "es passed" },
  { "no model is installed, translated", "output-language-code=de other-languages=translate",
      SPANISH, "1:", "es translated en-de" },
  { "sentences", "model-path=en-de segmentation=sentence",
      "Ich weiß nicht, was du/damit meinen willst./She has lived in this/house for years.",
      "=/=/1:SHE HAS LIVED IN THIS/HOUSE FOR YEARS.", "de passed,en translated en-de" },
  { "sentences end where languages do", "model-path=en-de segmentation=sentence",
      "I do not know what you mean/Sie wohnt seit Jahren in diesem Haus.",
      "1:/=", "en translated en-de,de passed" },
};

static void
set_properties (Rig *rig, const char *properties)
{
  g_auto (GStrv) words = g_strsplit (properties, " ", -1);

  g_object_set (rig->element, "input-language-code", "auto", NULL);
  for (guint i = 0; words[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);

    gst_util_set_object_arg (G_OBJECT (rig->element), pair[0], pair[1]);
  }
}

static Rig *
rig_new_auto (const char *properties)
{
  Rig *rig = rig_new_null ();

  set_properties (rig, properties);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  rig_begin (rig, "utf8");
  return rig;
}

static void
append_message (GString *text, GstMessage *message)
{
  const GstStructure *s = gst_message_get_structure (message);
  g_autofree char *model = NULL;
  gboolean has_model;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT) {
    g_string_append (text, text->len ? "," : "");
    g_string_append (text, GST_MESSAGE_TYPE_NAME (message));
    return;
  }
  if (!gst_structure_has_name (s, "ssmtranslate/language"))
    return;
  model = g_path_get_basename (gst_structure_get_string (s, "path"));
  has_model = *gst_structure_get_string (s, "path") != '\0';
  g_string_append_printf (text, "%s%s %s%s%s", text->len ? "," : "",
      gst_structure_get_string (s, "language"), gst_structure_get_string (s, "action"),
      has_model ? " " : "", has_model ? model : "");
}

/* Changes of language, warnings and errors. */
static char *
take_messages (Rig *rig)
{
  GString *text = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (
              rig->bus, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR))) {
    append_message (text, message);
    gst_message_unref (message);
  }
  return g_string_free (text, FALSE);
}

static guint64
get_passed (Rig *rig)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 passed;

  g_object_get (rig->element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, "passed", &passed));
  return passed;
}

static gboolean
needs_identifier (void)
{
  if (ssmt_language_can_identify ())
    return TRUE;
  g_test_skip ("built without CLD2");
  return FALSE;
}

/* "1:" stands for "1:TEXT". */
static char *
complete (const char *in, const char *out)
{
  g_autofree char *upper = g_utf8_strup (in, -1);
  const char *colon = strchr (out, ':'), *last = strrchr (in, '\n');

  if (g_str_equal (out, "="))
    return g_strdup (in);
  if (!colon || colon[1] != '\0')
    return g_strdup (out);
  if (last)
    return g_strconcat (
        out, upper + (last + strlen ("\n- ") - in) + strlen (upper) - strlen (in), NULL);
  return g_strconcat (out, upper, NULL);
}

static void
test_film (gconstpointer data)
{
  const Film *film = data;
  g_auto (GStrv) in = g_strsplit (film->in, "/", -1), out = g_strsplit (film->out, "/", -1);
  g_autofree char *messages = NULL;
  guint n_passed = 0;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto (film->properties);
  for (guint i = 0; in[i]; i++)
    gst_harness_push (rig->h, rig_make_cue (in[i], i));
  rig_play (rig, "EOS WAIT");
  for (guint i = 0; in[i]; i++) {
    g_autofree char *text = rig_pull_text (rig), *expected = complete (in[i], out[i]);

    g_assert_cmpstr (text, ==, expected);
    n_passed += g_str_equal (out[i], "=") && strpbrk (in[i], "aeiouHm") != NULL;
  }
  messages = take_messages (rig);
  g_assert_cmpstr (messages, ==, film->messages);
  g_assert_cmpuint (get_passed (rig), ==, n_passed);
  rig_free (rig);
  g_assert_cmpint (fake.n_models, ==, 0);
}

static void
test_message (void)
{
  g_autoptr (GstMessage) message = NULL;
  const GstStructure *s;
  gdouble confidence;
  guint64 pts;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("model-path=en-de");
  gst_message_unref (gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT));
  gst_harness_push (rig->h, rig_make_cue ("Hm.", 6));
  gst_harness_push (rig->h, rig_make_cue (GERMAN, 7));
  rig_wait (rig);
  message = gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  s = gst_message_get_structure (message);
  g_assert_cmpstr (gst_structure_get_name (s), ==, "ssmtranslate/language");
  g_assert_true (gst_structure_get (s, "pts", G_TYPE_UINT64, &pts, "confidence", G_TYPE_DOUBLE,
      &confidence, NULL));
  g_assert_cmpuint (pts, ==, 7 * GST_SECOND);
  g_assert_cmpfloat (confidence, >, 0.85);
  g_assert_cmpfloat (confidence, <=, 1);
  g_assert_cmpstr (gst_structure_get_string (s, "language"), ==, "de");
  g_assert_cmpstr (gst_structure_get_string (s, "action"), ==, "passed");
  g_assert_cmpstr (gst_structure_get_string (s, "path"), ==, "");
  g_assert_null (gst_bus_pop_filtered (rig->bus, GST_MESSAGE_ELEMENT));
  rig_free (rig);
}

/* A buffer that passes is the one that came, with all that it has. */
static void
test_same_buffer (void)
{
  GstBuffer *in, *out;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("model-path=en-de");
  in = rig_make_cue (GERMAN "\n" GERMAN_2, 3);
  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_MARKER);
  gst_harness_push (rig->h, gst_buffer_ref (in));
  out = gst_harness_pull (rig->h);
  g_assert_true (gst_buffer_peek_memory (out, 0) == gst_buffer_peek_memory (in, 0));
  g_assert_cmpuint (GST_BUFFER_PTS (out), ==, GST_BUFFER_PTS (in));
  g_assert_cmpuint (GST_BUFFER_DURATION (out), ==, GST_BUFFER_DURATION (in));
  g_assert_true (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_MARKER));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  rig_free (rig);
}

/* Tags of markup are no words of a language. */
static void
test_markup (void)
{
  static const struct {
    const char *in, *out;
  } cues[] = {
    { "<i>Ich weiß <b>nicht</b>, was du</i>\nmit R&amp;D meinst.",
        "<i>Ich weiß <b>nicht</b>, was du</i>\nmit R&amp;D meinst." },
    { "<span foreground=\"white\" background=\"black\">Danke schön.</span>",
        "<span foreground=\"white\" background=\"black\">Danke schön.</span>" },
    { "<i>Ich weiß nicht, was du meinst.", "<i>Ich weiß nicht, was du meinst.</i>" },
    { "<v Anna>Ich weiß nicht, was du meinst.</v>", "Ich weiß nicht, was du meinst." },
    { "<b>I do not know what you mean.</b>", "<b>1:I DO NOT KNOW WHAT YOU MEAN.</b>" },
  };
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("model-path=en-de");
  rig_begin (rig, "pango-markup");
  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    g_autofree char *text = NULL;

    gst_harness_push (rig->h, rig_make_cue (cues[i].in, i));
    text = rig_pull_text (rig);
    g_assert_cmpstr (text, ==, cues[i].out);
  }
  rig_free (rig);
}

/* A model that cannot be loaded is one warning, and looked for once. */
static void
test_broken_model (void)
{
  g_autofree char *text = NULL, *messages = NULL;
  gint n_loads;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("output-language-code=de other-languages=translate");
  n_loads = fake.n_loads;
  for (guint i = 0; i < 3; i++)
    gst_harness_push (rig->h, rig_make_cue (ITALIAN, i));
  rig_wait (rig);
  text = rig_pull_text (rig);
  g_assert_cmpstr (text, ==, ITALIAN);
  g_assert_cmpint (fake.n_loads, ==, n_loads + 1);
  messages = take_messages (rig);
  g_assert_cmpstr (messages, ==, "warning,it passed");
  g_assert_cmpuint (get_passed (rig), ==, 3);
  rig_free (rig);
}

/* Models are loaded when their language is heard. */
static void
test_load_late (void)
{
  Rig *rig;

  if (!needs_identifier ())
    return;
  fake_reset ();
  rig = rig_new_auto ("output-language-code=de");
  gst_harness_push (rig->h, rig_make_cue (ENGLISH, 0));
  rig_wait (rig);
  g_assert_cmpint (fake.n_loads, ==, 1);
  for (guint i = 1; i < 4; i++)
    gst_harness_push (rig->h, rig_make_cue (FRENCH, i));
  rig_wait (rig);
  g_assert_cmpint (fake.n_loads, ==, 2);
  g_assert_cmpint (fake.n_models, ==, 2);
  rig_free (rig);
  g_assert_cmpint (fake.n_models, ==, 0);
  g_assert_cmpint (fake.n_streams, ==, 0);
}

/* Both documents begin again. */
static void
test_new_document (void)
{
  static const char *const texts[] = { ENGLISH, FRENCH, NULL };
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("output-language-code=de");
  for (guint round = 0; round < 2; round++) {
    for (guint i = 0; texts[i]; i++) {
      g_autofree char *text = NULL;

      gst_harness_push (rig->h, rig_make_cue (texts[i], i));
      text = rig_pull_text (rig);
      g_assert_true (g_str_has_prefix (text, "1:"));
    }
    g_signal_emit_by_name (rig->element, "reset");
  }
  rig_free (rig);
}

/* Tags are believed until text speaks; nothing warns. */
static void
test_tags (void)
{
  static const struct {
    const char *tag, *in, *out;
  } rows[] = {
    { "de", "Hm.", "=" },
    { "fr", "Hm.", "=" },
    { "en", "Hm.", "1:HM." },
    { "und", "Hm.", "1:HM." },
    { "en", GERMAN, "=" },
    { "de", ENGLISH, "1:I DO NOT KNOW WHAT YOU MEAN BY THAT." },
  };

  if (!needs_identifier ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    Rig *rig = rig_new_auto ("model-path=en-de");
    g_autofree char *text = NULL, *warning = NULL;
    g_autofree char *tag = g_strdup_printf ("TAG:%s", rows[i].tag);

    rig_play (rig, tag);
    gst_harness_push (rig->h, rig_make_cue (rows[i].in, 1));
    text = rig_pull_text (rig);
    g_assert_cmpstr (text, ==, g_str_equal (rows[i].out, "=") ? rows[i].in : rows[i].out);
    warning = rig_pop_message (rig, GST_MESSAGE_WARNING);
    g_assert_cmpstr (warning, ==, NULL);
    rig_free (rig);
  }
}

/* Another film may be in another language from its first word on. */
static void
test_next_stream (void)
{
  g_autofree char *first = NULL, *second = NULL, *messages = NULL;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("model-path=en-de");
  for (guint i = 0; i < 5; i++)
    gst_harness_push (rig->h, rig_make_cue (GERMAN, i));
  rig_wait (rig);
  while (gst_harness_buffers_in_queue (rig->h) > 0)
    g_free (rig_pull_text (rig));
  rig_play (rig, "STREAM:two CAPS:utf8 SEGMENT");
  gst_harness_push (rig->h, rig_make_cue ("Hm.", 0));
  gst_harness_push (rig->h, rig_make_cue ("Thank you very much.", 1));
  first = rig_pull_text (rig);
  second = rig_pull_text (rig);
  g_assert_cmpstr (first, ==, "1:HM.");
  g_assert_cmpstr (second, ==, "2:THANK YOU VERY MUCH.");
  messages = take_messages (rig);
  g_assert_cmpstr (messages, ==, "de passed,en translated en-de");
  rig_free (rig);
}

/* --- growing text ------------------------------------------------------------------ */

static void
push_growing (Rig *rig, const char *text, gboolean is_final)
{
  GstBuffer *buffer = rig_make_cue (text, 1);

  if (!is_final)
    gst_buffer_add_custom_meta (buffer, "SsmTranslateInterimMeta");
  gst_harness_push (rig->h, buffer);
  rig_wait (rig);
}

static char *
pull_all (Rig *rig)
{
  GString *all = g_string_new (NULL);

  while (gst_harness_buffers_in_queue (rig->h) > 0) {
    g_autofree char *text = rig_pull_text (rig);

    g_string_append_printf (all, "%s%s", all->len ? "|" : "", text);
  }
  return g_string_free (all, FALSE);
}

/* Revisions, "/" between, the last one final; what goes out of all. */
static const struct {
  const char *name, *properties, *in, *out;
  guint passed;
} growths[] = {
  { "passes when it is final", "policy=align-att", "Ich weiß nicht/Ich weiß nicht, was du/" GERMAN,
      GERMAN, 1 },
  { "is translated", "policy=final", "I do not/I do not know what/" ENGLISH,
      "I DO NOT KNOW WHAT YOU MEAN BY THAT.", 0 },
  { "nothing was committed: it may still pass", "policy=final",
      "Hm/Hm ja/Ja, ich weiß nicht was du meinst.", "Ja, ich weiß nicht was du meinst.", 1 },
  { "what was committed stays", "policy=align-att",
      "a b c d/a b c d e/a b c d Ich weiß nicht, was du meinst.",
      "A B|C|D ICH WEISS NICHT, WAS DU MEINST.", 0 },
};

static void
test_growing (void)
{
  if (!needs_identifier ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (growths); i++) {
    g_autofree char *properties =
        g_strconcat ("model-path=en-de partial-results=true ", growths[i].properties, NULL);
    g_auto (GStrv) in = g_strsplit (growths[i].in, "/", -1);
    g_autofree char *out = NULL;
    Rig *rig = rig_new_auto (properties);

    for (guint k = 0; in[k]; k++)
      push_growing (rig, in[k], in[k + 1] == NULL);
    out = pull_all (rig);
    g_test_message ("%s", growths[i].name);
    g_assert_cmpstr (out, ==, growths[i].out);
    g_assert_cmpuint (get_passed (rig), ==, growths[i].passed);
    rig_free (rig);
  }
}

/* Revisions are one text, not evidence one by one. */
static void
test_growing_counts_once (void)
{
  g_autofree char *out = NULL;
  Rig *rig;

  if (!needs_identifier ())
    return;
  rig = rig_new_auto ("model-path=en-de partial-results=true policy=final");
  push_growing (rig, ENGLISH, TRUE);
  push_growing (rig, ENGLISH_2, TRUE);
  for (guint i = 0; i < 5; i++)
    push_growing (rig, GERMAN, FALSE);
  push_growing (rig, GERMAN, TRUE);
  push_growing (rig, "Hm.", TRUE);
  out = pull_all (rig);
  g_assert_true (g_str_has_suffix (out, "|" GERMAN "|3:HM."));
  rig_free (rig);
}

/* --- trouble ------------------------------------------------------------------------ */

static const struct {
  const char *properties, *says; /* NULL: it works */
} settings[] = {
  { "model-path=en-de", NULL },
  { "model-path=anything output-language-code=de", NULL },
  { "model-path=anything", "set output-language-code" },
  { "model-path=en-de output-language-code=fr", "writes \"de\"" },
};

static void
test_settings (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++) {
    Rig *rig = rig_new_null ();
    g_autofree char *error = NULL;
    const char *says = ssmt_language_can_identify () || i == 3 ? settings[i].says : "libcld2-dev";

    set_properties (rig, settings[i].properties);
    gst_element_set_state (rig->element, GST_STATE_READY);
    error = rig_pop_message (rig, GST_MESSAGE_ERROR);
    if (says) {
      g_assert_nonnull (error);
      g_assert_true (g_str_has_prefix (error, "gst-resource-error-quark 13 "));
      g_assert_nonnull (strstr (error, says));
    } else {
      g_assert_cmpstr (error, ==, NULL);
    }
    rig_free (rig);
  }
}

int
main (int argc, char **argv)
{
  rig_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (films); i++) {
    g_autofree char *path = g_strdup_printf ("/language/%s", films[i].name);

    g_test_add_data_func (path, &films[i], test_film);
  }
  g_test_add_func ("/language/message", test_message);
  g_test_add_func ("/language/same buffer", test_same_buffer);
  g_test_add_func ("/language/markup", test_markup);
  g_test_add_func ("/language/broken model", test_broken_model);
  g_test_add_func ("/language/load late", test_load_late);
  g_test_add_func ("/language/new document", test_new_document);
  g_test_add_func ("/language/tags", test_tags);
  g_test_add_func ("/language/next stream", test_next_stream);
  g_test_add_func ("/language/growing", test_growing);
  g_test_add_func ("/language/growing counts once", test_growing_counts_once);
  g_test_add_func ("/language/settings", test_settings);
  return g_test_run ();
}
