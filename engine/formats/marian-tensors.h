/* ssmtranslate: the tensors of a Marian model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_MARIAN_TENSORS_H
#define SSMT_MARIAN_TENSORS_H

#include "engine/formats/config.h"
#include "engine/formats/marian-file.h"

G_BEGIN_DECLS

/* Under the names that marian.c gives. Of a `.bin` they stay where they lie in the file, but for
 * matrices of floats, which stand there the other way round. */
SsmtTensorSource *ssmt_marian_tensors_open (
    const SsmtConfig *config, SsmtMarianFile *file, SsmtDevice *device, GError **error);

G_END_DECLS

#endif /* SSMT_MARIAN_TENSORS_H */
