/* ssmtranslate: upper limits of sizes (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No honest model reaches them; they keep every product of two sizes far from overflow.
 */
#ifndef SSMT_LIMITS_H
#define SSMT_LIMITS_H

#define SSMT_MAX_LAYERS 1024
#define SSMT_MAX_DIM 65536 /* any width: d_model, d_inner, heads * head_dim ... */
#define SSMT_MAX_HEAD_DIM 1024 /* of attention: a block of a GPU's threads */
#define SSMT_MAX_VOCAB 2097152
#define SSMT_MAX_WINDOW 65536
#define SSMT_MAX_SEGMENT 65536
#define SSMT_MAX_CONTEXT 16777216

#endif /* SSMT_LIMITS_H */
