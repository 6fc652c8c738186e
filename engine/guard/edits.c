/* ssmtranslate: a text with some parts replaced
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/guard/edits.h"

#include <string.h>

SsmtEdits *
ssmt_edits_new (const char *old)
{
  SsmtEdits *self = g_new (SsmtEdits, 1);

  *self = (SsmtEdits){ .old = old,
    .text = g_string_sized_new (strlen (old)),
    .edits = g_array_new (FALSE, FALSE, sizeof (SsmtEdit)) };
  return self;
}

void
ssmt_edits_free (SsmtEdits *self)
{
  if (self == NULL)
    return;
  g_string_free (self->text, TRUE);
  g_array_unref (self->edits);
  g_free (self);
}

void
ssmt_edits_replace (SsmtEdits *self, SsmtRange range, const char *with)
{
  SsmtEdit edit = { .old = range };

  g_return_if_fail (range.start >= self->done && range.end >= range.start);
  g_string_append_len (self->text, self->old + self->done, range.start - self->done);
  edit.now.start = self->text->len;
  g_string_append (self->text, with);
  edit.now.end = self->text->len;
  g_array_append_val (self->edits, edit);
  self->done = range.end;
}

void
ssmt_edits_finish (SsmtEdits *self)
{
  g_string_append (self->text, self->old + self->done);
  self->done += strlen (self->old + self->done);
  self->old = NULL;
}

/* `back`: from the new text to the old. */
static gsize
translate (const SsmtEdits *self, gsize place, gboolean back)
{
  const SsmtEdit *edits = (const SsmtEdit *) self->edits->data;
  guint first = 0, end = self->edits->len;
  const SsmtRange *from, *to;

  /* the last one that begins at the place or before it */
  while (first < end) {
    guint middle = first + (end - first) / 2;

    if ((back ? edits[middle].now.start : edits[middle].old.start) <= place)
      first = middle + 1;
    else
      end = middle;
  }
  if (first == 0)
    return place;
  from = back ? &edits[first - 1].now : &edits[first - 1].old;
  to = back ? &edits[first - 1].old : &edits[first - 1].now;
  return place < from->end ? to->start : to->end + (place - from->end);
}

gsize
ssmt_edits_to_old (const SsmtEdits *self, gsize now)
{
  return translate (self, now, TRUE);
}

gsize
ssmt_edits_to_now (const SsmtEdits *self, gsize old)
{
  return translate (self, old, FALSE);
}
