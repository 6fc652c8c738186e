/* ssmtranslate: the operations of the CUDA device
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_OPS_H
#define SSMT_CUDA_OPS_H

#include "cuda-internal.h"

void ssmt_cuda_embed (SsmtDevice *, const SsmtEmbedOp *);
void ssmt_cuda_rms_norm (SsmtDevice *, const SsmtRmsNormOp *);
void ssmt_cuda_layer_norm (SsmtDevice *, const SsmtLayerNormOp *);
void ssmt_cuda_linear (SsmtDevice *, const SsmtLinearOp *);
void ssmt_cuda_swiglu (SsmtDevice *, const SsmtSwigluOp *);
void ssmt_cuda_activation (SsmtDevice *, const SsmtActivationOp *);
void ssmt_cuda_top_k (SsmtDevice *, const SsmtTopKOp *);
void ssmt_cuda_positions (SsmtDevice *, const SsmtPositionsOp *);
void ssmt_cuda_conv (SsmtDevice *, const SsmtConvOp *);
void ssmt_cuda_selective_scan (SsmtDevice *, const SsmtSelectiveScanOp *);
void ssmt_cuda_ssd (SsmtDevice *, const SsmtSsdOp *);
void ssmt_cuda_attention (SsmtDevice *, const SsmtAttentionOp *);
void ssmt_cuda_cross_attention (SsmtDevice *, const SsmtCrossAttentionOp *);
void ssmt_cuda_attention_scores (SsmtDevice *, const SsmtAttentionScoresOp *);
void ssmt_cuda_hidden_scores (SsmtDevice *, const SsmtHiddenScoresOp *);
void ssmt_cuda_rotate (SsmtDevice *, const SsmtRotateOp *);
void ssmt_cuda_recurrence (SsmtDevice *, const SsmtRecurrenceOp *);

/* All of these into a device's table. */
void ssmt_cuda_set_operations (SsmtDeviceOps *ops);

#endif /* SSMT_CUDA_OPS_H */
