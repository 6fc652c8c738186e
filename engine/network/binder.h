/* ssmtranslate: what layers are put together from: products with a matrix, and norms (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_BINDER_H
#define SSMT_BINDER_H

#include "engine/files/tensor-source.h"

G_BEGIN_DECLS

/* W and, where there is one, b; else bias.buffer is NULL. */
typedef struct {
  const SsmtMatrix *weight;
  SsmtRef bias;
} SsmtProjection;

typedef enum {
  SSMT_NORM_RMS,
  SSMT_NORM_LAYER, /* with a bias */
} SsmtNormKind;

typedef struct {
  SsmtNormKind kind;
  guint32 width;
  float eps;
  SsmtRef weight, bias; /* (width); bias: LayerNorm's. No weight: no norm */
} SsmtNorm;

/* Rows of floats, the first at `ref`. */
typedef struct {
  SsmtRef ref;
  guint32 stride; /* floats from row to row */
} SsmtStrided;

static inline SsmtStrided
ssmt_strided (SsmtRef ref, guint32 stride)
{
  return (SsmtStrided){ ref, stride };
}

/* `ref` moved by `n` floats. */
static inline SsmtRef
ssmt_floats_at (SsmtRef ref, gsize n)
{
  return ssmt_ref_at (ref, n * sizeof (float));
}

/* out = W x + b for each of `rows` rows, x of W's columns. */
void ssmt_project (SsmtDevice *device, const SsmtProjection *projection, guint32 rows,
    SsmtStrided x, SsmtStrided out);
/* out += W x + b */
void ssmt_project_add (SsmtDevice *device, const SsmtProjection *projection, guint32 rows,
    SsmtStrided x, SsmtStrided out);

/* out = norm (x), (rows, width) both; they may be the same. */
void ssmt_norm_apply (
    const SsmtNorm *norm, SsmtDevice *device, SsmtRef x, SsmtRef out, guint32 rows);

/* --- taking tensors ----------------------------------------------------- */

/* What the weights of something cost. */
typedef struct {
  double bytes;      /* read by a call */
  double multiplies; /* multiply-adds a row */
} SsmtCost;

/* Takes tensors whose names begin with `prefix`. The first error is kept and what is taken after it
 * is empty, so that taking reads like the list of tensors. */
typedef struct {
  SsmtTensorSource *source;
  const char *prefix;
  SsmtCost *cost; /* adds up; NULL: not wanted */
  GError *error;
} SsmtBinder;

const SsmtMatrix *ssmt_binder_matrix (
    SsmtBinder *binder, const char *name, guint32 rows, guint32 cols);
/* NAME.weight, and with `bias` NAME.bias. */
SsmtProjection ssmt_binder_projection (
    SsmtBinder *binder, const char *name, guint32 rows, guint32 cols, gboolean bias);
SsmtRef ssmt_binder_floats (
    SsmtBinder *binder, const char *name, guint32 rows, guint32 cols, SsmtTensorValues values);
/* NAME.weight, and with LayerNorm NAME.bias; kind, width and eps are those of `norm`. */
void ssmt_binder_norm (SsmtBinder *binder, const char *name, SsmtNorm *norm);
/* rows * cols values to be turned round; NULL after an error. */
float *ssmt_binder_read (
    SsmtBinder *binder, const char *name, guint32 rows, guint32 cols, SsmtTensorValues values);
SsmtRef ssmt_binder_upload (SsmtBinder *binder, const char *name, const float *values, gsize n);
/* A = -exp (A_log), turned from (rows, cols) to (cols, rows). */
SsmtRef ssmt_binder_decay (SsmtBinder *binder, guint32 rows, guint32 cols);

G_END_DECLS

#endif /* SSMT_BINDER_H */
