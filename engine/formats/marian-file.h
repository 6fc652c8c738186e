/* ssmtranslate: Marian's containers of tensors (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `.bin`, version 1 [marian-dev: common/binary.cpp]: little-endian u64 version and number of items; a header
 * of four u64 each (length of the name with its NUL, type, dimensions, length of the data); the names;
 * the shapes, i32; u64 bytes of padding, and these; the data one after the other. `.npz`: a zip of NumPy's
 * `.npy` files [numpy: lib/format.py]. Both hold the configuration as the item `special:model.yml`.
 */
#ifndef SSMT_MARIAN_FILE_H
#define SSMT_MARIAN_FILE_H

#include <glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* [marian-dev: common/types.h] */
typedef enum {
  SSMT_MARIAN_INT8 = 0x0101,
  SSMT_MARIAN_FLOAT16 = 0x0402,
  SSMT_MARIAN_FLOAT32 = 0x0404,
  SSMT_MARIAN_INTGEMM8 = 0x4101, /* int8, then the F32 that floats were multiplied by */
} SsmtMarianType;

#define SSMT_MARIAN_MAX_DIMS 4

typedef struct {
  char *name;
  guint32 type; /* SsmtMarianType, or another that no model here has */
  guint n_dims;
  guint32 shape[SSMT_MARIAN_MAX_DIMS]; /* each at least 1 */
  gsize n_elements;
  const guint8 *data; /* as many as the type and the shape say, at any alignment */
  gboolean taken;     /* for whoever reads them */
} SsmtMarianItem;

typedef struct {
  char *path;        /* for messages */
  GPtrArray *items;  /* of SsmtMarianItem */
  GHashTable *names; /* -> SsmtMarianItem */
  GBytes *file;      /* `.bin`: all data stand in it; NULL: each item has its own */
  gsize header;      /* bytes of the file before the data */
} SsmtMarianFile;

/* Reads the file at `path`, packed or not, as what it begins like. Every length is checked. */
SsmtMarianFile *ssmt_marian_file_open (const char *path, GError **error);
/* The same of bytes in memory; `path` is only named in messages. */
SsmtMarianFile *ssmt_marian_file_parse (GBytes *bytes, const char *path, GError **error);
void ssmt_marian_file_free (SsmtMarianFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtMarianFile, ssmt_marian_file_free)

/* NULL: there is none of that name. */
SsmtMarianItem *ssmt_marian_file_find (const SsmtMarianFile *self, const char *name);
/* "PATH: item "NAME" WHAT"; FALSE */
gboolean ssmt_marian_file_fail (const SsmtMarianFile *self, GError **error, SsmtError code,
    const char *name, const char *format, ...) G_GNUC_PRINTF (5, 6);

/* --- for the containers ------------------------------------------------- */

/* Without items. */
SsmtMarianFile *ssmt_marian_file_new (const char *path);

/* Adds an item whose data of `length` bytes must be enough for its type and shape. With `owner` the
 * data stand in that, of which a reference is taken. FALSE where the name is there already or
 * sizes do not fit. */
gboolean ssmt_marian_file_add (
    SsmtMarianFile *self, const SsmtMarianItem *item, gsize length, GBytes *owner, GError **error);
/* marian-bin.c, marian-npz.c */
gboolean ssmt_marian_bin_read (SsmtMarianFile *self, GBytes *bytes, GError **error);
gboolean ssmt_marian_npz_read (SsmtMarianFile *self, GBytes *bytes, GError **error);

G_END_DECLS

#endif /* SSMT_MARIAN_FILE_H */
