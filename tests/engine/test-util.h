/* ssmtranslate tests: files made on the spot, errors looked at
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef TEST_UTIL_H
#define TEST_UTIL_H

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* A new folder under the system's place for such, and its removal with all
 * that is in it. */
char *test_folder_new (void);
void test_folder_remove (char *folder);

/* Writes FOLDER/NAME and returns its path. */
char *test_file_write (const char *folder, const char *name, gconstpointer data, gsize length);
GBytes *test_file_read (const char *path);

/* A file from tests/data. */
char *test_data (const char *name);

/* Bytes, and numbers in little-endian order, at the end. */
void test_append (GByteArray *bytes, gconstpointer data, gsize n);
void test_append_u32 (GByteArray *bytes, guint32 value);
void test_append_u64 (GByteArray *bytes, guint64 value);

/* `text` with the one place where `find` stands replaced; find == NULL: `text`. */
char *test_replace (const char *text, const char *find, const char *replace);

/* The error has this code and its message holds each of `words`, which are
 * separated by "|". Clears it. */
void test_expect_error (GError **error, int code, const char *words);

/* --- safetensors -------------------------------------------------------- */

/* A file of this header text and `n_data` bytes counting 0, 1, 2 ... */
GBytes *test_safetensors (const char *header, gsize n_data);

/* Tensors of a file as a map that can be changed and written again. */
typedef struct {
  char *name, *dtype, *shape; /* "F32", "[2, 3]" */
  GBytes *data;
} TestTensor;

GPtrArray *test_tensors_new (void);
void test_tensors_add (GPtrArray *tensors, const char *name, const char *dtype, const char *shape,
    gconstpointer data, gsize length);
/* Of a well-formed file. */
GPtrArray *test_tensors_read (const char *path);
TestTensor *test_tensors_find (GPtrArray *tensors, const char *name);
/* `padding` spaces follow the header, which moves the data. */
GBytes *test_tensors_write (GPtrArray *tensors, guint padding);

G_END_DECLS

#endif /* TEST_UTIL_H */
