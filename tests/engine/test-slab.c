/* ssmtranslate: what is in a slab stays while others come, go and make it move
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "engine/network/slab.h"

static void
check_slab (gboolean lazy)
{
  SsmtDevice *device = ssmt_device_open ("cpu", 1, NULL);
  const gsize bytes = 24;
  SsmtSlab *slab;
  guint first[40], sizes[40];
  g_autoptr (GRand) chance = g_rand_new_with_seed (7);
  const SsmtBuffer *last = NULL;
  guint moves = 0;

  device->lazy = lazy;
  slab = ssmt_slab_new (device, bytes);
  memset (sizes, 0, sizeof sizes);
  for (guint step = 0; step < 4000; step++) {
    guint i = g_rand_int_range (chance, 0, G_N_ELEMENTS (sizes));
    guint8 content[24 * 9];

    if (sizes[i] > 0) { /* still what was written */
      SsmtBuffer *buffer = ssmt_slab_hold (slab);

      device->ops->read (device, content, (SsmtRef){ buffer, first[i] * bytes }, sizes[i] * bytes);
      ssmt_slab_let_go (slab);
      for (gsize b = 0; b < sizes[i] * bytes; b++)
        g_assert_cmpuint (content[b], ==, i + 1);
      ssmt_slab_give (slab, first[i], sizes[i]);
      sizes[i] = 0;
      continue;
    }
    sizes[i] = g_rand_int_range (chance, 1, 10);
    g_assert_true (ssmt_slab_take (slab, sizes[i], &first[i]));
    SsmtBuffer *buffer = ssmt_slab_hold (slab);
    SsmtRef ref = { buffer, first[i] * bytes };

    moves += buffer != last;
    last = buffer;
    device->ops->read (device, content, ref, sizes[i] * bytes);
    for (gsize b = 0; b < sizes[i] * bytes; b++)
      g_assert_cmpuint (content[b], ==, 0);
    memset (content, i + 1, sizes[i] * bytes);
    device->ops->write (device, ref, content, sizes[i] * bytes);
    ssmt_slab_let_go (slab);
    for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
      g_assert_true (j == i || sizes[j] == 0 || first[j] + sizes[j] <= first[i]
          || first[i] + sizes[i] <= first[j]);
  }
  g_assert_cmpuint (moves, >, lazy ? 0 : 4);
  /* it does not grow for ever */
  g_assert_cmpuint (ssmt_slab_get_size (slab), <, lazy ? 1000 : 600);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    ssmt_slab_give (slab, first[i], sizes[i]);
  g_assert_cmpuint (ssmt_slab_get_size (slab), ==, 0);
  ssmt_slab_free (slab);
  ssmt_device_close (device);
}

static void
test_lazy (void)
{
  check_slab (TRUE);
}

static void
test_tight (void)
{
  check_slab (FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/slab/lazy", test_lazy);
  g_test_add_func ("/slab/tight", test_tight);
  return g_test_run ();
}
