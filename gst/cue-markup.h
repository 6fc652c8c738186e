/* ssmtranslate: the text of a cue, without and with its markup
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain C and GLib, no GStreamer. A cue is read into parts to translate, each
 * plain text, and what surrounds them; it is written back around the
 * translations. Whatever is read, what is written is well-formed.
 */
#ifndef CUE_MARKUP_H
#define CUE_MARKUP_H

#include <ssmt/ssmt.h>

G_BEGIN_DECLS

typedef enum {
  CUE_FORMAT_UTF8,  /* plain; tags that parsers leave behind are known */
  CUE_FORMAT_PANGO, /* pango markup */
} CueFormat;

/* A cue longer than this (bytes) is no cue: it is not worth translating. */
#define CUE_MAX_LENGTH 65536

/* What one speaker says in a cue: one segment for the translator. */
typedef struct {
  char *prefix; /* "- ", music signs: kept in front */
  char *text;   /* plain, lines divided by '\n' */
  char *suffix; /* music signs: kept behind */
  guint n_lines;
  guint32 tags;         /* which tags of the cue hold for all of it */
  gboolean has_letters; /* FALSE: nothing to translate */
  guint32 *byte_tags;   /* (bytes of text) which tags hold */
} CuePart;

/* A word of a translation and one of the part's text that it translates, in bytes of each. */
typedef struct {
  SsmtRange target, source;
  gboolean is_weak; /* the word translates another one, but this one's own translation is none nearer */
} CueLink;

/* What a part becomes. */
typedef struct {
  char *text;           /* NULL: the part stays as it was */
  const CueLink *links; /* (n_links) in the order of `text`; a word may have none */
  guint n_links;
} CueTranslation;

/* How lines are to be; what is 0 is as in the source. */
typedef struct {
  SsmtLines *breaks; /* NULL: there are no limits */
  guint max_columns; /* of a line */
  guint max_lines;   /* of a cue */
} CueLayout;

typedef struct {
  char *codes;             /* "{\an8}" and the like, from the start of the cue */
  GPtrArray *tags;         /* of char *, opening tags as pango knows them, at most 32 */
  GPtrArray *parts;        /* of CuePart */
  gboolean ends_line;      /* the last line was ended */
  const CueLayout *layout; /* borrowed; NULL: no limits. The caller's to set */
} CueText;

/* `text` is valid UTF-8 without NUL; everything else may be wrong with it. */
CueText *cue_text_parse (const char *text, gsize length, CueFormat format);
void cue_text_free (CueText *cue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CueText, cue_text_free)

/* The part's text on one line, byte for byte where it was. */
char *cue_part_dup_source (const CuePart *part);
/* The tags that hold for most letters of some bytes of the part's text, or for most of a sign. */
guint32 cue_part_get_tags (const CuePart *part, SsmtRange range);

/* (element-type CueLink): what of an alignment is known. */
GArray *cue_links_new (const SsmtAlignment *alignment);

/* Whether a text may go out as it came in: nothing in it needs to be escaped, and as markup it is
 * well-formed and has pango's tags only. */
gboolean cue_text_is_clean (const char *text, CueFormat format);

/* The cue with `translations` (one a part, NULL: as it was) in place of the texts.
 * `translations` itself may be NULL. A translation gets as many lines as its part had,
 * of about equal width, as far as it has words; or those that the layout allows. */
char *cue_text_write (const CueText *cue, char *const *translations, CueFormat format);

/* Whether some words of a part have tags that others have not: only then does it matter
 * which words translate which. */
gboolean cue_part_has_spans (const CuePart *part);

/* The same as cue_text_write() with the tags of words on those that translate them: a word that
 * translates none takes what its neighbours agree on. `translations`: one a part. */
char *cue_text_write_aligned (
    const CueText *cue, const CueTranslation *translations, CueFormat format);

G_END_DECLS

#endif /* CUE_MARKUP_H */
