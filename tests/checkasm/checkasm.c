/* ssmtranslate: checks every kernel variant against the plain C reference
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * checkasm                      checks everything
 * checkasm --bench              then times everything
 * checkasm [--bench] NAME...    only these operations
 * checkasm --every=N ...        every Nth case of the lists, where a CPU is emulated
 * checkasm --seeds=N ...        and N cases of random shape and content (10) of each
 * checkasm --seed=N ...         the first of their seeds (0), and that of the lists' content
 * checkasm --device=NAME ...    of that device instead of the CPU's variants; exits with 77
 *                               where it cannot be opened
 */
#include "checkasm.h"
#include "cpu/cpu-kernels.h"

typedef struct {
  const char *name;
  unsigned flags;
} Variant;

#define DEFAULT_SEEDS 10
#define OTHER_DEVICE (1u << 31) /* a flag of a variant that is no CPU's */
/* Sums of another device are in an order of its own, and so is what I8 and Q4 scale by. */
#define OTHER_TOLERANCE 2e-4

/* The reference itself is none; all others of the CPU are compared with the first, too. */
static Variant variants[] = {
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
static uint64_t first_seed, n_seeds, round_seed;
static bool is_random, is_left_out; /* the case */

/* Counts of the operation being checked, by variant. */
static unsigned cases[N_ELEMENTS (variants)], failures[N_ELEMENTS (variants)];
static double worst[N_ELEMENTS (variants)];     /* difference from the reference, in tolerances */
static uint64_t digests[N_ELEMENTS (variants)]; /* of all results, to compare processors */

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
  rig->random = (seed + round_seed * 0x100000000u) * 0x9e3779b97f4a7c15u + 1;
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

static void
print_failed (const char *operation, const char *variant, uint32_t threads, const Rig *rig)
{
  printf ("FAILED %s [%s, %u threads] %s %llu, %s: ", operation, variant, threads,
      is_random ? "seed" : "list, seed", (unsigned long long) round_seed, rig->label);
}

/* Neither wrote outside, and both kept as much. */
static bool
is_comparable (const char *operation, const char *variant, uint32_t threads, const Rig *expected,
    const Rig *got)
{
  n_cases++;
  if (got->broken || expected->broken) {
    print_failed (operation, variant, threads, got);
    printf ("wrote outside, or the device failed\n");
    return false;
  }
  if (got->n_kept != expected->n_kept) {
    print_failed (operation, variant, threads, got);
    printf ("the test kept %zu values, then %zu\n", expected->n_kept, got->n_kept);
    return false;
  }
  return true;
}

static bool
compare (const char *operation, const char *variant, uint32_t threads, const Rig *expected,
    const Rig *got, const Rig *sizes, double tolerance, double *most)
{
  size_t where;

  if (!is_comparable (operation, variant, threads, expected, got))
    return false;
  double error = rig_largest_error (expected, got, sizes, tolerance, &where);
  *most = fmax (*most, error);
  if (error <= 1)
    return true;
  print_failed (operation, variant, threads, got);
  printf ("value %zu is %.9g instead of %.9g, %.3g times the tolerance of %.3g\n", where,
      got->kept[where], expected->kept[where], error, tolerance);
  return false;
}

/* The same bits, whatever the instruction set and the number of threads. */
static bool
compare_bits (const char *operation, const char *variant, uint32_t threads, const Rig *expected,
    const Rig *got)
{
  if (!is_comparable (operation, variant, threads, expected, got))
    return false;
  size_t where = rig_first_difference (expected, got);
  if (where == expected->n_kept)
    return true;
  print_failed (operation, variant, threads, got);
  printf ("value %zu is %.9g, %.9g is what others have\n", where, got->kept[where],
      expected->kept[where]);
  return false;
}

static bool
compare_kinds (const char *operation, const char *variant, const Rig *expected, const Rig *got)
{
  size_t where;

  if (!is_comparable (operation, variant, 1, expected, got))
    return false;
  if ((device_name ? rig_keeps_nan : rig_is_same_kind) (expected, got, &where))
    return true;
  print_failed (operation, variant, 1, got);
  printf ("not all finite: value %zu is %.9g instead of %.9g\n", where, got->kept[where],
      expected->kept[where]);
  return false;
}

/* A case on one device: `content` says what it is given. */
static Rig
run_on (const char *operation, RunFunc run, const void *params, uint32_t threads, unsigned flags,
    RigContent content, uint64_t seed)
{
  Rig rig;

  rig_open (&rig, threads, flags, seed);
  rig.content = content;
  run (&rig, params);
  rig_close (&rig);
  return rig;
}

/* What one case gives on the reference. */
typedef struct {
  Rig plain, odd;
  Rig sizes;   /* of terms, where has_terms */
  Rig rounded; /* with activations rounded to bfloat16, where has_bf16 */
  /* and on the first of the CPU's variants */
  Rig first, first_odd;
  bool has_first;
} Expected;

static Expected
expect (const char *operation, RunFunc run, const void *params, uint64_t seed)
{
  Expected e = { .plain = run_on (operation, run, params, 1, 0, RIG_PLAIN, seed),
    .odd = run_on (operation, run, params, 1, 0, RIG_ODD, seed) };

  if (e.plain.has_terms)
    e.sizes = run_on (operation, run, params, 1, 0, RIG_SIZES, seed);
  if (e.plain.has_bf16)
    e.rounded = run_on (operation, run, params, 1, SSMT_CPU_C_BF16, RIG_PLAIN, seed);
  return e;
}

static void
expected_free (Expected *e)
{
  Rig *const rigs[] = { &e->plain, &e->odd, &e->sizes, &e->rounded, &e->first, &e->first_odd };

  for (size_t i = 0; i < N_ELEMENTS (rigs); i++)
    free (rigs[i]->kept);
}

/* Near the reference; the same bits as the first variant has, but for a product of its own, and with 3 threads. */
static bool
check_variant (const char *operation, RunFunc run, const void *params, double tolerance, size_t i,
    Expected *e, uint64_t seed)
{
  const Variant *variant = &variants[i];
  bool rounds = e->plain.has_bf16 && is_rounding (variant);
  const Rig *sizes = e->plain.has_terms ? &e->sizes : NULL;
  Rig one = run_on (operation, run, params, 1, variant->flags, RIG_PLAIN, seed);
  Rig odd = run_on (operation, run, params, 1, variant->flags, RIG_ODD, seed);
  Rig three =
      run_on (operation, run, params, 3, variant->flags | SSMT_CPU_SHARE_ALL, RIG_PLAIN, seed);
  bool good = compare (operation, variant->name, 1, rounds ? &e->rounded : &e->plain, &one, sizes,
      tolerance, &worst[i]);

  digests[i] = rig_digest (&one, digests[i]);
  good = compare_bits (operation, variant->name, 3, &one, &three) && good;
  good = compare_kinds (operation, variant->name, &e->odd, &odd) && good;
  if (e->has_first && !rounds) {
    good = compare_bits (operation, variant->name, 1, &e->first, &one) && good;
    good = compare_bits (operation, variant->name, 1, &e->first_odd, &odd) && good;
  }
  if (!e->has_first) {
    e->first = one;
    e->first_odd = odd;
    e->has_first = true;
  } else {
    free (one.kept);
    free (odd.kept);
  }
  free (three.kept);
  return good;
}

/* Near the reference, or near what it is where activations are rounded to bfloat16. */
static bool
check_device (const char *operation, RunFunc run, const void *params, double tolerance, size_t i,
    const Expected *e, uint64_t seed)
{
  const Rig *sizes = e->plain.has_terms ? &e->sizes : NULL, *expected = &e->plain;
  size_t where;

  tolerance = tolerance > OTHER_TOLERANCE ? tolerance : OTHER_TOLERANCE;
  Rig rig = run_on (operation, run, params, 1, OTHER_DEVICE, RIG_PLAIN, seed);
  if (e->plain.has_bf16 && rig.n_kept == e->rounded.n_kept
      && rig_largest_error (&e->rounded, &rig, sizes, tolerance, &where) <= 1)
    expected = &e->rounded;
  bool good = compare (operation, device_name, 1, expected, &rig, sizes, tolerance, &worst[i]);
  free (rig.kept);
  if (!is_random && seed % 4 != 0) /* emulated devices are slow */
    return good;
  Rig odd = run_on (operation, run, params, 1, OTHER_DEVICE, RIG_ODD, seed);
  good = compare_kinds (operation, device_name, &e->odd, &odd) && good;
  free (odd.kept);
  return good;
}

void
check_case (const char *operation, RunFunc run, const void *params, double tolerance)
{
  is_left_out = seed++ % every != 0 && !is_random;
  if (is_left_out)
    return;
  Expected e = expect (operation, run, params, seed);
  for (size_t i = 0; i < N_ELEMENTS (variants); i++) {
    if (!is_supported (&variants[i]))
      continue;
    cases[i]++;
    if (!(device_name ? check_device (operation, run, params, tolerance, i, &e, seed)
                      : check_variant (operation, run, params, tolerance, i, &e, seed)))
      failures[i]++;
  }
  expected_free (&e);
}

static void
compare_params (const char *operation, RunFunc run, const void *params, const void *other_params)
{
  /* the case that check_case () has just seen */
  if (is_left_out)
    return;
  for (size_t i = 0; i < N_ELEMENTS (variants); i++) {
    if (!is_supported (&variants[i]))
      continue;
    Rig whole = run_on (operation, run, params, 1, variants[i].flags, RIG_PLAIN, 1);
    Rig parts = run_on (
        operation, run, other_params, 2, variants[i].flags | SSMT_CPU_SHARE_ALL, RIG_PLAIN, 1);
    cases[i]++;
    if (!compare_bits (operation, variants[i].name, 2, &whole, &parts))
      failures[i]++;
    free (whole.kept);
    free (parts.kept);
  }
}

void
check_same (const char *operation, RunFunc run, const void *params, const void *same_params)
{
  /* few rows and many of a run are not the same kernel on every device */
  if (!device_name)
    compare_params (operation, run, params, same_params);
}

void
check_alone (const char *operation, RunFunc run, const void *params, const void *alone_params)
{
  compare_params (operation, run, params, alone_params);
}

/* --- timing ------------------------------------------------------------- */

void
bench_case (const char *operation, RunFunc run, const void *params)
{
  for (size_t i = 0; i < N_ELEMENTS (variants); i++)
    for (uint32_t threads = 1; threads <= 2; threads++) {
      Rig rig;
      if (!is_supported (&variants[i]) || (device_name && threads > 1))
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

/* The list of cases, and then a random one a seed. */
static void
check_cases (const Check *check)
{
  seed = 0;
  is_random = false;
  round_seed = first_seed;
  check->check ();
  is_random = true;
  for (uint64_t i = 0; check->random && i < n_seeds; i++) {
    round_seed = first_seed + i;
    Rig dice = { .random = (round_seed + 1) * 0x9e3779b97f4a7c15u };
    seed = 0;
    check->random (&dice);
  }
}

static void
check_operation (const Operation *operation)
{
  memset (cases, 0, sizeof cases);
  memset (failures, 0, sizeof failures);
  memset (worst, 0, sizeof worst);
  memset (digests, 0, sizeof digests);
  check_cases (operation->check);
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
      printf ("passed %s [%s]: %u cases, at most %.2f of the tolerance, digest %016llx\n",
          operation->name, variants[i].name, cases[i], worst[i], (unsigned long long) digests[i]);
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

/* The number of an option NAME=N, or `otherwise`. */
static uint64_t
number_option (int argc, char **argv, const char *name, uint64_t otherwise)
{
  for (int i = 1; i < argc; i++)
    if (strncmp (argv[i], name, strlen (name)) == 0)
      return strtoull (argv[i] + strlen (name), NULL, 10);
  return otherwise;
}

int
main (int argc, char **argv)
{
  bool bench = false;

  for (int i = 1; i < argc; i++) {
    bench = bench || strcmp (argv[i], "--bench") == 0;
    if (strncmp (argv[i], "--device=", 9) == 0 && find_device (argv[i] + 9) != 0)
      return 77;
  }
  every = number_option (argc, argv, "--every=", 1);
  every = every > 0 ? every : 1;
  n_seeds = number_option (argc, argv, "--seeds=", DEFAULT_SEEDS);
  first_seed = number_option (argc, argv, "--seed=", 0);

  cpu_flags = ssmt_cpu_flags_wanted ();
  /* kept open, so that their threads need not start for every case */
  SsmtDevice *const threads[] = { ssmt_cpu_device_open_with (2, cpu_flags),
    ssmt_cpu_device_open_with (3, cpu_flags) };
  for (size_t i = 0; i < N_ELEMENTS (operations); i++)
    if (is_wanted (operations[i].name, argc, argv))
      check_operation (&operations[i]);
  for (size_t i = 0; bench && i < N_ELEMENTS (operations); i++)
    if (operations[i].check->bench && is_wanted (operations[i].name, argc, argv))
      operations[i].check->bench ();
  for (size_t i = 0; i < N_ELEMENTS (threads); i++)
    ssmt_device_close (threads[i]);
  printf ("%llu comparisons\n", (unsigned long long) n_cases);
  printf ("checkasm: %u passed, %u failed, %u skipped\n", n_passed, n_failed, n_skipped);
  return n_failed > 0 || n_passed == 0;
}
