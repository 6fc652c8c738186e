/* ssmtranslate: the tags that are known in a cue
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-tags.h"

#include <string.h>

/* A NULL pango name: known, contents are kept, the tag is not. */
static const struct {
  const char *name;
  const char *pango;
} known_tags[] = {
  { "b", "b" },
  { "big", "big" },
  { "c", NULL }, /* WebVTT from here: class, language, ruby, voice */
  { "font", "span" },
  { "i", "i" },
  { "lang", NULL },
  { "rt", NULL },
  { "ruby", NULL },
  { "s", "s" },
  { "small", "small" },
  { "span", "span" },
  { "sub", "sub" },
  { "sup", "sup" },
  { "tt", "tt" },
  { "u", "u" },
  { "v", NULL },
};

gint
cue_tags_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_tags); i++) {
    if (strcmp (known_tags[i].name, name) == 0)
      return i;
  }
  return -1;
}

static gboolean
is_color (const char *value)
{
  static const char *const names[] = { "aqua", "black", "blue", "cyan", "fuchsia", "gray", "green",
    "lime", "magenta", "maroon", "navy", "olive", "purple", "red", "silver", "teal", "white",
    "yellow", NULL };

  if (value[0] == '#') {
    gsize n = strspn (value + 1, "0123456789abcdefABCDEF");

    return value[1 + n] == '\0' && (n == 3 || n == 6);
  }
  return g_strv_contains (names, value);
}

static gboolean
is_style (const char *value)
{
  static const char *const names[] = { "normal", "oblique", "italic", NULL };

  return g_strv_contains (names, value);
}

static gboolean
is_weight (const char *value)
{
  static const char *const names[] = { "light", "normal", "bold", "ultrabold", "heavy", NULL };

  return g_strv_contains (names, value);
}

static gboolean
is_underline (const char *value)
{
  static const char *const names[] = { "none", "single", "double", "low", NULL };

  return g_strv_contains (names, value);
}

static gboolean
is_size (const char *value)
{
  static const char *const names[] = { "xx-small", "x-small", "small", "medium", "large", "x-large",
    "xx-large", "smaller", "larger", NULL };
  gsize n = strspn (value, "0123456789");

  return (n > 0 && n < 7 && value[n] == '\0') || g_strv_contains (names, value);
}

static gboolean
is_face (const char *value)
{
  return value[0] != '\0' && strpbrk (value, "<>&\"'") == NULL;
}

/* What pango takes for a value is checked, because one bad value makes it
 * refuse the whole cue. Attributes that are not here are dropped. */
static const struct {
  const char *tag, *name, *pango;
  gboolean (*is_valid) (const char *value);
} known_attributes[] = {
  { "font", "color", "foreground", is_color },
  { "font", "face", "face", is_face },
  { "span", "background", "background", is_color },
  { "span", "bgcolor", "background", is_color },
  { "span", "color", "foreground", is_color },
  { "span", "face", "face", is_face },
  { "span", "fgcolor", "foreground", is_color },
  { "span", "font_family", "face", is_face },
  { "span", "foreground", "foreground", is_color },
  { "span", "size", "size", is_size },
  { "span", "style", "style", is_style },
  { "span", "underline", "underline", is_underline },
  { "span", "weight", "weight", is_weight },
};

static void
append_attribute (GString *out, const char *tag, char *name, char *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (known_attributes); i++) {
    const char *pango = known_attributes[i].pango;
    g_autofree char *start = NULL;

    if (strcmp (known_attributes[i].tag, tag) != 0
        || g_ascii_strcasecmp (known_attributes[i].name, name) != 0)
      continue;
    start = g_strdup_printf (" %s=\"", pango);
    /* an attribute that comes twice is an error to pango */
    if (known_attributes[i].is_valid (value) && !strstr (out->str, start))
      g_string_append_printf (out, "%s%s\"", start, value);
    return;
  }
}

/* Appends to `out` what is fit to keep of the attributes in `text`. */
static void
append_attributes (GString *out, const char *tag, const char *text, gsize length)
{
  const char *p = text, *end = text + length;

  while (p < end) {
    const char *name, *value;
    gsize name_length;
    char quote = 0;

    while (p < end && (g_ascii_isspace (*p) || *p == '/'))
      p++;
    for (name = p; p < end && *p != '=' && !g_ascii_isspace (*p);)
      p++;
    name_length = p - name;
    while (p < end && g_ascii_isspace (*p))
      p++;
    if (p == end || *p != '=')
      continue;
    for (p++; p < end && g_ascii_isspace (*p);)
      p++;
    if (p < end && (*p == '"' || *p == '\''))
      quote = *p++;
    for (value = p; p < end;) {
      if (quote ? *p == quote : g_ascii_isspace (*p))
        break;
      p++;
    }
    if (name_length > 0) {
      g_autofree char *n = g_strndup (name, name_length);
      g_autofree char *v = g_strndup (value, p - value);

      append_attribute (out, tag, n, v);
    }
    if (quote && p < end)
      p++;
  }
}

gboolean
cue_tags_is_pango (guint tag)
{
  return known_tags[tag].pango != NULL;
}

gboolean
cue_tags_has_attributes (guint tag)
{
  return g_strcmp0 (known_tags[tag].pango, "span") == 0;
}

char *
cue_tags_to_pango (guint tag, const char *attributes, gsize length)
{
  GString *out;
  gsize bare;

  if (!cue_tags_is_pango (tag))
    return NULL;
  out = g_string_new ("<");
  g_string_append (out, known_tags[tag].pango);
  bare = out->len;
  if (cue_tags_has_attributes (tag)) {
    append_attributes (out, known_tags[tag].name, attributes, length);
    if (out->len == bare) {
      g_string_free (out, TRUE);
      return NULL;
    }
  }
  g_string_append_c (out, '>');
  return g_string_free (out, FALSE);
}
