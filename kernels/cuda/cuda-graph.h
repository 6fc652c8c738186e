/* ssmtranslate: queues of operations that come again
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CUDA_GRAPH_H
#define SSMT_CUDA_GRAPH_H

#include "cuda-internal.h"

/* The entries of the device table. */
bool ssmt_cuda_graph_begin (SsmtDevice *device, uint64_t key);
bool ssmt_cuda_graph_end (SsmtDevice *device, uint64_t key);
/* What was recorded no longer holds: memory has moved. Nothing is being recorded. */
void ssmt_cuda_graphs_forget (CudaDevice *device);
bool ssmt_cuda_graphs_are_recording (const CudaDevice *device);
void ssmt_cuda_graphs_free (CudaDevice *device);

#endif /* SSMT_CUDA_GRAPH_H */
