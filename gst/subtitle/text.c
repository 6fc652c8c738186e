/* ssm-subtitle: the text of a cue between its format and the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "text.h"

#include <string.h>

/* A span's number is the colour: the element keeps colours and gives them back as they were. */
#define SPAN_FORMAT "<span foreground=\"#a0%02x00\">"
#define SPAN_PREFIX "<span foreground=\"#a0"
#define SPAN_CLOSE "</span>"

typedef struct {
  char *open, *close;
} Mark;

struct _SubText {
  GString *markup;
  GString *space; /* what is only written where something comes behind it */
  GArray *marks;  /* of Mark */
  gint stack[SUB_MAX_SPANS];
  guint depth;
  guint n_written; /* of the stack: the others are written where something comes behind them */
  gboolean has_text, is_escaped;
};

static void
mark_clear (gpointer data)
{
  Mark *mark = data;

  g_free (mark->open);
  g_free (mark->close);
}

SubText *
sub_text_new (void)
{
  SubText *self = g_new0 (SubText, 1);

  self->markup = g_string_new (NULL);
  self->space = g_string_new (NULL);
  self->marks = g_array_new (FALSE, FALSE, sizeof (Mark));
  g_array_set_clear_func (self->marks, mark_clear);
  return self;
}

void
sub_text_free (SubText *self)
{
  g_string_free (self->markup, TRUE);
  g_string_free (self->space, TRUE);
  g_array_unref (self->marks);
  g_free (self);
}

void
sub_text_set_escaped (SubText *self)
{
  self->is_escaped = TRUE;
}

gboolean
sub_text_is_escaped (const SubText *self)
{
  return self->is_escaped;
}

/* So white space stands outside of what begins behind it, and an empty span is none. */
static void
write_pending (SubText *self)
{
  if (self->has_text)
    g_string_append_len (self->markup, self->space->str, self->space->len);
  g_string_truncate (self->space, 0);
  while (self->n_written < self->depth)
    g_string_append_printf (self->markup, SPAN_FORMAT, self->stack[self->n_written++]);
}

void
sub_text_add_char (SubText *self, gunichar c)
{
  if (g_unichar_isspace (c)) {
    g_string_append_unichar (self->space, c);
    return;
  }
  write_pending (self);
  self->has_text = TRUE;
  switch (c) {
    case '&':
      g_string_append (self->markup, "&amp;");
      break;
    case '<':
      g_string_append (self->markup, "&lt;");
      break;
    case '>':
      g_string_append (self->markup, "&gt;");
      break;
    default:
      g_string_append_unichar (self->markup, c);
  }
}

void
sub_text_add (SubText *self, const char *text, gsize length)
{
  for (const char *p = text; p < text + length; p = g_utf8_next_char (p))
    sub_text_add_char (self, g_utf8_get_char (p));
}

gint
sub_text_add_span (SubText *self, const char *open, const char *close)
{
  Mark mark;

  for (guint i = 0; i < self->marks->len; i++) {
    const Mark *known = &g_array_index (self->marks, Mark, i);

    if (strcmp (known->open, open) == 0 && strcmp (known->close, close) == 0)
      return i;
  }
  if (self->marks->len == SUB_MAX_SPANS)
    return -1;
  mark = (Mark){ g_strdup (open), g_strdup (close) };
  g_array_append_val (self->marks, mark);
  return self->marks->len - 1;
}

static gint
find_depth (const SubText *self, gint span)
{
  for (guint i = self->depth; i-- > 0;) {
    if (self->stack[i] == span)
      return i;
  }
  return -1;
}

void
sub_text_open (SubText *self, gint span)
{
  /* what is open already stays so until its first end */
  if (span < 0 || self->depth == SUB_MAX_SPANS || find_depth (self, span) >= 0)
    return;
  self->stack[self->depth++] = span;
}

