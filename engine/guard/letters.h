/* ssmtranslate: which letters belong to languages (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_LETTERS_H
#define SSMT_LETTERS_H

#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

#define SSMT_LETTERS_MAX_SCRIPTS 24

/* The scripts that one or two languages are written in, by ICU's data. */
typedef struct {
  gint scripts[SSMT_LETTERS_MAX_SCRIPTS]; /* of UScriptCode */
  guint n_scripts;
  gboolean is_unknown; /* of a language that nobody has said, or ICU does not know */
} SsmtLetters;

/* Codes of languages; NULL: not known, then all scripts are theirs. With `two` NULL: of `one` alone. */
void ssmt_letters_init (SsmtLetters *self, const char *one, const char *two);
/* The scripts of the letters of a text, too. */
void ssmt_letters_add_text (SsmtLetters *self, const char *text);
/* Whether a letter is of one of the scripts, or of none in particular. */
gboolean ssmt_letters_has_script (const SsmtLetters *self, gunichar c);

/* Whether the vocabulary has a piece for the letter, not only its bytes; of vocabularies that are
 * made of bytes nobody can say, they do. NULL: it has. */
gboolean ssmt_letters_knows (const SsmtTokenizer *tokenizer, gunichar c);

G_END_DECLS

#endif /* SSMT_LETTERS_H */
