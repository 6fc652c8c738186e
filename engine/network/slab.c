/* ssmtranslate: device memory that streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/slab.h"

/* Where untouched memory costs nothing, so many more of the size asked for. */
#define LAZY_TAKES 63u

typedef struct {
  guint first, n;
} Range;

struct _SsmtSlab {
  SsmtDevice *device;
  gsize unit_bytes;
  GMutex lock;
  GCond free_to_move, free_to_hold;
  SsmtBuffer *buffer;
  guint n_units, n_taken;
  guint n_touched;           /* units from here on were never taken and are zero */
  GArray *gaps;              /* of Range, what is not taken, in order, none beside another */
  guint n_holders, n_movers; /* movers wait for holders, and new holders for movers */
};

SsmtSlab *
ssmt_slab_new (SsmtDevice *device, gsize unit_bytes)
{
  SsmtSlab *slab = g_new0 (SsmtSlab, 1);

  slab->device = device;
  slab->unit_bytes = unit_bytes;
  slab->gaps = g_array_new (FALSE, FALSE, sizeof (Range));
  g_mutex_init (&slab->lock);
  g_cond_init (&slab->free_to_move);
  g_cond_init (&slab->free_to_hold);
  return slab;
}

void
ssmt_slab_free (SsmtSlab *slab)
{
  if (slab == NULL)
    return;
  g_warn_if_fail (slab->n_taken == 0 && slab->n_holders == 0);
  slab->device->ops->release (slab->device, slab->buffer);
  g_array_unref (slab->gaps);
  g_mutex_clear (&slab->lock);
  g_cond_clear (&slab->free_to_move);
  g_cond_clear (&slab->free_to_hold);
  g_free (slab);
}

gsize
ssmt_slab_get_unit_bytes (const SsmtSlab *slab)
{
  return slab->unit_bytes;
}

/* --- growing -------------------------------------------------------------- */

static SsmtRef
unit_ref (const SsmtSlab *slab, SsmtBuffer *buffer, guint unit)
{
  return (SsmtRef){ buffer, unit * slab->unit_bytes };
}

static void
copy_range (SsmtSlab *slab, SsmtBuffer *to, guint first, guint end)
{
  if (end > first)
    slab->device->ops->copy (slab->device, unit_ref (slab, to, first),
        unit_ref (slab, slab->buffer, first), (end - first) * slab->unit_bytes);
}

/* What is taken goes to a buffer of n_units. */
static gboolean
move (SsmtSlab *slab, guint n_units)
{
  SsmtDevice *device = slab->device;
  SsmtBuffer *larger;
  gsize bytes;
  guint at = 0;

  if (!g_size_checked_mul (&bytes, n_units, slab->unit_bytes))
    return FALSE;
  larger = device->ops->alloc (device, bytes);
  if (larger == NULL)
    return FALSE;
  for (guint i = 0; i < slab->gaps->len; i++) {
    const Range *gap = &g_array_index (slab->gaps, Range, i);

    copy_range (slab, larger, at, gap->first);
    at = gap->first + gap->n;
  }
  copy_range (slab, larger, at, slab->n_units);
  device->ops->release (device, slab->buffer);
  slab->buffer = larger;
  return TRUE;
}

/* Gives the range back; with the lock. */
static void
add_gap (SsmtSlab *slab, guint first, guint n)
{
  GArray *gaps = slab->gaps;
  guint i = 0;
  Range gap = { first, n };

  while (i < gaps->len && g_array_index (gaps, Range, i).first < first)
    i++;
  if (i < gaps->len && first + n == g_array_index (gaps, Range, i).first) {
    gap.n += g_array_index (gaps, Range, i).n;
    g_array_remove_index (gaps, i);
  }
  if (i > 0) {
    Range *before = &g_array_index (gaps, Range, i - 1);

    if (before->first + before->n == first) {
      before->n += gap.n;
      return;
    }
  }
  g_array_insert_val (gaps, i, gap);
}

