/* ssmtranslate: the mode that arithmetic runs in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host may round another way, or flush subnormal numbers to zero: results are to be the same whatever it does,
 * and it is to find its mode as it was.
 */
#ifndef SSMT_FLOAT_MODE_H
#define SSMT_FLOAT_MODE_H

#include <stdint.h>

/* Each processor's: reads and writes the mode, and SSMT_MODE_STANDARD, which rounds to the nearest, keeps subnormal
 * numbers and traps nothing; SSMT_MODE_BITS, for other bits tell what has happened. */
#if defined __x86_64__
#include <xmmintrin.h>
/* MXCSR, and above it the x87's rounding: the C library asks that one when it reads a number */
#define SSMT_MODE_X87 0x0c00u
#define SSMT_MODE_BITS (0xffffffc0u | (uint64_t) SSMT_MODE_X87 << 32)
#define SSMT_MODE_STANDARD 0x1f80u
static inline uint64_t
ssmt_mode_read (void)
{
  uint16_t x87;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  return _mm_getcsr () | (uint64_t) (x87 & SSMT_MODE_X87) << 32;
}
static inline void
ssmt_mode_write (uint64_t mode)
{
  uint16_t x87;
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  x87 = (uint16_t) ((x87 & ~SSMT_MODE_X87) | mode >> 32);
  __asm__ volatile("fldcw %0" : : "m"(x87));
  _mm_setcsr ((uint32_t) mode);
}
#elif defined __aarch64__
#define SSMT_MODE_BITS UINT64_MAX
#define SSMT_MODE_STANDARD 0u
static inline uint64_t
ssmt_mode_read (void)
{
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
#define ssmt_mode_write(mode) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t) (mode)))
#else
#include <fenv.h>
#define SSMT_MODE_BITS UINT64_MAX
#define SSMT_MODE_STANDARD ((uint64_t) FE_TONEAREST)
#define ssmt_mode_read() ((uint64_t) fegetround ())
#define ssmt_mode_write(mode) ((void) fesetround ((int) (mode)))
#endif

/* Takes the standard mode in this thread; returns the one before, for ssmt_float_mode_leave (). */
static inline uint64_t
ssmt_float_mode_enter (void)
{
  uint64_t before = ssmt_mode_read ();

  if ((before & SSMT_MODE_BITS) != SSMT_MODE_STANDARD)
    ssmt_mode_write (SSMT_MODE_STANDARD);
  return before;
}

static inline void
ssmt_float_mode_leave (uint64_t before)
{
  if ((before & SSMT_MODE_BITS) != SSMT_MODE_STANDARD)
    ssmt_mode_write (before);
}

#endif /* SSMT_FLOAT_MODE_H */
