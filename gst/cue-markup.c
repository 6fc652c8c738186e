/* ssmtranslate: the text of a cue, without and with its markup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subtitles come from files that people and tools have damaged, so the scanner
 * has no way to fail: what it does not know is either dropped (tags, codes) or
 * text. It runs over the cue once, with limits on depth and on the length of
 * a tag, and never looks back.
 */
#include "cue-markup.h"
#include "cue-parts.h"
#include "cue-tags.h"

#include <string.h>

#define MAX_DEPTH 32         /* open tags */
#define MAX_TAG_LENGTH 512   /* bytes from '<' to '>' */
#define MAX_CODE_LENGTH 128  /* bytes from '{' to '}' */
#define MAX_CODES_LENGTH 512 /* bytes of all codes that are kept */
#define MAX_ENTITY_LENGTH 10 /* bytes from '&' to ';' */

typedef struct {
  guint known; /* number of its name */
  gint tag;    /* -1: known to be open, not kept */
} OpenTag;

typedef struct {
  CueText *cue;
  CueFormat format;
  GString *codes;
  GPtrArray *lines; /* of CueLine, the last one is being read */
  OpenTag open[MAX_DEPTH];
  guint depth;
  guint32 active; /* the tags that are open */
  gboolean has_text;
} Scanner;

/* --- tags --------------------------------------------------------------- */

/* The number of an opening tag within the cue, the same for equal tags. Takes it. */
static gint
intern_tag (CueText *cue, char *tag)
{
  guint i;

  for (i = 0; i < cue->tags->len; i++) {
    if (strcmp (cue->tags->pdata[i], tag) == 0)
      break;
  }
  if (i < cue->tags->len || i == CUE_MAX_TAGS) {
    g_free (tag);
    return i < CUE_MAX_TAGS ? (gint) i : -1;
  }
  g_ptr_array_add (cue->tags, tag);
  return i;
}

static void
update_active (Scanner *scanner)
{
  scanner->active = 0;
  for (guint i = 0; i < scanner->depth; i++) {
    if (scanner->open[i].tag >= 0)
      scanner->active |= 1u << scanner->open[i].tag;
  }
}

static void
open_tag (Scanner *scanner, guint known, const char *attributes, gsize length)
{
  char *tag;

  if (scanner->depth == MAX_DEPTH)
    return;
  tag = cue_tags_to_pango (known, attributes, length);
  scanner->open[scanner->depth++] = (OpenTag){ known, tag ? intern_tag (scanner->cue, tag) : -1 };
  update_active (scanner);
}

/* Ends the innermost tag of that name; those inside stay open, as in <i><b></i></b>. */
static void
close_tag (Scanner *scanner, guint known)
{
  for (guint i = scanner->depth; i-- > 0;) {
    if (scanner->open[i].known != known)
      continue;
    memmove (&scanner->open[i], &scanner->open[i + 1], (scanner->depth - i - 1) * sizeof (OpenTag));
    scanner->depth--;
    update_active (scanner);
    return;
  }
}

/* --- scanner ------------------------------------------------------------ */

static void
line_free (gpointer data)
{
  CueLine *line = data;

  if (!line)
    return;
  g_string_free (line->text, TRUE);
  g_array_unref (line->tags);
  g_free (line);
}

/* An empty line is none: the next one takes its place. */
static void
end_line (Scanner *scanner)
{
  guint n = scanner->lines->len;
  CueLine *line = n > 0 ? scanner->lines->pdata[n - 1] : NULL;

  if (line && line->text->len == 0)
    return;
  line = g_new0 (CueLine, 1);
  line->text = g_string_new (NULL);
  line->tags = g_array_new (FALSE, FALSE, sizeof (guint32));
  line->all_tags = line->word_tags = G_MAXUINT32;
  g_ptr_array_add (scanner->lines, line);
}

