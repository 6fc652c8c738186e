/* ssmtranslate: embedding in vectors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vec.h"

V_INLINE void
embed_row (const void *row, uint32_t dim, SsmtDType dtype, float scale, float *out)
{
  uint32_t i = 0;

  for (; i + VN <= dim; i += VN)
    v_store (out + i, v_mul (v_weights (row, i, dtype, VN), v_set (scale)));
  if (i < dim)
    v_store_n (out + i, v_mul (v_weights (row, i, dtype, dim - i), v_set (scale)), dim - i);
}

/* Q4, group by group. */
V_INLINE void
embed_q4_row (const uint8_t *row, const float *scales, uint32_t dim, float scale, float *out)
{
  int8_t q[SSMT_Q4_GROUP];

  for (uint32_t i = 0; i < dim; i += SSMT_Q4_GROUP, row += SSMT_Q4_GROUP / 2) {
    q4_to_i8 (row, q);
    embed_row (q, dim - i < SSMT_Q4_GROUP ? dim - i : SSMT_Q4_GROUP, SSMT_DTYPE_I8,
        scale * scales[i / SSMT_Q4_GROUP], out + i);
  }
}

/* Rows [begin, end); `dtype`, that of the table, known when compiled. */
V_INLINE void
embed_rows (const SsmtEmbedOp *op, SsmtDType dtype, uint32_t begin, uint32_t end)
{
  const char *data = ssmt_host_at (op->table->data);
  const float *scales = ssmt_host_at (op->table->scales);
  const int32_t *ids = ssmt_host_at (op->ids);
  uint32_t dim = op->table->cols;
  float *out = ssmt_host_row (op->out, begin, op->out_stride);

  for (uint32_t r = begin; r < end; r++, out += op->out_stride) {
    size_t id = (size_t) ids[r];
    const char *row = data + id * ssmt_row_bytes (dtype, dim);
    if (dtype == SSMT_DTYPE_Q4)
      embed_q4_row ((const uint8_t *) row, scales + id * ssmt_q4_groups (dim), dim, op->scale, out);
    else
      embed_row (row, dim, dtype, dtype == SSMT_DTYPE_I8 ? op->scale * scales[id] : op->scale, out);
  }
}

void
FN (embed) (const SsmtEmbedOp *op, uint32_t begin, uint32_t end)
{
  switch (op->table->dtype) {
    case SSMT_DTYPE_F32:
      embed_rows (op, SSMT_DTYPE_F32, begin, end);
      break;
    case SSMT_DTYPE_F16:
      embed_rows (op, SSMT_DTYPE_F16, begin, end);
      break;
    case SSMT_DTYPE_BF16:
      embed_rows (op, SSMT_DTYPE_BF16, begin, end);
      break;
    case SSMT_DTYPE_I8:
      embed_rows (op, SSMT_DTYPE_I8, begin, end);
      break;
    case SSMT_DTYPE_Q4:
      embed_rows (op, SSMT_DTYPE_Q4, begin, end);
      break;
  }
}
