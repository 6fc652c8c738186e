/* ssmtranslate: tokens that say what language a model is to write
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/language-tags.h"

#include <string.h>

#include <unicode/uloc.h>

#define BEGIN ">>"
#define END "<<"
#define MAX_CODE 32

GStrv
ssmt_language_tags_list (const SsmtTokenizer *tokenizer)
{
  g_autoptr (GStrvBuilder) tags = g_strv_builder_new ();
  gboolean found = FALSE;

  for (guint32 id = 0; id < ssmt_tokenizer_get_size (tokenizer); id++) {
    const char *piece = ssmt_tokenizer_get_named_piece (tokenizer, id);
    g_autofree char *code = NULL;

    if (piece == NULL || !g_str_has_prefix (piece, BEGIN) || !g_str_has_suffix (piece, END)
        || strlen (piece) <= strlen (BEGIN END) || strlen (piece) > MAX_CODE)
      continue;
    code = g_strndup (piece + strlen (BEGIN), strlen (piece) - strlen (BEGIN END));
    g_strv_builder_add (tags, code);
    found = TRUE;
  }
  return found ? g_strv_builder_end (tags) : NULL;
}

/* --- matching ----------------------------------------------------------- */

/* "pt_br", in lower case; the language alone by three letters. */
static char *
dup_plain (const char *code)
{
  char *plain = g_ascii_strdown (code, -1);

  return g_strdelimit (plain, "-", '_');
}

static char *
dup_language (const char *code)
{
  g_autofree char *plain = dup_plain (code);
  const char *three;

  plain[strcspn (plain, "_")] = '\0';
  three = uloc_getISO3Language (plain);
  return g_strdup (three != NULL && *three != '\0' ? three : plain);
}

const char *
ssmt_language_tags_match (const char *const *tags, const char *language)
{
  g_autofree char *plain = dup_plain (language), *asked = dup_language (language);
  const char *same = NULL;
  gboolean is_plain = FALSE;

  for (guint i = 0; tags[i] != NULL; i++) {
    g_autofree char *tag = dup_plain (tags[i]), *code = dup_language (tags[i]);

    if (g_str_equal (tag, plain))
      return tags[i];
    if (!g_str_equal (code, asked) || is_plain)
      continue;
    is_plain = strchr (tag, '_') == NULL;
    if (same == NULL || is_plain)
      same = tags[i];
  }
  return same;
}

/* --- the template ------------------------------------------------------- */

static SsmtPart *
part (SsmtPartKind kind, gint32 id, char *text)
{
  SsmtPart *made = g_new (SsmtPart, 1);

  *made = (SsmtPart){ kind, id, text };
  return made;
}

static void
part_free (gpointer data)
{
  g_free (((SsmtPart *) data)->text);
  g_free (data);
}

SsmtTemplate *
ssmt_language_tags_make_template (const SsmtTextConfig *config, const SsmtTokenizer *source,
    const SsmtTokenizer *target, const char *tag, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (part_free);
  SsmtTextConfig own = *config;

  g_ptr_array_add (parts, part (SSMT_PART_PIECE, -1, g_strconcat (BEGIN, tag, END, NULL)));
  g_ptr_array_add (parts, part (SSMT_PART_SOURCE, -1, NULL));
  if (config->source_end >= 0)
    g_ptr_array_add (parts, part (SSMT_PART_ID, config->source_end, NULL));
  own.source_parts = parts;
  return ssmt_template_new (&own, source, target, error);
}
