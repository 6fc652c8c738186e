/* ssmtranslate: checks every kernel variant against the plain C reference
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * checkasm                      checks everything
 * checkasm --bench              then times everything
 * checkasm [--bench] NAME...    only these operations
 * checkasm --every=N ...        every Nth case, where a CPU is emulated
 * checkasm --device=NAME ...    of that device instead of the CPU's variants; exits with 77
 *                               where it cannot be opened
 */
#include "checkasm.h"
#include "cpu/cpu-kernels.h"

#include <time.h>

typedef struct {
  const char *name;
  unsigned flags;
} Variant;

#define OTHER_DEVICE (1u << 31) /* a flag of a variant that is no CPU's */
/* Sums of another device are in an order of its own, and so is what I8 and Q4 scale by. */
#define OTHER_TOLERANCE 2e-4

static Variant variants[] = {
  { "c", 0 },
#define ISA(name, header, compiler, text, ...) { text, 1u << SSMT_ISA_##name },
#include "cpu/isa/isa.def"
  { "device", OTHER_DEVICE },
};

typedef struct {
  const char *name;
  const Check *check;
} Operation;

static const Operation operations[] = {
  { "memory", &check_memory },
  { "measure", &check_measure },
  { "threads", &check_threads },
#define OP(Type, name) { #name, &check_##name },
#include "ops.def"
};

static unsigned cpu_flags;
static const char *device_name; /* NULL: the CPU */
static unsigned n_passed, n_failed, n_skipped;
static uint64_t n_cases;
static uint64_t seed;      /* counts the cases of an operation */
static uint64_t every = 1; /* case of them is checked */

/* Counts of the operation being checked, by variant. */
static unsigned cases[N_ELEMENTS (variants)], failures[N_ELEMENTS (variants)];

static bool
is_supported (const Variant *variant)
{
  if (device_name)
    return variant->flags == OTHER_DEVICE;
  return (variant->flags & ~cpu_flags) == 0;
}

/* Whether it rounds x to bfloat16 before products with BF16 weights. */
static bool
is_rounding (const Variant *variant)
{
  SsmtCpuKernels kernels;

  ssmt_cpu_kernels_init (&kernels, variant->flags & ~OTHER_DEVICE);
  return kernels.pack_bytes (SSMT_DTYPE_BF16, 64) > 0;
}

/* --- running a case ----------------------------------------------------- */

static void
rig_open (Rig *rig, uint32_t threads, unsigned flags, uint64_t seed)
{
  memset (rig, 0, sizeof *rig);
  rig->device = flags & OTHER_DEVICE ? checkasm_device_open (device_name, NULL)
                                     : ssmt_cpu_device_open_with (threads, flags);
  rig->random = seed * 0x9e3779b97f4a7c15u + 1;
  if (rig->device == NULL) {
    fprintf (stderr, "checkasm: no memory for a device\n");
    exit (1);
  }
}

static void
rig_close (Rig *rig)
{
  rig_end (rig);
  if (rig->device->ops->wait (rig->device) != 0)
    rig->broken = true;
  ssmt_device_close (rig->device);
}

/* Where two results differ most, in units of the tolerance. */
static double
largest_error (const Rig *expected, const Rig *got, double tolerance, size_t *where)
{
  double worst = 0;

  *where = 0;
  for (size_t i = 0; i < expected->n_kept; i++) {
    double e = expected->kept[i], g = got->kept[i];
    double error = fabs (e - g) / (tolerance * (1 + fabs (e)));
    if (memcmp (&expected->kept[i], &got->kept[i], sizeof (float)) == 0 || e == g)
      continue;
    if (!(error <= worst)) { /* NaN counts as wrong */
      worst = isnan (error) ? INFINITY : error;
      *where = i;
    }
  }
  return worst;
}

