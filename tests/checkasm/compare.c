/* ssmtranslate: how checkasm compares what was kept
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "checkasm.h"

double
rig_largest_error (
    const Rig *expected, const Rig *got, const Rig *sizes, double tolerance, size_t *where)
{
  double worst = 0;

  *where = 0;
  for (size_t i = 0; i < expected->n_kept; i++) {
    double e = expected->kept[i], g = got->kept[i];
    double size = sizes ? fmax (fabs (e), fabs (sizes->kept[i])) : fabs (e);
    double error = fabs (e - g) / (tolerance * (1 + size));
    if (e == g || (isnan (e) && isnan (g)))
      continue;
    if (!(error <= worst)) { /* NaN counts as wrong */
      worst = isnan (error) ? INFINITY : error;
      *where = i;
    }
  }
  return worst;
}

size_t
rig_first_difference (const Rig *expected, const Rig *got)
{
  size_t i = 0;

  for (; i < expected->n_kept; i++) {
    float e = expected->kept[i], g = got->kept[i];
    if (memcmp (&e, &g, sizeof e) != 0 && !(isnan (e) && isnan (g)))
      break;
  }
  return i;
}

bool
rig_is_same_kind (const Rig *expected, const Rig *got, size_t *where)
{
  for (*where = 0; *where < expected->n_kept; ++*where) {
    float e = expected->kept[*where], g = got->kept[*where];
    if (isnan (e) != isnan (g) || ((isinf (e) || isinf (g)) && e != g && !isnan (e)))
      return false;
  }
  return true;
}

bool
rig_keeps_nan (const Rig *expected, const Rig *got, size_t *where)
{
  for (*where = 0; *where < expected->n_kept; ++*where)
    if (isnan (expected->kept[*where]) && !isnan (got->kept[*where]))
      return false;
  return true;
}

uint64_t
rig_digest (const Rig *rig, uint64_t digest)
{
  for (size_t i = 0; i < rig->n_kept; i++) {
    uint32_t bits = 0x7fc00000; /* whatever is not a number */
    if (!isnan (rig->kept[i]))
      memcpy (&bits, &rig->kept[i], sizeof bits);
    digest = (digest ^ bits) * 0x100000001b3u; /* FNV-1a, by words */
  }
  return digest;
}
