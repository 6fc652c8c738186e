/* ssmtranslate: which version this is
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-version.h"

void
ssmt_version (guint *major, guint *minor, guint *micro)
{
  if (major != NULL)
    *major = SSMT_MAJOR_VERSION;
  if (minor != NULL)
    *minor = SSMT_MINOR_VERSION;
  if (micro != NULL)
    *micro = SSMT_MICRO_VERSION;
}
