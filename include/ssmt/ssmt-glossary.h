/* ssmtranslate: terms and how they are to be translated
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_GLOSSARY_H
#define SSMT_GLOSSARY_H

#include <glib-object.h>

#include "ssmt/ssmt-version.h"

G_BEGIN_DECLS

/**
 * SSMT_GLOSSARY_MAX_TERMS:
 *
 * Terms of a glossary at most.
 *
 * Since: 0.1
 */
#define SSMT_GLOSSARY_MAX_TERMS 100000

/**
 * SsmtGlossary:
 *
 * Terms and how they are to be translated, for ssmt_stream_set_glossary(). Immutable and counted;
 * any number of streams and threads may share one.
 *
 * Its text has a line a term: the source, a tab, the target, and maybe a tab and a note, which says nothing.
 * `*` for the target is "do not translate". Empty lines and those that begin with "#" say nothing. Of
 * two lines with the same source the latter holds.
 *
 * A source in small letters stands for itself in any case, one with capitals for itself as it is written
 * and all in capitals. Of terms that overlap the longest holds. Simple inflections of it
 * are the term, too ("boats", "boat's").
 *
 * Since: 0.1
 */
typedef struct _SsmtGlossary SsmtGlossary;

SSMT_API GType ssmt_glossary_get_type (void);
#define SSMT_TYPE_GLOSSARY (ssmt_glossary_get_type ())

/**
 * ssmt_glossary_new_from_file: (constructor)
 * @path: (type filename): the file
 * @error: return location of a #GError
 *
 * Reads a file of terms, at most 64 MiB of UTF-8, and closes it: later changes of the file are not
 * seen. Blocks.
 *
 * Returns: (transfer full) (nullable): the glossary, or %NULL with @error set:
 *   %SSMT_ERROR_NOT_FOUND, %SSMT_ERROR_READ, or %SSMT_ERROR_INVALID with the line that is wrong
 *
 * Since: 0.1
 */
SSMT_API SsmtGlossary *ssmt_glossary_new_from_file (const char *path, GError **error);

/**
 * ssmt_glossary_new_from_text: (constructor)
 * @text: (array length=length) (element-type guint8): what such a file has in it
 * @length: bytes of @text
 * @error: return location of a #GError
 *
 * Reads terms from memory. What is needed of @text is copied; it need not end with a zero.
 *
 * Returns: (transfer full) (nullable): the glossary, or %NULL with @error set
 *   (%SSMT_ERROR_INVALID), naming the line that is wrong
 *
 * Since: 0.1
 */
SSMT_API SsmtGlossary *ssmt_glossary_new_from_text (
    const char *text, gsize length, GError **error);

/**
 * ssmt_glossary_ref:
 * @self: a glossary
 *
 * Takes one more reference, on any thread.
 *
 * Returns: (transfer full): the same glossary
 *
 * Since: 0.1
 */
SSMT_API SsmtGlossary *ssmt_glossary_ref (SsmtGlossary *self);

/**
 * ssmt_glossary_unref:
 * @self: (nullable) (transfer full): a glossary
 *
 * Gives a reference back, on any thread; the last one frees the terms. A stream has a reference of
 * its own.
 *
 * Since: 0.1
 */
SSMT_API void ssmt_glossary_unref (SsmtGlossary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtGlossary, ssmt_glossary_unref)

/**
 * ssmt_glossary_get_n_terms:
 * @self: a glossary
 *
 * Counts the lines that say something. Two with the same source are two, though only the latter
 * holds.
 *
 * Returns: the number of terms, at most %SSMT_GLOSSARY_MAX_TERMS
 *
 * Since: 0.1
 */
SSMT_API guint ssmt_glossary_get_n_terms (SsmtGlossary *self);

G_END_DECLS

#endif /* SSMT_GLOSSARY_H */
