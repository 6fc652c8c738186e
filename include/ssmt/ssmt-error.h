/* ssmtranslate: errors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_ERROR_H
#define SSMT_ERROR_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * SSMT_ERROR:
 *
 * Domain of the errors below. A cancelled call gives %G_IO_ERROR_CANCELLED
 * of %G_IO_ERROR instead.
 *
 * Since: 0.1
 */
#define SSMT_ERROR (ssmt_error_quark ())

/**
 * SsmtError:
 * @SSMT_ERROR_NOT_FOUND: a file, a model or its folder is not there
 * @SSMT_ERROR_READ: a file cannot be read
 * @SSMT_ERROR_INVALID: a file is there but its content is wrong
 * @SSMT_ERROR_UNSUPPORTED: valid, but nothing this version can run
 * @SSMT_ERROR_MEMORY: the device has no memory left
 * @SSMT_ERROR_DEVICE: the device cannot be opened or has failed
 * @SSMT_ERROR_TEXT: the text given is not valid UTF-8, or is empty or too long for what is asked
 * @SSMT_ERROR_STATE: a saved state does not belong to this model, or is damaged
 * @SSMT_ERROR_CONTEXT: the document has become longer than the model's attention holds;
 *   ssmt_stream_reset() begins a new one
 * @SSMT_ERROR_NOT_FINITE: the model has computed infinite values or none (NaN), because of its
 *   weights or of a state that has grown beyond all bounds; ssmt_stream_reset() begins a new document
 *
 * Codes of %SSMT_ERROR. Each message names the file, the tensor or key where
 * there is one, and what was expected.
 *
 * Since: 0.1
 */
typedef enum {
  SSMT_ERROR_NOT_FOUND,
  SSMT_ERROR_READ,
  SSMT_ERROR_INVALID,
  SSMT_ERROR_UNSUPPORTED,
  SSMT_ERROR_MEMORY,
  SSMT_ERROR_DEVICE,
  SSMT_ERROR_TEXT,
  SSMT_ERROR_STATE,
  SSMT_ERROR_CONTEXT,
  SSMT_ERROR_NOT_FINITE,
} SsmtError;

/**
 * ssmt_error_quark:
 *
 * What %SSMT_ERROR stands for, for languages that have no macros.
 *
 * Returns: the domain of #SsmtError
 *
 * Since: 0.1
 */
SSMT_API GQuark ssmt_error_quark (void);

G_END_DECLS

#endif /* SSMT_ERROR_H */
