/* ssmtranslate tests: terms in a text, and translations that have them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/guard/inflections.h"
#include "engine/guard/terms.h"
#include "ssmt/ssmt.h"

static SsmtGlossary *
make (const char *text)
{
  g_autoptr (GError) error = NULL;
  SsmtGlossary *glossary = ssmt_glossary_new_from_text (text, strlen (text), &error);

  g_assert_no_error (error);
  return glossary;
}

/* --- files -------------------------------------------------------------------- */

static const struct {
  const char *name, *text;
  guint n_terms;
  const char *says; /* of the error; NULL: there is none */
} files[] = {
  { "empty", "", 0, NULL },
  { "no terms", "\n# only\n\n", 0, NULL },
  { "plain", "ship\tnavio\n", 1, NULL },
  { "no line end", "ship\tnavio", 1, NULL },
  { "DOS", "ship\tnavio\r\nboat\tbarco\r\n", 2, NULL },
  { "mark of order", "\xef\xbb\xbfship\tnavio\n", 1, NULL },
  { "note", "ship\tnavio\tat sea\tand more\n", 1, NULL },
  { "not translated", "Kindle\t*\n", 1, NULL },
  { "spaces", " the  ship \t o navio \n", 1, NULL },
  { "no tab", "ship\tnavio\nboat barco\n", 0, "line 2: a term is" },
  { "no source", "\tnavio\n", 0, "line 1: there is nothing before" },
  { "no source but a space", "\xc2\xa0\tnavio\n", 0, "line 1: there is nothing before" },
  { "no target", "\nship\t \tnote\n", 0, "line 2: there is nothing after" },
  { "no UTF-8", "ship\tnavio\nb\xff\tx\n", 0, "line 2: not valid UTF-8" },
};

static void
test_file (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtGlossary) glossary =
      ssmt_glossary_new_from_text (files[i].text, strlen (files[i].text), &error);

  if (files[i].says == NULL) {
    g_assert_no_error (error);
    g_assert_cmpuint (ssmt_glossary_get_n_terms (glossary), ==, files[i].n_terms);
  } else {
    g_assert_null (glossary);
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_INVALID);
    g_assert_true (g_str_has_prefix (error->message, files[i].says));
  }
}

static void
test_limits (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (SsmtGlossary) most = NULL, more = NULL, missing = NULL;
  g_autoptr (GError) error = NULL, long_error = NULL, missing_error = NULL;

  for (guint i = 0; i < SSMT_GLOSSARY_MAX_TERMS; i++)
    g_string_append_printf (text, "word%u\twort%u\n", i, i);
  most = make (text->str);
  g_assert_cmpuint (ssmt_glossary_get_n_terms (most), ==, SSMT_GLOSSARY_MAX_TERMS);
  g_string_append (text, "one\tmore\n");
  more = ssmt_glossary_new_from_text (text->str, text->len, &error);
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_INVALID);
  g_assert_true (g_str_has_prefix (error->message, "line 100001: a glossary has at most"));
  g_string_set_size (text, 201);
  memset (text->str, 'a', text->len);
  g_string_append (text, "\tb");
  g_assert_null (ssmt_glossary_new_from_text (text->str, text->len, &long_error));
  g_assert_error (long_error, SSMT_ERROR, SSMT_ERROR_INVALID);
  missing = ssmt_glossary_new_from_file ("/missing/terms.tsv", &missing_error);
  g_assert_error (missing_error, SSMT_ERROR, SSMT_ERROR_NOT_FOUND);
}

/* --- in a text ----------------------------------------------------------------- */

#define TERMS \
  "ship\tnavio\nship of the line\tnau\nApple\tApple\nApple Pie\tPastel\nstop\tparar\ncity\tcidade\n" \
  "C++\t*\ne-mail\tcorreio\nuse\tusar\nknife\tfaca\n\xc3\x89tat\tEstado\ndog\tc\xc3\xa3o\ndog\tcachorro\n" \
  "iPhone\t*\n\xe8\x88\xb9\t*\n"

