/* ssmtranslate: the operations of the CUDA device, as a table
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuda-ops.h"

void
ssmt_cuda_set_operations (SsmtDeviceOps *ops)
{
  ops->embed = ssmt_cuda_embed;
  ops->rms_norm = ssmt_cuda_rms_norm;
  ops->linear = ssmt_cuda_linear;
  ops->swiglu = ssmt_cuda_swiglu;
  ops->top_k = ssmt_cuda_top_k;
  ops->conv = ssmt_cuda_conv;
  ops->selective_scan = ssmt_cuda_selective_scan;
  ops->ssd = ssmt_cuda_ssd;
  ops->attention = ssmt_cuda_attention;
  ops->cross_attention = ssmt_cuda_cross_attention;
  ops->attention_scores = ssmt_cuda_attention_scores;
  ops->hidden_scores = ssmt_cuda_hidden_scores;
  ops->rotate = ssmt_cuda_rotate;
  ops->recurrence = ssmt_cuda_recurrence;
  ops->layer_norm = ssmt_cuda_layer_norm;
  ops->activation = ssmt_cuda_activation;
  ops->positions = ssmt_cuda_positions;
}