/* The range at the end is the one that grows. */
static gboolean
grow (SsmtSlab *slab, guint n)
{
  guint tail = 0, less, more;

  if (slab->gaps->len > 0) {
    const Range *last = &g_array_index (slab->gaps, Range, slab->gaps->len - 1);

    if (last->first + last->n == slab->n_units)
      tail = last->n;
  }
  less = n - tail;
  if (less > G_MAXINT - slab->n_units)
    return FALSE;
  more = MAX (less, slab->n_units / 2);
  /* Moving touches memory. */
  if (slab->device->lazy)
    more = MAX (more, LAZY_TAKES * n);
  more = MIN (more, G_MAXINT - slab->n_units);
  /* Less haste where memory is short. */
  if (!move (slab, slab->n_units + more)) {
    more = less;
    if (!move (slab, slab->n_units + more))
      return FALSE;
  }
  add_gap (slab, slab->n_units, more);
  slab->n_units += more;
  return TRUE;
}

/* --- taking --------------------------------------------------------------- */

static gboolean
take_from_gap (SsmtSlab *slab, guint n, guint *first)
{
  for (guint i = 0; i < slab->gaps->len; i++) {
    Range *gap = &g_array_index (slab->gaps, Range, i);

    if (gap->n < n)
      continue;
    *first = gap->first;
    gap->first += n;
    gap->n -= n;
    if (gap->n == 0)
      g_array_remove_index (slab->gaps, i);
    slab->n_taken += n;
    return TRUE;
  }
  return FALSE;
}

/* Memory that was used before is zeroed. */
static void
make_fresh (SsmtSlab *slab, guint first, guint n)
{
  guint used = MIN (first + n, slab->n_touched);

  if (first < used)
    slab->device->ops->zero (
        slab->device, unit_ref (slab, slab->buffer, first), (used - first) * slab->unit_bytes);
  slab->n_touched = MAX (slab->n_touched, first + n);
}

/* With the lock, which is given up meanwhile. */
static gboolean
take_more (SsmtSlab *slab, guint n, guint *first)
{
  gboolean done;

  slab->n_movers++;
  while (slab->n_holders > 0)
    g_cond_wait (&slab->free_to_move, &slab->lock);
  done = take_from_gap (slab, n, first) || (grow (slab, n) && take_from_gap (slab, n, first));
  slab->n_movers--;
  g_cond_broadcast (&slab->free_to_hold);
  return done;
}

gboolean
ssmt_slab_take (SsmtSlab *slab, guint n, guint *first)
{
  gboolean done;

  *first = 0;
  if (n == 0 || slab->unit_bytes == 0)
    return TRUE;
  g_mutex_lock (&slab->lock);
  done = take_from_gap (slab, n, first) || take_more (slab, n, first);
  if (done)
    make_fresh (slab, *first, n);
  g_mutex_unlock (&slab->lock);
  return done;
}

void
ssmt_slab_give (SsmtSlab *slab, guint first, guint n)
{
  if (n == 0 || slab->unit_bytes == 0)
    return;
  g_mutex_lock (&slab->lock);
  add_gap (slab, first, n);
  slab->n_taken -= n;
  if (slab->n_taken == 0 && slab->n_holders == 0 && slab->n_movers == 0) {
    slab->device->ops->release (slab->device, slab->buffer);
    slab->buffer = NULL;
    slab->n_units = slab->n_touched = 0;
    g_array_set_size (slab->gaps, 0);
  }
  g_mutex_unlock (&slab->lock);
}

/* --- holding -------------------------------------------------------------- */

SsmtBuffer *
ssmt_slab_hold (SsmtSlab *slab)
{
  SsmtBuffer *buffer;

  g_mutex_lock (&slab->lock);
  while (slab->n_movers > 0)
    g_cond_wait (&slab->free_to_hold, &slab->lock);
  slab->n_holders++;
  buffer = slab->buffer;
  g_mutex_unlock (&slab->lock);
  return buffer;
}

void
ssmt_slab_let_go (SsmtSlab *slab)
{
  g_mutex_lock (&slab->lock);
  if (--slab->n_holders == 0)
    g_cond_broadcast (&slab->free_to_move);
  g_mutex_unlock (&slab->lock);
}

guint
ssmt_slab_get_size (SsmtSlab *slab)
{
  guint n;

  g_mutex_lock (&slab->lock);
  n = slab->n_units;
  g_mutex_unlock (&slab->lock);
  return n;
}
