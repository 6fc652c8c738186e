/* ssmtranslate: "decoder" of a tokenizer.json
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/bpe-parts.h"

#include <string.h>

#include "engine/tokens/pattern.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define MAX_STRIP 1024

typedef struct {
  enum { BYTE_LEVEL, BYTE_FALLBACK, FUSE, REPLACE, STRIP, METASPACE } kind;
  SsmtPattern *pattern; /* REPLACE */
  char *content;        /* REPLACE */
  gunichar c;           /* STRIP, METASPACE */
  gint64 start, stop;   /* STRIP */
  SsmtPrepend prepend;  /* METASPACE */
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  ssmt_pattern_free (step->pattern);
  g_free (step->content);
  g_free (step);
}

/* --- reading ------------------------------------------------------------ */

static gboolean
parse_replace (const SsmtJson *json, Step *step, GError **error)
{
  const char *content;

  step->pattern = ssmt_pattern_parse (json, "pattern", error);
  if (!step->pattern || !ssmt_json_get_string (json, "content", &content, error))
    return FALSE;
  step->content = g_strdup (content);
  return TRUE;
}

static gboolean
parse (const SsmtJson *json, const char *type, GPtrArray *steps, GError **error)
{
  static const char *const kinds[] = { "ByteLevel", "ByteFallback", "Fuse", "Replace", "Strip",
    "Metaspace" };
  Step *step = g_new0 (Step, 1);
  guint kind = 0;

  g_ptr_array_add (steps, step);
  while (kind < G_N_ELEMENTS (kinds) && strcmp (type, kinds[kind]) != 0)
    kind++;
  step->kind = kind;
  switch (kind) {
    case BYTE_LEVEL:
    case BYTE_FALLBACK:
    case FUSE:
      return TRUE;
    case REPLACE:
      return parse_replace (json, step, error);
    case STRIP:
      return ssmt_bpe_get_char (json, "content", &step->c, error)
          && ssmt_json_get_whole (json, "start", 0, MAX_STRIP, &step->start, error)
          && ssmt_json_get_whole (json, "stop", 0, MAX_STRIP, &step->stop, error);
    case METASPACE:
      return ssmt_bpe_get_char (json, "replacement", &step->c, error)
          && ssmt_bpe_get_prepend (json, &step->prepend, error);
    default:
      return ssmt_bpe_unsupported (json, "decoder", type,
          "ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, Sequence", error);
  }
}

GPtrArray *
ssmt_bpe_decoders_parse (const SsmtJson *top, GError **error)
{
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (step_free);

  return ssmt_bpe_parse_steps (top, "decoder", "decoders", parse, steps, error)
      ? g_steal_pointer (&steps)
      : NULL;
}

/* --- running ------------------------------------------------------------ */

/* The first of the tokens becomes all of them. */
static void
fuse (GPtrArray *tokens)
{
  for (guint i = 1; i < tokens->len; i++) {
    const GString *token = tokens->pdata[i];

    g_string_append_len (tokens->pdata[0], token->str, (gssize) token->len);
  }
  if (tokens->len > 1)
    g_ptr_array_set_size (tokens, 1);
}

/* A token with a character that stands for no byte is taken as it is. */
static void
unmap_bytes (GString *token)
{
  g_autoptr (GString) bytes = g_string_sized_new (token->len);

  for (const char *p = token->str; *p; p = g_utf8_next_char (p)) {
    int byte = ssmt_byte_of_char (g_utf8_get_char (p));

    if (byte < 0)
      return;
    g_string_append_c (bytes, (char) byte);
  }
  g_string_truncate (token, 0);
  g_string_append_len (token, bytes->str, (gssize) bytes->len);
}

static void
run_byte_level (GPtrArray *tokens)
{
  GString *text;

  if (tokens->len == 0)
    return;
  for (guint i = 0; i < tokens->len; i++)
    unmap_bytes (tokens->pdata[i]);
  fuse (tokens);
  text = g_string_new (NULL);
  ssmt_utf8_append_lossy (
      text, ((GString *) tokens->pdata[0])->str, ((GString *) tokens->pdata[0])->len);
  g_ptr_array_set_size (tokens, 0);
  g_ptr_array_add (tokens, text);
}

/* "<0x0A>": 10; anything else: -1 */
static int
byte_of_token (const GString *token)
{
  const char *s = token->str;

  if (token->len != 6 || strncmp (s, "<0x", 3) != 0 || s[5] != '>' || !g_ascii_isxdigit (s[3])
      || !g_ascii_isxdigit (s[4]))
    return -1;
  return g_ascii_xdigit_value (s[3]) * 16 + g_ascii_xdigit_value (s[4]);
}

