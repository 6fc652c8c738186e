/* ssmtranslate: the error domain
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "ssmt/ssmt-error.h"

G_DEFINE_QUARK (ssmt - error - quark, ssmt_error)