static bool
compare (const char *operation, const char *variant, uint32_t threads, const Rig *expected,
    const Rig *got, double tolerance)
{
  size_t where;
  double error;

  n_cases++;
  if (got->broken || expected->broken) {
    printf ("FAILED %s [%s, %u threads] %s: wrote outside, or the device failed\n", operation,
        variant, threads, got->label);
    return false;
  }
  if (got->n_kept != expected->n_kept) {
    printf ("FAILED %s [%s] %s: the test kept %zu values, then %zu\n", operation, variant,
        got->label, expected->n_kept, got->n_kept);
    return false;
  }
  error = largest_error (expected, got, tolerance, &where);
  if (error <= 1)
    return true;
  printf ("FAILED %s [%s, %u threads] %s: value %zu is %.9g instead of %.9g, "
          "%.3g times the tolerance of %.3g\n",
      operation, variant, threads, got->label, where, got->kept[where], expected->kept[where],
      error, tolerance);
  return false;
}

/* The same case on 1 and 3 threads: near the reference, and the same bits. */
static bool
check_variant (const char *operation, RunFunc run, const void *params, double tolerance,
    const Variant *variant, const Rig *reference, uint64_t seed)
{
  Rig one, three;

  rig_open (&one, 1, variant->flags, seed);
  run (&one, params);
  rig_close (&one);
  bool good = compare (operation, variant->name, 1, reference, &one, tolerance);

  rig_open (&three, 3, variant->flags | SSMT_CPU_SHARE_ALL, seed);
  run (&three, params);
  rig_close (&three);
  good = compare (operation, variant->name, 3, &one, &three, 0) && good;
  free (one.kept);
  free (three.kept);
  return good;
}

/* Near the reference, or near what it is where activations are rounded to bfloat16. */
static bool
check_device (const char *operation, RunFunc run, const void *params, double tolerance,
    const Rig *reference, const Rig *rounded, uint64_t seed)
{
  size_t where;
  Rig rig;

  tolerance = tolerance > OTHER_TOLERANCE ? tolerance : OTHER_TOLERANCE;
  rig_open (&rig, 1, OTHER_DEVICE, seed);
  run (&rig, params);
  rig_close (&rig);
  const Rig *expected =
      rig.n_kept == rounded->n_kept && largest_error (rounded, &rig, tolerance, &where) <= 1
      ? rounded
      : reference;
  bool good = compare (operation, device_name, 1, expected, &rig, tolerance);
  free (rig.kept);
  return good;
}

void
check_case (const char *operation, RunFunc run, const void *params, double tolerance)
{
  Rig reference, rounded;

  if (seed++ % every != 0)
    return;
  rig_open (&reference, 1, 0, seed);
  run (&reference, params);
  rig_close (&reference);
  rig_open (&rounded, 1, SSMT_CPU_C_BF16, seed);
  run (&rounded, params);
  rig_close (&rounded);
  for (size_t i = 0; i < N_ELEMENTS (variants); i++) {
    const Rig *expected = is_rounding (&variants[i]) ? &rounded : &reference;
    if (!is_supported (&variants[i]))
      continue;
    cases[i]++;
    if (device_name) {
      if (!check_device (operation, run, params, tolerance, &reference, &rounded, seed))
        failures[i]++;
      continue;
    }
    if (!check_variant (operation, run, params, tolerance, &variants[i], expected, seed))
      failures[i]++;
  }
  free (reference.kept);
  free (rounded.kept);
}

