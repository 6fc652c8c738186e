/* ssmt bench: what the machine can do now
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both rates are measured beside the model's, in the same run and with as many
 * threads, because a shared machine is not the same machine an hour later.
 */
#include <string.h>

#include "engine/cli/bench.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The compiler makes this body for each width and picks one when the program
 * starts. */
#if defined(__x86_64__) && defined(__GLIBC__)
#define WIDEST __attribute__ ((target_clones ("avx512f", "avx2", "default")))
#else
#define WIDEST
#endif

/* --- threads -------------------------------------------------------------- */

typedef struct {
  double (*work) (gpointer data, double seconds); /* units/s */
  gpointer data;
  double seconds, rate;
} Worker;

static gpointer
worker_thread (gpointer data)
{
  Worker *worker = data;

  worker->rate = worker->work (worker->data, worker->seconds);
  return NULL;
}

/* The same work on all threads at once, each on its own data. */
static double
measure (double (*work) (gpointer, double), gpointer *data, guint threads, double seconds)
{
  g_autofree Worker *workers = g_new0 (Worker, threads);
  g_autofree GThread **handles = g_new0 (GThread *, threads);
  double rate = 0;

  for (guint i = 0; i < threads; i++) {
    workers[i] = (Worker){ work, data ? data[i] : NULL, seconds, 0 };
    handles[i] = g_thread_new ("measure", worker_thread, &workers[i]);
  }
  for (guint i = 0; i < threads; i++) {
    g_thread_join (handles[i]);
    rate += workers[i].rate;
  }
  return rate;
}

/* --- memory --------------------------------------------------------------- */

typedef guint64 Lanes __attribute__ ((vector_size (64), may_alias));

typedef struct {
  const Lanes *values;
  gsize n; /* a multiple of 8 */
} Block;

WIDEST static guint64
sum_block (const Lanes *values, gsize n)
{
  Lanes sums[8] = { { 0 } };
  guint64 sum = 0;

  for (gsize i = 0; i < n; i += 8)
    for (guint j = 0; j < 8; j++)
      sums[j] += values[i + j];
  for (guint j = 1; j < 8; j++)
    sums[0] += sums[j];
  for (guint j = 0; j < 8; j++)
    sum += sums[0][j];
  return sum;
}

static double
read_block (gpointer data, double seconds)
{
  static volatile guint64 sink;
  const Block *block = data;
  gint64 start = g_get_monotonic_time (), now = start, before;
  double best = 0;

  while (now - start < seconds * 1e6) {
    /* Several passes over what is small: the clock counts microseconds. */
    guint passes = 1 + (16u << 20) / (block->n * sizeof (Lanes));

    before = now;
    for (guint i = 0; i < passes; i++)
      sink = sum_block (block->values, block->n);
    now = g_get_monotonic_time ();
    best = MAX (best, 1e6 * passes * block->n * sizeof (Lanes) / MAX (now - before, 1));
  }
  (void) sink;
  return best;
}

double
bench_memory_rate (gsize bytes, guint threads, double seconds)
{
  gsize unit = 8 * sizeof (Lanes);
  gsize part = MAX (bytes / threads / unit, 1) * unit;
  g_autofree guint8 *memory = g_try_malloc (part * threads + sizeof (Lanes));
  g_autofree Block *blocks = g_new0 (Block, threads);
  g_autofree gpointer *data = g_new0 (gpointer, threads);
  guint8 *aligned;

  if (!memory)
    return 0;
  aligned = (guint8 *) (((gsize) memory + sizeof (Lanes) - 1) / sizeof (Lanes) * sizeof (Lanes));
  memset (aligned, 1, part * threads);
  for (guint i = 0; i < threads; i++) {
    blocks[i] = (Block){ (const Lanes *) (aligned + i * part), part / sizeof (Lanes) };
    data[i] = &blocks[i];
  }
  return measure (read_block, data, threads, seconds);
}

/* --- products ------------------------------------------------------------- */

#define ROUNDS 100000
#define CHAINS 12 /* independent sums, so that none waits */

/* *INDENT-OFF* */
#if !defined(__x86_64__)
static float
multiply_plain (void)
{
  float sums[CHAINS * 4] = { 0 };
  volatile float factor = 0.999f;
  float f = factor;

  for (guint i = 0; i < ROUNDS; i++)
    for (guint c = 0; c < CHAINS * 4; c++)
      sums[c] = sums[c] * f + f;
  for (guint c = 1; c < CHAINS * 4; c++)
    sums[0] += sums[c];
  return sums[0];
}
#else
static float
multiply_sse2 (void)
{
  __m128 sums[CHAINS], factor = _mm_set1_ps (0.999f);

  for (guint c = 0; c < CHAINS; c++)
    sums[c] = factor;
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < CHAINS; c++) sums[c] =
        _mm_add_ps (_mm_mul_ps (sums[c], factor), factor);
    __asm__ volatile("" : "+x"(factor));
  }
  for (guint c = 1; c < CHAINS; c++)
    sums[0] = _mm_add_ps (sums[0], sums[c]);
  return _mm_cvtss_f32 (sums[0]);
}

