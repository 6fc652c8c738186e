/* ssmtranslate: the options of benchmarks of single operations
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const dtypes[] = { "f32", "f16", "bf16", "i8", "q4" };

const char *
bench_dtype_name (SsmtDType dtype)
{
  return dtypes[dtype];
}

static bool
add_dtype (BenchOptions *options, const char *name)
{
  for (uint32_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    if (strcmp (name, dtypes[i]) == 0 && options->n_dtypes < BENCH_MAX_LIST) {
      options->dtypes[options->n_dtypes++] = (SsmtDType) i;
      return true;
    }
  return false;
}

static bool
add_rows (BenchOptions *options, const char *text)
{
  int rows = atoi (text);

  if (rows < 1 || rows > 4096 || options->n_rows == BENCH_MAX_LIST)
    return false;
  options->rows[options->n_rows++] = (uint32_t) rows;
  return true;
}

static bool
parse_list (BenchOptions *options, const char *list, bool (*add) (BenchOptions *, const char *))
{
  char copy[128], *rest = NULL;
  bool good = true;

  snprintf (copy, sizeof copy, "%s", list);
  for (char *word = strtok_r (copy, ",", &rest); word; word = strtok_r (NULL, ",", &rest))
    good = add (options, word) && good;
  return good;
}

static bool
parse (BenchOptions *options, const char *name, const char *value)
{
  if (strcmp (name, "--threads") == 0)
    return (options->threads = (uint32_t) atoi (value)) >= 1 && options->threads <= 64;
  if (strcmp (name, "--rows") == 0)
    return parse_list (options, value, add_rows);
  if (strcmp (name, "--dtypes") == 0)
    return parse_list (options, value, add_dtype);
  if (strcmp (name, "--seconds") == 0)
    return (options->seconds = atof (value)) > 0;
  if (strcmp (name, "--far") == 0)
    return (options->far = 1e6 * atof (value)) > 0;
  if (strcmp (name, "--isa") == 0)
    return (options->isas = ssmt_cpu_flags_limit (ssmt_cpu_flags (), value)) != 0;
  if (strcmp (name, "--pages") == 0)
    return (options->huge = strcmp (value, "huge") == 0) || strcmp (value, "small") == 0;
  return false;
}

bool
bench_options_parse (BenchOptions *options, int argc, char **argv)
{
  *options = (BenchOptions){
    .threads = 1, .seconds = 1, .far = 512e6, .huge = true, .isas = ssmt_cpu_flags ()
  };
  for (int i = 1; i < argc; i++) {
    char name[32];
    const char *value = strchr (argv[i], '=');

    snprintf (name, sizeof name, "%.*s", value ? (int) (value - argv[i]) : 0, argv[i]);
    if (value == NULL || !parse (options, name, value + 1)) {
      fprintf (stderr,
          "%s: %s? Options: --threads=N --rows=1,16 --dtypes=f32,f16,bf16,i8,q4 --seconds=S "
          "--far=MB\n  --isa=NAME (as SSMT_CPU) --pages=huge|small\n",
          argv[0], argv[i]);
      return false;
    }
  }
  if (options->n_rows == 0)
    parse_list (options, "1,2,4,8,16,64,128", add_rows);
  if (options->n_dtypes == 0)
    parse_list (options, "bf16,i8,q4", add_dtype);
  return true;
}
