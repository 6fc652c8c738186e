/* ssm-subtitle: the texts of a document through the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SUB_TRANSLATE_H
#define SUB_TRANSLATE_H

#include <gio/gio.h>

#include "document.h"

G_BEGIN_DECLS

/* What the element is told, as its properties are called. Strings NULL, numbers 0: the element's own. */
typedef struct {
  const char *device, *glossary, *context, *segmentation, *quotes;
  guint threads, beam_size, max_columns, max_lines, max_cps;
} SubSettings;

/* Models one after the other, from one language to another. */
typedef struct {
  char *models[2];       /* folders; the second one NULL: it goes straight */
  char *source, *target; /* BCP-47 codes */
  GMutex lock;
  GstElement
      *holders[2]; /* under the lock: they keep the models loaded from one document to the next */
} SubRoute;

/* `model`: name or folder, NULL: the best that is installed, by way of English where none goes straight.
 * `source` NULL: what the model reads; `target` NULL: what it writes. */
SubRoute *sub_route_find (
    const char *model, const char *source, const char *target, GError **error);
void sub_route_free (SubRoute *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SubRoute, sub_route_free)

typedef struct {
  guint64 texts;
  guint64 copied;   /* of which the guard found no right translation */
  guint64 too_long; /* beyond max_columns, max_lines or max_cps */
} SubCounts;

/* After each text, from the thread that translates. */
typedef void (*SubTranslated) (guint done, guint total, gpointer data);

/* Translates in the order of times, as one document. Adds to `counts`.
 * Returns: (element-type char *): markup, one a unit; NULL with *error set. */
GPtrArray *sub_translate (const SubDocument *document, SubRoute *route, const SubSettings *settings,
    SubTranslated translated, gpointer data, SubCounts *counts, GCancellable *cancellable,
    GError **error);

/* A message of a pipeline as an error; TRUE where it is one. */
gboolean sub_message_is_error (GstMessage *message, GError **error);

G_END_DECLS

#endif /* SUB_TRANSLATE_H */
