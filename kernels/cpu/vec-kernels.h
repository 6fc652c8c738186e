/* ssmtranslate: what the vec-*.c files offer, per instruction set
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_VEC_KERNELS_H
#define SSMT_VEC_KERNELS_H

#include "cpu-kernels.h"

#define DECLARE_VEC_KERNELS(isa) \
  void ssmt_##isa##_embed (const SsmtEmbedArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_rms_norm (const SsmtRmsNormArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_swiglu (const SsmtSwigluArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_top_k (const SsmtTopKArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_conv (const SsmtConvArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_selective_scan (const SsmtSelectiveScanArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_ssd (const SsmtSsdArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_rotary (const SsmtAttentionArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_attention (const SsmtAttentionArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_cross_attention (const SsmtCrossAttentionArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_rotate (const SsmtRotateArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_recurrence (const SsmtRecurrenceArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_layer_norm (const SsmtLayerNormArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_activation (const SsmtActivationArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_linear_f32 (const SsmtLinearArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_linear_f16 (const SsmtLinearArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_linear_bf16 (const SsmtLinearArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_linear_i8 (const SsmtLinearArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_pack_i8 (const float *, uint32_t, void *, float *); \
  void ssmt_##isa##_linear_q4 (const SsmtLinearArgs *, uint32_t, uint32_t); \
  void ssmt_##isa##_pack_q4 (const float *, uint32_t, void *, float *);

DECLARE_VEC_KERNELS (avx2)
DECLARE_VEC_KERNELS (avx512)

/* Q4 by vpdpbusd, packed as the others pack */
void ssmt_avx512dot_linear_q4 (const SsmtLinearArgs *, uint32_t, uint32_t);
void ssmt_avx512dot_pack_q4 (const float *, uint32_t, void *, float *);
/* vpdpbusd on x + 128, and vdpbf16ps on x rounded to bfloat16 */
void ssmt_avx512vnni_linear_i8 (const SsmtLinearArgs *, uint32_t, uint32_t);
void ssmt_avx512vnni_pack_i8 (const float *, uint32_t, void *, float *);
void ssmt_avx512bf16_linear_bf16 (const SsmtLinearArgs *, uint32_t, uint32_t);
void ssmt_avx512bf16_pack_bf16 (const float *, uint32_t, void *, float *);

#endif /* SSMT_VEC_KERNELS_H */
