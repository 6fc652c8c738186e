/* ssmtranslate: what the steps of a tokenizer.json have in common
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#define MAX_STEPS 256

/* --- parts of a text ---------------------------------------------------- */

void
ssmt_bpe_text_init (SsmtBpeText *text)
{
  text->text = g_string_new (NULL);
  text->parts = g_array_new (FALSE, FALSE, sizeof (SsmtBpePart));
}

void
ssmt_bpe_text_clear (SsmtBpeText *text)
{
  g_string_free (text->text, TRUE);
  g_array_unref (text->parts);
}

void
ssmt_bpe_text_add (SsmtBpeText *text, const char *part, gsize length, gint32 id, gboolean first)
{
  SsmtBpePart added = { text->text->len, length, id, first };

  if (length == 0)
    return;
  g_string_append_len (text->text, part, (gssize) length);
  g_array_append_val (text->parts, added);
}

/* --- reading steps ------------------------------------------------------ */

gboolean
ssmt_bpe_unsupported (
    const SsmtJson *json, const char *what, const char *type, const char *known, GError **error)
{
  return ssmt_json_fail (error, SSMT_ERROR_UNSUPPORTED, json->where,
      "%s \"%s\" is not supported, only %s are", what, type, known);
}

/* The parser has its own limit for how deep this goes. */
static gboolean
parse_node (JsonNode *node, const char *where, const char *list, SsmtBpeParse parse,
    GPtrArray *steps, GError **error)
{
  SsmtJson json = { NULL, where };
  const char *type;
  JsonArray *inner;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return ssmt_json_fail (error, SSMT_ERROR_INVALID, where, "must be an object or null");
  json.object = json_node_get_object (node);
  if (!ssmt_json_get_string (&json, "type", &type, error))
    return FALSE;
  if (steps->len > MAX_STEPS)
    return ssmt_json_fail (
        error, SSMT_ERROR_UNSUPPORTED, where, "has more than %d steps", MAX_STEPS);
  if (strcmp (type, "Sequence") != 0)
    return parse (&json, type, steps, error);

  if (!ssmt_json_get_array (&json, list, &inner, error))
    return FALSE;
  for (guint i = 0; i < json_array_get_length (inner); i++) {
    g_autofree char *place = g_strdup_printf ("%s[%u]", where, i);

    if (!parse_node (json_array_get_element (inner, i), place, list, parse, steps, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
ssmt_bpe_parse_steps (const SsmtJson *top, const char *key, const char *list, SsmtBpeParse parse,
    GPtrArray *steps, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: %s", top->where, key);
  JsonNode *node = json_object_get_member (top->object, key);

  return !node || JSON_NODE_HOLDS_NULL (node)
      || parse_node (node, where, list, parse, steps, error);
}

gboolean
ssmt_bpe_get_flag (
    const SsmtJson *json, const char *key, gboolean fallback, gboolean *value, GError **error)
{
  JsonNode *node = json_object_get_member (json->object, key);

  *value = fallback;
  return !node || JSON_NODE_HOLDS_NULL (node) || ssmt_json_get_boolean (json, key, value, error);
}

gboolean
ssmt_bpe_get_char (const SsmtJson *json, const char *key, gunichar *value, GError **error)
{
  const char *text;

  if (!ssmt_json_get_string (json, key, &text, error))
    return FALSE;
  if (!g_utf8_validate (text, -1, NULL) || g_utf8_strlen (text, -1) != 1)
    return ssmt_json_wanted (json, key, "one character", error);
  *value = g_utf8_get_char (text);
  return TRUE;
}

gboolean
ssmt_bpe_get_prepend (const SsmtJson *json, SsmtPrepend *prepend, GError **error)
{
  static const char *const names[] = { "always", "first", "never" };
  const char *scheme = "always";
  gboolean add;

  if (!ssmt_bpe_get_flag (json, "add_prefix_space", TRUE, &add, error)
      || (ssmt_json_has (json, "prepend_scheme")
          && !ssmt_json_get_string (json, "prepend_scheme", &scheme, error)))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (strcmp (scheme, names[i]) != 0)
      continue;
    *prepend = (SsmtPrepend) i;
    if (add || *prepend == SSMT_PREPEND_NEVER)
      return TRUE;
    if (ssmt_json_has (json, "prepend_scheme"))
      return ssmt_json_fail (error, SSMT_ERROR_INVALID, json->where,
          "\"add_prefix_space\" is false, but \"prepend_scheme\" is \"%s\"", scheme);
    *prepend = SSMT_PREPEND_NEVER;
    return TRUE;
  }
  return ssmt_json_wanted (json, "prepend_scheme", "\"always\", \"first\" or \"never\"", error);
}

/* --- bytes as characters ------------------------------------------------ */

/* Bytes that are printable characters in Latin-1 stand for themselves, the
 * others are counted from U+0100 on. */
static gboolean
is_printable (int byte)
{
  return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

gunichar
ssmt_byte_to_char (guint8 byte)
{
  if (is_printable (byte))
    return byte;
  if (byte <= 0x20)
    return 0x100u + byte;
  return byte == 0xad ? 0x143 : 0x121u + (byte - 0x7fu);
}

int
ssmt_byte_of_char (gunichar c)
{
  if (c < 0x100)
    return is_printable ((int) c) ? (int) c : -1;
  if (c <= 0x120)
    return (int) (c - 0x100);
  if (c <= 0x142)
    return (int) (c - 0x121 + 0x7f);
  return c == 0x143 ? 0xad : -1;
}

/* How many of the bytes begin a character; *whole says whether they are one
 * [Unicode 3.9, table 3-7]. */
static gsize
sequence (const guint8 *p, gsize n, gboolean *whole)
{
  guint8 low = 0x80, high = 0xbf;
  gsize want = p[0] < 0x80 ? 1
      : p[0] < 0xc2        ? 0
      : p[0] < 0xe0        ? 2
      : p[0] < 0xf0        ? 3
      : p[0] < 0xf5        ? 4
                           : 0;

  *whole = FALSE;
  if (want == 0 || p[0] == 0)
    return 1;
  if (p[0] == 0xe0)
    low = 0xa0;
  else if (p[0] == 0xed)
    high = 0x9f;
  else if (p[0] == 0xf0)
    low = 0x90;
  else if (p[0] == 0xf4)
    high = 0x8f;
  for (gsize i = 1; i < want; i++) {
    if (i == n || p[i] < low || p[i] > high)
      return i;
    low = 0x80;
    high = 0xbf;
  }
  *whole = TRUE;
  return want;
}

void
ssmt_utf8_append_lossy (GString *out, const char *bytes, gsize length)
{
  const guint8 *p = (const guint8 *) bytes;

  for (gsize i = 0; i < length;) {
    gboolean whole;
    gsize n = sequence (p + i, length - i, &whole);

    if (whole)
      g_string_append_len (out, bytes + i, (gssize) n);
    else
      g_string_append (out, "\xef\xbf\xbd");
    i += n;
  }
}