void
sub_text_close (SubText *self, gint span)
{
  gint depth = span < 0 ? -1 : find_depth (self, span);

  if (depth < 0)
    return;
  while (self->n_written > (guint) depth) {
    g_string_append (self->markup, SPAN_CLOSE);
    self->n_written--;
  }
  memmove (&self->stack[depth], &self->stack[depth + 1],
      (self->depth - depth - 1) * sizeof self->stack[0]);
  self->depth--;
}

gint
sub_text_find_open (const SubText *self, const char *close)
{
  for (guint i = self->depth; i-- > 0;) {
    if (strcmp (g_array_index (self->marks, Mark, self->stack[i]).close, close) == 0)
      return self->stack[i];
  }
  return -1;
}

const char *
sub_text_get_open (const SubText *self, gint span)
{
  return span >= 0 && (guint) span < self->marks->len ? g_array_index (self->marks, Mark, span).open
                                                      : "";
}

gboolean
sub_text_has_text (const SubText *self)
{
  return self->has_text;
}

const char *
sub_text_get_markup (SubText *self)
{
  while (self->depth > 0)
    sub_text_close (self, self->stack[self->depth - 1]);
  return self->markup->str;
}

/* --- back from the element ------------------------------------------------ */

/* The character of the entity at `*p`, which moves behind it. */
static gunichar
read_entity (const char **p)
{
  static const struct {
    const char *entity;
    gunichar c;
  } entities[] = {
    { "&amp;", '&' },
    { "&lt;", '<' },
    { "&gt;", '>' },
    { "&quot;", '"' },
    { "&apos;", '\'' },
    { "&#39;", '\'' },
  };

  for (guint i = 0; i < G_N_ELEMENTS (entities); i++) {
    if (g_str_has_prefix (*p, entities[i].entity)) {
      *p += strlen (entities[i].entity);
      return entities[i].c;
    }
  }
  (*p)++;
  return '&';
}

GArray *
sub_text_tokens (const char *markup)
{
  GArray *tokens = g_array_new (FALSE, TRUE, sizeof (SubToken));
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (gint));
  const char *p = markup;

  while (*p) {
    SubToken token = { .span = -1 };

    if (g_str_has_prefix (p, SPAN_PREFIX)) {
      const char *digits = p + strlen (SPAN_PREFIX);
      const char *end = strchr (digits, '>');

      token.opens = TRUE;
      token.span = g_ascii_xdigit_value (digits[0]) * 16
          + (digits[0] ? g_ascii_xdigit_value (digits[1]) : 0);
      g_array_append_val (stack, token.span);
      p = end ? end + 1 : p + strlen (p);
    } else if (g_str_has_prefix (p, SPAN_CLOSE)) {
      p += strlen (SPAN_CLOSE);
      if (stack->len == 0)
        continue;
      token.closes = TRUE;
      token.span = g_array_index (stack, gint, stack->len - 1);
      g_array_set_size (stack, stack->len - 1);
    } else {
      token.span = stack->len > 0 ? g_array_index (stack, gint, stack->len - 1) : -1;
      if (*p == '&') {
        token.c = read_entity (&p);
      } else {
        token.c = g_utf8_get_char (p);
        p = g_utf8_next_char (p);
      }
    }
    g_array_append_val (tokens, token);
  }
  return tokens;
}

char *
sub_text_write (const SubText *self, const char *markup, SubWriteChar write_char)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GArray) tokens = sub_text_tokens (markup);

  for (guint i = 0; i < tokens->len; i++) {
    const SubToken *token = &g_array_index (tokens, SubToken, i);

    if (!token->opens && !token->closes) {
      write_char (out, token->c);
    } else if (token->span >= 0 && (guint) token->span < self->marks->len) {
      const Mark *mark = &g_array_index (self->marks, Mark, token->span);

      g_string_append (out, token->opens ? mark->open : mark->close);
    }
  }
  return g_string_free (out, FALSE);
}
