/* ssmtranslate tests: subtitle files from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte is the format, a second part behind a NUL what is written in the place of all texts. What the element is given is
 * well-formed, and what is written can be read again, with as many cues.
 */
#include <string.h>

#include "fuzz.h"
#include "gst/subtitle/document.h"

static const SubFormat *const formats[] = { &sub_format_srt, &sub_format_vtt, &sub_format_ass,
  &sub_format_ttml };

static void
check_markup (const char *markup)
{
  static const GMarkupParser parser = { NULL };
  g_autofree char *document = g_strdup_printf ("<markup>%s</markup>", markup);
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_utf8_validate (markup, -1, NULL))
    g_error ("no UTF-8: %s", markup);
  context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  if (!g_markup_parse_context_parse (context, document, -1, &error)
      || !g_markup_parse_context_end_parse (context, &error))
    g_error ("%s in: %s", error->message, markup);
}

static void
check_written (const SubDocument *document, char *const *markups)
{
  gsize length;
  g_autofree char *text = sub_document_write (document, markups, "pt", &length);

  g_assert_cmpuint (strlen (text), ==, length);
  g_assert_true (g_utf8_validate (text, length, NULL));
  for (guint i = 0; i < document->n_cues; i++)
    g_free (sub_document_write_cue (document, i, markups));
}

/* What is not translated can be read again: all cues are there, at their times. */
static void
check_again (const SubDocument *document)
{
  gsize length;
  g_autofree char *text = sub_document_write (document, NULL, NULL, &length);
  g_autoptr (SubDocument) again = sub_document_parse (document->format, text, length, NULL, NULL);

  if (document->units->len > 0)
    g_assert_nonnull (again);
  if (again)
    g_assert_cmpuint (again->n_cues, >=, document->n_cues);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const uint8_t *end = size > 1 ? memchr (data + 1, 0, size - 1) : NULL;
  gsize length = end ? (gsize) (end - data - 1) : MAX (size, 1) - 1;
  g_autoptr (SubDocument) document = NULL;
  g_autoptr (GPtrArray) markups = g_ptr_array_new ();
  g_autofree char *markup = NULL;

  if (size == 0)
    return 0;
  document = sub_document_parse (
      formats[data[0] % G_N_ELEMENTS (formats)], (const char *) data + 1, length, NULL, NULL);
  if (!document)
    return 0;
  markup = g_utf8_make_valid (
      end ? (const char *) end + 1 : "", end ? (gssize) (data + size - end - 1) : 0);
  for (guint i = 0; i < document->units->len; i++) {
    check_markup (sub_text_get_markup (g_array_index (document->units, SubUnit, i).text));
    g_ptr_array_add (markups, markup);
  }
  check_written (document, NULL);
  check_written (document, (char *const *) markups->pdata);
  check_again (document);
  return 0;
}
