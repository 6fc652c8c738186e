/* ssmtranslate: how operations are shared out among threads
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu-share.h"

#define CHANNELS 16 /* of one cache line: what threads do not share */

/* Rows by themselves, `width` elements each. */
static SsmtCpuShare
by_rows (uint32_t rows, double width, double rate)
{
  return (SsmtCpuShare){ rows, 1, rows * width, rate };
}

/* The first run, which stands for all in guesses; zeros without any. */
static SsmtRun
first_run (const SsmtRuns *runs)
{
  return runs->count > 0 ? ssmt_host_runs (runs)[0] : (SsmtRun){ 0 };
}

/* --- row-wise operations ------------------------------------------------ */

SsmtCpuShare
ssmt_cpu_share_embed (const SsmtEmbedOp *op)
{
  return by_rows (op->rows, op->table->cols, 8);
}

SsmtCpuShare
ssmt_cpu_share_rms_norm (const SsmtRmsNormOp *op)
{
  return by_rows (op->rows, op->dim, op->gate.buffer ? 1.5 : 5);
}

SsmtCpuShare
ssmt_cpu_share_layer_norm (const SsmtLayerNormOp *op)
{
  return by_rows (op->rows, op->dim, 4);
}

SsmtCpuShare
ssmt_cpu_share_swiglu (const SsmtSwigluOp *op)
{
  return by_rows (op->rows, op->dim, 2);
}

SsmtCpuShare
ssmt_cpu_share_activation (const SsmtActivationOp *op)
{
  return by_rows (op->rows, op->dim, 1.5);
}

SsmtCpuShare
ssmt_cpu_share_top_k (const SsmtTopKOp *op)
{
  return by_rows (op->rows, op->dim, 4);
}

SsmtCpuShare
ssmt_cpu_share_pack (const SsmtLinearOp *op)
{
  return by_rows (op->rows, op->weight->cols, 4);
}

SsmtCpuShare
ssmt_cpu_share_linear (const SsmtLinearOp *op)
{
  SsmtDType dtype = op->weight->dtype;
  double rate = dtype == SSMT_DTYPE_I8  ? 150
      : dtype == SSMT_DTYPE_Q4          ? 60
      : op->x_stride == SSMT_CPU_PACKED ? 90
                                        : 45;
  double size = dtype == SSMT_DTYPE_Q4 ? 0.56 : (double) ssmt_dtype_size (dtype);
  double memory = 25.0 * op->rows / size;

  return (SsmtCpuShare){ op->weight->rows, 8,
    (double) op->rows * op->weight->rows * op->weight->cols, memory < rate ? memory : rate };
}

/* --- sequence operations ------------------------------------------------ */

SsmtCpuShare
ssmt_cpu_share_positions (const SsmtPositionsOp *op)
{
  return by_rows (op->rows, op->dim, op->table_rows > 0 ? 2 : 0.05);
}

SsmtCpuShare
ssmt_cpu_share_rotate (const SsmtRotateOp *op)
{
  return by_rows (op->rows, op->head_dim, 0.02);
}

SsmtCpuShare
ssmt_cpu_share_conv (const SsmtConvOp *op)
{
  return (SsmtCpuShare){ op->dim, CHANNELS, (double) op->rows * op->dim, 2 };
}

SsmtCpuShare
ssmt_cpu_share_ssru (const SsmtSsruOp *op)
{
  return (SsmtCpuShare){ op->dim, CHANNELS, (double) op->rows * op->dim, 2 };
}

SsmtCpuShare
ssmt_cpu_share_selective_scan (const SsmtSelectiveScanOp *op)
{
  /* a row alone waits for its state, several compute */
  double rate = op->rows == op->runs.count ? 2 : 5;

  return (SsmtCpuShare){ op->dim, CHANNELS, (double) op->rows * op->dim * op->d_state, rate };
}

SsmtCpuShare
ssmt_cpu_share_ssd (const SsmtSsdOp *op)
{
  return (
      SsmtCpuShare){ op->heads, 1, (double) op->rows * op->heads * op->head_dim * op->d_state, 10 };
}

SsmtCpuShare
ssmt_cpu_share_recurrence (const SsmtRecurrenceOp *op)
{
  return (SsmtCpuShare){ op->heads, 1, (double) op->rows * op->heads * op->key_dim * op->value_dim,
    op->delta ? 6 : 10 };
}

SsmtCpuShare
ssmt_cpu_share_rotary (const SsmtAttentionOp *op)
{
  return by_rows (op->rows, op->head_dim, 0.02);
}

SsmtCpuShare
ssmt_cpu_share_attention (const SsmtAttentionOp *op)
{
  SsmtRun run = first_run (&op->runs);
  double seen = (double) run.position + run.rows; /* keys that a row meets, about */

  if (op->window > 0 && seen > op->window)
    seen = op->window;
  return (SsmtCpuShare){ op->kv_heads, 1, (double) op->rows * op->heads * op->head_dim * seen, 10 };
}

SsmtCpuShare
ssmt_cpu_share_cross_attention (const SsmtCrossAttentionOp *op)
{
  return (SsmtCpuShare){ op->kv_heads, 1,
    (double) op->rows * op->heads * op->head_dim * first_run (&op->runs).memory_rows, 10 };
}

SsmtCpuShare
ssmt_cpu_share_attention_scores (const SsmtAttentionScoresOp *op)
{
  uint32_t columns = op->self ? op->rows / 2 : first_run (&op->runs).memory_rows;

  return by_rows (op->rows, (double) op->heads * op->head_dim * columns, 10);
}

SsmtCpuShare
ssmt_cpu_share_hidden_scores (const SsmtHiddenScoresOp *op)
{
  return by_rows (op->rows, (double) op->rows / 2 * op->dim * op->d_state, 10);
}