void
check_same (const char *operation, RunFunc run, const void *params, const void *other_params)
{
  /* the case that check_case () has just seen */
  if (seed > 0 && (seed - 1) % every != 0)
    return;
  for (size_t i = 0; i < N_ELEMENTS (variants); i++) {
    Rig whole, parts;
    /* few rows and many are not the same kernel on every device */
    if (!is_supported (&variants[i]) || device_name)
      continue;
    rig_open (&whole, 1, variants[i].flags, 1);
    run (&whole, params);
    rig_close (&whole);
    rig_open (&parts, 2, variants[i].flags | SSMT_CPU_SHARE_ALL, 1);
    run (&parts, other_params);
    rig_close (&parts);
    cases[i]++;
    if (!compare (operation, variants[i].name, 2, &whole, &parts, 0))
      failures[i]++;
    free (whole.kept);
    free (parts.kept);
  }
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

void
bench_case (const char *operation, RunFunc run, const void *params)
{
  for (size_t i = 0; i < N_ELEMENTS (variants); i++)
    for (uint32_t threads = 1; threads <= 2; threads++) {
      Rig rig;
      if (!is_supported (&variants[i]) || ((variants[i].flags == 0 || device_name) && threads > 1))
        continue;
      rig_open (&rig, threads, variants[i].flags, 1);
      rig.timed = true;
      run (&rig, params);
      rig_close (&rig);
      printf ("%-16s %-44s %-17s %ut %10.0f ns", operation, rig.label, variants[i].name, threads,
          rig.seconds * 1e9);
      if (rig.flops > 0)
        printf (" %8.1f GFLOP/s", rig.flops / rig.seconds * 1e-9);
      if (rig.bytes > 0)
        printf (" %7.1f GB/s", rig.bytes / rig.seconds * 1e-9);
      printf ("\n");
      fflush (stdout);
      free (rig.kept);
    }
}

/* --- program ------------------------------------------------------------ */

static void
check_operation (const Operation *operation)
{
  seed = 0;
  memset (cases, 0, sizeof cases);
  memset (failures, 0, sizeof failures);
  operation->check->check ();
  for (size_t i = 0; i < N_ELEMENTS (variants); i++) {
    if (device_name && variants[i].flags != OTHER_DEVICE)
      continue;
    if (!device_name && variants[i].flags == OTHER_DEVICE)
      continue;
    if (!is_supported (&variants[i])) {
      printf ("skipped %s [%s]: not on this CPU\n", operation->name, variants[i].name);
      n_skipped++;
    } else if (failures[i] > 0) {
      printf ("FAILED %s [%s]: %u of %u cases\n", operation->name, variants[i].name, failures[i],
          cases[i]);
      n_failed++;
    } else {
      printf ("passed %s [%s]: %u cases\n", operation->name, variants[i].name, cases[i]);
      n_passed++;
    }
  }
  fflush (stdout);
}

static bool
is_wanted (const char *name, int argc, char **argv)
{
  bool any = false;

  for (int i = 1; i < argc; i++) {
    if (strcmp (argv[i], name) == 0)
      return true;
    any = any || argv[i][0] != '-';
  }
  return !any;
}

/* 0, or what the program ends with. */
static int
find_device (const char *name)
{
  const char *why = NULL;
  SsmtDevice *device = checkasm_device_open (name, &why);

  if (device == NULL) {
    printf ("skipped: device \"%s\" cannot be opened: %s\n", name, why ? why : "no memory");
    return 77;
  }
  printf ("%s\n", device->description);
  ssmt_device_close (device);
  device_name = variants[N_ELEMENTS (variants) - 1].name = name;
  return 0;
}

int
main (int argc, char **argv)
{
  bool bench = false;

  for (int i = 1; i < argc; i++) {
    bench = bench || strcmp (argv[i], "--bench") == 0;
    if (strncmp (argv[i], "--every=", 8) == 0)
      every = strtoul (argv[i] + 8, NULL, 10) > 0 ? strtoul (argv[i] + 8, NULL, 10) : 1;
    if (strncmp (argv[i], "--device=", 9) == 0 && find_device (argv[i] + 9) != 0)
      return 77;
  }

  cpu_flags = ssmt_cpu_flags_limit (ssmt_cpu_flags (), getenv ("SSMT_CPU"));
  for (size_t i = 0; i < N_ELEMENTS (operations); i++)
    if (is_wanted (operations[i].name, argc, argv))
      check_operation (&operations[i]);
  for (size_t i = 0; bench && i < N_ELEMENTS (operations); i++)
    if (operations[i].check->bench && is_wanted (operations[i].name, argc, argv))
      operations[i].check->bench ();
  printf ("%llu comparisons\n", (unsigned long long) n_cases);
  printf ("checkasm: %u passed, %u failed, %u skipped\n", n_passed, n_failed, n_skipped);
  return n_failed > 0 || n_passed == 0;
}
