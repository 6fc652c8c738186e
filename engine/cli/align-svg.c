/* ssmt align: the matrix as a drawing
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/align-svg.h"

#include <string.h>

#define CELL 26
#define CHAR 9 /* about the width of a character of 14 pixels */
#define MARGIN 12

static GPtrArray *
dup_words (const char *text, const SsmtRange *ranges, guint n)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (
        words, g_markup_escape_text (text + ranges[i].start, ranges[i].end - ranges[i].start));
  return words;
}

static guint
longest (const GPtrArray *words)
{
  glong most = 0;

  for (guint i = 0; i < words->len; i++)
    most = MAX (most, g_utf8_strlen (words->pdata[i], -1));
  return most;
}

static void
add_cells (GString *svg, const SsmtAlignment *a, guint left, guint top)
{
  for (guint i = 0; i < a->n_target; i++) {
    for (guint j = 0; j < a->n_source; j++) {
      char opacity[G_ASCII_DTOSTR_BUF_SIZE];

      g_ascii_formatd (opacity, sizeof opacity, "%.3f", a->scores[(gsize) i * a->n_source + j]);
      g_string_append_printf (svg,
          "<rect x=\"%u\" y=\"%u\" width=\"%d\" "
          "height=\"%d\" fill=\"#1a5fb4\" fill-opacity=\"%s\" stroke=\"%s\"/>\n",
          left + j * CELL, top + i * CELL, CELL - 2, CELL - 2, opacity,
          a->source_word[i] == (gint) j ? "#c01c28" : "#deddda");
    }
  }
}

char *
align_svg (const char *source, const char *target, const SsmtAlignment *alignment)
{
  g_autoptr (GPtrArray) columns = dup_words (source, alignment->source, alignment->n_source);
  g_autoptr (GPtrArray) rows = dup_words (target, alignment->target, alignment->n_target);
  guint left = MARGIN + longest (rows) * CHAR + 6;
  guint top = MARGIN + longest (columns) * CHAR + 6;
  guint width = left + alignment->n_source * CELL + MARGIN;
  guint height = top + alignment->n_target * CELL + MARGIN;
  GString *svg = g_string_new (NULL);

  g_string_append_printf (svg,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" "
      "width=\"%u\" height=\"%u\" font-family=\"sans-serif\" "
      "font-size=\"14\">\n<rect width=\"100%%\" height=\"100%%\" "
      "fill=\"white\"/>\n",
      width, height);
  for (guint j = 0; j < columns->len && j < alignment->n_source; j++)
    g_string_append_printf (svg,
        "<text transform=\"translate(%u %u) "
        "rotate(-90)\">%s</text>\n",
        left + j * CELL + CELL / 2 + 4, top - 6, (char *) columns->pdata[j]);
  for (guint i = 0; i < rows->len && i < alignment->n_target; i++)
    g_string_append_printf (svg,
        "<text x=\"%u\" y=\"%u\" "
        "text-anchor=\"end\">%s</text>\n",
        left - 6, top + i * CELL + CELL / 2 + 4, (char *) rows->pdata[i]);
  add_cells (svg, alignment, left, top);
  g_string_append (svg, "</svg>\n");
  return g_string_free (svg, FALSE);
}
