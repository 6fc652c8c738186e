/* ssmtranslate tests: a fuzz target without a fuzzer
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   fuzz-NAME COPIES FILE-OR-FOLDER...
 *
 * Feeds the target each file and, the same ones every time, COPIES changed
 * copies of it: bytes replaced, pieces cut out, doubled or cut off.
 */
#include <string.h>

#include <glib.h>

#include "fuzz.h"

static guint n_copies;

static void
change (GByteArray *copy, GRand *random)
{
  guint at, n;

  if (copy->len == 0)
    return;
  at = (guint) g_rand_int_range (random, 0, (gint32) copy->len);
  n = (guint) g_rand_int_range (random, 1, 33);
  n = MIN (n, copy->len - at);
  switch (g_rand_int_range (random, 0, 8)) {
    case 0:
      g_byte_array_set_size (copy, at);
      break;
    case 1:
      g_byte_array_remove_range (copy, at, n);
      break;
    case 2: {
      guint8 piece[32];
      memcpy (piece, copy->data + at, n);
      g_byte_array_append (copy, piece, n);
      break;
    }
    case 3:
      copy->data[at] ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
      break;
    case 4:
      copy->data[at] = (guint8) "0199{}[]\",:\\"[at % 12];
      break;
    default:
      copy->data[at] = (guint8) g_rand_int_range (random, 0, 256);
  }
}

/* A block of exactly this size, so that a tool sees any step outside. */
static void
feed (const guint8 *data, gsize length)
{
  g_autofree guint8 *block = g_memdup2 (data, length);

  LLVMFuzzerTestOneInput (block, length);
}

static void
replay_file (const char *path)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autofree char *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &data, &length, &error))
    g_error ("%s", error->message);
  feed ((const guint8 *) data, length);
  for (guint i = 0; i < n_copies; i++) {
    g_autoptr (GByteArray) copy = g_byte_array_new ();

    g_byte_array_append (copy, (const guint8 *) data, (guint) length);
    for (int hits = g_rand_int_range (random, 1, 6); hits > 0; hits--)
      change (copy, random);
    feed (copy->data, copy->len);
  }
}

static void
replay (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  if (!dir) {
    replay_file (path);
    return;
  }
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *inner = g_build_filename (path, name, NULL);
    replay (inner);
  }
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    return 1;
  n_copies = (guint) g_ascii_strtoull (argv[1], NULL, 10);
  for (int i = 2; i < argc; i++)
    replay (argv[i]);
  return 0;
}
