/* ssmtranslate: content, guards and batches for checkasm
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

#include <stdarg.h>
#include <time.h>

#define GUARD 256 /* bytes on both sides of a buffer */
#define GUARD_BYTE 0xa5
#define PATTERN 12345.6787f

/* --- random ------------------------------------------------------------- */

static uint32_t
next_random (Rig *rig)
{
  /* xorshift64* */
  rig->random ^= rig->random >> 12;
  rig->random ^= rig->random << 25;
  rig->random ^= rig->random >> 27;
  return (uint32_t) ((rig->random * 0x2545f4914f6cdd1du) >> 32);
}

uint32_t
rig_random (Rig *rig, uint32_t limit)
{
  return next_random (rig) % limit;
}

uint32_t
rig_size (Rig *rig, uint32_t most)
{
  uint32_t kind = rig_random (rig, 3), size = 1 + rig_random (rig, most);

  if (kind == 0)
    size = 1 + rig_random (rig, 8);
  if (kind == 1)
    size = 16 * (1 + rig_random (rig, most / 16 + 1)) + rig_random (rig, 3) - 1;
  return size < most ? size : most;
}

uint32_t
rig_rows (Rig *rig, uint32_t most)
{
  return rig_random (rig, 20) == 0 ? 0 : rig_size (rig, most);
}

float
rig_uniform (Rig *rig, float low, float high)
{
  return low + (high - low) * (float) (next_random (rig) >> 8) * 0x1p-24f;
}

/* --- memory ------------------------------------------------------------- */

static void *
checked_alloc (size_t bytes)
{
  void *memory = calloc (1, bytes);
  if (memory == NULL) {
    fprintf (stderr, "checkasm: no memory\n");
    exit (1);
  }
  return memory;
}

SsmtRef
rig_bytes (Rig *rig, const void *content, size_t bytes)
{
  const SsmtDeviceOps *ops = rig->device->ops;
  char guard[GUARD];

  if (rig->n_buffers == N_ELEMENTS (rig->buffers)) {
    fprintf (stderr, "checkasm: too many buffers in a test\n");
    exit (1);
  }
  SsmtBuffer *buffer = ops->alloc (rig->device, bytes + 2 * GUARD);
  if (buffer == NULL) {
    fprintf (stderr, "checkasm: no device memory\n");
    exit (1);
  }
  rig->buffers[rig->n_buffers++] = (RigBuffer){ buffer, bytes };
  memset (guard, GUARD_BYTE, GUARD);
  ops->write (rig->device, (SsmtRef){ buffer, 0 }, guard, GUARD);
  ops->write (rig->device, (SsmtRef){ buffer, GUARD }, content, bytes);
  ops->write (rig->device, (SsmtRef){ buffer, GUARD + bytes }, guard, GUARD);
  return (SsmtRef){ buffer, GUARD };
}

static bool
is_guard_whole (Rig *rig, SsmtBuffer *buffer, size_t offset)
{
  unsigned char guard[GUARD];

  rig->device->ops->read (rig->device, guard, (SsmtRef){ buffer, offset }, GUARD);
  for (size_t i = 0; i < GUARD; i++)
    if (guard[i] != GUARD_BYTE)
      return false;
  return true;
}

void
rig_end (Rig *rig)
{
  for (uint32_t i = 0; i < rig->n_buffers; i++) {
    const RigBuffer *b = &rig->buffers[i];
    if (!is_guard_whole (rig, b->buffer, 0) || !is_guard_whole (rig, b->buffer, GUARD + b->bytes))
      rig->broken = true;
    rig->device->ops->release (rig->device, b->buffer);
  }
  rig->n_buffers = 0;
}

SsmtRef
rig_terms (Rig *rig, RigMake make, size_t count, float low, float high)
{
  rig->has_terms = true;
  rig->as_terms = true;
  SsmtRef ref = rig_input (rig, make, count, low, high);
  rig->as_terms = false;
  return ref;
}

SsmtRef
rig_input (Rig *rig, RigMake make, size_t count, float low, float high)
{
  rig->as_input = true;
  SsmtRef ref = make (rig, count, low, high);
  rig->as_input = false;
  return ref;
}

