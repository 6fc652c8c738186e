/* ssmtranslate: positions of rows, and a table of the first of them
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/network-parts.h"

/* A cue has seldom more; a model whose positions count a document soon leaves the table. */
#define TABLE_ROWS 64

void
ssmt_network_add_positions (const SsmtNetwork *network, SsmtRef x, SsmtRuns runs, guint32 rows)
{
  network->device->ops->positions (network->device,
      &(SsmtPositionsOp){ .x = x,
          .table = { network->position_table, 0 },
          .table_rows = network->position_rows,
          .runs = runs,
          .rows = rows,
          .dim = network->d_model,
          .stride = network->d_model,
          .offset = network->position_offset,
          .divisor = network->position_divisor,
          .by_segment = network->positions_by_segment });
}

void
ssmt_network_make_positions (SsmtNetwork *network)
{
  SsmtDevice *device = network->device;
  SsmtRun run = { .rows = TABLE_ROWS };
  gsize bytes = (gsize) TABLE_ROWS * network->d_model * sizeof (float);
  guint32 offset = network->position_offset;
  SsmtRef list;

  network->position_table = device->ops->alloc (device, bytes + sizeof run);
  if (network->position_table == NULL)
    return; /* all are computed, as those behind the table */
  list = (SsmtRef){ network->position_table, bytes };
  device->ops->write (device, list, &run, sizeof run);
  /* Added to zeros: the table has the very numbers. */
  network->position_offset = 0;
  ssmt_network_add_positions (
      network, (SsmtRef){ network->position_table, 0 }, (SsmtRuns){ list, 1 }, TABLE_ROWS);
  network->position_offset = offset;
  if (device->ops->wait (device) == 0)
    network->position_rows = TABLE_ROWS;
}
