/* ssmtranslate: the line in which a growing caption is shown
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-caption-line.h"

#include <string.h>

struct _SsmtCaptionLine {
  GString *stands, *tail;
  GString *text; /* both */
  gboolean is_final;
};

G_DEFINE_BOXED_TYPE (
    SsmtCaptionLine, ssmt_caption_line, ssmt_caption_line_copy, ssmt_caption_line_free)

SsmtCaptionLine *
ssmt_caption_line_new (void)
{
  SsmtCaptionLine *self = g_new0 (SsmtCaptionLine, 1);

  self->stands = g_string_new (NULL);
  self->tail = g_string_new (NULL);
  self->text = g_string_new (NULL);
  return self;
}

SsmtCaptionLine *
ssmt_caption_line_copy (const SsmtCaptionLine *self)
{
  SsmtCaptionLine *copy = ssmt_caption_line_new ();

  g_string_assign (copy->stands, self->stands->str);
  g_string_assign (copy->tail, self->tail->str);
  g_string_assign (copy->text, self->text->str);
  copy->is_final = self->is_final;
  return copy;
}

void
ssmt_caption_line_free (SsmtCaptionLine *self)
{
  if (self == NULL)
    return;
  g_string_free (self->stands, TRUE);
  g_string_free (self->tail, TRUE);
  g_string_free (self->text, TRUE);
  g_free (self);
}

static void
append_words (GString *text, const char *words)
{
  if (text->len > 0 && *words != '\0')
    g_string_append_c (text, ' ');
  g_string_append (text, words);
}

/* Moves the first words of the tail to what stands. FALSE: they are others. */
static gboolean
commit (SsmtCaptionLine *self, const char *committed)
{
  gboolean is_known = g_str_has_prefix (self->tail->str, committed);

  if (is_known)
    g_string_erase (self->tail, 0, strlen (committed));
  else
    g_string_truncate (self->tail, 0);
  g_string_erase (self->tail, 0, strspn (self->tail->str, " "));
  append_words (self->stands, committed);
  return is_known;
}

gboolean
ssmt_caption_line_apply (SsmtCaptionLine *self, const char *deleted, const char *added,
    const char *committed, gboolean is_final)
{
  gboolean is_known;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (deleted != NULL && added != NULL && committed != NULL, FALSE);

  if (self->is_final) {
    g_string_truncate (self->stands, 0);
    g_string_truncate (self->tail, 0);
  }
  is_known = g_str_has_suffix (self->tail->str, deleted);
  g_string_truncate (self->tail, is_known ? self->tail->len - strlen (deleted) : 0);
  g_string_append (self->tail, added);
  is_known = commit (self, committed) && is_known;
  self->is_final = is_final;
  g_string_assign (self->text, self->stands->str);
  append_words (self->text, self->tail->str);
  return is_known;
}

const char *
ssmt_caption_line_get_text (SsmtCaptionLine *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->text->str;
}

const char *
ssmt_caption_line_get_committed (SsmtCaptionLine *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->stands->str;
}

const char *
ssmt_caption_line_get_tail (SsmtCaptionLine *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->tail->str;
}

gboolean
ssmt_caption_line_is_final (const SsmtCaptionLine *self)
{
  g_return_val_if_fail (self != NULL, FALSE);
  return self->is_final;
}
