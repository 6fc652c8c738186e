/* ssmtranslate: input-language-code=auto on real models
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Usage: test-language-models FOLDER, with en-de and en-pt in it.
 */
#include <gst/check/gstharness.h>

#include <string.h>

#include "gstssmtranslate.h"

static const char *folder;

/* What a cue has to become: "=" for itself, else a part of it that no source has. */
static const struct {
  const char *model;
  struct {
    const char *in, *out;
  } cues[9];
} films[] = {
  { "en-de",
      { { "Die Herrschaft der Herren über die Bewässerung.", "=" },
          { "Guten Morgen, meine Herren!", "=" }, { "Okay.", "=" } } },
  { "en-de",
      { { "Good morning, where is my house?", "Haus" },
          { "I have been waiting for you all night.", "Nacht" },
          { "Ich habe die ganze Nacht\nauf <i>dich</i> gewartet.", "=" }, { "Yes.", "Ja" },
          { "- Where is my key?\n- Der Schlüssel liegt auf dem Tisch.",
              "Der Schlüssel liegt auf dem Tisch." },
          { "The house is very small.", "Haus" } } },
  { "en-de",
      { { "Je ne sais pas ce que tu veux dire.", "=" }, { "The house is very small.", "Haus" } } },
  { "en-pt",
      { { "Eu não sei o que você quer dizer com isso.", "=" },
          { "My house is very small, but I like it.", "casa" },
          { "She has lived in this city for years.", "cidade" }, { "Thank you.", "Obrigad" },
          { "Ela mora nesta cidade há muitos anos.", "=" } } },
};

static char *
translate (GstHarness *h, const char *text)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));
  char *out;

  GST_BUFFER_PTS (buffer) = GST_SECOND;
  GST_BUFFER_DURATION (buffer) = GST_SECOND;
  gst_harness_push (h, buffer);
  buffer = gst_harness_pull (h);
  out = g_malloc0 (gst_buffer_get_size (buffer) + 1);
  gst_buffer_extract (buffer, 0, out, gst_buffer_get_size (buffer));
  gst_buffer_unref (buffer);
  return out;
}

static void
test_film (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *path = g_build_filename (folder, films[i].model, NULL);
  GstElement *element = gst_element_factory_make ("ssmtranslate", NULL);
  GstHarness *h;

  if (!ssmt_language_can_identify ()) {
    g_test_skip ("built without CLD2");
    gst_object_unref (gst_object_ref_sink (element));
    return;
  }
  g_object_set (element, "model-path", path, "input-language-code", "auto", NULL);
  h = gst_harness_new_with_element (gst_object_ref_sink (element), "sink", "src");
  gst_harness_set_src_caps_str (h, "text/x-raw, format=pango-markup");
  for (guint k = 0; films[i].cues[k].in; k++) {
    const char *in = films[i].cues[k].in, *expected = films[i].cues[k].out;
    g_autofree char *out = translate (h, in);

    g_test_message ("%s -> %s", in, out);
    if (g_str_equal (expected, "="))
      g_assert_cmpstr (out, ==, in);
    else
      g_assert_nonnull (strstr (out, expected));
    g_assert_true (g_str_equal (expected, "=") || !g_str_equal (out, in));
  }
  gst_harness_teardown (h);
  gst_object_unref (element);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_assert_true (GST_ELEMENT_REGISTER (ssmtranslate, NULL));
  g_assert_cmpint (argc, ==, 2);
  folder = argv[1];
  for (guint i = 0; i < G_N_ELEMENTS (films); i++) {
    g_autofree char *name = g_strdup_printf ("/language-models/%u", i);

    g_test_add_data_func (name, GUINT_TO_POINTER (i), test_film);
  }
  return g_test_run ();
}