/* Of a random generator of its own, so that all else is as in the plain case. */
static void
make_odd (uint64_t seed, float *values, size_t count)
{
  static const uint32_t odd[] = { 0x7fc00000, 0xffc00000, 0x7fffffff, 0xffc00001, 0x7f800000,
    0xff800000 };
  Rig own = { .random = seed };

  for (size_t i = 0; i < count; i++)
    if (rig_random (&own, 60) == 0)
      memcpy (&values[i], &odd[rig_random (&own, N_ELEMENTS (odd))], sizeof values[i]);
}

static void
change_content (Rig *rig, float *values, size_t count)
{
  for (size_t i = 0; rig->content == RIG_SIZES && rig->as_terms && i < count; i++)
    values[i] = fabsf (values[i]);
  if (rig->content == RIG_ODD && rig->as_input)
    make_odd (rig->random, values, count);
}

SsmtRef
rig_floats (Rig *rig, size_t count, float low, float high)
{
  float *values = checked_alloc (count * sizeof (float) + 1);

  for (size_t i = 0; i < count; i++)
    values[i] = rig_uniform (rig, low, high);
  change_content (rig, values, count);
  SsmtRef ref = rig_bytes (rig, values, count * sizeof (float));
  free (values);
  return ref;
}

SsmtRef
rig_edges (Rig *rig, size_t count, float low, float high)
{
  static const float edges[] = { 0.0f, -0.0f, 1e-30f, -1e-30f, 20.0f, 20.0001f, -20.0f, 88.0f,
    -88.0f, 104.0f, -104.0f };
  float *values = checked_alloc (count * sizeof (float) + 1);

  for (size_t i = 0; i < count; i++)
    values[i] = rig_random (rig, 4) == 0 ? edges[rig_random (rig, N_ELEMENTS (edges))]
                                         : rig_uniform (rig, low, high);
  change_content (rig, values, count);
  SsmtRef ref = rig_bytes (rig, values, count * sizeof (float));
  free (values);
  return ref;
}

SsmtRef
rig_pattern (Rig *rig, size_t count)
{
  return rig_floats (rig, count, PATTERN, PATTERN);
}

/* --- weights ------------------------------------------------------------ */

static void
random_weights (Rig *rig, SsmtDType dtype, float *values, void *out, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    if (dtype == SSMT_DTYPE_I8)
      ((int8_t *) out)[i] = (int8_t) ((int) rig_random (rig, 256) - 128);
    else if (dtype == SSMT_DTYPE_Q4)
      ((uint8_t *) out)[i] = (uint8_t) rig_random (rig, 256);
    else if (dtype == SSMT_DTYPE_F32)
      values[i] = rig_uniform (rig, -1, 1);
    else /* exponents near 1, any sign and fraction */
      ((uint16_t *) out)[i] =
          (uint16_t) (dtype == SSMT_DTYPE_BF16 ? 0x3e00 | (rig_random (rig, 0x1ff))
                                               : 0x3400 | (rig_random (rig, 0x7ff)))
          ^ (uint16_t) (rig_random (rig, 2) << 15);
  }
}

SsmtMatrix
rig_matrix (Rig *rig, SsmtDType dtype, uint32_t rows, uint32_t cols)
{
  size_t bytes = rows * ssmt_row_bytes (dtype, cols), count = bytes / ssmt_dtype_size (dtype);
  float *values = checked_alloc (count * sizeof (float) + 1);
  SsmtMatrix matrix = { .dtype = dtype, .rows = rows, .cols = cols };

  rig->has_bf16 = rig->has_bf16 || dtype == SSMT_DTYPE_BF16;
  random_weights (rig, dtype, values, values, count);
  matrix.data = rig_bytes (rig, values, bytes);
  free (values);
  if (dtype == SSMT_DTYPE_I8)
    matrix.scales = rig_floats (rig, rows, 0.5f / 128, 1.0f / 128);
  if (dtype == SSMT_DTYPE_Q4)
    matrix.scales = rig_floats (rig, rows * ssmt_row_scales (dtype, cols), -0.2f, 0.2f);
  if (!rig->device->ops->bind_matrix (rig->device, &matrix)) {
    fprintf (stderr, "checkasm: no memory for a matrix\n");
    exit (1);
  }
  return matrix;
}

void
rig_unbind (Rig *rig, SsmtMatrix *matrix)
{
  rig->device->ops->unbind_matrix (rig->device, matrix);
}

/* --- results ------------------------------------------------------------ */

