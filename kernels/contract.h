/* ssmtranslate: the device table
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A device is a table of operations over its own buffers.  The engine names
 * memory by (buffer, byte offset) and never by host pointer, so that the same
 * sequence of operations runs on a CPU, or is queued on a GPU until wait().
 *
 * Rules that hold for every operation
 *  - Activations are F32, row-major.  A *_stride is the distance between two
 *    rows in floats; it may be larger than the width, so that an operation
 *    reads one part of a wider row in place.
 *  - An operation works on `rows` rows.  Row-wise operations (norm, product,
 *    SwiGLU, embedding) know nothing of sequences.  Sequence operations
 *    (convolution, scans, attention) take `runs`: rows of one slot stand
 *    together and in order; a run of one row is a decoding step, a run of
 *    many is a prefill that continues from the slot's state.
 *  - A state is a flat block of bytes per slot: slot s of a layer begins at
 *    `state.base` + s * `state.stride` bytes.  It is updated in place.
 *  - The result of a row is the same bits whatever rows share the batch, on any number
 *    of threads and on all CPUs (but for BF16 weights: docs/kernels.md); on a GPU it may
 *    depend on how its own run is cut. NaN stays NaN. A run has a row at least.
 *  - Sizes are checked by the caller when the batch is built; operations
 *    return nothing.  What fails on the device is told by wait().
 *  - All floats are IEEE F32 unless a dtype says otherwise; BF16 and F16 are
 *    stored weights, products accumulate in F32 (I8, groups of Q4: in int32).
 *
 * ops.def is the list of operations, ops.h says what each is to compute, and ref/ has
 * each in plain C: the definition.
 */
#ifndef SSMT_CONTRACT_H
#define SSMT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct SsmtDevice SsmtDevice;
typedef struct SsmtBuffer SsmtBuffer;

typedef enum {
  SSMT_DTYPE_F32,
  SSMT_DTYPE_F16,
  SSMT_DTYPE_BF16,
  SSMT_DTYPE_I8, /* with one F32 scale per row: w = q * scale[row] */
  SSMT_DTYPE_Q4, /* with one F32 scale per group of a row, see below */
} SsmtDType;

/* Q4: SSMT_Q4_GROUP consecutive inputs of a row are a group, w = q * scale[row, group]
 * with q in [-8, 7] and a scale of either sign.  A group is 32 bytes: byte i holds
 * q + 8 of its input i in the low four bits and of its input 32 + i in the high four.
 * A row is whole groups; what stands beyond the last column is q = 0 (8 in the file)
 * and is not looked at. */
#define SSMT_Q4_GROUP 64u

/* A place in device memory; `offset` in bytes.  buffer == NULL: absent. */
typedef struct {
  SsmtBuffer *buffer;
  size_t offset;
} SsmtRef;

/* A weight matrix (rows = outputs, cols = inputs), row-major without padding
 * (Q4: in whole groups), as it stands in the model file. */
typedef struct {
  SsmtDType dtype;
  uint32_t rows, cols;
  SsmtRef data;
  SsmtRef scales;  /* I8: (rows) F32; Q4: (rows, groups) F32 */
  SsmtRef derived; /* owned by the device, made by bind_matrix() */
} SsmtMatrix;

/* `rows` rows of the batch from row `first` on continue slot `slot`. */
typedef struct {
  uint32_t slot;
  uint32_t first, rows;
  uint32_t memory, memory_rows; /* cross-attention: first row and number of rows */
  uint32_t segment_rows;        /* rows of its segment that this slot has read before this run */
  uint64_t position;            /* rows of any that it has read before this run */
} SsmtRun;

typedef struct {
  SsmtRef base;  /* the layer's block in slot 0 */
  size_t stride; /* bytes from slot to slot */
} SsmtSlots;

typedef struct {
  SsmtRef list; /* (count) SsmtRun, in device memory */
  uint32_t count;
} SsmtRuns;

/* Bytes of an element; Q4: of two. */
static inline size_t
ssmt_dtype_size (SsmtDType dtype)
{
  return dtype == SSMT_DTYPE_F32 ? 4 : dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4 ? 1 : 2;
}

