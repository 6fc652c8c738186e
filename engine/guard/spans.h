/* ssmtranslate: what of a text is no language (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_SPANS_H
#define SSMT_SPANS_H

#include "engine/tokens/tokenizer.h"
#include "ssmt/ssmt-text.h"

G_BEGIN_DECLS

typedef enum {
  SSMT_SPAN_WORD,  /* stands in its sentence as a name does: an address, a placeholder, a file */
  SSMT_SPAN_CODE,  /* the same, but models copy it well: B52, iPhone */
  SSMT_SPAN_SIGN,  /* stands beside it: an emoji, a note, a control code */
  SSMT_SPAN_DROP,  /* shows nothing: soft hyphens, marks of direction */
} SsmtSpanKind;

typedef struct {
  SsmtRange range; /* bytes */
  SsmtSpanKind kind;
} SsmtSpan;

/* Appends the spans of valid UTF-8, ascending and apart. `language` is what the text is in, NULL: not
 * known. Letters that `tokenizer` has no piece for make their word a span; NULL: all are known. */
void ssmt_spans_find (
    const char *text, const char *language, const SsmtTokenizer *tokenizer, GArray *spans);

G_END_DECLS

#endif /* SSMT_SPANS_H */
