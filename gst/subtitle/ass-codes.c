/* ssm-subtitle: override codes of ASS
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codes are those of http://www.tcax.org/docs/ass-specs.htm and of libass, ass_parse.c.
 */
#include "ass-codes.h"

#include <string.h>

typedef enum {
  KIND_STYLE,    /* of the words that follow; without a value it is the style's own again */
  KIND_LINE,     /* of the whole cue */
  KIND_SYLLABLE, /* times of karaoke */
} Kind;

/* Of two names with the same beginning the longer one is first. */
static const struct {
  const char *name;
  Kind kind;
} codes[] = {
  { "alpha", KIND_STYLE },
  { "an", KIND_LINE },
  { "a", KIND_LINE },
  { "be", KIND_STYLE },
  { "blur", KIND_STYLE },
  { "bord", KIND_STYLE },
  { "b", KIND_STYLE },
  { "clip", KIND_LINE },
  { "c", KIND_STYLE },
  { "fade", KIND_LINE },
  { "fad", KIND_LINE },
  { "fax", KIND_STYLE },
  { "fay", KIND_STYLE },
  { "fe", KIND_STYLE },
  { "fn", KIND_STYLE },
  { "frx", KIND_STYLE },
  { "fry", KIND_STYLE },
  { "frz", KIND_STYLE },
  { "fr", KIND_STYLE },
  { "fscx", KIND_STYLE },
  { "fscy", KIND_STYLE },
  { "fsc", KIND_STYLE },
  { "fsp", KIND_STYLE },
  { "fs", KIND_STYLE },
  { "iclip", KIND_LINE },
  { "i", KIND_STYLE },
  { "kf", KIND_SYLLABLE },
  { "ko", KIND_SYLLABLE },
  { "kt", KIND_SYLLABLE },
  { "k", KIND_SYLLABLE },
  { "K", KIND_SYLLABLE },
  { "move", KIND_LINE },
  { "org", KIND_LINE },
  { "pbo", KIND_STYLE },
  { "pos", KIND_LINE },
  { "p", KIND_STYLE },
  { "q", KIND_LINE },
  { "r", KIND_STYLE },
  { "shad", KIND_STYLE },
  { "s", KIND_STYLE },
  { "t", KIND_LINE },
  { "u", KIND_STYLE },
  { "xbord", KIND_STYLE },
  { "xshad", KIND_STYLE },
  { "ybord", KIND_STYLE },
  { "yshad", KIND_STYLE },
  { "1a", KIND_STYLE },
  { "1c", KIND_STYLE },
  { "2a", KIND_STYLE },
  { "2c", KIND_STYLE },
  { "3a", KIND_STYLE },
  { "3c", KIND_STYLE },
  { "4a", KIND_STYLE },
  { "4c", KIND_STYLE },
};

AssState *
ass_state_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

AssState *
ass_state_copy (const AssState *state)
{
  AssState *copy = ass_state_new ();

  for (guint i = 0; i < state->len; i++)
    g_ptr_array_add (copy, g_strdup (state->pdata[i]));
  return copy;
}

char *
ass_state_key (const AssState *state)
{
  GString *key = g_string_new (NULL);

  for (guint i = 0; i < state->len; i++)
    g_string_append (key, state->pdata[i]);
  return g_string_free (key, FALSE);
}

/* Number of the name that a code (behind its backslash) begins with; -1: none is known. */
static gint
find_code (const char *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (g_str_has_prefix (code, codes[i].name))
      return i;
  }
  return -1;
}

/* Bytes of the name, with the backslash: what two codes for one thing have in common. */
static gsize
name_length (const char *code)
{
  gint found = find_code (code + 1);

  return 1 + (found < 0 ? strlen (code + 1) : strlen (codes[found].name));
}

static gint
find_name (const AssState *state, const char *code)
{
  gsize n = name_length (code);

  for (guint i = 0; i < state->len; i++) {
    const char *other = state->pdata[i];

    if (name_length (other) == n && strncmp (other, code, n) == 0)
      return i;
  }
  return -1;
}

static void
apply_code (AssState *state, const char *code, gsize length, GString *line)
{
  g_autofree char *copy = g_strndup (code, length);
  gint kind = find_code (copy + 1), known;

  if (kind < 0 || codes[kind].kind == KIND_LINE) {
    g_string_append (line, copy);
    return;
  }
  if (codes[kind].kind == KIND_SYLLABLE)
    return;
  if (strcmp (codes[kind].name, "r") == 0)
    g_ptr_array_set_size (state, 0);
  known = find_name (state, copy);
  if (known >= 0)
    g_ptr_array_remove_index (state, known);
  g_ptr_array_add (state, g_steal_pointer (&copy));
}

void
ass_codes_apply (const char *block, gsize length, AssState *state, GString *line)
{
  const char *end = block + length, *p = memchr (block, '\\', length);
  gsize line_start = line->len;

  while (p && p < end) {
    const char *q = p + 1;
    guint depth = 0;

    /* "\t(0,500,\fs40)" is one code */
    for (; q < end && (*q != '\\' || depth > 0); q++) {
      if (*q == '(')
        depth++;
      else if (*q == ')' && depth > 0)
        depth--;
    }
    apply_code (state, p, q - p, line);
    p = q;
  }
  if (line->len > line_start) {
    g_string_insert_c (line, line_start, '{');
    g_string_append_c (line, '}');
  }
}

gboolean
ass_state_draws (const AssState *state)
{
  gint i = find_name (state, "\\p");

  return i >= 0 && g_ascii_strtoll ((const char *) state->pdata[i] + 2, NULL, 10) > 0;
}

static gboolean
has_code (const AssState *state, const char *code)
{
  gint i = find_name (state, code);

  return i >= 0 && strcmp (state->pdata[i], code) == 0;
}

void
ass_state_write_change (const AssState *from, const AssState *to, GString *out)
{
  static const AssState nothing = { NULL, 0 };
  gint from_reset = find_name (from, "\\r"), to_reset = find_name (to, "\\r");
  gsize start = out->len;

  if (from_reset >= 0 && (to_reset < 0 || !has_code (from, to->pdata[to_reset]))) {
    /* away from another style: all begins with the cue's own, or with a third one */
    if (to_reset < 0)
      g_string_append (out, "\\r");
    from = &nothing;
  } else if (to_reset >= 0 && from_reset < 0) {
    from = &nothing;
  }
  for (guint i = 0; i < from->len; i++) {
    if (find_name (to, from->pdata[i]) < 0)
      g_string_append_len (out, from->pdata[i], name_length (from->pdata[i]));
  }
  for (guint i = 0; i < to->len; i++) {
    if (!has_code (from, to->pdata[i]))
      g_string_append (out, to->pdata[i]);
  }
  if (out->len > start) {
    g_string_insert_c (out, start, '{');
    g_string_append_c (out, '}');
  }
}
