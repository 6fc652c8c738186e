/* ssmtranslate tests: a Marian model that can be changed
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef MARIAN_ITEMS_H
#define MARIAN_ITEMS_H

#include "engine/formats/marian-file.h"

#define MODEL "model.xxyy.intgemm.alphas.bin"
#define YAML "special:model.yml"

typedef struct {
  char *name;
  guint32 type;
  guint n_dims;
  guint32 shape[SSMT_MARIAN_MAX_DIMS];
  GByteArray *data; /* with what follows the elements */
} Item;

/* NULL: there is none. */
Item *find_item (GPtrArray *items, const char *name);
/* A .bin with these items. */
GByteArray *write_items (GPtrArray *items);

/* tests/data/marian/student-int8, in a folder of its own. */
char *copy_student (void);
void copy_file (const char *from, const char *folder, const char *name);
/* The items of its model, and these as its model. */
GPtrArray *read_student (const char *folder);
void write_student (const char *folder, GPtrArray *items);

#endif /* MARIAN_ITEMS_H */