static inline size_t
ssmt_q4_groups (size_t cols)
{
  return (cols + SSMT_Q4_GROUP - 1) / SSMT_Q4_GROUP;
}

/* Bytes of a row of a matrix, its scales not counted. */
static inline size_t
ssmt_row_bytes (SsmtDType dtype, size_t cols)
{
  return dtype == SSMT_DTYPE_Q4 ? ssmt_q4_groups (cols) * (SSMT_Q4_GROUP / 2)
                                : cols * ssmt_dtype_size (dtype);
}

/* How many scales a row has. */
static inline size_t
ssmt_row_scales (SsmtDType dtype, size_t cols)
{
  return dtype == SSMT_DTYPE_Q4 ? ssmt_q4_groups (cols) : dtype == SSMT_DTYPE_I8;
}

static inline SsmtRef
ssmt_ref_at (SsmtRef ref, size_t bytes)
{
  ref.offset += bytes;
  return ref;
}

/* --- the operations ------------------------------------------------------ */

#define OP(Type, name) typedef struct Ssmt##Type##Op Ssmt##Type##Op;
#include "ops.def"

/* --- the table ---------------------------------------------------------- */

typedef struct {
  /* Zeroed device memory, or NULL when there is none left. */
  SsmtBuffer *(*alloc) (SsmtDevice *, size_t bytes);
  /* Read-only memory with the content of `host`: in place where the device can
   * (then `host` must outlive the buffer), else a copy.  NULL: no memory left. */
  SsmtBuffer *(*wrap) (SsmtDevice *, const void *host, size_t bytes);
  /* NULL is allowed. Waits for operations that use it. */
  void (*release) (SsmtDevice *, SsmtBuffer *);
  /* Host to device, in order with the operations; `src` is free on return. */
  void (*write) (SsmtDevice *, SsmtRef dst, const void *src, size_t bytes);
  /* Device to host; waits for everything queued before. */
  void (*read) (SsmtDevice *, void *dst, SsmtRef src, size_t bytes);
  void (*copy) (SsmtDevice *, SsmtRef dst, SsmtRef src, size_t bytes);
  void (*zero) (SsmtDevice *, SsmtRef dst, size_t bytes);
  /* Ends everything queued.  0, ENOMEM where an operation of this thread has found no memory since the
   * thread asked last (what it was to write is lost, the device goes on), or another errno value from
   * when the device has failed on. */
  int (*wait) (SsmtDevice *);
  /* Makes what the device wants beside a weight (I8: sums of rows); once per
   * matrix, before its first use.  false: no memory left. */
  bool (*bind_matrix) (SsmtDevice *, SsmtMatrix *);
  void (*unbind_matrix) (SsmtDevice *, SsmtMatrix *);

#define OP(Type, name) void (*name) (SsmtDevice *, const Ssmt##Type##Op *);
#include "ops.def"

  /* NULL where there is no gain. Operations between begin and end are the same, down to their
   * arguments, whenever the key is; what memory holds may differ. begin: true where they were
   * recorded before and have been queued by this call, then there is no end. Otherwise the caller
   * queues them and calls end: true where they stand in the queue now, false where the caller has to
   * begin once more. Nobody else queues anything in between. */
  bool (*graph_begin) (SsmtDevice *, uint64_t key);
  bool (*graph_end) (SsmtDevice *, uint64_t key);

  void (*close) (SsmtDevice *);
} SsmtDeviceOps;

/* A device implementation begins with this. */
struct SsmtDevice {
  const SsmtDeviceOps *ops;
  const char *name;      /* "cpu", "cuda" */
  char description[160]; /* for people: "cpu: avx512 vnni bf16, 2 threads" */
  char note[240];        /* for people: why "auto" found no better one; "": nothing to say */
  uint32_t lanes;        /* how many batches it pays to run at once, from as many threads */
  size_t near_bytes;     /* weights of so many bytes are at hand: reading them once for many
                                   streams gains less than these lose by waiting for each other */
  bool lazy;             /* memory not touched is free */
  uint32_t batch_rows;   /* products gain nothing from more rows in a batch */
};

#ifdef __cplusplus
}
#endif

#endif /* SSMT_CONTRACT_H */
