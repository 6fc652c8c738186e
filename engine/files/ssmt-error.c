/* ssmtranslate: the error domain
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-error.h"

GQuark
ssmt_error_quark (void)
{
  static gsize quark;

  /* G_DEFINE_QUARK writes down what it finds without an atomic operation */
  if (g_once_init_enter (&quark))
    g_once_init_leave (&quark, g_quark_from_static_string ("ssmt-error-quark"));
  return (GQuark) quark;
}
