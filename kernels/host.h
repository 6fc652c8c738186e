/* ssmtranslate: buffers that are host memory
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the reference and the CPU device make of an operation's places: pointers.
 */
#ifndef SSMT_HOST_H
#define SSMT_HOST_H

#include "ops.h"

struct SsmtBuffer {
  char *data;    /* aligned unless wrapped */
  void *owned;   /* what free() wants; NULL: wrapped or mapped */
  size_t mapped; /* bytes for munmap(); 0: not mapped */
};

/* NULL: absent. */
static inline void *
ssmt_host_at (SsmtRef ref)
{
  return ref.buffer ? ref.buffer->data + ref.offset : NULL;
}

/* Row `row` of a matrix of floats; NULL: absent. */
static inline float *
ssmt_host_row (SsmtRef ref, size_t row, size_t stride)
{
  float *first = ssmt_host_at (ref);

  return first ? first + row * stride : NULL;
}

/* State of a slot; NULL: absent. */
static inline float *
ssmt_host_state (const SsmtSlots *state, uint32_t slot)
{
  char *first = ssmt_host_at (state->base);

  return first ? (float *) (void *) (first + (size_t) slot * state->stride) : NULL;
}

static inline const SsmtRun *
ssmt_host_runs (const SsmtRuns *runs)
{
  return ssmt_host_at (runs->list);
}

#endif /* SSMT_HOST_H */
