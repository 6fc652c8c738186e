/* ssmtranslate: what a word, a letter and a sentence of a text is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-text.h"

#include <string.h>

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/uloc.h>
#include <unicode/utext.h>

/* --- characters, words ----------------------------------------------------- */

gboolean
ssmt_text_is_space (gunichar c)
{
  return g_unichar_isspace (c) || g_unichar_iscntrl (c);
}

gboolean
ssmt_text_has_letter (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p)) {
    if (g_unichar_isalpha (g_utf8_get_char (p)))
      return TRUE;
  }
  return FALSE;
}

gboolean
ssmt_text_next_word (const char *text, SsmtRange *word)
{
  const char *p = text + word->end;

  while (*p != '\0' && ssmt_text_is_space (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  word->start = p - text;
  while (*p != '\0' && !ssmt_text_is_space (g_utf8_get_char (p)))
    p = g_utf8_next_char (p);
  word->end = p - text;
  return word->end > word->start;
}

guint
ssmt_text_count_words (const char *text)
{
  SsmtRange word = { 0, 0 };
  guint n = 0;

  while (ssmt_text_next_word (text, &word))
    n++;
  return n;
}

gboolean
ssmt_text_is_sentence_end (gunichar c)
{
  static const gunichar ends[] = { '.', '!', '?', 0x2026, 0x3002, 0xff01, 0xff1f };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    if (c == ends[i])
      return TRUE;
  }
  return FALSE;
}

/* --- what is seen ------------------------------------------------------------ */

static guint
add_column (guint width, gunichar c)
{
  /* U+FE0F makes a sign an emoji */
  if (g_unichar_iswide (c) || c == 0xfe0f || u_hasBinaryProperty (c, UCHAR_REGIONAL_INDICATOR))
    return 2;
  return g_unichar_iszerowidth (c) || g_unichar_iscntrl (c) ? width : MAX (width, 1);
}

/* Of each grapheme cluster. */
static void
count (const char *text, guint *characters, guint *columns)
{
  gsize length = strlen (text), start = 0;
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  UBreakIterator *breaks = ubrk_open (UBRK_CHARACTER, "", NULL, 0, &status);

  utext_openUTF8 (&utext, text, length, &status);
  if (U_SUCCESS (status))
    ubrk_setUText (breaks, &utext, &status);
  while (start < length) {
    int32_t next = U_SUCCESS (status) ? ubrk_following (breaks, start) : UBRK_DONE;
    const char *p = text + start;
    guint width = 0;

    start = next == UBRK_DONE ? (gsize) (g_utf8_next_char (p) - text) : (gsize) next;
    *characters += *p != '\n' && *p != '\r';
    for (; p < text + start; p = g_utf8_next_char (p))
      width = add_column (width, g_utf8_get_char (p));
    *columns += width;
  }
  utext_close (&utext);
  if (breaks != NULL)
    ubrk_close (breaks);
}

guint
ssmt_text_count_characters (const char *text)
{
  guint characters = 0, columns = 0;

  count (text, &characters, &columns);
  return characters;
}

guint
ssmt_text_count_columns (const char *text)
{
  guint characters = 0, columns = 0;

  count (text, &characters, &columns);
  return columns;
}

/* --- sentences --------------------------------------------------------------- */

struct _SsmtSentences {
  char *language;
  UBreakIterator *breaks; /* NULL: there is no data at all */
};

G_DEFINE_BOXED_TYPE (SsmtSentences, ssmt_sentences, ssmt_sentences_copy, ssmt_sentences_free)

SsmtSentences *
ssmt_sentences_new (const char *language)
{
  SsmtSentences *self = g_new0 (SsmtSentences, 1);
  char locale[ULOC_FULLNAME_CAPACITY] = "";
  g_autofree char *name = NULL;
  UErrorCode status = U_ZERO_ERROR;

  self->language = g_strdup (language);
  uloc_forLanguageTag (language != NULL ? language : "", locale, sizeof locale, NULL, &status);
  if (U_FAILURE (status))
    locale[0] = '\0';
  status = U_ZERO_ERROR;
  name = g_strconcat (locale, "@ss=standard", NULL);
  self->breaks = ubrk_open (UBRK_SENTENCE, name, NULL, 0, &status);
  if (U_FAILURE (status)) {
    status = U_ZERO_ERROR;
    self->breaks = ubrk_open (UBRK_SENTENCE, "", NULL, 0, &status);
    if (U_FAILURE (status))
      self->breaks = NULL;
  }
  return self;
}

SsmtSentences *
ssmt_sentences_copy (const SsmtSentences *self)
{
  return ssmt_sentences_new (self->language);
}

void
ssmt_sentences_free (SsmtSentences *self)
{
  if (self == NULL)
    return;
  if (self->breaks != NULL)
    ubrk_close (self->breaks);
  g_free (self->language);
  g_free (self);
}

/* The places where sentences end, the text's end the last one: of gsize. */
static GArray *
find_ends (SsmtSentences *self, const char *text, gsize length)
{
  GArray *ends = g_array_new (FALSE, FALSE, sizeof (gsize));
  UErrorCode status = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;

  if (self->breaks != NULL) {
    utext_openUTF8 (&utext, text, length, &status);
    if (U_SUCCESS (status))
      ubrk_setUText (self->breaks, &utext, &status);
    if (U_SUCCESS (status)) {
      ubrk_first (self->breaks);
      for (int32_t next; (next = ubrk_next (self->breaks)) != UBRK_DONE;) {
        gsize end = next;

        if (end < length)
          g_array_append_val (ends, end);
      }
    }
    utext_close (&utext);
  }
  if (length > 0)
    g_array_append_val (ends, length);
  return ends;
}

static gboolean
range_has_letter (const char *text, gsize start, gsize end)
{
  g_autofree char *part = g_strndup (text + start, end - start);

  return ssmt_text_has_letter (part);
}

SsmtRange *
ssmt_sentences_find (SsmtSentences *self, const char *text, guint *n)
{
  g_autoptr (GArray) ends = find_ends (self, text, strlen (text));
  SsmtRange *sentences = g_new (SsmtRange, ends->len + 1);
  gsize start = 0;

  *n = 0;
  for (guint i = 0; i < ends->len; i++) {
    gsize end = g_array_index (ends, gsize, i);

    if (*n == 0 || range_has_letter (text, start, end))
      sentences[(*n)++] = (SsmtRange){ start, end };
    else
      sentences[*n - 1].end = end;
    start = end;
  }
  return sentences;
}

gboolean
ssmt_sentences_ends (SsmtSentences *self, const char *text)
{
  /* does a sentence end where another one begins? */
  g_autofree char *followed = g_strconcat (text, " Aa", NULL);
  gsize length = strlen (followed);
  g_autoptr (GArray) ends = find_ends (self, followed, length);

  for (guint i = 0; i < ends->len; i++) {
    if (g_array_index (ends, gsize, i) == length - 2)
      return TRUE;
  }
  return FALSE;
}
