/* ssmtranslate: embedding in plain C
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ref.h"

#include "../quantise.h"

void
ssmt_ref_embed (const SsmtEmbedOp *op, uint32_t begin, uint32_t end)
{
  const SsmtMatrix *table = op->table;
  const int32_t *ids = ssmt_host_at (op->ids);
  size_t row_bytes = ssmt_row_bytes (table->dtype, table->cols);
  size_t row_scales = ssmt_row_scales (table->dtype, table->cols);

  for (uint32_t r = begin; r < end; r++) {
    size_t id = (size_t) ids[r];
    const char *row = (const char *) ssmt_host_at (table->data) + id * row_bytes;
    const float *scales = ssmt_host_row (table->scales, id, row_scales);
    float *out = ssmt_host_row (op->out, r, op->out_stride);

    for (uint32_t i = 0; i < table->cols; i++) {
      float scale = op->scale;
      if (row_scales > 0)
        scale *= scales[table->dtype == SSMT_DTYPE_Q4 ? i / SSMT_Q4_GROUP : 0];
      out[i] = ssmt_stored_value (table->dtype, row, i) * scale;
    }
  }
}
