/* ssmtranslate: the sections of config.json that are about text (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A checkpoint of another library has them in an ssmt.json beside its config.json.
 */
#ifndef SSMT_SECTIONS_H
#define SSMT_SECTIONS_H

#include "engine/formats/config.h"

G_BEGIN_DECLS

#define SSMT_MAX_CONFIG_BYTES (4 * 1024 * 1024)

/* "tokenizer", "segment" (where `required` or there), "languages" and "license", "max_context"; the
 * error is the reader's. vocab_size must be known. */
void ssmt_sections_read (SsmtConfig *config, SsmtReader *top, gboolean required);

G_END_DECLS

#endif /* SSMT_SECTIONS_H */
