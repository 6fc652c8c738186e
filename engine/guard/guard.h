/* ssmtranslate: the guard around a model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Before the model reads a text, what it cannot read is put away: addresses, placeholders and the like
 * become names that all models copy ("X1"), signs are taken out, marks become those that
 * models know, capitals sentence case. Behind it what it wrote is checked, and what was
 * put away comes back.
 *
 *   prepare; then for each piece of ->text: check, find_phrases where it must be said again, restore
 */
#ifndef SSMT_GUARD_H
#define SSMT_GUARD_H

#include "engine/guard/edits.h"
#include "engine/guard/faults.h"
#include "engine/guard/marks.h"
#include "engine/guard/terms.h"
#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

/* What is known of a model and of what is wanted of it; all borrowed. */
typedef struct {
  const char *reads, *writes;      /* codes of languages, NULL: not known */
  const SsmtTokenizer *tokenizer;  /* of the source */
  GHashTable *marks;               /* what the folder says of marks, NULL: nothing */
  gboolean quotes_of_target;       /* quotes are the target language's, not those of the text */
  const SsmtGlossary *glossary;    /* NULL: none */
} SsmtGuardSettings;

typedef struct {
  char *text;   /* "X1" as the model reads it; an emoji as it was, with the spaces before it */
  char *copy;   /* what it stands for */
  gsize place;  /* of a sign: byte of SsmtGuarded.text it stood before */
  gboolean joins_left, joins_right; /* no space there */
} SsmtAway;

/* A text that was prepared. */
typedef struct {
  const SsmtGuardSettings *settings; /* borrowed */
  SsmtEdits *cleared, *lowered;      /* steps to `text`; `lowered`: NULL: no capitals */
  const char *text;                  /* what the model is to read */
  GArray *names, *signs;             /* of SsmtAway */
  GPtrArray *codes;                  /* of char *: words that stay as they are, and are in `text` */
  GHashTable *seen;                  /* the set of them */
  SsmtMarkStyle style;
  gboolean has_words; /* there is something to translate */
} SsmtGuarded;

/* `text` is normalised. */
SsmtGuarded *ssmt_guard_prepare (const SsmtGuardSettings *settings, const char *text);
void ssmt_guarded_free (SsmtGuarded *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtGuarded, ssmt_guarded_free)

/* Where a byte of ->text was in the text that came in. */
gsize ssmt_guarded_to_old (const SsmtGuarded *self, gsize place);

/* What is wrong with the translation of a piece of ->text. */
SsmtFaults ssmt_guarded_check (
    const SsmtGuarded *self, const char *piece, const char *translation);

/* Terms in a piece of ->text, or those that the translation does not have: of SsmtTermMatch. */
GArray *ssmt_guarded_find_terms (
    const SsmtGuarded *self, const char *piece, const char *translation);

/* Whether signs stood within a piece, neither at its beginning nor at its end: to find their
 * places takes an alignment. */
gboolean ssmt_guarded_has_inner_signs (const SsmtGuarded *self, SsmtRange piece);

/* What came before each word of a translation: (n) bytes of the piece, -1: not known. */
typedef struct {
  const SsmtRange *target; /* (n) words of the translation */
  const gssize *source;    /* (n) where the word that it translates begins */
  guint n;
} SsmtGuardLinks;

/* A translation with all that was put away. */
typedef struct {
  SsmtEdits *steps[4];
  const char *text;
} SsmtRestored;

/* `piece`: of ->text; links: NULL: not known. Signs do not come before byte `said` of the
 * translation; with G_MAXSIZE they do not come at all, nor does the mark at the end: more is to be said. */
void ssmt_guarded_restore (const SsmtGuarded *self, SsmtRange piece, const char *translation,
    const SsmtGuardLinks *links, gsize said, SsmtRestored *restored);
void ssmt_restored_clear (SsmtRestored *restored);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtRestored, ssmt_restored_clear)
/* Where a byte of the translation is in the restored one. */
gsize ssmt_restored_to_now (const SsmtRestored *restored, gsize place);

G_END_DECLS

#endif /* SSMT_GUARD_H */
