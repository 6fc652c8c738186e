/* ssmtranslate: files of a model folder (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_FILE_H
#define SSMT_FILE_H

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* Whether there is memory for so many more bytes: GLib's arrays end the process where there is none. */
gboolean ssmt_file_has_room (const GByteArray *array, gsize more);

/* Larger files are mapped: whoever cuts one short ends the programs that use it (SIGBUS). */
#define SSMT_FILE_MAX_READ ((gsize) 64 << 20)

/* The content of a regular file, in memory, or mapped where it is large. A missing file is
 * SSMT_ERROR_NOT_FOUND, anything else that cannot be read (a folder, a pipe) SSMT_ERROR_READ, a file
 * of more than `max` bytes (0: no limit) SSMT_ERROR_INVALID. */
GBytes *ssmt_file_load (const char *path, gsize max, GError **error);
/* Never NULL, also of none. */
const char *ssmt_file_get_text (GBytes *bytes, gsize *length);

/* The same, unpacked where the name ends in ".gz" or ".zst". `max`
 * holds for what is unpacked, too. */
GBytes *ssmt_file_read (const char *path, gsize max, GError **error);
/* The same of a file that is in memory. What grows to many times its size is refused. */
GBytes *ssmt_file_unpack (GBytes *bytes, const char *path, gsize max, GError **error);
/* The length of a name without an ending that says it is packed. */
gsize ssmt_file_plain_length (const char *name);

/* The name of a file inside the folder, which leads nowhere else. */
gboolean ssmt_file_name_is_plain (const char *name);
#define SSMT_FILE_NAME_WANTED "the name of a file in the model folder, without \"/\" and \"..\""

G_END_DECLS

#endif /* SSMT_FILE_H */