static gboolean
is_text (const GString *bytes)
{
  const char *p = bytes->str, *end = p + bytes->len, *bad;

  for (; !g_utf8_validate_len (p, (gsize) (end - p), &bad); p = bad + 1)
    if (*bad != '\0')
      return FALSE;
  return TRUE;
}

/* Bytes in a row are text where all of them are, or else U+FFFD each; a NUL,
 * which no text here can have, is one too. */
static void
end_bytes (GString *bytes, GPtrArray *out)
{
  GString *text;

  if (bytes->len == 0)
    return;
  text = g_string_new (NULL);
  if (is_text (bytes))
    ssmt_utf8_append_lossy (text, bytes->str, bytes->len);
  else
    for (gsize i = 0; i < bytes->len; i++)
      g_string_append (text, REPLACEMENT);
  g_ptr_array_add (out, text);
  g_string_truncate (bytes, 0);
}

static void
run_byte_fallback (GPtrArray *tokens)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autoptr (GPtrArray) out = g_ptr_array_new ();

  for (guint i = 0; i < tokens->len; i++) {
    const GString *token = tokens->pdata[i];
    int byte = byte_of_token (token);

    if (byte >= 0) {
      g_string_append_c (bytes, (char) byte);
      continue;
    }
    end_bytes (bytes, out);
    g_ptr_array_add (out, g_string_new_len (token->str, (gssize) token->len));
  }
  end_bytes (bytes, out);
  g_ptr_array_set_size (tokens, 0);
  for (guint i = 0; i < out->len; i++)
    g_ptr_array_add (tokens, out->pdata[i]);
}

static gboolean
run_replace (const Step *step, GString *token, GArray *ranges, SsmtBudget *budget)
{
  g_autoptr (GString) before = g_string_new_len (token->str, (gssize) token->len);
  gsize length = strlen (step->content);

  if (!ssmt_pattern_find (step->pattern, before->str, before->len, ranges, budget))
    return FALSE;
  g_string_truncate (token, 0);
  for (guint i = 0; i < ranges->len; i++) {
    const SsmtRange *range = &g_array_index (ranges, SsmtRange, i);
    const char *part = range->match ? step->content : before->str + range->start;

    if (!ssmt_budget_append (
            budget, token, part, range->match ? length : range->end - range->start))
      return FALSE;
  }
  return TRUE;
}

static void
run_strip (const Step *step, GString *token)
{
  const char *start = token->str, *end = token->str + token->len;

  for (gint64 i = 0; i < step->start && start < end && g_utf8_get_char (start) == step->c; i++)
    start = g_utf8_next_char (start);
  for (gint64 i = 0; i < step->stop && end > start; i++) {
    const char *last = g_utf8_prev_char (end);

    if (g_utf8_get_char (last) != step->c)
      break;
    end = last;
  }
  g_string_truncate (token, (gsize) (end - token->str));
  g_string_erase (token, 0, start - token->str);
}

static void
run_metaspace (const Step *step, GString *token, gboolean leading)
{
  g_autofree char *before = g_strdup (token->str);

  g_string_truncate (token, 0);
  for (const char *p = before; *p; p = g_utf8_next_char (p)) {
    if (g_utf8_get_char (p) != step->c)
      g_string_append_len (token, p, g_utf8_next_char (p) - p);
    else if (!leading || step->prepend == SSMT_PREPEND_NEVER)
      g_string_append_c (token, ' ');
  }
}

static gboolean
run_on_each (const Step *step, GPtrArray *tokens, GArray *ranges, SsmtBudget *budget)
{
  gsize length = 0;

  for (guint i = 0; i < tokens->len; i++) {
    GString *token = tokens->pdata[i];

    if (!ssmt_budget_spend_bytes (budget, token->len)
        || (step->kind == REPLACE && !run_replace (step, token, ranges, budget)))
      return FALSE;
    if (step->kind == STRIP)
      run_strip (step, token);
    else if (step->kind == METASPACE)
      run_metaspace (step, token, i == 0);
    length += token->len;
    if (!ssmt_budget_allows (budget, length))
      return FALSE;
  }
  return TRUE;
}

gboolean
ssmt_bpe_run_decoders (const GPtrArray *steps, GPtrArray *tokens, SsmtBudget *budget)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (SsmtRange));

  for (guint i = 0; i < steps->len; i++) {
    const Step *step = steps->pdata[i];

    if (step->kind == BYTE_LEVEL)
      run_byte_level (tokens);
    else if (step->kind == BYTE_FALLBACK)
      run_byte_fallback (tokens);
    else if (step->kind == FUSE)
      fuse (tokens);
    if (!run_on_each (step, tokens, ranges, budget))
      return FALSE;
  }
  return TRUE;
}