__attribute__ ((target ("avx2,fma"))) static float
multiply_avx2 (void)
{
  __m256 sums[CHAINS], factor = _mm256_set1_ps (0.999f);

  for (guint c = 0; c < CHAINS; c++)
    sums[c] = factor;
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < CHAINS; c++) sums[c] =
        _mm256_fmadd_ps (sums[c], factor, factor);
    __asm__ volatile("" : "+x"(factor));
  }
  for (guint c = 1; c < CHAINS; c++)
    sums[0] = _mm256_add_ps (sums[0], sums[c]);
  return _mm256_cvtss_f32 (sums[0]);
}

__attribute__ ((target ("avx512f"))) static float
multiply_avx512 (void)
{
  __m512 sums[CHAINS], factor = _mm512_set1_ps (0.999f);

  for (guint c = 0; c < CHAINS; c++)
    sums[c] = factor;
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < CHAINS; c++) sums[c] =
        _mm512_fmadd_ps (sums[c], factor, factor);
    __asm__ volatile("" : "+v"(factor));
  }
  for (guint c = 1; c < CHAINS; c++)
    sums[0] = _mm512_add_ps (sums[0], sums[c]);
  return _mm512_reduce_add_ps (sums[0]);
}

__attribute__ ((target ("avx512bf16,avx512vl"))) static float
multiply_bf16 (void)
{
  __m512 sums[CHAINS];
  __m512bh factor = (__m512bh) _mm512_set1_epi32 (0x3c003c00);

  for (guint c = 0; c < CHAINS; c++)
    sums[c] = _mm512_setzero_ps ();
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < CHAINS; c++) sums[c] =
        _mm512_dpbf16_ps (sums[c], factor, factor);
    __asm__ volatile("" : "+v"(factor));
  }
  for (guint c = 1; c < CHAINS; c++)
    sums[0] = _mm512_add_ps (sums[0], sums[c]);
  return _mm512_reduce_add_ps (sums[0]);
}

__attribute__ ((target ("avx512vnni,avx512vl"))) static float
multiply_i8 (void)
{
  __m512i sums[CHAINS], factor = _mm512_set1_epi8 (1);

  for (guint c = 0; c < CHAINS; c++)
    sums[c] = _mm512_setzero_si512 ();
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < CHAINS; c++) sums[c] =
        _mm512_dpbusd_epi32 (sums[c], factor, factor);
    __asm__ volatile("" : "+v"(factor));
  }
  for (guint c = 1; c < CHAINS; c++)
    sums[0] = _mm512_add_epi32 (sums[0], sums[c]);
  return _mm512_reduce_add_epi32 (sums[0]);
}

__attribute__ ((target ("avx2"))) static float
multiply_i8_avx2 (void)
{
  __m256i sums[6], factor = _mm256_set1_epi8 (1), ones = _mm256_set1_epi16 (1);

  for (guint c = 0; c < 6; c++)
    sums[c] = _mm256_setzero_si256 ();
  for (guint i = 0; i < ROUNDS; i++) {
    _Pragma ("GCC unroll 16") for (guint c = 0; c < 6; c++)
    {
      __m256i pairs = _mm256_maddubs_epi16 (factor, factor);

      __asm__ volatile("" : "+x"(pairs));
      sums[c] = _mm256_add_epi32 (sums[c], _mm256_madd_epi16 (pairs, ones));
    }
  }
  for (guint c = 1; c < 6; c++)
    sums[0] = _mm256_add_epi32 (sums[0], sums[c]);
  return _mm256_extract_epi32 (sums[0], 0);
}
#endif
/* *INDENT-ON* */

typedef struct {
  float (*run) (void);
  double multiplies; /* a call */
} Multiply;

static Multiply
choose_multiply (SsmtDType dtype)
{
  /* four-bit values are multiplied as bytes */
  gboolean i8 = dtype == SSMT_DTYPE_I8 || dtype == SSMT_DTYPE_Q4;

#if defined(__x86_64__)
  if (i8 && __builtin_cpu_supports ("avx512vnni"))
    return (Multiply){ multiply_i8, 64. * CHAINS * ROUNDS };
  if (i8 && __builtin_cpu_supports ("avx2"))
    return (Multiply){ multiply_i8_avx2, 32. * 6 * ROUNDS };
  if (dtype == SSMT_DTYPE_BF16 && __builtin_cpu_supports ("avx512bf16"))
    return (Multiply){ multiply_bf16, 32. * CHAINS * ROUNDS };
  if (__builtin_cpu_supports ("avx512f"))
    return (Multiply){ multiply_avx512, 16. * CHAINS * ROUNDS };
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return (Multiply){ multiply_avx2, 8. * CHAINS * ROUNDS };
  return (Multiply){ multiply_sse2, 4. * CHAINS * ROUNDS };
#else
  (void) i8;
  return (Multiply){ multiply_plain, 4. * CHAINS * ROUNDS };
#endif
}

static double
multiply_for (gpointer data, double seconds)
{
  static volatile float sink;
  const Multiply *multiply = data;
  gint64 start = g_get_monotonic_time (), now = start, before;
  double best = 0;

  while (now - start < seconds * 1e6) {
    before = now;
    sink = multiply->run ();
    now = g_get_monotonic_time ();
    best = MAX (best, 1e6 * multiply->multiplies / MAX (now - before, 1));
  }
  (void) sink;
  return best;
}

double
bench_multiply_rate (SsmtDType dtype, guint threads, double seconds)
{
  Multiply multiply = choose_multiply (dtype);
  g_autofree gpointer *data = g_new0 (gpointer, threads);

  for (guint i = 0; i < threads; i++)
    data[i] = &multiply;
  return measure (multiply_for, data, threads, seconds);
}