/* What is found, in brackets, with the target. */
static const struct {
  const char *text, *found;
} texts[] = {
  { "The ship sails.", "The [ship=navio] sails." },
  { "Ship, SHIP, ships and the Ship's", "[Ship=navio], [SHIP=navio], [ships=navio] and the [Ship=navio]'s" },
  { "shipping is no ship-yard", "[shipping=navio] is no ship-yard" },
  { "a shipment, a hardship", "a shipment, a hardship" },
  { "A ship of the line", "A [ship of the line=nau]" },
  { "ships  of the line, ship of the", "[ships  of the line=nau], [ship=navio] of the" },
  { "an apple, an Apple, APPLE, Apples", "an apple, an [Apple=Apple], [APPLE=Apple], [Apples=Apple]" },
  { "Apple Pie, Apple pie", "[Apple Pie=Pastel], [Apple=Apple] pie" },
  { "stopped, stopping, stops", "[stopped=parar], [stopping=parar], [stops=parar]" },
  { "cities, knives, used, using", "[cities=cidade], [knives=faca], [used=usar], [using=usar]" },
  { "C++ and C", "[C++=*] and C" },
  { "(e-mails)", "([e-mails=correio])" },
  { "l\xe2\x80\x99\xc3\x89tat", "l\xe2\x80\x99[\xc3\x89tat=Estado]" },
  { "dog", "[dog=cachorro]" },
  { "iPhone, iphone, IPHONE", "[iPhone=*], iphone, [IPHONE=*]" },
  { "\xe4\xb8\x80\xe8\x88\xb9\xe4\xb8\x80", "\xe4\xb8\x80[\xe8\x88\xb9=*]\xe4\xb8\x80" },
  { "", "" },
};

static void
test_find (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  const char *text = texts[i].text;
  g_autoptr (SsmtGlossary) glossary = make (TERMS);
  g_autoptr (GArray) matches = ssmt_terms_find (glossary, text, "en", FALSE);
  g_autoptr (GString) found = g_string_new (NULL);
  gsize done = 0;

  for (guint j = 0; j < matches->len; j++) {
    const SsmtTermMatch *match = &g_array_index (matches, SsmtTermMatch, j);
    const char *target = match->term->target;

    g_string_append_len (found, text + done, match->range.start - done);
    g_string_append_printf (found, "[%.*s=%s]", (int) (match->range.end - match->range.start),
        text + match->range.start, target != NULL ? target : "*");
    done = match->range.end;
  }
  g_string_append (found, text + done);
  g_assert_cmpstr (found->str, ==, texts[i].found);
}

/* Without a language words have no forms; capitals say nothing where the text had them all. */
static void
test_find_otherwise (void)
{
  g_autoptr (SsmtGlossary) glossary = make (TERMS);
  g_autoptr (GArray) plain = ssmt_terms_find (glossary, "ships, ship", NULL, FALSE);
  g_autoptr (GArray) lowered = ssmt_terms_find (glossary, "an apple", "eng", TRUE);
  g_autoptr (GArray) none = ssmt_terms_find (NULL, "ship", "en", FALSE);

  g_assert_cmpuint (plain->len, ==, 1);
  g_assert_cmpuint (lowered->len, ==, 1);
  g_assert_cmpuint (none->len, ==, 0);
}

/* --- in a translation -------------------------------------------------------------- */

