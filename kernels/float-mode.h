/* ssmtranslate: the mode that arithmetic runs in
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host may round another way, or flush subnormal numbers to zero: results are to be the same whatever it does,
 * and it is to find its mode as it was.
 */
#ifndef SSMT_FLOAT_MODE_H
#define SSMT_FLOAT_MODE_H

#include <stdint.h>

/* Each processor's: reads and writes the mode, and STANDARD, which rounds to the nearest, keeps subnormal numbers
 * and traps nothing; in MODE_BITS, for other bits tell what has happened. */
#if defined __x86_64__
#include <xmmintrin.h>
#define MODE_BITS 0xffffffc0u
#define MODE_STANDARD 0x1f80u
#define mode_read() _mm_getcsr ()
#define mode_write(mode) _mm_setcsr ((uint32_t) (mode))
#elif defined __aarch64__
#define MODE_BITS UINT64_MAX
#define MODE_STANDARD 0u
static inline uint64_t
mode_read (void)
{
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
#define mode_write(mode) __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t) (mode)))
#else
#include <fenv.h>
#define MODE_BITS UINT64_MAX
#define MODE_STANDARD ((uint64_t) FE_TONEAREST)
#define mode_read() ((uint64_t) fegetround ())
#define mode_write(mode) ((void) fesetround ((int) (mode)))
#endif

/* Takes the standard mode in this thread; returns the one before, for ssmt_float_mode_leave (). */
static inline uint64_t
ssmt_float_mode_enter (void)
{
  uint64_t before = mode_read ();

  if ((before & MODE_BITS) != MODE_STANDARD)
    mode_write (MODE_STANDARD);
  return before;
}

static inline void
ssmt_float_mode_leave (uint64_t before)
{
  if ((before & MODE_BITS) != MODE_STANDARD)
    mode_write (before);
}

#undef MODE_BITS
#undef MODE_STANDARD
#undef mode_read
#undef mode_write

#endif /* SSMT_FLOAT_MODE_H */
