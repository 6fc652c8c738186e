/* ssmtranslate tests: models and files of fuzz targets
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FUZZ_DATA_H
#define FUZZ_DATA_H

#include "ssmt/ssmt.h"

G_BEGIN_DECLS

/* The path of a file or folder of tests/data, which G_TEST_SRCDIR has; NULL for all of tests/data. */
char *fuzz_data_path (const char *name);
/* A model of tests/data on the CPU, one thread. Ends the program where there is none. */
SsmtModel *fuzz_data_load (const char *name);
/* A stream that translates once and takes what comes: no guard searches again for what a small model says. */
SsmtStream *fuzz_data_stream (SsmtModel *model, guint beam_size, GError **error);
/* A folder of this process, in memory where there is such a place. It goes when the process ends well. */
const char *fuzz_data_folder (void);
/* A new file there, instead of one of that name, and its path. */
char *fuzz_data_write (const char *name, gconstpointer data, gsize length);

G_END_DECLS

#endif /* FUZZ_DATA_H */