static const struct {
  const char *terms, *text, *translation;
  guint n_lacking;
} translations[] = {
  { "ship\tnavio", "The ship", "O navio", 0 },
  { "ship\tnavio", "The ship", "O barco", 1 },
  { "ship\tnavio", "The ships", "Os navios", 0 },
  { "ship\tnavio", "The ship, a ship", "O navio", 1 },
  { "ship\tnavio\nboat\tnavio", "The ship, a boat", "O navio, um navio", 0 },
  { "ship\tnavio\nboat\tnavio", "The ship, a boat", "O navio, um barco", 1 },
  { "sync\tsincronizar", "Sync it", "Sincronize isso", 0 },
  { "paper\tpapel", "papers", "pap\xc3\xa9is", 0 },
  { "account\tconta de usu\xc3\xa1rio", "accounts", "as contas de usu\xc3\xa1rio", 0 },
  { "account\tconta de usu\xc3\xa1rio", "accounts", "as contas do usu\xc3\xa1rio", 1 },
  { "sea\tmar", "the sea", "o martelo", 1 },
  { "sea\tmar", "the seas", "os mares", 0 },
  { "navy\tMarinha", "The navy", "A marinha", 1 },
  { "navy\tmarinha", "The navy", "Marinha", 0 },
  { "Kindle\t*", "The Kindle", "O livro", 0 }, /* put away before, looked after as names are */
};

static void
test_lacking (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (SsmtGlossary) glossary = make (translations[i].terms);
  g_autoptr (GArray) matches = ssmt_terms_find (glossary, translations[i].text, "en", FALSE);
  g_autoptr (GArray) lacking =
      ssmt_terms_find_lacking (matches, translations[i].translation, "pt_BR");

  g_assert_cmpuint (matches->len, >, 0);
  g_assert_cmpuint (lacking->len, ==, translations[i].n_lacking);
}

static void
test_forms (void)
{
  g_autoptr (SsmtGlossary) glossary = make ("ship\tavi\xc3\xa3o");
  g_autoptr (GArray) matches = ssmt_terms_find (glossary, "ships", "en", FALSE);
  g_autoptr (GPtrArray) forms =
      ssmt_terms_get_forms (&g_array_index (matches, SsmtTermMatch, 0), "pt");

  g_assert_cmpstr (forms->pdata[0], ==, "avi\xc3\xa3o");
  g_ptr_array_set_size (forms, forms->len - 1);
  g_assert_true (
      g_ptr_array_find_with_equal_func (forms, "avi\xc3\xb5" "es", g_str_equal, NULL));
  g_assert_true (
      g_ptr_array_find_with_equal_func (forms, "Avi\xc3\xb5" "es", g_str_equal, NULL));
}

/* --- a stream ---------------------------------------------------------------------- */

