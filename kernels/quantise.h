/* ssmtranslate: the numbers of a model file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How F16, BF16, I8 and Q4 stand in a file, and how floats are rounded to them. This is the definition of
 * the file format: what writes files and what reads them, a product's reference too, goes by it.
 */
#ifndef SSMT_QUANTISE_H
#define SSMT_QUANTISE_H

#include "contract.h"

#ifdef __cplusplus
extern "C" {
#endif

float ssmt_f16_to_f32 (uint16_t half);
float ssmt_bf16_to_f32 (uint16_t value);
uint16_t ssmt_f32_to_bf16 (float value); /* nearest even */
uint16_t ssmt_f32_to_f16 (float value);  /* nearest even */

/* Element `col` of a stored row, without its scale. */
float ssmt_stored_value (SsmtDType dtype, const void *row, uint32_t col);

/* I8: s = max|x| / 127; 0, which says that the row is to be read as zeros, where s is no normal float: by
 * a subnormal s, rounded to few bits, x / s is not within 127.  NaN where one x is not finite. */
#define SSMT_QUANTISATION_LEAST 1.17549435e-38f
#define SSMT_QUANTISATION_MOST 3.4e38f
float ssmt_quantisation_step (const float *x, uint32_t dim);

/* rint (x / step), ties to even; all of a step of 0 or NaN become 0. */
int ssmt_quantised (float x, float step);

/* q (dim) = x in steps, which are returned. */
float ssmt_quantise_row (const float *x, uint32_t dim, int8_t *q);

/* The four-bit values and the scale (returned) of one group of x (dim <= SSMT_Q4_GROUP,
 * the rest is filled with zeros): of the scales around the one that reaches the
 * largest value, with either sign, the one of the smallest squared error.  What is
 * not finite counts as 0. */
float ssmt_quantise_q4_group (const float *x, uint32_t dim, uint8_t q[SSMT_Q4_GROUP / 2]);

#ifdef __cplusplus
}
#endif

#endif /* SSMT_QUANTISE_H */
