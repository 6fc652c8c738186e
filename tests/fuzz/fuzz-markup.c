/* ssmtranslate tests: the markup of cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whatever comes in, what goes out is valid UTF-8, and as markup it is
 * well-formed and has pango's tags only.  Where pango itself is installed it is asked:
 * that it knows every value of every attribute, too.
 */
#include <string.h>

#include <glib.h>
#include <gmodule.h>

#include "cue-markup.h"
#include "fuzz.h"

static void
start_element (GMarkupParseContext *context, const char *name, const char **attributes,
    const char **values, gpointer data, GError **error)
{
  static const char *const names[] = { "markup", "b", "big", "i", "s", "small", "span", "sub",
    "sup", "tt", "u", NULL };

  if (!g_strv_contains (names, name))
    g_error ("pango has no <%s>", name);
}

typedef gboolean (*ParseMarkup) (const char *markup, int length, gunichar accel_marker,
    gpointer *attributes, char **text, gunichar *accel_char, GError **error);

/* The library that overlays draw with; NULL: it is not there. */
static ParseMarkup
get_pango (void)
{
  static gsize looked = 0;
  static ParseMarkup parse = NULL;

  if (g_once_init_enter (&looked)) {
    GModule *module = g_module_open ("libpango-1.0.so.0", G_MODULE_BIND_LAZY);

    if (module)
      g_module_symbol (module, "pango_parse_markup", (gpointer *) &parse);
    g_once_init_leave (&looked, 1);
  }
  return parse;
}

static void
check_with_pango (const char *markup)
{
  ParseMarkup parse = get_pango ();
  g_autoptr (GError) error = NULL;

  if (parse && !parse (markup, -1, 0, NULL, NULL, NULL, &error))
    g_error ("pango: %s in: %s", error->message, markup);
}

static void
check_markup (const char *markup)
{
  static const GMarkupParser parser = { start_element };
  g_autofree char *whole = g_strdup_printf ("<markup>%s</markup>", markup);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_autoptr (GError) error = NULL;

  if (!g_markup_parse_context_parse (context, whole, -1, &error)
      || !g_markup_parse_context_end_parse (context, &error))
    g_error ("%s in: %s", error->message, markup);
  check_with_pango (markup);
}

/* Writes with the source as the translation, which is the worst one can say. */
static void
check_cue (const char *text, gsize length, CueFormat format)
{
  g_autoptr (CueText) cue = cue_text_parse (text, length, format);
  g_autoptr (GPtrArray) translations = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < cue->parts->len; i++)
    g_ptr_array_add (translations, cue_part_dup_source (cue->parts->pdata[i]));
  for (guint given = 0; given < 2; given++) {
    char **what = given ? (char **) translations->pdata : NULL;
    g_autofree char *markup = cue_text_write (cue, what, CUE_FORMAT_PANGO);
    g_autofree char *plain = cue_text_write (cue, what, CUE_FORMAT_UTF8);

    g_assert_true (g_utf8_validate (plain, -1, NULL));
    check_markup (markup);
  }
}

/* Words that look anywhere, even where there is nothing, as often as they like. */
static void
check_spans (const char *text, gsize length, CueFormat format)
{
  g_autoptr (CueText) cue = cue_text_parse (text, length, format);
  g_autofree CueTranslation *translations = g_new0 (CueTranslation, cue->parts->len + 1);
  CueLink links[32];

  for (guint i = 0; i < G_N_ELEMENTS (links); i++) {
    gsize from = length > 0 ? (guchar) text[i * 7 % length] : 0;
    gsize to = length > 0 ? (guchar) text[i * 11 % length] : 0;

    links[i] = (CueLink){ { 3 * i, 3 * i + from % 5 }, { from, to } };
  }
  for (guint i = 0; i < cue->parts->len; i++) {
    const CuePart *part = cue->parts->pdata[i];

    translations[i] = (CueTranslation){ i % 3 == 2 ? NULL : part->text, links,
      (i * 5 + length) % G_N_ELEMENTS (links) };
  }
  g_autofree char *markup = cue_text_write_aligned (cue, translations, CUE_FORMAT_PANGO);
  check_markup (markup);
}

/* What is said to be clean is taken as it is. */
static void
check_clean (const char *text)
{
  if (cue_text_is_clean (text, CUE_FORMAT_PANGO))
    check_markup (text);
}

/* In lines that fit, and that cannot. */
static void
check_layout (const char *text, gsize length, CueFormat format)
{
  CueLayout layout = { ssmt_lines_new ("en"), length % 23, length % 4 };
  g_autoptr (CueText) cue = cue_text_parse (text, length, format);
  g_autofree CueTranslation *translations = g_new0 (CueTranslation, cue->parts->len + 1);
  g_autofree char *markup = NULL, *plain = NULL;

  cue->layout = &layout;
  for (guint i = 0; i < cue->parts->len; i++)
    translations[i].text = i % 2 ? NULL : ((const CuePart *) cue->parts->pdata[i])->text;
  markup = cue_text_write_aligned (cue, translations, CUE_FORMAT_PANGO);
  plain = cue_text_write_aligned (cue, translations, CUE_FORMAT_UTF8);
  check_markup (markup);
  g_assert_true (g_utf8_validate (plain, -1, NULL));
  ssmt_lines_free (layout.breaks);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_utf8_make_valid (size > 0 ? (const char *) data : "", (gssize) size);
  gsize length = strlen (text);
  /* of exactly this size, without the NUL */
  g_autofree char *block = g_memdup2 (text, length);

  check_cue (block, length, CUE_FORMAT_UTF8);
  check_cue (block, length, CUE_FORMAT_PANGO);
  check_spans (block, length, CUE_FORMAT_UTF8);
  check_spans (block, length, CUE_FORMAT_PANGO);
  check_clean (text);
  check_layout (block, length, CUE_FORMAT_PANGO);
  return 0;
}