static SsmtStream *
new_stream (const char *terms)
{
  g_autofree char *path =
      g_build_filename (g_getenv ("G_TEST_SRCDIR"), "..", "models", "en-pt", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = ssmt_model_load (path, "cpu", 1, &error);
  g_autoptr (SsmtGlossary) glossary = terms != NULL ? make (terms) : NULL;
  SsmtStreamParams params;
  SsmtStream *stream;

  g_assert_no_error (error);
  ssmt_stream_params_init (&params);
  params.context = SSMT_CONTEXT_NONE;
  stream = ssmt_stream_new (model, &params, &error);
  g_assert_no_error (error);
  ssmt_stream_set_glossary (stream, glossary);
  g_assert_true (ssmt_stream_get_glossary (stream) == glossary);
  return stream;
}

#define STREAM_TERMS \
  "ship\tembarca\xc3\xa7\xc3\xa3o\nharbor\tancoradouro\nNavy\tFor\xc3\xa7" "a Naval\nBlack Pearl\t*\nHold\t*\n" \
  "user account\tperfil de leitor\n"

/* What a translation has, in any order, and has not. */
static const struct {
  const char *text;
  const char *has[3], *not;
  gboolean is_mended;
} lines[] = {
  { "The ship is leaving the harbor at noon.", { "embarca\xc3\xa7\xc3\xa3o", "ancoradouro" }, "navio",
      TRUE },
  { "Our ships are big.", { "embarca\xc3\xa7\xc3\xb5" "es" }, "navios", TRUE },
  { "He saw the boats of the Navy.", { "For\xc3\xa7" "a Naval" }, "Marinha", TRUE },
  { "THE SHIP IS BIG.", { "EMBARCA\xc3\x87\xc3\x83O" }, "NAVIO", TRUE },
  { "I saw the Black Pearl yesterday.", { "Black Pearl" }, "P\xc3\xa9rola", FALSE },
  { "The house is small.", { "casa" }, NULL, FALSE },
};

static void
test_stream (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autoptr (SsmtStream) stream = new_stream (STREAM_TERMS);
  g_autoptr (SsmtTranslation) translation =
      ssmt_stream_translate (stream, lines[i].text, SSMT_TRANSLATE_NONE, NULL, NULL);
  const char *text = ssmt_translation_get_text (translation);

  g_test_message ("%s", text);
  for (guint j = 0; j < G_N_ELEMENTS (lines[i].has) && lines[i].has[j] != NULL; j++)
    g_assert_nonnull (strstr (text, lines[i].has[j]));
  if (lines[i].not != NULL)
    g_assert_null (strstr (text, lines[i].not));
  g_assert_cmpint (
      ssmt_translation_get_mended (translation) == SSMT_GUARD_FAULT_TERM, ==, lines[i].is_mended);
  g_assert_cmpint (ssmt_translation_get_copied (translation), ==, 0);
}

/* Another glossary holds from the next segment on; one that has none of the words changes nothing. */
static void
test_change (void)
{
  g_autoptr (SsmtStream) plain = new_stream (NULL), stream = new_stream ("word\tpalavra\n");
  g_autoptr (SsmtGlossary) other = make ("house\tmorada\n");
  const char *text = "The house is small.";
  g_autoptr (SsmtTranslation) first = ssmt_stream_translate (plain, text, 0, NULL, NULL);
  g_autoptr (SsmtTranslation) same = ssmt_stream_translate (stream, text, 0, NULL, NULL);
  g_autoptr (SsmtTranslation) changed = NULL, back = NULL;

  g_assert_cmpstr (ssmt_translation_get_text (same), ==, ssmt_translation_get_text (first));
  ssmt_stream_set_glossary (stream, other);
  changed = ssmt_stream_translate (stream, text, 0, NULL, NULL);
  g_assert_nonnull (strstr (ssmt_translation_get_text (changed), "morada"));
  ssmt_stream_set_glossary (stream, NULL);
  back = ssmt_stream_translate (stream, text, 0, NULL, NULL);
  g_assert_cmpstr (ssmt_translation_get_text (back), ==, ssmt_translation_get_text (first));
}

/* While a text grows what is not translated holds, of the glossary that it began with; its end has all. */
static void
test_growing (void)
{
  g_autoptr (SsmtStream) stream = new_stream (STREAM_TERMS);
  g_autoptr (SsmtTranslation) first = ssmt_stream_translate (
      stream, "The ship Black Pearl", SSMT_TRANSLATE_GROWING, NULL, NULL);
  g_autoptr (SsmtTranslation) last = NULL;

  g_assert_nonnull (strstr (ssmt_translation_get_text (first), "Black Pearl"));
  ssmt_stream_set_glossary (stream, NULL);
  last = ssmt_stream_translate (
      stream, "The ship Black Pearl is big.", SSMT_TRANSLATE_NONE, NULL, NULL);
  g_test_message ("%s", ssmt_translation_get_text (last));
  g_assert_nonnull (strstr (ssmt_translation_get_text (last), "embarca\xc3\xa7\xc3\xa3o"));
  g_assert_nonnull (strstr (ssmt_translation_get_text (last), "Black Pearl"));
}

static void
add_rows (const char *name, guint n, GTestDataFunc func)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("/glossary/%s/%u", name, i);

    g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("file", G_N_ELEMENTS (files), test_file);
  g_test_add_func ("/glossary/limits", test_limits);
  add_rows ("find", G_N_ELEMENTS (texts), test_find);
  g_test_add_func ("/glossary/find-otherwise", test_find_otherwise);
  add_rows ("lacking", G_N_ELEMENTS (translations), test_lacking);
  g_test_add_func ("/glossary/forms", test_forms);
  add_rows ("stream", G_N_ELEMENTS (lines), test_stream);
  g_test_add_func ("/glossary/change", test_change);
  g_test_add_func ("/glossary/growing", test_growing);
  return g_test_run ();
}
