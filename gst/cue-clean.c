/* ssmtranslate: whether the text of a cue may go out as it came in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-markup.h"
#include "cue-tags.h"

#include <string.h>

/* A tag with all of its attributes, as cue_tags_to_pango() writes it, is one that pango takes. */
static void
start_element (GMarkupParseContext *context, const char *name, const char **names,
    const char **values, gpointer data, GError **error)
{
  g_autoptr (GString) attributes = g_string_new (NULL);
  g_autofree char *tag = NULL, *pango = NULL;
  gint known = cue_tags_find (name);
  gboolean *has_root = data;

  if (!*has_root) {
    *has_root = TRUE; /* it is around the text, and not of it */
    return;
  }
  for (guint i = 0; names[i]; i++)
    g_string_append_printf (attributes, " %s=\"%s\"", names[i], values[i]);
  tag = g_strdup_printf ("<%s%s>", name, attributes->str);
  if (known >= 0)
    pango = cue_tags_to_pango (known, attributes->str, attributes->len);
  if (g_strcmp0 (tag, pango) != 0)
    g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "%s is not pango's", tag);
}

/* What is no element and no text is left to pango, who does not expect it either. */
static void
passthrough (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  g_set_error_literal (error, G_MARKUP_ERROR, G_MARKUP_ERROR_UNKNOWN_ELEMENT, "a comment");
}

static gboolean
is_pango (const char *text)
{
  static const GMarkupParser parser = { .start_element = start_element,
    .passthrough = passthrough };
  gboolean has_root = FALSE;
  g_autoptr (GMarkupParseContext) context =
      g_markup_parse_context_new (&parser, 0, &has_root, NULL);

  return g_markup_parse_context_parse (context, "<markup>", -1, NULL)
      && g_markup_parse_context_parse (context, text, -1, NULL)
      && g_markup_parse_context_parse (context, "</markup>", -1, NULL)
      && g_markup_parse_context_end_parse (context, NULL);
}

gboolean
cue_text_is_clean (const char *text, CueFormat format)
{
  for (const char *p = text; *p; p++) {
    if ((guchar) *p < 0x20 && !strchr ("\n\r\t", *p))
      return FALSE;
  }
  /* in plain text a parser may have left tags and entities behind */
  return format == CUE_FORMAT_PANGO ? is_pango (text) : strpbrk (text, "<&") == NULL;
}
