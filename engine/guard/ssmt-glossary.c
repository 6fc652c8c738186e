/* ssmtranslate: terms and how they are to be translated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-glossary.h"

#include <string.h>

#include "engine/files/file.h"
#include "engine/files/hash.h"
#include "engine/files/printable.h"
#include "engine/guard/term-units.h"
#include "engine/guard/terms.h"
#include "engine/tokens/pieces.h"

#define MAX_FILE_BYTES ((gsize) 64 << 20)
#define MAX_PHRASE 200 /* bytes; what is longer is no term */

struct _SsmtGlossary {
  gatomicrefcount refs;
  GPtrArray *terms;     /* of SsmtTerm, in the order of their lines */
  GHashTable *by_first; /* of folded first unit to GPtrArray of SsmtTerm */
};

G_DEFINE_BOXED_TYPE (SsmtGlossary, ssmt_glossary, ssmt_glossary_ref, ssmt_glossary_unref)

/* --- life --------------------------------------------------------------------- */

static void
free_term (gpointer data)
{
  SsmtTerm *term = data;

  g_free (term->source);
  g_free (term->target);
  g_clear_pointer (&term->units, g_array_unref);
  g_clear_pointer (&term->target_units, g_array_unref);
  g_free (term);
}

static SsmtGlossary *
new_empty (void)
{
  SsmtGlossary *self = g_new0 (SsmtGlossary, 1);

  g_atomic_ref_count_init (&self->refs);
  self->terms = g_ptr_array_new_with_free_func (free_term);
  self->by_first =
      g_hash_table_new_full (ssmt_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
  return self;
}

SsmtGlossary *
ssmt_glossary_ref (SsmtGlossary *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
ssmt_glossary_unref (SsmtGlossary *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->by_first);
  g_ptr_array_unref (self->terms);
  g_free (self);
}

guint
ssmt_glossary_get_n_terms (SsmtGlossary *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->terms->len;
}

/* --- terms -------------------------------------------------------------------- */

static gboolean
has_capitals (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_isupper (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

/* The longest first, one that wants capitals before one that does not, the last line before others. */
static int
compare_terms (gconstpointer a, gconstpointer b)
{
  const SsmtTerm *x = *(const SsmtTerm *const *) a, *y = *(const SsmtTerm *const *) b;

  if (x->units->len != y->units->len)
    return x->units->len > y->units->len ? -1 : 1;
  if (x->has_capitals != y->has_capitals)
    return x->has_capitals ? -1 : 1;
  return x->line > y->line ? -1 : x->line < y->line;
}

static void
index_term (SsmtGlossary *self, SsmtTerm *term)
{
  const char *first = g_array_index (term->units, SsmtTermUnit, 0).folded;
  GPtrArray *terms = g_hash_table_lookup (self->by_first, first);

  if (terms == NULL) {
    terms = g_ptr_array_new ();
    g_hash_table_insert (self->by_first, (char *) first, terms);
  }
  g_ptr_array_add (terms, term);
}

static void
sort_terms (SsmtGlossary *self)
{
  GHashTableIter iter;
  gpointer terms;

  g_hash_table_iter_init (&iter, self->by_first);
  while (g_hash_table_iter_next (&iter, NULL, &terms))
    g_ptr_array_sort (terms, compare_terms);
}

const GPtrArray *
ssmt_glossary_look_up (const SsmtGlossary *self, const char *word)
{
  return g_hash_table_lookup (self->by_first, word);
}

/* --- lines -------------------------------------------------------------------- */

/* What is wrong with the line; NULL: nothing. */
static const char *
find_fault (const char *source, const char *target)
{
  if (target == NULL)
    return "a term is the source, a tab and the target (\"*\": not translated)";
  if (*source == '\0')
    return "there is nothing before the tab";
  if (*target == '\0')
    return "there is nothing after the tab; \"*\" is for what is not translated";
  if (strlen (source) > MAX_PHRASE || strlen (target) > MAX_PHRASE)
    return "a term has at most " G_STRINGIFY (MAX_PHRASE) " bytes on each side";
  return NULL;
}

static SsmtTerm *
new_term (const char *source, const char *target, guint line)
{
  SsmtTerm *term = g_new0 (SsmtTerm, 1);

  *term = (SsmtTerm){ .source = g_strdup (source),
    .units = ssmt_term_units_find (source),
    .has_capitals = has_capitals (source),
    .line = line };
  if (strcmp (target, "*") != 0) {
    term->target = g_strdup (target);
    term->target_units = ssmt_term_units_find (target);
  }
  return term;
}

static gboolean
read_line (SsmtGlossary *self, char *line, guint number, GError **error)
{
  g_auto (GStrv) parts = NULL;
  const char *fault;

  if (line[strspn (line, " \t\r")] == '\0' || *line == '#')
    return TRUE;
  parts = g_strsplit (line, "\t", 3);
  for (guint i = 0; i < 2 && parts[i] != NULL; i++) {
    char *plain = ssmt_text_normalize (parts[i]);

    g_free (parts[i]);
    parts[i] = plain;
  }
  fault = find_fault (parts[0], parts[1]);
  if (fault == NULL && self->terms->len == SSMT_GLOSSARY_MAX_TERMS)
    fault = "a glossary has at most " G_STRINGIFY (SSMT_GLOSSARY_MAX_TERMS) " terms";
  if (fault != NULL) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "line %u: %s", number, fault);
    return FALSE;
  }
  g_ptr_array_add (self->terms, new_term (parts[0], parts[1], number));
  index_term (self, self->terms->pdata[self->terms->len - 1]);
  return TRUE;
}

/* The number of the line where byte `at` is. */
static guint
count_lines (const char *text, gsize at)
{
  guint n = 1;

  for (gsize i = 0; i < at; i++)
    n += text[i] == '\n';
  return n;
}

SsmtGlossary *
ssmt_glossary_new_from_text (const char *text, gsize length, GError **error)
{
  g_autoptr (SsmtGlossary) self = NULL;
  const char *bad, *at, *end;
  guint number = 1;

  g_return_val_if_fail (text != NULL || length == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = new_empty ();
  if (text == NULL)
    text = "";
  end = text + length;
  if (!g_utf8_validate_len (text, length, &bad)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID, "line %u: not valid UTF-8",
        count_lines (text, bad - text));
    return NULL;
  }
  at = length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
  for (; at < end; number++) {
    const char *stop = memchr (at, '\n', end - at);
    g_autofree char *line = g_strndup (at, (stop != NULL ? stop : end) - at);

    if (!read_line (self, line, number, error))
      return NULL;
    at = stop != NULL ? stop + 1 : end;
  }
  sort_terms (self);
  return g_steal_pointer (&self);
}

SsmtGlossary *
ssmt_glossary_new_from_file (const char *path, GError **error)
{
  g_autofree char *shown = NULL;
  g_autoptr (GBytes) file = NULL;
  SsmtGlossary *self;
  const char *text;
  gsize length;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  file = ssmt_file_load (path, MAX_FILE_BYTES, error);
  if (file == NULL)
    return NULL;
  shown = g_filename_display_name (path);
  text = ssmt_file_get_text (file, &length);
  self = ssmt_glossary_new_from_text (text, length, error);
  if (self == NULL)
    g_prefix_error (error, "%s: ", shown);
  ssmt_error_make_printable (error);
  return self;
}
