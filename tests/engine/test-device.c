/* ssmtranslate tests: devices by name
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include <glib.h>

#include "kernels/kernels.h"

/* What is no name of a device, and what names one that is not there. */
static void
test_names (void)
{
  static const char *const names[] = { "", "CPU", "cpus", "cpu:0", "cud", "cuda:", "cuda:x",
    "cuda:-1", "cuda:1x", "cuda:1024" };
  const char *why;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    why = NULL;
    g_assert_null (ssmt_device_open (names[i], 1, &why));
    g_assert_nonnull (strstr (why, "no such device; known are: "));
    g_assert_nonnull (strstr (why, ssmt_device_names));
  }
  g_assert_null (ssmt_device_open ("cuda:1023", 1, &why));
  g_assert_null (strstr (why, "no such device"));
}

/* Of one that is not the best there could be it is known why. */
static void
test_best (void)
{
  for (guint named = 0; named < 2; named++) {
    SsmtDevice *device = ssmt_device_open (named ? "auto" : NULL, 1, NULL);

    g_assert_true (g_str_equal (device->name, "cuda") == (device->note[0] == '\0'));
    ssmt_device_close (device);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/device/names", test_names);
  g_test_add_func ("/device/best", test_best);
  return g_test_run ();
}
