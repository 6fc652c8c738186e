/* ssmtranslate: the output layer for some tokens alone
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/columns.h"

#include "engine/network/network-parts.h"

SsmtColumns *
ssmt_columns_new (const SsmtNetwork *network)
{
  SsmtColumns *self = g_new0 (SsmtColumns, 1);

  self->network = network;
  return self;
}

static void
unbind (SsmtColumns *self)
{
  SsmtDevice *dev = self->network->device;

  if (self->n > 0)
    dev->ops->unbind_matrix (dev, &self->matrix);
  self->n = 0;
}

void
ssmt_columns_free (SsmtColumns *self)
{
  if (self == NULL)
    return;
  unbind (self);
  self->network->device->ops->release (self->network->device, self->buffer);
  g_free (self->ids);
  g_free (self);
}

guint
ssmt_columns_get_count (const SsmtColumns *self)
{
  return self->n;
}

/* Room for `n` rows. */
static gboolean
reserve (SsmtColumns *self, guint n, gsize row_bytes)
{
  SsmtDevice *dev = self->network->device;
  SsmtBuffer *larger;

  if (n <= self->capacity)
    return TRUE;
  n = MAX (n, self->capacity + self->capacity / 2);
  larger = dev->ops->alloc (dev, n * row_bytes);
  if (larger == NULL)
    return FALSE;
  dev->ops->release (dev, self->buffer);
  self->buffer = larger;
  self->capacity = n;
  self->ids = g_renew (gint32, self->ids, n);
  return TRUE;
}

/* Rows `ids` of `from`, `bytes` each; neighbours at once. */
static void
gather (SsmtColumns *self, SsmtRef from, SsmtRef to, gsize bytes)
{
  SsmtDevice *dev = self->network->device;

  for (guint i = 0, end; i < self->n; i = end) {
    for (end = i + 1; end < self->n && self->ids[end] == self->ids[end - 1] + 1;)
      end++;
    dev->ops->copy (dev, ssmt_ref_at (to, i * bytes), ssmt_ref_at (from, self->ids[i] * bytes),
        (end - i) * bytes);
  }
}

gboolean
ssmt_columns_pick (SsmtColumns *self, const gint32 *ids, guint n)
{
  const SsmtProjection *all = &self->network->output;
  SsmtDevice *dev = self->network->device;
  gsize weights = ssmt_row_bytes (all->weight->dtype, all->weight->cols);
  gsize scales = ssmt_row_scales (all->weight->dtype, all->weight->cols) * sizeof (float);

  unbind (self);
  /* rows are as long as vectors like them, so what follows them is aligned for floats */
  if (!reserve (self, n, (weights + 3) / 4 * 4 + scales + sizeof (float)))
    return FALSE;
  for (guint i = 0; i < n; i++)
    self->ids[i] = ids[i];
  self->n = n;
  self->matrix = *all->weight;
  self->matrix.rows = n;
  self->matrix.data = (SsmtRef){ self->buffer, 0 };
  self->matrix.scales = (SsmtRef){ self->buffer, (n * weights + 3) / 4 * 4 };
  self->output = (SsmtProjection){ .weight = &self->matrix };
  gather (self, all->weight->data, self->matrix.data, weights);
  if (scales > 0)
    gather (self, all->weight->scales, self->matrix.scales, scales);
  if (all->bias.buffer != NULL) {
    self->output.bias = ssmt_ref_at (self->matrix.scales, n * scales);
    gather (self, all->bias, self->output.bias, sizeof (float));
  }
  if (dev->ops->bind_matrix (dev, &self->matrix))
    return TRUE;
  self->n = 0;
  return FALSE;
}
