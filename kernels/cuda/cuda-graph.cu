/* ssmtranslate: CUDA: queues of operations that come again, as graphs
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A step of decoding is some hundred small kernels whose arguments are those of the step before:
 * what differs (tokens, slots, positions) is in device memory. The first time a key comes it
 * runs as it is, and whatever grows on first use has grown; the second time it is recorded;
 * from then on one call launches all.
 */
#include "cuda-graph.h"

#include <map>
#include <new>

#define MOST_GRAPHS 64u

struct Graph {
  cudaGraphExec_t exec; /* nullptr: not recorded yet, or never to be */
  bool spoilt;          /* recording has failed */
  uint64_t used;
};

struct CudaGraphs {
  std::map<uint64_t, Graph> graphs;
  uint64_t clock;
  bool recording;
  bool was_short; /* of memory, when the recording began */
};

static void
forget (Graph *graph)
{
  if (graph->exec)
    cudaGraphExecDestroy (graph->exec);
  graph->exec = nullptr;
}

void
ssmt_cuda_graphs_forget (CudaDevice *device)
{
  if (device->graphs)
    for (auto &entry : device->graphs->graphs)
      forget (&entry.second);
}

bool
ssmt_cuda_graphs_are_recording (const CudaDevice *device)
{
  return device->graphs && device->graphs->recording;
}

void
ssmt_cuda_graphs_free (CudaDevice *device)
{
  ssmt_cuda_graphs_forget (device);
  delete device->graphs;
  device->graphs = nullptr;
}

/* Makes room for one more. */
static void
drop_oldest (CudaGraphs *all)
{
  auto oldest = all->graphs.begin ();

  if (all->graphs.size () < MOST_GRAPHS)
    return;
  for (auto i = all->graphs.begin (); i != all->graphs.end (); ++i)
    if (i->second.used < oldest->second.used)
      oldest = i;
  forget (&oldest->second);
  all->graphs.erase (oldest);
}

/* Without memory for it the key stays unknown. */
static void
remember (CudaGraphs *all, uint64_t key)
{
  try {
    all->graphs[key] = Graph{ nullptr, false, ++all->clock };
  } catch (const std::bad_alloc &) {
  }
}

bool
ssmt_cuda_graph_begin (SsmtDevice *any, uint64_t key)
{
  CudaDevice *device = reinterpret_cast<CudaDevice *> (any);

  pthread_mutex_lock (&device->lock); /* until end */
  cudaSetDevice (device->index);
  if (!device->graphs)
    device->graphs = new (std::nothrow) CudaGraphs ();
  CudaGraphs *all = device->graphs;
  if (!all)
    return false;
  auto found = all->graphs.find (key);

  all->recording = false;
  all->was_short = ssmt_cuda_is_short_of_memory;
  if (device->error != cudaSuccess)
    return false;
  if (found == all->graphs.end ()) {
    drop_oldest (all);
    remember (all, key);
    return false;
  }
  found->second.used = ++all->clock;
  if (found->second.exec) {
    ssmt_cuda_check (device, cudaGraphLaunch (found->second.exec, device->stream));
    pthread_mutex_unlock (&device->lock);
    return true;
  }
  all->recording = !found->second.spoilt
      && cudaStreamBeginCapture (device->stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess;
  return false;
}

/* What was recorded has not run yet. FALSE: it must be queued again, as it is. */
static bool
finish_recording (CudaDevice *device, Graph *graph, bool is_whole)
{
  cudaGraph_t recorded = nullptr;
  bool good = cudaStreamEndCapture (device->stream, &recorded) == cudaSuccess && recorded && is_whole
      && cudaGraphInstantiate (&graph->exec, recorded, 0) == cudaSuccess;

  if (recorded)
    cudaGraphDestroy (recorded);
  if (good)
    good = cudaGraphLaunch (graph->exec, device->stream) == cudaSuccess;
  cudaGetLastError ();
  return good;
}

bool
ssmt_cuda_graph_end (SsmtDevice *any, uint64_t key)
{
  CudaDevice *device = reinterpret_cast<CudaDevice *> (any);
  CudaGraphs *all = device->graphs;
  bool done = true;

  if (all && all->recording) {
    Graph *graph = &all->graphs[key];

    all->recording = false;
    /* without scratch a product is left out: such a graph would do so for ever */
    done = finish_recording (
        device, graph, !ssmt_cuda_is_short_of_memory || all->was_short);
    if (!done) {
      forget (graph);
      graph->spoilt = true;
      /* of launches that the recording refused */
      device->error = cudaSuccess;
      ssmt_cuda_is_short_of_memory = all->was_short;
    }
  }
  pthread_mutex_unlock (&device->lock);
  return done;
}
