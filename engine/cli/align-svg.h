/* ssmt align: the matrix as a drawing
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CLI_ALIGN_SVG_H
#define CLI_ALIGN_SVG_H

#include "ssmt/ssmt.h"

/* A row for each word of the translation, a column for each of the source; the darker the more,
 * the chosen one framed. Words are what white space divides. */
char *align_svg (const char *source, const char *target, const SsmtAlignment *alignment);

#endif /* CLI_ALIGN_SVG_H */
