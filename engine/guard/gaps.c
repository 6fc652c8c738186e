/* ssmtranslate: between which words of a translation signs stand
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A tree over the gaps knows how many words are on the wrong side of each. From sign to sign only words that
 * come from between the two change sides, each for a range of gaps.
 */
#include "engine/guard/gaps.h"

#define BEYOND (G_MAXINT / 2) /* of what is no gap */

typedef struct {
  gint least; /* of the gaps below, with `more` */
  gint more;  /* for all of them */
} Node;

struct _SsmtGaps {
  const SsmtGuardLinks *links;
  gsize length;
  Node *nodes; /* the root is 1, the children of i are 2 i and 2 i + 1; the leaves are the gaps */
  guint n_leaves;
  GArray *order; /* of guint: words with a source, by that */
  guint done;    /* of them: they come from before the last place */
};

/* Gaps from `first` to `last` below a node, which has those from `low` to `high`. */
typedef struct {
  guint node, low, high, first, last;
} Reach;

static Reach
left_of (Reach reach)
{
  reach.node = 2 * reach.node;
  reach.high = (reach.low + reach.high) / 2;
  return reach;
}

static Reach
right_of (Reach reach)
{
  reach.node = 2 * reach.node + 1;
  reach.low = (reach.low + reach.high) / 2 + 1;
  return reach;
}

static gboolean
is_apart (Reach reach)
{
  return reach.last < reach.low || reach.high < reach.first || reach.first > reach.last;
}

static gboolean
is_within (Reach reach)
{
  return reach.first <= reach.low && reach.high <= reach.last;
}

static void
add (SsmtGaps *self, Reach reach, gint more)
{
  Node *node = &self->nodes[reach.node];

  if (is_apart (reach))
    return;
  if (is_within (reach)) {
    node->least += more;
    node->more += more;
    return;
  }
  add (self, left_of (reach), more);
  add (self, right_of (reach), more);
  node->least =
      node->more + MIN (self->nodes[2 * reach.node].least, self->nodes[2 * reach.node + 1].least);
}

static gint
find_least (const SsmtGaps *self, Reach reach)
{
  const Node *node = &self->nodes[reach.node];
  gint left, right;

  if (is_apart (reach))
    return BEYOND;
  if (is_within (reach))
    return node->least;
  left = find_least (self, left_of (reach));
  right = find_least (self, right_of (reach));
  return node->more + MIN (left, right);
}

/* The first gap, or the last one, with so few; -1: there is none. No gap within reach has fewer. */
static gint
find_gap (const SsmtGaps *self, Reach reach, gint wrong, gboolean last)
{
  const Node *node = &self->nodes[reach.node];
  gint gap;

  if (is_apart (reach) || node->least > wrong)
    return -1;
  if (reach.low == reach.high)
    return node->least == wrong ? (gint) reach.low : -1;
  wrong -= node->more;
  gap = find_gap (self, last ? right_of (reach) : left_of (reach), wrong, last);
  return gap >= 0 ? gap : find_gap (self, last ? left_of (reach) : right_of (reach), wrong, last);
}

static Reach
reach_of (const SsmtGaps *self, guint first, guint last)
{
  return (Reach){ 1, 0, self->n_leaves - 1, first, last };
}

static int
compare_sources (gconstpointer a, gconstpointer b, gpointer links)
{
  const gssize *source = ((const SsmtGuardLinks *) links)->source;
  gssize x = source[*(const guint *) a], y = source[*(const guint *) b];

  return x < y ? -1 : x > y;
}

SsmtGaps *
ssmt_gaps_new (const SsmtGuardLinks *links, gsize length)
{
  SsmtGaps *self = g_new0 (SsmtGaps, 1);
  gint wrong = 0;

  self->links = links;
  self->length = MAX (length, 1);
  self->order = g_array_new (FALSE, FALSE, sizeof (guint));
  for (self->n_leaves = 1; self->n_leaves < links->n + 1; self->n_leaves *= 2)
    continue;
  self->nodes = g_new0 (Node, 2 * self->n_leaves);
  for (guint gap = 0; gap < self->n_leaves; gap++)
    self->nodes[self->n_leaves + gap].least = BEYOND;
  for (guint gap = 0; gap <= links->n; gap++) {
    self->nodes[self->n_leaves + gap].least = wrong;
    if (gap == links->n || links->source[gap] < 0)
      continue;
    g_array_append_val (self->order, gap);
    wrong++;
  }
  for (guint i = self->n_leaves - 1; i > 0; i--)
    self->nodes[i].least = MIN (self->nodes[2 * i].least, self->nodes[2 * i + 1].least);
  g_array_sort_with_data (self->order, compare_sources, (gpointer) links);
  return self;
}

void
ssmt_gaps_free (SsmtGaps *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->order);
  g_free (self->nodes);
  g_free (self);
}

/* Words from before the place are wrong behind the gap, others before it. */
static void
go_to (SsmtGaps *self, gsize place)
{
  for (; self->done < self->order->len; self->done++) {
    guint word = g_array_index (self->order, guint, self->done);

    if ((gsize) self->links->source[word] >= place)
      break;
    add (self, reach_of (self, 0, word), 1);
    add (self, reach_of (self, word + 1, self->links->n), -1);
  }
}

guint
ssmt_gaps_find (SsmtGaps *self, guint first, gsize place)
{
  guint n = self->links->n;
  double wanted = (double) place * n / self->length;
  guint middle = MIN ((guint) wanted, n);
  gint fewest, left, right;

  go_to (self, place);
  fewest = find_least (self, reach_of (self, first, n));
  left = find_gap (self, reach_of (self, first, middle), fewest, TRUE);
  right = find_gap (self, reach_of (self, MAX (first, middle + 1), n), fewest, FALSE);
  if (left < 0 || right < 0)
    return (guint) MAX (left, right);
  return (guint) (wanted - left <= right - wanted ? left : right);
}
