/* ssm-subtitle: which input an output is of
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_CLAIMS_H
#define SUB_CLAIMS_H

#include <gio/gio.h>

G_BEGIN_DECLS

/* `output` is to be the translation of `input`, both paths; as long as the process lives, from any thread. FALSE: it is
 * that of another input already. */
gboolean sub_claims_take (const char *output, const char *input, GError **error);

G_END_DECLS

#endif /* SUB_CLAIMS_H */