static void
add_char (Scanner *scanner, gunichar c)
{
  CueLine *line = scanner->lines->pdata[scanner->lines->len - 1];

  if (c == '\n' || c == 0x2028) {
    end_line (scanner);
    return;
  }
  if (c == '\t')
    c = ' ';
  if (c < 0x20 || (c >= 0x7f && c < 0xa0))
    return;
  g_string_append_unichar (line->text, c);
  while (line->tags->len < line->text->len)
    g_array_append_val (line->tags, scanner->active);
  if (g_unichar_isspace (c))
    return;
  scanner->has_text = TRUE;
  line->all_tags &= scanner->active;
  if (g_unichar_isalnum (c)) {
    line->has_word = TRUE;
    line->word_tags &= scanner->active;
  }
}

/* Bytes of the tag at `p`, 0 where there is none. */
static gsize
read_tag (Scanner *scanner, const char *p, gsize length)
{
  const char *end = memchr (p, '>', MIN (length, MAX_TAG_LENGTH));
  const char *name, *after;
  char lower[CUE_TAG_NAME_SIZE] = { 0 };
  gboolean closing, bare;
  gint known;

  if (!end)
    return 0;
  closing = p[1] == '/';
  name = p + 1 + closing;
  /* <00:00:01.000> of WebVTT karaoke */
  if (g_ascii_isdigit (*name) && name + strspn (name, "0123456789:.") == end)
    return end + 1 - p;
  if (!g_ascii_isalpha (*name))
    return 0;
  for (after = name; g_ascii_isalnum (*after) || *after == '_';)
    after++;
  for (gsize i = 0; i < sizeof lower - 1 && name + i < after; i++)
    lower[i] = g_ascii_tolower (name[i]);
  if (after - name >= (gssize) sizeof lower)
    lower[0] = '\0';

  bare = after == end || (after + 1 == end && *after == '/');
  if (strcmp (lower, "br") == 0) {
    add_char (scanner, '\n');
    return end + 1 - p;
  }
  known = cue_tags_find (lower);
  /* plain text may well say "a <b and c> d" */
  if (scanner->format == CUE_FORMAT_UTF8) {
    if (known < 0 || !(bare || cue_tags_has_attributes (known) || !cue_tags_is_pango (known)))
      return 0;
  }
  if (known >= 0) {
    if (closing)
      close_tag (scanner, known);
    else if (!(bare && end[-1] == '/'))
      open_tag (scanner, known, after, end - after);
  }
  return end + 1 - p;
}

static gsize read_entity (const char *p, gsize length, gunichar *c);

/* In markup a code is escaped as all text is: "{\1c&amp;H00a5ff&amp;}". */
static void
keep_code (Scanner *scanner, const char *p, const char *end)
{
  while (p < end) {
    gunichar c = g_utf8_get_char (p);
    gsize entity = c == '&' && scanner->format == CUE_FORMAT_PANGO
        ? read_entity (p, end - p, &c)
        : 0;

    g_string_append_unichar (scanner->codes, c);
    p = entity > 0 ? p + entity : g_utf8_next_char (p);
  }
}

/* Bytes of the code at `p` ("{\an8}"), 0 where there is none. */
static gsize
read_code (Scanner *scanner, const char *p, gsize length)
{
  gsize limit = MIN (length, MAX_CODE_LENGTH);
  const char *end = memchr (p, '}', limit);

  if (!end || p[1] != '\\' || memchr (p, '\n', end - p))
    return 0;
  if (!scanner->has_text && scanner->codes->len + (end + 1 - p) <= MAX_CODES_LENGTH)
    keep_code (scanner, p, end + 1);
  return end + 1 - p;
}

