/* ssmtranslate: "model" of a tokenizer.json: a word's merges
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A word begins as its characters; then, again and again, the pair of
 * neighbours with the lowest rank becomes one [Sennrich et al. 2016].
 */
#include "engine/tokens/bpe-model.h"

#include <string.h>

typedef struct {
  gint32 id, prev, next; /* -1: none; id -1: merged into another */
} Symbol;

typedef struct {
  guint32 rank;
  gint32 at, id;
} Candidate;

static gboolean
before (const Candidate *a, const Candidate *b)
{
  return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

void
ssmt_bpe_scratch_init (SsmtBpeScratch *scratch)
{
  scratch->symbols = g_array_new (FALSE, FALSE, sizeof (Symbol));
  scratch->queue = g_array_new (FALSE, FALSE, sizeof (Candidate));
}

void
ssmt_bpe_scratch_clear (SsmtBpeScratch *scratch)
{
  g_array_unref (scratch->symbols);
  g_array_unref (scratch->queue);
}

/* A binary heap with the first of all at its top. */
static void
push (GArray *queue, Candidate candidate)
{
  Candidate *heap;
  guint i = queue->len;

  g_array_append_val (queue, candidate);
  heap = (Candidate *) (gpointer) queue->data;
  for (; i > 0 && before (&candidate, &heap[(i - 1) / 2]); i = (i - 1) / 2)
    heap[i] = heap[(i - 1) / 2];
  heap[i] = candidate;
}

static Candidate
pop (GArray *queue)
{
  Candidate *heap = (Candidate *) (gpointer) queue->data;
  Candidate top = heap[0], last = heap[queue->len - 1];
  guint n = queue->len - 1, i = 0;

  g_array_set_size (queue, n);
  while (2 * i + 1 < n) {
    guint child = 2 * i + 1;

    if (child + 1 < n && before (&heap[child + 1], &heap[child]))
      child++;
    if (!before (&heap[child], &last))
      break;
    heap[i] = heap[child];
    i = child;
  }
  if (n > 0)
    heap[i] = last;
  return top;
}

static void
add_symbol (GArray *symbols, gint32 id)
{
  Symbol symbol = { id, (gint32) symbols->len - 1, -1 };

  if (symbols->len > 0)
    g_array_index (symbols, Symbol, symbols->len - 1).next = (gint32) symbols->len;
  g_array_append_val (symbols, symbol);
}

static gboolean
add_bytes (const SsmtBpeModel *self, const char *p, const char *end, GArray *symbols)
{
  if (!self->byte_fallback)
    return FALSE;
  for (const char *q = p; q < end; q++)
    if (self->bytes[(guint8) *q] < 0)
      return FALSE;
  for (; p < end; p++)
    add_symbol (symbols, self->bytes[(guint8) *p]);
  return TRUE;
}

/* Unknown characters wait for the next known one, as in the reference. */
static void
begin_word (const SsmtBpeModel *self, const char *word, gsize length, GArray *symbols)
{
  gboolean waiting = FALSE;

  g_array_set_size (symbols, 0);
  for (const char *p = word, *next; p < word + length; p = next) {
    const SsmtBpeEntry *known = ssmt_bpe_map_find (&self->chars, 1 + (guint64) g_utf8_get_char (p));

    next = g_utf8_next_char (p);
    if (known) {
      if (waiting)
        add_symbol (symbols, self->unknown);
      waiting = FALSE;
      add_symbol (symbols, known->id);
    } else if (!add_bytes (self, p, next, symbols) && self->unknown >= 0) {
      if (waiting && !self->fuse_unknown)
        add_symbol (symbols, self->unknown);
      waiting = TRUE;
    }
  }
  if (waiting)
    add_symbol (symbols, self->unknown);
}

static void
consider (const SsmtBpeModel *self, const Symbol *s, gint32 at, GArray *queue)
{
  const SsmtBpeEntry *merge;

  if (at < 0 || s[at].next < 0)
    return;
  merge = ssmt_bpe_map_find (&self->pairs, ssmt_bpe_pair_key (s[at].id, s[s[at].next].id));
  if (merge)
    push (queue, (Candidate){ merge->rank, at, merge->id });
}

static void
merge_word (const SsmtBpeModel *self, Symbol *s, guint n, GArray *queue)
{
  g_array_set_size (queue, 0);
  for (guint i = 0; i < n; i++)
    consider (self, s, (gint32) i, queue);
  while (queue->len > 0) {
    Candidate top = pop (queue);
    gint32 next = s[top.at].next;
    const SsmtBpeEntry *merge;

    /* it may be long gone, or another pair by now */
    if (s[top.at].id < 0 || next < 0)
      continue;
    merge = ssmt_bpe_map_find (&self->pairs, ssmt_bpe_pair_key (s[top.at].id, s[next].id));
    if (!merge || merge->id != top.id)
      continue;
    s[top.at].id = top.id;
    s[top.at].next = s[next].next;
    s[next].id = -1;
    if (s[top.at].next >= 0)
      s[s[top.at].next].prev = top.at;
    consider (self, s, s[top.at].prev, queue);
    consider (self, s, top.at, queue);
  }
}

void
ssmt_bpe_model_encode (
    const SsmtBpeModel *self, const char *word, gsize length, SsmtBpeScratch *scratch, GArray *ids)
{
  Symbol *s;

  if (self->whole_words && length <= SSMT_BPE_MAX_PIECE) {
    char piece[SSMT_BPE_MAX_PIECE + 1];
    gint32 id;

    memcpy (piece, word, length);
    piece[length] = '\0';
    id = ssmt_bpe_model_id (self, piece);
    if (id >= 0 && !ssmt_bpe_model_is_special (self, id)) {
      g_array_append_val (ids, id);
      return;
    }
  }
  begin_word (self, word, length, scratch->symbols);
  s = (Symbol *) (gpointer) scratch->symbols->data;
  merge_word (self, s, scratch->symbols->len, scratch->queue);
  for (guint i = 0; i < scratch->symbols->len; i++)
    if (s[i].id >= 0)
      g_array_append_val (ids, s[i].id);
}
