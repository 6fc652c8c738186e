/* ssmtranslate: named shapes of models, for figures without a model file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_SHAPES_H
#define SSMT_CLI_SHAPES_H

#include "engine/formats/config.h"

G_BEGIN_DECLS

/* The configuration of a named shape; the error lists the names there are. */
SsmtConfig *cli_shape_config (const char *name, GError **error);
/* That of a config.json alone, in any format that has one. */
SsmtConfig *cli_config_load (const char *path, GError **error);
/* Lines for people, one a shape. */
char *cli_shapes_describe (void);

G_END_DECLS

#endif /* SSMT_CLI_SHAPES_H */