void
rig_label (Rig *rig, const char *format, ...)
{
  va_list list;

  va_start (list, format);
  vsnprintf (rig->label, sizeof rig->label, format, list);
  va_end (list);
}

static float *
more_room (Rig *rig, size_t count)
{
  size_t total = rig->n_kept + count;
  float *kept = realloc (rig->kept, total * sizeof (float) + 1);

  if (kept == NULL) {
    fprintf (stderr, "checkasm: no memory\n");
    exit (1);
  }
  rig->kept = kept;
  rig->n_kept = total;
  return kept + total - count;
}

void
rig_keep (Rig *rig, SsmtRef ref, size_t count)
{
  float *room = more_room (rig, count);
  rig->device->ops->read (rig->device, room, ref, count * sizeof (float));
}

void
rig_keep_ints (Rig *rig, SsmtRef ref, size_t count)
{
  float *room = more_room (rig, count);
  int32_t *ints = checked_alloc (count * sizeof (int32_t) + 1);

  rig->device->ops->read (rig->device, ints, ref, count * sizeof (int32_t));
  for (size_t i = 0; i < count; i++)
    room[i] = (float) ints[i] * 1e6f; /* no tolerance makes two ids equal */
  free (ints);
}

/* --- runs --------------------------------------------------------------- */

void
batch_random (Rig *rig, Batch *batch, uint32_t count, uint32_t longest, uint64_t position)
{
  memset (batch, 0, sizeof *batch);
  batch->count = count;
  batch->slots = count + 1;
  for (uint32_t i = 0; i < count; i++) {
    SsmtRun *run = &batch->list[i];
    run->slot = (i + 1 + count / 2) % batch->slots;
    run->first = batch->rows;
    run->rows = 1 + rig_random (rig, longest);
    run->position = ((uint64_t) next_random (rig) << 32 | next_random (rig)) % (position + 1);
    run->segment_rows = rig_random (rig, 2) ? rig_random (rig, 300) : 0;
    batch->rows += run->rows;
  }
}

uint32_t
batch_calls (const Batch *batch, uint32_t calls)
{
  return calls == ALONE ? batch->count : calls;
}

/* The first row of a run that call number `call` of `calls` reads: as many cuts as it takes, anywhere, in
 * their order. */
static uint32_t
cut_at (const SsmtRun *run, uint32_t call, uint32_t calls)
{
  uint32_t cuts[16], n = 0;
  Rig own = { .random = run->position + run->rows * 0x9e3779b97f4a7c15u + run->first + 1 };

  if (call == 0 || call == calls || calls > N_ELEMENTS (cuts))
    return run->rows * call / calls;
  for (; n + 1 < calls; n++) {
    uint32_t cut = rig_random (&own, run->rows + 1), i = n;
    for (; i > 0 && cuts[i - 1] > cut; i--)
      cuts[i] = cuts[i - 1];
    cuts[i] = cut;
  }
  return cuts[call - 1];
}

Batch
batch_part (const Batch *batch, uint32_t call, uint32_t calls)
{
  Batch part = *batch;

  part.count = 0;
  for (uint32_t i = 0; i < batch->count; i++) {
    SsmtRun run = batch->list[i];
    uint32_t from = cut_at (&run, call, calls), to = cut_at (&run, call + 1, calls);
    if (calls == ALONE) {
      from = 0;
      to = i == call ? run.rows : 0;
    }
    run.first += from;
    run.position += from;
    run.segment_rows += from;
    run.rows = to - from;
    if (run.rows > 0)
      part.list[part.count++] = run;
  }
  return part;
}

SsmtRuns
rig_runs (Rig *rig, const Batch *batch)
{
  return (SsmtRuns){ rig_bytes (rig, batch->list, batch->count * sizeof (SsmtRun)), batch->count };
}

/* --- timing ------------------------------------------------------------- */

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

void
rig_call (Rig *rig, CallFunc call, const void *op)
{
  call (rig->device, op);
  if (!rig->timed)
    return;

  /* the best of many short series: other programs disturb, they never help */
  double start = now (), best = 1e9;
  call (rig->device, op);
  uint32_t repeat = (uint32_t) (0.002 / (now () - start)) + 1;
  while (now () - start < 0.3) {
    double began = now ();
    for (uint32_t i = 0; i < repeat; i++)
      call (rig->device, op);
    double seconds = (now () - began) / repeat;
    best = seconds < best ? seconds : best;
  }
  rig->seconds = best;
}