/* Bytes of the entity at `p`, 0 where there is none. */
static gsize
read_entity (const char *p, gsize length, gunichar *c)
{
  static const struct {
    const char *name;
    gunichar c;
  } entities[] = {
    { "amp;", '&' },
    { "apos;", '\'' },
    { "gt;", '>' },
    { "lrm;", 0x200e },
    { "lt;", '<' },
    { "nbsp;", 0xa0 },
    { "quot;", '"' },
    { "rlm;", 0x200f },
  };
  const char *end = memchr (p + 1, ';', MIN (length, MAX_ENTITY_LENGTH) - 1);
  gsize n;

  if (!end)
    return 0;
  n = end - p; /* of the name and its ';' */
  if (p[1] == '#') {
    gboolean hex = p[2] == 'x' || p[2] == 'X';
    const char *digits = p + 2 + hex;
    char *stop;
    guint64 value;

    if (!(hex ? g_ascii_isxdigit (*digits) : g_ascii_isdigit (*digits)))
      return 0;
    value = g_ascii_strtoull (digits, &stop, hex ? 16 : 10);
    if (stop != end)
      return 0;
    *c = value > 0 && value <= 0x10ffff && g_unichar_validate (value) ? value : 0xfffd;
    return n + 1;
  }
  for (guint i = 0; i < G_N_ELEMENTS (entities); i++) {
    if (strlen (entities[i].name) == n && memcmp (entities[i].name, p + 1, n) == 0) {
      *c = entities[i].c;
      return n + 1;
    }
  }
  return 0;
}

/* Bytes of what stands for one character at `p`. WebVTT leaves "&amp;lt;" behind,
 * so an ampersand that was escaped may begin an entity once more. */
static gsize
read_ampersand (Scanner *scanner, const char *p, gsize length)
{
  gunichar c = '&', inner;
  gsize n = read_entity (p, length, &c);

  if (n == 5 && c == '&' && p[1] == 'a') {
    gsize m = read_entity (p + n - 1, length - n + 1, &inner);
    /* p[n - 1] is the ';' in the place of the '&', which is not looked at */

    if (m > 0) {
      c = inner;
      n += m - 1;
    }
  }
  add_char (scanner, c);
  return MAX (n, 1);
}

static void
scan (Scanner *scanner, const char *text, gsize length)
{
  const char *p = text, *end = text + length;

  while (p < end) {
    gsize left = end - p, n = 0;

    if (*p == '<' && left > 2)
      n = read_tag (scanner, p, left);
    else if (*p == '{' && left > 2)
      n = read_code (scanner, p, left);
    else if (*p == '&')
      n = read_ampersand (scanner, p, left);
    if (n == 0) {
      add_char (scanner, g_utf8_get_char (p));
      n = g_utf8_next_char (p) - p;
    }
    p += n;
  }
}

/* --- lines -------------------------------------------------------------- */

/* Takes white space from both ends. */
static void
strip_line (CueLine *line)
{
  gsize start = 0;

  while (g_ascii_isspace (line->text->str[start]))
    start++;
  g_string_erase (line->text, 0, start);
  if (start > 0)
    g_array_remove_range (line->tags, 0, start);
  g_strchomp (line->text->str);
  line->text->len = strlen (line->text->str);
}

static void
drop_empty_lines (GPtrArray *lines)
{
  guint n = 0;

  for (guint i = 0; i < lines->len; i++) {
    CueLine *line = lines->pdata[i];

    strip_line (line);
    if (line->text->str[0] == '\0')
      line_free (line);
    else
      lines->pdata[n++] = line;
  }
  /* those behind have been freed or moved */
  for (guint i = n; i < lines->len; i++)
    lines->pdata[i] = NULL;
  g_ptr_array_set_size (lines, n);
}

CueText *
cue_text_parse (const char *text, gsize length, CueFormat format)
{
  CueText *cue = g_new0 (CueText, 1);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  Scanner scanner = { .cue = cue, .format = format, .lines = lines };

  scanner.codes = g_string_new (NULL);
  cue->tags = g_ptr_array_new_with_free_func (g_free);
  cue->parts = g_ptr_array_new_with_free_func (cue_part_free);
  end_line (&scanner);
  /* what is empty may have no data */
  if (length > 0)
    scan (&scanner, text, length);
  cue->codes = g_string_free (scanner.codes, FALSE);
  cue->ends_line = length > 0 && text[length - 1] == '\n';
  drop_empty_lines (lines);
  cue_parts_make (cue->parts, lines);
  return cue;
}

void
cue_text_free (CueText *cue)
{
  g_free (cue->codes);
  g_ptr_array_unref (cue->tags);
  g_ptr_array_unref (cue->parts);
  g_free (cue);
}
